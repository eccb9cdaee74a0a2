"""A book of two pages to render and compile, away from the real one."""

import shutil
from pathlib import Path

import pytest

from clipsafe_utils.parameters import CHAPTER_PARAMETERS, Parameter
from clipsafe_utils.publishing.chapters import Chapter


@pytest.fixture
def small_book(tmp_path: Path, repository: Path) -> Path:
    """The small book, under the configuration and the looks of the real one."""
    root = tmp_path / "small book"
    shutil.copytree(repository / "tests" / "fixtures" / "small_book", root)
    shutil.copyfile(repository / "_config.yml", root / "_config.yml")
    (root / "book" / "_static").symlink_to(repository / "book" / "_static")
    return root


@pytest.fixture
def tiny(small_book: Path, monkeypatch: pytest.MonkeyPatch) -> Chapter:
    """The chapter of the small book and its one parameter."""
    words = Parameter("words", "list of text", ("one", "two"), "words to count")
    monkeypatch.setitem(CHAPTER_PARAMETERS, "tiny", (words,))  # type: ignore[arg-type]
    return Chapter(small_book / "notebooks" / "01-tiny.md")
