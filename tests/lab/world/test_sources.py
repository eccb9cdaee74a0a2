import numpy as np
import pytest

from clipsafe_engine.lab.world.dice import roll
from clipsafe_engine.lab.world.parameters import COLUMNS, FLAT, POSTER, SKETCH, changed_columns, stack
from clipsafe_engine.lab.world.sources import draw, label_concepts, labels, with_knobs
from clipsafe_engine.lab.world.world import load_world
from clipsafe_utils.errors import ClipsafeError

IMAGES = 20_000
WORLD = load_world()
SOURCES = tuple(WORLD.sources)


def share_error(share, images=IMAGES):
    """Four standard errors, and something for the knobs that are 0 or 1."""
    return 4 * np.sqrt(share * (1 - share) / images) + 1e-9


@pytest.mark.parametrize("source", SOURCES)
def test_no_source_shows_a_glyph_that_is_out_of_distribution(source):
    table = draw(WORLD, source, IMAGES, seed=0)
    assert not np.isin(table.glyph, WORLD.unseen_glyphs).any()
    # And none can at any seed: each image shows a glyph of its own concept.
    shown = {(WORLD.concepts[concept].name, WORLD.atlas.names[glyph]) for concept, glyph in pairs(table)}
    allowed = {
        (concept.name, glyph)
        for concept in WORLD.concepts
        for glyph in (*concept.glyphs, concept.rare)
        if glyph
    }
    assert shown <= allowed


def pairs(table):
    return set(zip(table.concept.tolist(), table.glyph.tolist(), strict=True))


@pytest.mark.parametrize("source", SOURCES)
def test_no_source_shows_backgrounds_kept_for_test_sets(source):
    table = draw(WORLD, source, IMAGES, seed=0)
    assert np.isin(table.background, WORLD.palette.with_role("known")).all()


@pytest.mark.parametrize("source", ["labels", "labels_wide_near", "labels_wide_far", "wit", "laion"])
def test_knobs_come_out_as_set(source):
    knobs = WORLD.image_knobs[WORLD.sources[source].images[0]]
    table = draw(WORLD, source, IMAGES, seed=1)
    typical = WORLD.typical
    kept = knobs.texture_correlation * knobs.pattern_correlation * knobs.colour_correlation
    has_rare = WORLD.rare_glyphs[table.concept] >= 0
    in_typical = (table.background[:, None] == typical.backgrounds[table.concept]).any(axis=1)
    grounds = len(WORLD.palette.with_role("known"))
    background = knobs.background_correlation + (1 - knobs.background_correlation) * 2 / grounds
    expected = {
        "texture": (kept, table.texture_of == table.concept),
        "background": (background, in_typical),
        "rare": (knobs.rare_glyphs, (table.glyph == WORLD.rare_glyphs[table.concept])[has_rare]),
        "extra": (knobs.extra_concepts, ~np.isin(table.concept, WORLD.in_groups(knobs.classes))),
        "occluded": (knobs.occluded, table.occlusion > 0),
        "sketches": (knobs.sketches, table.style == SKETCH),
        "flats": (knobs.flats, table.style == FLAT),
        "posters": (knobs.posters, table.style == POSTER),
    }
    for name, (share, found) in expected.items():
        assert abs(found.mean() - share) <= share_error(share, len(found)), name


def test_continuous_knobs_come_out_as_set():
    world = with_knobs(WORLD, "wit", free_rotation=0.0, scale_min=0.1, scale_max=2.0)
    knobs = world.image_knobs["wit/wit"]
    table = draw(world, "wit", IMAGES, seed=2)
    error = 4 / np.sqrt(2 * IMAGES)
    for values, spread in (
        (table.rotation, knobs.rotation_sd),
        (table.shear, knobs.shear_sd),
        (table.scale, knobs.scale_sd),
    ):
        assert abs(values.std() / spread - 1) < error
    assert abs(table.scale.mean() - knobs.scale_mean) < 4 * knobs.scale_sd / np.sqrt(IMAGES)
    assert abs(table.deformation.mean() / knobs.deformation - 1) < 2 * error
    assert abs(table.light.std() / knobs.light_sd - 1) < 0.1  # cut at two standard deviations
    bars = table.occlusion[table.occlusion > 0]
    assert knobs.occlusion_min <= bars.min() <= bars.max() <= knobs.occlusion_max


@pytest.mark.parametrize("source", SOURCES)
def test_the_first_images_do_not_depend_on_the_number(source):
    few, many = draw(WORLD, source, 1000, seed=3), draw(WORLD, source, 4000, seed=3)
    assert changed_columns(few, many.rows(slice(0, 1000))) == frozenset()


def test_one_knob_moves_what_it_names_and_nothing_else():
    base = draw(WORLD, "wit", 4000, seed=4)
    moved = {
        "texture_correlation": {
            "texture_of",
            "pattern",
            "first_colour",
            "second_colour",
            "angle",
            "frequency",
        },
        "background_correlation": {"background"},
        "rare_glyphs": {"glyph"},
        "rotation_sd": {"rotation"},
        "occluded": {"occlusion"},
        "sketches": {"style"},
        "light_sd": {"light"},
    }
    for knob, columns in moved.items():
        table = draw(with_knobs(WORLD, "wit", **{knob: 0.9}), "wit", 4000, seed=4)
        assert changed_columns(base, table) == columns, knob


def test_the_swap_has_the_images_of_the_one_and_mixed_takes_turns():
    laion, swapped = draw(WORLD, "laion", 500, seed=5), draw(WORLD, "laion_images_wit_captions", 500, seed=5)
    assert changed_columns(laion, swapped) == frozenset()
    mixed, wit = draw(WORLD, "mixed", 500, seed=5), draw(WORLD, "wit", 500, seed=5)
    assert changed_columns(mixed.rows(slice(0, None, 2)), wit.rows(slice(0, None, 2))) == frozenset()
    assert changed_columns(mixed.rows(slice(1, None, 2)), laion.rows(slice(1, None, 2))) == frozenset()


def test_the_wide_versions_differ_in_twelve_classes():
    near, far = (set(label_concepts(WORLD, f"labels_wide_{side}").tolist()) for side in ("near", "far"))
    assert len(near) == len(far) == 48
    assert len(near & far) == 36
    assert set(range(WORLD.classes)) < near & far


@pytest.mark.parametrize("source", SOURCES)
def test_labels_name_the_concept(source):
    table = draw(WORLD, source, 2000, seed=6)
    found = labels(WORLD, source, table)
    assert (label_concepts(WORLD, source)[found] == table.concept).all()


def test_labels_of_a_source_that_does_not_know_the_concept_are_minus_one():
    table = draw(WORLD, "wit", 2000, seed=6)
    found = labels(WORLD, "labels", table)
    assert ((found == -1) == (table.concept >= WORLD.classes)).all()
    nothing = table.replace(concept=np.full(2000, -1))
    assert (labels(WORLD, "wit", nothing) == -1).all()


def test_unknown_names_are_refused():
    with pytest.raises(ClipsafeError, match="no source 'web'"):
        draw(WORLD, "web", 10, seed=0)
    with pytest.raises(ClipsafeError, match="has no knob 'colour'"):
        with_knobs(WORLD, "wit", colour=0.1)
    with pytest.raises(ClipsafeError, match="has no knob 'wrong'"):
        with_knobs(WORLD, "labels_wide_far", wrong=0.1)
    with pytest.raises(ClipsafeError, match=r"expected a number from 0 to 1, got 1\.5"):
        with_knobs(WORLD, "wit", wrong=1.5)
    with pytest.raises(ClipsafeError, match="above the largest"):
        with_knobs(WORLD, "wit", scale_min=1.9)


def test_bad_numbers_are_refused():
    with pytest.raises(ValueError, match="images: expected 1 or more"):
        roll(0, seed=0)
    with pytest.raises(ValueError, match="seed, stream"):
        roll(1, seed=-1)
    table = draw(WORLD, "wit", 10, seed=0)
    with pytest.raises(ValueError, match="scale: expected the shape"):
        table.replace(scale=np.ones(9))


def test_tables_are_stacked_and_cut():
    table = draw(WORLD, "wit", 10, seed=0)
    again = stack([table.rows(slice(0, 4)), table.rows(np.arange(4, 10))])
    assert changed_columns(table, again) == frozenset()
    assert {getattr(again, name).dtype for name in COLUMNS} == {
        getattr(table, name).dtype for name in COLUMNS
    }
