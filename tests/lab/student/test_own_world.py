"""A copy of the world can be changed, is checked, and is tested on the book's images."""

from pathlib import Path

import pytest

from clipsafe_engine.lab.predict.sets import world_hash
from clipsafe_engine.lab.student.own_world import copy_world, make_test_world, read_own_world
from clipsafe_engine.lab.world.world import load_world
from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.registry.drawn_world import DATA

SEED = 71


@pytest.fixture
def own(tmp_path: Path) -> Path:
    copy_world(tmp_path / "my-world")
    return tmp_path / "my-world"


def edit(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new, 1))


def test_a_copy_is_the_same_world_and_is_not_made_twice(own: Path) -> None:
    assert read_own_world(own).class_names == load_world().class_names
    with pytest.raises(ClipsafeError, match=r"my-world: is already there; name a new folder"):
        copy_world(own)


def test_a_new_word_and_sentence_are_welcome(own: Path) -> None:
    edit(own / "captions.toml", '"silhouette",', '"silhouette", "splendid",')
    edit(own / "captions.toml", '"a nice {}"', '"a splendid {}"')
    assert "a splendid {}" in read_own_world(own).language.templates


@pytest.mark.parametrize(
    ("file", "old", "new", "sentence"),
    [
        ("captions.toml", '"a nice {}"', '"a splendid {}"', "the word 'splendid' is not in the vocabulary"),
        ("captions.toml", '"cat", ', "", "captions say 'cat', which is not in the vocabulary"),
        ("captions.toml", '"nice", ', '"nicer", ', "the word 'nice' is not in the vocabulary"),
        ("prompts.toml", '"a photo of a {}"', '"a splendid {}"', "prompt.*'splendid' is not in the vocab"),
        ("concepts.toml", 'glyphs = ["mdi:cat", "ph:cat-fill"]', "glyphs = []", "'cat': has no glyphs"),
        (
            "sources.toml",
            "texture_correlation = 0.50",
            "texture_correlation = 50",
            "expected a number from 0",
        ),
    ],
)
def test_a_broken_world_is_refused_before_anything_is_trained(
    own: Path, file: str, old: str, new: str, sentence: str
) -> None:
    edit(own / file, old, new)
    with pytest.raises(ClipsafeError, match=sentence) as refused:
        read_own_world(own)
    assert file in str(refused.value)


def test_a_class_that_the_tests_ask_for_cannot_be_another_one(own: Path) -> None:
    edit(own / "concepts.toml", 'name = "horse"', 'name = "zebra"')
    edit(own / "captions.toml", '"horse",', '"zebra",')
    with pytest.raises(ClipsafeError, match=r"concepts.toml: the tests ask .* differs in horse, zebra\."):
        read_own_world(own)


def test_a_thing_of_captions_cannot_lose_its_word(own: Path) -> None:
    edit(own / "concepts.toml", 'name = "anchor"', 'name = "hook"')
    edit(own / "captions.toml", '"anchor",', '"hook",')
    with pytest.raises(ClipsafeError, match=r"captions.toml, words: lacks 'anchor', which the tests say"):
        read_own_world(own)


def test_there_must_be_a_folder() -> None:
    with pytest.raises(ClipsafeError, match="nowhere: there is no such folder; make one with: clipsafe mini"):
        read_own_world(Path("nowhere"))


def test_the_tests_have_the_books_pictures_and_the_students_words(own: Path, tmp_path: Path) -> None:
    edit(own / "captions.toml", '"silhouette",', '"silhouette", "splendid",')
    edit(own / "concepts.toml", 'backgrounds = ["curtain", "wood"]', 'backgrounds = ["sea", "wood"]')
    made = load_world(make_test_world(own, tmp_path / "tests"))
    assert "splendid" in made.language.words
    assert made.concepts == load_world().concepts
    assert world_hash(made, SEED) == world_hash(load_world(), SEED) != world_hash(load_world(own), SEED)
    assert sorted(path.name for path in DATA.iterdir()) == sorted(
        path.name for path in (tmp_path / "tests").iterdir()
    )
