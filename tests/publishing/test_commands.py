"""What the command line hands over."""

import sys
from pathlib import Path

import nbformat
import pytest

from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.publishing import commands, poster
from clipsafe_utils.publishing.chapters import Chapter
from tests.attack.command import run


@pytest.mark.parametrize("text", ["seed=3", "[1, 2]", "{seed: 3", "", "seed"])
def test_parameters_must_be_a_mapping(text: str) -> None:
    with pytest.raises(ClipsafeError, match="not a YAML mapping, which looks like"):
        commands.read_parameters(text)


def test_no_parameters_are_a_mapping_too() -> None:
    assert commands.read_parameters("{}") == {}


def test_a_reader_without_the_extra_is_told_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "papermill", None)
    for name in ("commands", "render", "standalone"):
        monkeypatch.delitem(sys.modules, f"clipsafe_utils.publishing.{name}")
    ended = run(capsys, "compile")
    assert ended.is_one_sentence
    assert "pip install 'clipsafe[book]'" in ended.err


@pytest.mark.parametrize("verb", ["compile", "book"])
def test_the_last_word_is_an_address_that_a_browser_opens(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], verb: str
) -> None:
    monkeypatch.setattr(commands, "compile_site", lambda: Path("/a clone/_build/html/index.html"))
    monkeypatch.setattr(commands, "render_what_changed", lambda _: 1)
    assert run(capsys, verb).out == "The book is at file:///a%20clone/_build/html/index.html\n"


def test_one_chapter_goes_to_its_page_in_the_book(
    small_book: Path, tiny: Chapter, monkeypatch: pytest.MonkeyPatch
) -> None:
    rendered: list[tuple[Chapter, Path]] = []
    monkeypatch.setattr(commands, "REPOSITORY", small_book)
    monkeypatch.setattr(
        commands, "render_chapter", lambda chapter, output: rendered.append((chapter, output)) or []
    )
    commands.render_book("tiny", jobs=1)
    assert rendered == [(tiny, tiny.published)]
    assert not commands.render_what_changed(jobs=1)


def test_all_chapters_go_to_the_book(
    small_book: Path, tiny: Chapter, monkeypatch: pytest.MonkeyPatch
) -> None:
    rendered: list[tuple[list[Chapter], int]] = []
    monkeypatch.setattr(commands, "REPOSITORY", small_book)
    monkeypatch.setattr(
        commands, "render_all", lambda chapters, jobs, _: rendered.append((chapters, jobs)) or {"tiny": []}
    )
    commands.render_book(None, jobs=3)
    assert rendered == [([tiny], 3)]


def test_chapters_that_are_up_to_date_are_not_rendered(
    small_book: Path, tiny: Chapter, monkeypatch: pytest.MonkeyPatch
) -> None:
    rendered: list[Chapter] = []
    monkeypatch.setattr(commands, "REPOSITORY", small_book)
    monkeypatch.setattr(
        commands, "render_all", lambda chapters, *_: rendered.extend(chapters) or {"tiny": []}
    )
    assert commands.render_what_changed(jobs=1)
    assert not commands.render_what_changed(jobs=1)
    assert rendered == [tiny]
    tiny.source.write_text(tiny.source.read_text() + "\n```{code-cell} ipython3\n1 + 1\n```\n")
    assert commands.render_what_changed(jobs=1)
    assert rendered == [tiny, tiny]


def test_another_word_runs_no_kernel(
    small_book: Path, tiny: Chapter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commands, "REPOSITORY", small_book)
    monkeypatch.setattr(poster, "write_pictures", lambda _: None)
    commands.render_book("tiny", jobs=1)
    before = nbformat.read(tiny.published, as_version=4)
    monkeypatch.setattr(commands, "render_all", None)
    tiny.source.write_text(tiny.source.read_text() + "\nOne more sentence.\n")
    assert commands.render_what_changed(jobs=1) == 1
    after = nbformat.read(tiny.published, as_version=4)
    assert "One more sentence." in str(after.cells)
    outputs = [
        [cell.get("outputs") for cell in page.cells if cell.cell_type == "code"] for page in (before, after)
    ]
    assert outputs[0] == outputs[1]
    assert commands.render_what_changed(jobs=1) == 0


def test_a_reader_s_own_chapter_takes_their_parameters(
    small_book: Path, tiny: Chapter, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    calls: list[tuple[object, ...]] = []
    monkeypatch.setattr(commands, "REPOSITORY", small_book)
    monkeypatch.setattr(commands, "write_standalone", lambda *arguments: calls.append(arguments))
    commands.render_own("tiny", "{words: [a]}", tmp_path)
    assert calls == [(small_book, tiny, tmp_path, {"words": ["a"]})]
