"""Compiling: strict, and an old site that only a good one replaces."""

import errno
import os
from pathlib import Path

import pytest

from clipsafe_utils import files
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


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def assert_left_alone(site: Path) -> None:
    assert (site / "index.html").read_text() == "the old site"
    assert names_in(site.parent) == ["html", "site-1"]


@pytest.mark.slow
def test_a_book_compiles_without_a_warning(small_book: Path, tiny: Chapter) -> None:
    render_chapter(tiny, tiny.published)
    index = compile_book(small_book)
    assert index == small_book / "_build" / "html" / "index.html"
    page = (index.parent / "book" / "intro.html").read_text()
    assert "A tiny chapter" in page
    assert names_in(index.parent.parent) == ["html", "site-1"]


@pytest.mark.slow
def test_a_failed_compile_leaves_the_old_site_and_names_the_place(
    small_book: Path, old_site: Path, tiny: Chapter
) -> None:
    tiny.source.write_text(tiny.source.read_text().replace("(intro.md)", "(nowhere.md)"))
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


@pytest.fixture
def light(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiling, "run_jupyter_book", _new_site)


@pytest.mark.usefixtures("light")
def test_the_new_site_takes_the_place_of_the_old(small_book: Path, old_site: Path) -> None:
    (old_site / "gone.html").touch()
    assert compile_book(small_book).read_text() == "the new site"
    assert names_in(old_site) == ["index.html"]
    assert os.readlink(old_site) == "site-2"
    assert (old_site.parent / "site-1" / "gone.html").exists(), "readers are still on their way into it"
    compile_book(small_book)
    assert os.readlink(old_site) == "site-1"
    assert not (old_site / "gone.html").exists()
    assert names_in(old_site.parent) == ["html", "site-1", "site-2"]


@pytest.mark.usefixtures("light")
def test_a_move_that_fails_leaves_the_old_site(
    small_book: Path, old_site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rename = Path.rename

    def rename_unless_new(path: Path, target: Path) -> Path:
        if (path / "index.html").read_text() == "the new site":
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", rename_unless_new)
    with pytest.raises(ClipsafeError, match=r"_build: cannot be written \(No space left on device\)"):
        compile_book(small_book)
    assert_left_alone(old_site)


@pytest.mark.parametrize("left", ["site-1", "site-2"])
def test_a_site_that_has_lost_its_place_comes_back_even_if_the_compile_fails(
    small_book: Path, old_site: Path, left: str
) -> None:
    old_site.rename(old_site.with_name(left))
    (small_book / "_config.yml").unlink()
    with pytest.raises(ClipsafeError, match="not found"):
        compile_book(small_book)
    assert (old_site / "index.html").read_text() == "the old site"


@pytest.mark.usefixtures("light")
def test_a_disk_without_locks_is_compiled_to(small_book: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.EOPNOTSUPP, os.strerror(errno.EOPNOTSUPP))

    monkeypatch.setattr(files.fcntl, "flock", refuse)
    assert compile_book(small_book).read_text() == "the new site"


@pytest.mark.usefixtures("light")
def test_a_link_of_the_reader_s_is_turned_and_what_it_led_to_stays(small_book: Path, tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "index.html").write_text("mine")
    (small_book / "_build").mkdir()
    (small_book / "_build" / "html").symlink_to(mine)
    assert compile_book(small_book).read_text() == "the new site"
    assert (mine / "index.html").read_text() == "mine"
