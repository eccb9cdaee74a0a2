"""Compiling: strict, and an old site that only a good one replaces."""

import errno
import os
from pathlib import Path

import pytest

from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.publishing import compile as compiling
from clipsafe_utils.publishing.chapters import Chapter
from clipsafe_utils.publishing.compile import compile_book, run_jupyter_book
from clipsafe_utils.publishing.render import render_chapter


@pytest.fixture
def old_site(small_book: Path) -> Path:
    site = small_book / "_build" / "html"
    site.mkdir(parents=True)
    (site / "index.html").write_text("the old site")
    return site


def assert_left_alone(site: Path) -> None:
    assert (site / "index.html").read_text() == "the old site"
    assert [path.name for path in site.parent.iterdir()] == ["html"]


@pytest.mark.slow
def test_a_book_compiles_without_a_warning(small_book: Path, tiny: Chapter) -> None:
    render_chapter(tiny, tiny.published)
    index = compile_book(small_book)
    assert index == small_book / "_build" / "html" / "index.html"
    page = (index.parent / "book" / "intro.html").read_text()
    assert "A tiny chapter" in page
    assert [path.name for path in index.parent.parent.iterdir()] == ["html"]


@pytest.mark.slow
def test_a_failed_compile_leaves_the_old_site_and_names_the_place(
    small_book: Path, old_site: Path, tiny: Chapter
) -> None:
    tiny.source.write_text(tiny.source.read_text().replace('glue("count"', 'glue("other"'))
    render_chapter(tiny, tiny.published)
    with pytest.raises(ClipsafeError) as error:
        compile_book(small_book)
    first, *warnings = str(error.value).splitlines()
    assert first == f"{small_book}: the book does not compile."
    assert warnings[0].startswith("book/01-tiny.ipynb:")
    assert "WARNING" in warnings[0]
    assert_left_alone(old_site)


@pytest.mark.slow
def test_a_broken_table_of_contents_is_told_in_a_sentence(small_book: Path, old_site: Path) -> None:
    (small_book / "_toc.yml").write_text("chapters: [")
    with pytest.raises(ClipsafeError, match="the book does not compile"):
        compile_book(small_book)
    assert_left_alone(old_site)


def test_without_a_configuration_it_says_where_to_go(tmp_path: Path) -> None:
    with pytest.raises(ClipsafeError, match=r"_config\.yml: not found; run this in a clone"):
        run_jupyter_book(tmp_path, tmp_path / "out", strict=True)


def test_only_the_first_warnings_are_shown() -> None:
    log = "\n".join(["Running", *[f"\x1b[91mbook/a.md:{n}: WARNING: lost\x1b[39;49;00m" for n in range(7)]])
    shown = compiling._complaints(log).splitlines()
    assert shown[0] == "book/a.md:0: WARNING: lost"
    assert shown[-1] == "… and 2 more."
    assert len(shown) == 6


def test_a_failure_without_a_warning_shows_the_last_line() -> None:
    assert compiling._complaints("Traceback\nKeyError: 'x'\n\n") == "KeyError: 'x'"
    assert compiling._complaints("") == "It said nothing."


def _new_site(_: Path, output: Path, *, strict: bool) -> Path:
    assert strict
    site = output / "_build" / "html"
    site.mkdir(parents=True)
    (site / "index.html").write_text("the new site")
    return site


def test_the_new_site_takes_the_place_of_the_old(
    small_book: Path, old_site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (old_site / "gone.html").touch()
    monkeypatch.setattr(compiling, "run_jupyter_book", _new_site)
    assert compile_book(small_book).read_text() == "the new site"
    assert [path.name for path in old_site.iterdir()] == ["index.html"]


def test_a_move_that_fails_brings_the_old_site_back(
    small_book: Path, old_site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rename = Path.rename

    def rename_unless_new(path: Path, target: Path) -> Path:
        if (path / "index.html").read_text() == "the new site":
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return rename(path, target)

    monkeypatch.setattr(compiling, "run_jupyter_book", _new_site)
    monkeypatch.setattr(Path, "rename", rename_unless_new)
    with pytest.raises(ClipsafeError, match=r"_build: cannot be written \(No space left on device\)"):
        compile_book(small_book)
    assert_left_alone(old_site)
