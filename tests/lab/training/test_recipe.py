"""Recipes: every group of the zoo is sound, and whatever is wrong in a file is one sentence."""

from collections.abc import Callable
from pathlib import Path

import pytest

from clipsafe_engine.lab.training.many_sources import SOURCES, drawn_sources
from clipsafe_engine.lab.training.recipe import EXPERIMENTS, Recipe, read_group, read_groups, world_of
from clipsafe_engine.lab.world.world import load_world
from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.registry.drawn_world import DATA

WORLD = load_world(DATA)
GROUPS = read_groups()
PLAIN = {"name": '"a"', "architecture": '"resnet_xs"', "source": '"wit"', "loss": '"clip"'}

Make = Callable[..., Recipe]


def models(*rows: dict[str, str]) -> str:
    """Write rows as TOML: each has the plain entries, but for its own."""
    tables = ("\n".join(f"{name} = {value}" for name, value in (PLAIN | row).items()) for row in rows)
    return "\n".join(f"[[models]]\n{table}" for table in tables)


def complaint(folder: Path, text: str) -> str:
    path = folder / "mine.toml"
    path.write_text(text)
    with pytest.raises(ClipsafeError) as caught:
        read_group(path)
    told = str(caught.value)
    assert told.startswith(str(path))
    assert told.endswith(".")
    assert "\n" not in told
    return told


def test_the_zoo_is_what_was_planned() -> None:
    recipes = [recipe for group in GROUPS.values() for recipe in group]
    names = [recipe.name for recipe in recipes]
    assert len(set(names)) == len(names)
    assert {recipe.start for recipe in recipes} | {recipe.average_with for recipe in recipes} <= {"", *names}
    assert sum(recipe.shipped for recipe in recipes) <= 40
    # A model that starts from another is of its architecture, and one that is measured is of a known kind.
    by_name = {recipe.name: recipe for recipe in recipes}
    assert all(by_name[one.start].architecture == one.architecture for one in recipes if one.start)
    assert all(group == recipe.training_group for group, some in GROUPS.items() for recipe in some)


@pytest.mark.parametrize("group", GROUPS)
def test_every_recipe_fits_the_world(group: str) -> None:
    for recipe in GROUPS[group]:
        parts = world_of(WORLD, recipe).sources[recipe.source]
        assert parts.captions or recipe.loss not in ("clip", "caption_labels")


def test_one_rung_of_the_ladder_changes_one_thing() -> None:
    rungs: dict[str, set[tuple[str, str]]] = {}
    for recipe in GROUPS["ladder"]:
        rungs.setdefault(recipe.rung, set()).add((recipe.loss, recipe.captions))
    assert rungs == {
        "a": {("labels", "")},
        "b": {("caption_labels", "")},
        "c": {("clip", "name_only")},
        "d": {("clip", "")},
    }
    held = {(one.architecture, one.images, one.samples, one.batch) for one in GROUPS["ladder"]}
    assert held == {("resnet_xs", 65_536, 262_144, 256)}


def test_a_list_is_an_axis_and_names_are_filled(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(
        '[defaults]\nimages = 4096\nloss = "labels"\n'
        + models({"name": '"{source}-{thousands}-s{seed}"', "source": '["wit", "laion"]', "seed": "[0, 3]"})
        + models({"name": '"b-{start}"', "start": '"wit-4k-s3"', "loss": '"labels"'}).replace("[[", "\n[[", 1)
    )
    recipes = read_group(path)
    assert [one.name for one in recipes] == [
        *("wit-4k-s0", "wit-4k-s3", "laion-4k-s0", "laion-4k-s3", "b-wit-4k-s3")
    ]
    assert {one.images for one in recipes} == {4096}
    assert {one.loss for one in recipes[:4]} == {"clip"}  # a table stands before the defaults
    assert recipes[0].training_group == "mine"


def test_a_knob_is_turned_by_its_level(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(
        models(
            {"name": '"{knob}-{level}"', "knob": '"wrong"', "level": "[0, 0.2]"},
            {"name": '"{knob}-{level}"', "knob": '"batch"', "batch": "64", "level": "64"},
            {"name": '"b"', "knobs": "{wrong = 1, detail = 0.5}"},
        )
    )
    assert [one.knobs for one in read_group(path)] == [
        (("wrong", 0.0),),
        (("wrong", 0.2),),
        (),
        (("detail", 0.5), ("wrong", 1.0)),
    ]


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"rate": "1e-3"}, "has no entry 'rate'"),
        ({"loss": '"hinge"'}, "loss: expected one of clip, labels"),
        ({"architecture": '"vgg"'}, "architecture: expected one of resnet_xs"),
        ({"images": "10"}, "images: expected a number from 256"),
        ({"images": '"many"', "name": '"a-{thousands}"'}, "images: expected a whole number, got 'many'"),
        ({"learning_rate": "-1"}, "learning_rate: expected a number from 0 to 1"),
        ({"shipped": "1"}, "shipped: expected true or false"),
        ({"batch": "512", "images": "256"}, "batch: 512 is more than the 256 images of 'a'"),
        ({"seed": "[]"}, "seed: expected at least one value"),
        ({"seed": "[[1]]"}, "seed: expected a whole number"),
        ({"name": '"a-{colour}"'}, "'a-{colour}' cannot be filled"),
        ({"name": '"a-{"'}, "'a-{' cannot be filled"),
        ({"name": '"a-{}"'}, "'a-{}' cannot be filled"),
        ({"name": '"a-{source.red}"'}, "cannot be filled"),
        ({"name": '"a-{source:d}"'}, "cannot be filled"),
        ({"name": '"../a"'}, "since files have it; got '../a'"),
        ({"name": '""'}, "since files have it; got ''"),
        ({"name": "3"}, "name: expected a text"),
        ({"knobs": "3"}, "knobs: expected a table of numbers"),
        ({"knobs": "{wrong = true}"}, "knobs: expected a table of numbers"),
        ({"knob": '"wrong"'}, "expected the level of the knob 'wrong'"),
        ({"knob": "{a = 1}"}, "knob: expected a text"),
        ({"loss": '"average"'}, "the loss 'average', and no other, needs start and average_with"),
        ({"loss": '"average"', "average_with": '"b"'}, "needs start and average_with"),
        ({"loss": '"labels"', "start": '"b"', "average_with": '"c"'}, "and no other, needs"),
        ({"start": '"b"'}, "start: a model with the loss 'clip' starts from nothing"),
    ],
)
def test_a_bad_row_is_one_sentence(tmp_path: Path, row: dict[str, str], words: str) -> None:
    told = complaint(tmp_path, models(row))
    assert words in told
    assert "[[models]] 1" in told


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "expected an entry 'models' of type list"),
        ("models = 3", "expected an entry 'models' of type list"),
        ("models = [3]", "[[models]] 1: expected a table, got 3"),
        ("[[model]]", "has no table 'model'"),
        ("defaults = 3\nmodels = []", "expected an entry 'defaults' of type dict"),
        ("[[models", "expected TOML"),
        (models({}, {}), "two models are called 'a'"),
        (models({"seed": "[0, 1]"}), "two models are called 'a'"),
        (models({"loss": '"labels"', "start": '"a"'}), "'a' starts from 'a', which must stand above it"),
        (
            models({"loss": '"labels"', "start": '"b"'}, {"name": '"b"'}),
            "'a' starts from 'b', which must stand above it",
        ),
    ],
)
def test_a_bad_file_is_one_sentence(tmp_path: Path, text: str, words: str) -> None:
    assert words in complaint(tmp_path, text)


def test_groups_must_agree(tmp_path: Path) -> None:
    (tmp_path / "one.toml").write_text(models({}))
    (tmp_path / "two.toml").write_text(models({}))
    with pytest.raises(ClipsafeError, match=r"one and two both have a model 'a'\.$"):
        read_groups(tmp_path)
    (tmp_path / "two.toml").write_text(models({"name": '"b"', "loss": '"labels"', "start": '"c"'}))
    with pytest.raises(ClipsafeError, match=r"'b' starts from 'c', which no group has\.$"):
        read_groups(tmp_path)
    with pytest.raises(ClipsafeError, match=r"three\.toml: cannot be read"):
        read_group(tmp_path / "three.toml")


@pytest.mark.parametrize(
    ("choices", "words"),
    [
        ({"source": "flickr"}, "no source 'flickr'; expected labels"),
        ({"captions": "haiku"}, "mine, captions: there are none called 'haiku'"),
        ({"source": "labels_wide_near"}, "mine: the source 'labels_wide_near' has no captions"),
        ({"source": "labels_wide_near", "loss": "labels", "captions": "wit"}, "has no captions"),
        ({"knobs": (("colour", 1.0),)}, "has no knob 'colour'"),
        ({"knobs": (("wrong", 2.0),)}, "wrong: expected a number from 0 to 1"),
    ],
)
def test_what_the_world_lacks_is_named(tiny: Make, choices: dict[str, object], words: str) -> None:
    given = {"name": "mine", "loss": "clip", "source": "wit"} | choices
    with pytest.raises(ClipsafeError) as caught:
        world_of(WORLD, tiny(**given))
    assert words in str(caught.value)


def test_knobs_hold_for_exchanged_captions_too(tiny: Make) -> None:
    world = world_of(WORLD, tiny("a", "clip", "mixed", captions="laion", knobs=(("wrong", 0.5),)))
    knobs = [world.caption_knobs[name] for name in world.sources["mixed"].captions]
    assert {(one.wrong, one.missing) for one in knobs} == {(0.5, 0.15)}
    assert WORLD.caption_knobs["laion"].wrong == 0.08


def test_what_has_no_bearing_on_the_weights_is_not_described(tiny: Make) -> None:
    one = tiny("a", "clip", group="standard", rung="a", knob="batch", level=3.0, shipped=True)
    assert one.described() == tiny("a", "clip").described()
    assert one.described() != tiny("a", "clip", learning_rate=1e-3).described()
    assert (one.epochs, tiny("a", "clip", samples=256, images=1024).epochs) == (4, 1)


def test_the_many_sources_are_those_that_the_prior_gives() -> None:
    recipes = read_groups(EXPERIMENTS)["many_sources"]
    by_source = {recipe.rung: dict(recipe.knobs) for recipe in recipes}
    assert list(by_source.values()) == drawn_sources()
    assert len(recipes) == 2 * SOURCES


def test_an_experiment_shares_no_name_with_the_zoo() -> None:
    names = [recipe.name for group in (GROUPS | read_groups(EXPERIMENTS)).values() for recipe in group]
    assert len(names) == len(set(names))


def test_only_clip_s_loss_has_a_scale_or_a_mask(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text(
        '[[models]]\nname = "a"\narchitecture = "resnet_xs"\nsource = "wit"\nloss = "labels"\nmasked = true\n'
    )
    with pytest.raises(ClipsafeError, match=r"own\.toml.*belong to the loss 'clip'"):
        read_group(path)


def test_a_choice_that_is_not_made_leaves_no_trace_in_a_weight_file() -> None:
    plain = Recipe("a", "resnet_xs", "wit", "clip").described()
    assert not {"masked", "scale", "scale_held"} & plain.keys()
    assert Recipe("a", "resnet_xs", "wit", "clip", masked=True).described() == {**plain, "masked": True}
