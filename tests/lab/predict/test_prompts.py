"""Prompt sets: what is wrong in them is named."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from clipsafe_engine.lab.world.prompts import read_prompt_sets, read_single_templates
from clipsafe_engine.lab.world.world import World, load_world
from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.registry.drawn_world import DATA

WORLD = load_world(DATA)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return replace(WORLD, folder=Path(shutil.copytree(DATA, tmp_path / "data")))


NUMBERS = {"one": 1, "five": 5, "default": 10, "thirty": 30, "eighty": 80}
OFF_DISTRIBUTION = ("drawing", "sale", "bad", "scrambled")


def test_each_number_of_templates_holds_those_before_it() -> None:
    sets = read_prompt_sets(WORLD)
    assert set(sets["default"]) == set(WORLD.language.templates)
    assert sets["default"] == sets["eighty"][:10]
    for (small, number), large in zip(NUMBERS.items(), [*list(NUMBERS)[1:], "eighty"], strict=True):
        assert len(sets[small]) == len(set(sets[small])) == number
        assert sets[small] == sets[large][:number]


def test_only_the_kinds_of_wording_have_words_that_no_naming_caption_has() -> None:
    sets = read_prompt_sets(WORLD)
    said = {word for template in WORLD.language.templates for word in template.split()} | {"small", "big"}
    assert {word for template in sets["eighty"] for word in template.split()} <= said
    off = {template for name in OFF_DISTRIBUTION for template in sets[name]}
    assert not off & set(sets["eighty"])
    assert {template.split()[1] for template in sets["colours"]} == set(WORLD.palette.colours)
    backgrounds = {template.split()[-1] for template in sets["backgrounds"]}
    assert backgrounds == set(WORLD.palette.background_names) & set(WORLD.language.words)


def test_single_templates_are_of_the_first_set_that_holds_them() -> None:
    sets, singles = read_prompt_sets(WORLD), read_single_templates(WORLD)
    assert tuple(singles)[:10] == sets["default"]
    assert set(sets["thirty"]) < set(singles) < {template for one in sets.values() for template in one}
    assert [singles[template] for template in sets["thirty"]] == ["default"] * 10 + ["thirty"] * 20


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "prompts.toml: expected an entry 'single' of type list."),
        ('single = "one"', "prompts.toml: expected an entry 'single' of type list."),
        ('single = ["none"]', "prompts.toml, single: expected names of prompt sets, got 'none'."),
        ("single = [3]", "prompts.toml, single: expected names of prompt sets, got 3."),
    ],
)
def test_single_templates_are_of_sets_that_there_are(world: World, text: str, words: str) -> None:
    (world.folder / "prompts.toml").write_text(f'{text}\n[prompt_sets]\none = ["a {{}}"]\n')
    with pytest.raises(ClipsafeError) as caught:
        read_single_templates(world)
    assert str(caught.value) == f"{world.folder}/{words}"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "prompts.toml: expected an entry 'prompt_sets' of type dict"),
        ("prompt_sets = 3", "prompts.toml: expected an entry 'prompt_sets' of type dict"),
        ("[prompt_sets", "prompts.toml: expected TOML"),
        ('[prompt_sets]\na = "{}"', "prompts.toml, prompt_sets, a: expected a list of sentences"),
        ("[prompt_sets]\na = []", "prompt_sets, a: expected a list of sentences"),
        ("[prompt_sets]\na = [3]", "prompt_sets, a: expected a sentence, got 3"),
        ('[prompt_sets]\na = ["a photo"]', "prompt_sets, a: expected one {} where the object goes"),
        ('[prompt_sets]\na = ["{} and {}"]', "prompt_sets, a: expected one {} where the object goes"),
        ('[prompt_sets]\na = ["a painting of a {}"]', "a: the word 'painting' is not in the vocabulary"),
        ('[prompt_sets]\na = ["a a a a a a a {}"]', "a: leaves too little room in 14 tokens"),
    ],
)
def test_a_bad_file_is_one_sentence(world: World, text: str, words: str) -> None:
    (world.folder / "prompts.toml").write_text(text)
    with pytest.raises(ClipsafeError) as caught:
        read_prompt_sets(world)
    told = str(caught.value)
    assert words in told
    assert told.endswith(".")
    assert "\n" not in told


def test_a_missing_file_is_named(world: World) -> None:
    (world.folder / "prompts.toml").unlink()
    with pytest.raises(ClipsafeError, match=r"prompts\.toml: cannot be read"):
        read_prompt_sets(world)
