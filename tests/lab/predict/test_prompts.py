"""Prompt sets: what is wrong in them is named."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.lab.world.prompts import read_prompt_sets
from clipsafe_utils.lab.world.world import DATA, World, load_world

WORLD = load_world(DATA)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return replace(WORLD, folder=Path(shutil.copytree(DATA, tmp_path / "data")))


def test_the_default_is_what_captions_are_made_with() -> None:
    sets = read_prompt_sets(WORLD)
    assert set(sets["default"]) == set(WORLD.language.templates)
    assert set(sets["five"]) < set(sets["default"])
    assert sets["one"] == sets["five"][:1]
    # The others are such as no caption of a photograph was made with.
    assert not (set(sets["drawing"]) | set(sets["sale"]) | set(sets["bad"])) & set(sets["default"])


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
