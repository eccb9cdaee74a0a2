import numpy as np
import pytest

from clipsafe_engine.lab.world.captions import captions, prompt_tokens, read_labels
from clipsafe_engine.lab.world.palette import PATTERNS
from clipsafe_engine.lab.world.parameters import NATURAL, SKETCH
from clipsafe_engine.lab.world.sources import draw, label_concepts, labels, with_knobs
from clipsafe_engine.lab.world.world import load_world
from clipsafe_utils.errors import ClipsafeError

IMAGES = 20_000
WORLD = load_world()
CAPTIONED = [source for source, parts in WORLD.sources.items() if parts.captions]


def words(tokens):
    return [WORLD.language.text(row).split() for row in tokens]


@pytest.mark.parametrize("source", CAPTIONED)
def test_captions_and_labels_agree_but_for_the_noise_that_was_asked_for(source):
    parts = WORLD.sources[source]
    knobs = [WORLD.caption_knobs[name] for name in parts.captions]
    wrong = np.mean([one.wrong for one in knobs])
    missing = np.mean([one.missing for one in knobs])
    table = draw(WORLD, source, IMAGES, seed=0)
    read = read_labels(WORLD, source, captions(WORLD, source, table, seed=0))
    named = read >= 0
    error = 4 / np.sqrt(IMAGES)
    assert abs((~named).mean() - missing) <= error * np.sqrt(missing)
    mistaken = (read != labels(WORLD, source, table))[named].mean()
    assert abs(mistaken - wrong) <= error * np.sqrt(wrong)


def test_words_of_detail_are_true():
    world = with_knobs(WORLD, "wit", detail=1.0, wrong=0.0, missing=0.0)
    table = draw(world, "wit", 3000, seed=1)
    colours, grounds = world.palette.colours, world.palette.background_names
    said = words(captions(world, "wit", table, seed=1))
    assert sum("and" in sentence for sentence in said) > 500
    for row, sentence in enumerate(said):
        own = {colours[table.first_colour[row]], colours[table.second_colour[row]]}
        assert set(sentence) & set(colours) <= own
        assert set(sentence) & set(PATTERNS) <= {PATTERNS[table.pattern[row]]}
        assert set(sentence) & set(grounds) <= {grounds[table.background[row]]}
        assert ("on" in sentence) == bool(set(sentence) & set(grounds))
        assert world.concepts[table.concept[row]].name in sentence
        if "small" in sentence:
            assert table.scale[row] < world.language.size_words.small
        if "big" in sentence:
            assert table.scale[row] > world.language.size_words.big


def test_no_more_is_said_than_the_knobs_allow():
    table = draw(WORLD, "wit", IMAGES, seed=2)
    knobs, shares = WORLD.caption_knobs["wit"], WORLD.language.detail_words
    said = words(captions(WORLD, "wit", table, seed=2))
    junk = knobs.missing * WORLD.language.junk_share
    natural = (table.style == NATURAL).mean()
    for known, share, drawn in (
        (PATTERNS, shares.pattern, 1 - (table.style == SKETCH).mean()),
        (WORLD.palette.background_names, shares.background, natural),
    ):
        found = np.mean([bool(set(known) & set(sentence)) for sentence in said])
        assert abs(found - knobs.detail * share * drawn * (1 - junk)) < 0.012


def test_a_sketch_is_called_a_drawing():
    world = with_knobs(WORLD, "laion", sketches=1.0, flats=0.0, posters=0.0, missing=0.0, detail=1.0)
    said = words(captions(world, "laion", draw(world, "laion", 500, seed=3), seed=3))
    assert all(sentence[:3] == ["a", "drawing", "of"] for sentence in said)
    unseen = {*WORLD.palette.colours, *PATTERNS, *WORLD.palette.background_names}
    assert not any(set(sentence) & unseen for sentence in said)


def test_a_wrong_caption_always_names_another_concept():
    world = with_knobs(WORLD, "wit", wrong=1.0, missing=0.0)
    table = draw(world, "wit", 3000, seed=3)
    read = read_labels(world, "wit", captions(world, "wit", table, seed=3))
    assert (read >= 0).all()
    assert (read != labels(world, "wit", table)).all()


def test_the_name_alone_can_be_the_caption():
    import dataclasses

    from clipsafe_utils.registry.knobs import SourceParts

    named = SourceParts(WORLD.sources["laion"].images, ("name_only",))
    world = dataclasses.replace(WORLD, sources={**WORLD.sources, "laion_names": named})
    table = draw(world, "laion_names", 500, seed=4)
    said = [world.language.text(row) for row in captions(world, "laion_names", table, seed=4)]
    assert said == [world.concepts[concept].name for concept in table.concept]


def test_same_seed_same_captions_whatever_the_number_and_each_epoch_other_ones():
    table = draw(WORLD, "laion", 2000, seed=5)
    first = captions(WORLD, "laion", table, seed=5, epoch=0)
    assert (captions(WORLD, "laion", table.rows(slice(0, 300)), seed=5, epoch=0) == first[:300]).all()
    other = captions(WORLD, "laion", table, seed=5, epoch=1)
    assert 0.5 < (first != other).any(axis=1).mean() < 1
    assert (captions(WORLD, "laion", table, seed=6, epoch=0) != first).any()


def test_the_swap_says_of_laion_s_images_what_wit_would_say():
    table = draw(WORLD, "laion", 5000, seed=6)
    swapped = captions(WORLD, "laion_images_wit_captions", table, seed=6)
    missing = (read_labels(WORLD, "laion", swapped) < 0).mean()
    assert abs(missing - WORLD.caption_knobs["wit"].missing) < 0.02


@pytest.mark.parametrize("source", CAPTIONED)
def test_tokens_are_well_formed(source):
    world = with_knobs(WORLD, source, detail=1.0)
    tokens = captions(world, source, draw(world, source, 5000, seed=7), seed=7)
    language = world.language
    assert (tokens[:, 0] == 1).all()
    assert ((tokens == language.end).sum(axis=1) == 1).all()
    after_end = np.arange(language.context_length) > tokens.argmax(axis=1)[:, None]
    assert ((tokens == 0) == after_end).all()


def test_a_source_without_words_is_refused():
    table = draw(WORLD, "labels_wide_near", 100, seed=0)
    with pytest.raises(ClipsafeError, match=r"source.labels_wide_near\]: has no captions"):
        captions(WORLD, "labels_wide_near", table, seed=0)
    with pytest.raises(ValueError, match="has no word for"):
        captions(WORLD, "wit", table, seed=0)


def test_prompts_name_the_classes_in_order():
    tokens = prompt_tokens(WORLD, ["{}", "a drawing of a {}", "stuff and {} for sale"])
    assert tokens.shape == (24, 3, 14)
    assert WORLD.language.text(tokens[3, 1]) == "a drawing of a cat"
    assert WORLD.language.text(tokens[3, 2]) == "stuff and cat for sale"
    assert (read_labels(WORLD, "labels", tokens) == np.arange(24)[:, None]).all()
    with pytest.raises(ClipsafeError, match="the word 'etching'"):
        prompt_tokens(WORLD, ["an etching of a {}"])


def test_labels_read_off_captions_cover_the_extra_concepts():
    table = draw(WORLD, "wit", 5000, seed=8)
    read = read_labels(WORLD, "wit", captions(WORLD, "wit", table, seed=8))
    assert set(read.tolist()) == {-1, *range(len(label_concepts(WORLD, "wit")))}
