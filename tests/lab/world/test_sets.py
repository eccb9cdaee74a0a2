import numpy as np
import pytest

from clipsafe_engine.lab.world.annotations import annotate, hidden_share
from clipsafe_engine.lab.world.filtering import FILTERED
from clipsafe_engine.lab.world.material import counts, dice_for, drawn_with, seed_called
from clipsafe_engine.lab.world.one_factor import MOVES, move_factor
from clipsafe_engine.lab.world.parameters import SCENE, SKETCH, TEXTURE, changed_columns
from clipsafe_engine.lab.world.sequences import perturbed_hits
from clipsafe_engine.lab.world.sets import ONE_FACTOR, OUT_OF_DISTRIBUTION, SHIFTS, TEST_SETS, make_test_set
from clipsafe_engine.lab.world.shifts import REDRAWN
from clipsafe_engine.lab.world.sources import draw
from clipsafe_engine.lab.world.world import load_world
from clipsafe_utils.cubes.schema import HEADLINE_FACTORS
from clipsafe_utils.registry.drawn_world import DATA

WORLD = load_world()
SEED = seed_called(DATA, "development")
MADE = {name: make_test_set(WORLD, name, SEED) for name in TEST_SETS if name not in FILTERED}


def test_there_are_as_many_images_as_the_design_asks_for():
    sizes = {name: len(made.parameters) for name, made in MADE.items()}
    assert sizes["natural"] == 20_000
    assert sizes["cue_conflict"] == 1_200
    assert all(sizes[name] >= 1_000 for name in ONE_FACTOR)
    assert len(ONE_FACTOR) == 2 * 11
    assert all(sizes[name] >= 5_000 for name in SHIFTS if name in MADE)
    assert all(sizes[name] >= 2_000 for name in OUT_OF_DISTRIBUTION if name in MADE)
    asked = counts(DATA)
    assert asked.adversarial >= 5_000
    assert asked.fooling >= 2_000


def test_labels_are_what_is_shown_and_balanced():
    for name, made in MADE.items():
        assert len(made.labels) == len(made.image_ids) == len(made.parameters)
        assert (made.labels == made.parameters.concept).all()
        if name in OUT_OF_DISTRIBUTION:
            assert (made.labels == -1).all()
        elif name != "natural":
            assert np.ptp(np.bincount(made.labels, minlength=24)) == 0, name
    assert np.ptp(np.bincount(MADE["natural"].labels)) <= 1


@pytest.mark.parametrize(
    "name", ["natural", "redrawn_top", "sequences", "pose_random", "cue_conflict", "textures"]
)
def test_same_seed_same_set_and_other_seed_other_set(name):
    again, other = make_test_set(WORLD, name, SEED), make_test_set(WORLD, name, SEED + 1)
    assert changed_columns(MADE[name].parameters, again.parameters) == frozenset()
    assert "noise" in changed_columns(MADE[name].parameters, other.parameters)


@pytest.mark.parametrize("texture", ["typical", "random"])
@pytest.mark.parametrize("factor", HEADLINE_FACTORS)
def test_only_the_named_factor_moves(factor, texture):
    plain, moved = MADE[f"plain_{texture}"].parameters, MADE[f"{factor}_{texture}"].parameters
    changed = changed_columns(plain, moved)
    assert changed <= MOVES[factor]
    assert changed >= MOVES[factor] - {"texture_of"}
    for column in changed - {"texture_of", "angle", "frequency"}:
        same = getattr(plain, column) == getattr(moved, column)
        assert not same.any(), column


@pytest.mark.parametrize("factor", HEADLINE_FACTORS)
def test_annotation_finds_the_factor_that_was_moved(factor):
    before = annotate(WORLD, MADE["plain_typical"].parameters)
    found = annotate(WORLD, MADE[f"{factor}_typical"].parameters)
    place = HEADLINE_FACTORS.index(factor)
    assert found.present[:, place].mean() > 0.98  # a bar may miss an object that is off its centre
    assert (before.strength.max(axis=1) < 1).mean() > 0.95
    assert (found.top == place).mean() > (0.75 if factor == "larger" else 0.95)


@pytest.mark.parametrize("name", ["color_typical", "color_random", "texture_typical", "plain_random"])
def test_a_texture_has_two_colours(name):
    table = MADE[name].parameters
    assert (table.first_colour != table.second_colour).all()


def test_the_random_twins_say_nothing_of_the_class():
    for name in ("plain_random", "pose_random", "subcategory_random"):
        assert (MADE[name].parameters.texture_of == -1).all()
    assert (MADE["plain_typical"].parameters.texture_of == MADE["plain_typical"].labels).all()


def test_natural_images_have_every_factor_often_enough():
    columns = MADE["natural"].columns
    top, factors = columns["top_factor"], columns["factors"]
    for place, factor in enumerate(HEADLINE_FACTORS):
        assert (top == place).sum() >= 300, factor
        assert factors[:, place].sum() >= 500, factor
    assert 0.03 < (top == -1).mean() < 0.15
    # The top factor of an image is among its factors, where it has any.
    some = factors.any(axis=1)
    assert factors[some, top[some]].all()


def test_natural_images_come_from_the_distribution_of_labels():
    test, train = MADE["natural"].parameters, draw(WORLD, "labels", 20_000, seed=0)
    for column in ("rotation", "scale", "deformation", "occlusion"):
        one, other = getattr(test, column), getattr(train, column)
        assert abs(one.mean() - other.mean()) < 5 * other.std() * np.sqrt(2 / 20_000)
    assert not np.isin(test.noise * 1e3 + test.scale, train.noise * 1e3 + train.scale).any()


def test_a_hidden_share_is_that_of_the_box():
    plain = MADE["plain_typical"].parameters.rows(slice(0, 4))
    centred = plain.replace(
        x=np.zeros(4), y=np.zeros(4), scale=np.full(4, 1 / 0.9), occlusion=[0.25] * 4, occluder_side=range(4)
    )
    np.testing.assert_allclose(hidden_share(centred), 0.25, atol=1e-6)
    np.testing.assert_allclose(hidden_share(centred.replace(occlusion=np.zeros(4))), 0, atol=1e-6)
    np.testing.assert_allclose(
        hidden_share(centred.replace(occlusion=np.zeros(4), x=np.ones(4))), 0.5, atol=1e-6
    )


def test_nothing_typical_is_annotated_of_what_shows_no_concept():
    with pytest.raises(ValueError, match="expected a concept in each image"):
        annotate(WORLD, MADE["unseen_glyphs"].parameters)


def test_redrawn_sets_are_of_falling_typicality_and_share_images():
    departure = [annotate(WORLD, MADE[name].parameters).departure.mean() for name in REDRAWN]
    assert departure[0] + 0.2 < departure[1] < departure[2] - 0.2
    names = list(REDRAWN)
    ids = [set(MADE[name].image_ids.tolist()) for name in names]
    assert len({MADE[name].namespace for name in REDRAWN}) == 1
    for first, second in ((0, 1), (0, 2), (1, 2)):
        shared = sorted(ids[first] & ids[second])
        assert len(shared) > 100
        tables = [
            MADE[names[k]].parameters.rows(np.isin(MADE[names[k]].image_ids, shared)) for k in (first, second)
        ]
        assert changed_columns(*tables) == frozenset()


def test_controlled_images_cross_what_they_control():
    table = MADE["controlled"].parameters
    cells = {
        (concept, ground, round(float(turn) / 30), round(float(size), 2))
        for concept, ground, turn, size in zip(
            table.concept, table.background, table.rotation, table.scale, strict=True
        )
    }
    rotations = np.round(table.rotation / 30)
    assert len(set(table.background.tolist())) == 10
    assert len({round(float(size), 2) for size in table.scale}) == 3
    assert set(rotations.tolist()) == {-3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0}
    assert len(cells) > 0.99 * len(table)  # a jitter of 3 degrees hardly leaves its cell of 30


def test_sketches_renditions_and_stylised_images_are_drawn_so():
    assert (MADE["sketches"].parameters.style == SKETCH).all()
    assert (MADE["renditions"].parameters.style != 0).all()
    painted = WORLD.palette.with_role("painted")
    assert np.isin(MADE["stylised"].parameters.background, painted).all()
    assert (MADE["stylised"].parameters.texture_of == -1).all()


def test_frames_stay_near_their_anchor_and_are_drawn_together():
    made = MADE["sequences"]
    frame, table = made.columns["frame"], made.parameters
    anchors = table.rows(frame == 0)
    assert changed_columns(anchors.rows(made.image_ids), table) == {
        "rotation",
        "x",
        "y",
        "scale",
        "light",
        "noise",
    }
    still = drawn_with(WORLD, "sequences", "labels", len(anchors), SEED)
    assert changed_columns(anchors, still) == frozenset()
    away = np.abs(table.rotation - anchors.rotation[made.image_ids])
    assert [away[np.abs(frame) == step].mean() for step in (0, 1, 3, 5)] == sorted(
        away[np.abs(frame) == step].mean() for step in (0, 1, 3, 5)
    )
    assert away.mean() < 12


def test_a_sequence_is_right_when_all_its_frames_are():
    made = MADE["sequences"]
    frame = made.columns["frame"]
    hits = np.random.default_rng(0).random(len(frame)) < 0.9
    naive = [
        all(hits[row] for row in range(11 * anchor, 11 * anchor + 11) if abs(frame[row]) <= 2)
        for anchor in range(50)
    ]
    assert perturbed_hits(hits, made, 2)[:50].tolist() == naive
    assert (perturbed_hits(hits, made, 0) == hits[frame == 0]).all()
    shares = [perturbed_hits(hits, made, reach).mean() for reach in range(6)]
    assert shares == sorted(shares, reverse=True)
    with pytest.raises(ValueError, match="reach: expected 0 to 5"):
        perturbed_hits(hits, made, 6)
    with pytest.raises(ValueError, match="hits: expected the shape"):
        perturbed_hits(hits[1:], made, 0)


def test_sets_out_of_distribution_show_no_class():
    seen, unseen = set(), set(WORLD.unseen_glyphs.tolist())
    for source in WORLD.sources:
        seen |= set(draw(WORLD, source, 5000, seed=0).glyph.tolist())
    assert set(MADE["unseen_glyphs"].parameters.glyph.tolist()) == unseen
    assert not unseen & seen
    for name in ("scenes_known", "scenes_unseen"):
        assert (MADE[name].parameters.style == SCENE).all()
    known = WORLD.palette.with_role("known")
    assert np.isin(MADE["scenes_known"].parameters.background, known).all()
    assert not np.isin(MADE["scenes_unseen"].parameters.background, known).any()
    assert (MADE["textures"].parameters.style == TEXTURE).all()
    exposed = MADE["unseen_glyphs"].columns["exposed"]
    assert exposed.mean() == 0.5
    assert (
        exposed == WORLD.exposed[np.searchsorted(WORLD.unseen_glyphs, MADE["unseen_glyphs"].parameters.glyph)]
    ).all()


def test_cues_conflict():
    made = MADE["cue_conflict"]
    table, texture = made.parameters, made.columns["texture_class"]
    assert (texture != made.labels).all()
    assert (table.texture_of == texture).all()
    assert (table.pattern == WORLD.typical.pattern[texture]).all()
    assert (table.first_colour == WORLD.typical.first_colour[texture]).all()
    for concept in (made.labels, texture):
        assert (table.background[:, None] != WORLD.typical.backgrounds[concept]).all()
    assert np.isin(table.glyph, WORLD.common_glyphs[0][made.labels]).all()
    assert np.ptp(np.bincount(made.labels * 24 + texture)[np.bincount(made.labels * 24 + texture) > 0]) == 1


def test_unknown_names_are_refused():
    with pytest.raises(ValueError, match="name: expected one of natural"):
        make_test_set(WORLD, "imagenet", SEED)
    with pytest.raises(ValueError, match="factor: expected one of pose"):
        move_factor(WORLD, "colour", MADE["plain_typical"].parameters, dice_for("x", 1200, 0))
