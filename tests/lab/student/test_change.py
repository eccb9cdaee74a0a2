"""From what a student writes to a recipe, and a sentence for what is written wrongly."""

from pathlib import Path

import pytest

from clipsafe_engine.lab.student.change import Change, recipe_of
from clipsafe_engine.lab.student.knobs import MEANINGS, OF_TRAINING, checked, limits, read_settings
from clipsafe_engine.lab.student.own_world import copy_world
from clipsafe_engine.lab.training.recipe import Recipe, read_groups
from clipsafe_engine.lab.world.world import World, load_world
from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.parameters import KNOB_NAMES
from clipsafe_utils.registry.knobs import CAPTION_KNOBS, IMAGE_KNOBS


@pytest.fixture(scope="module")
def world() -> World:
    return load_world()


def test_every_number_of_a_source_is_a_knob_and_so_is_every_knob_of_the_chapters() -> None:
    no_numbers = {"classes", "size_words", "templates"}
    assert {*IMAGE_KNOBS, *CAPTION_KNOBS} - no_numbers == set(MEANINGS) - set(OF_TRAINING)
    assert set(KNOB_NAMES) <= set(MEANINGS)


@pytest.mark.parametrize("knob", MEANINGS)
def test_the_ends_of_a_range_are_in_it(knob: str) -> None:
    low, high = limits(knob)
    assert (checked(knob, low), checked(knob, high)) == (low, high)
    for outside in (low - 1, high + 1):
        with pytest.raises(ClipsafeError, match=rf"^{knob}=.*expected a number from {low:,} to {high:,}\.$"):
            checked(knob, outside)


@pytest.mark.parametrize(
    ("texts", "sentence"),
    [
        (["wrong"], "wrong: write a knob and its value, as in texture_correlation=0.9."),
        (["wrong=0", "wrong=1"], "wrong=1: the knob 'wrong' is set twice; one model has one value of it."),
        (["texture=0.9"], "texture=0.9: there is no knob 'texture'; did you mean 'texture_correlation'?"),
        (["rotation_ds=3"], "rotation_ds=3: there is no knob 'rotation_ds'; did you mean 'rotation_sd'?"),
        (["wrong=half"], "wrong=half: expected a number after =, got 'half'."),
        (["wrong=nan"], "wrong=nan: it is the share of captions that name another thing; expected a number"),
        (["batch=64.5"], "batch=64.5: it is the number of images that are compared with each other's"),
    ],
)
def test_a_mistake_gets_a_sentence_that_says_what_to_write(texts: list[str], sentence: str) -> None:
    with pytest.raises(ClipsafeError) as refused:
        read_settings(texts)
    assert str(refused.value).startswith(sentence)


def test_a_knob_like_no_other_is_told_all_of_them() -> None:
    with pytest.raises(ClipsafeError, match=f"there is no knob 'zzz'; the knobs are {', '.join(MEANINGS)}"):
        read_settings(["zzz=1"])


def test_nothing_changed_is_the_recipe_of_the_shipped_clip(world: World) -> None:
    shipped = {recipe.name: recipe for group in read_groups().values() for recipe in group}
    mine = recipe_of(world, Change()).described()
    kept = shipped["clip-resnet_xs-wit-64k-s0"].described()
    assert {**mine, "name": ""} == {**kept, "name": ""}


def test_a_knob_is_turned_as_in_the_zoo(world: World) -> None:
    shipped = {recipe.name: recipe for group in read_groups().values() for recipe in group}
    for settings, name in (
        ({"texture_correlation": 0.95, "seed": 2}, "clip-texture_correlation-0.95-s2"),
        ({"batch": 1024}, "clip-batch-1024-s0"),
        ({"images": 4096, "seed": 1}, "clip-resnet_xs-wit-4k-s1"),
    ):
        mine, kept = recipe_of(world, Change(settings)).described(), shipped[name].described()
        assert mine.pop("learning_rate") in (kept.pop("learning_rate"), shipped[name].rate)
        assert {**mine, "name": ""} == {**kept, "name": ""}


def test_the_name_says_all_that_decides_the_weights(tmp_path: Path) -> None:
    copy_world(tmp_path / "my world")
    own = Change(world=tmp_path / "my world")
    changes = [
        Change(),
        Change({"wrong": 0.2}),
        Change({"wrong": 0.2, "seed": 1}),
        Change({"wrong": 0.2}, "laion"),
        Change({"samples": 100_000_000}),
        Change({"wrong": 0.00001}),
        own,
    ]
    names = [change.name for change in changes]
    (tmp_path / "my world" / "notes.txt").write_text("no file of the world")
    assert own.name == names[-1]
    captions = tmp_path / "my world" / "captions.toml"
    captions.write_text(captions.read_text() + "\n")
    names.append(own.name)
    assert len(set(names)) == len(names)
    for name in names:
        Recipe(name, "resnet_xs", "wit", "clip")
        assert name.replace("-", "").replace(".", "").replace("_", "").isalnum()


def test_knobs_that_contradict_each_other_are_refused(world: World) -> None:
    with pytest.raises(ClipsafeError, match="sketches, flats and posters must not be more than 1 together"):
        recipe_of(world, Change({"sketches": 0.7, "flats": 0.7}))
    with pytest.raises(ClipsafeError, match=r"^batch=1024: is more than the 512 training images"):
        recipe_of(world, Change({"images": 512, "batch": 1024}))
    with pytest.raises(ClipsafeError, match=r"no source 'wiki'; expected labels, .*wit"):
        recipe_of(world, Change(source="wiki"))
    with pytest.raises(ClipsafeError, match=r"^labels_wide_far: .*no captions.* labels, wit, laion"):
        recipe_of(world, Change(source="labels_wide_far"))
