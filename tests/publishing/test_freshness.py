"""A second build renders what has changed and nothing else, and never loses what a reader has edited."""

from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_markdown_cell, new_notebook

from clipsafe_utils.publishing import freshness
from clipsafe_utils.publishing.chapters import Chapter, find_chapters
from clipsafe_utils.publishing.freshness import keep_edits, keys_of, note_rendered, outdated
from clipsafe_utils.publishing.normalise import normalise

SHOWN = (
    "_config.yml",
    "benchmarks/book.json",
    "clipsafe_utils/cubes/schema.py",
    "results/mine/factors.nc",
    "weights/zoo.csv",
)
SOURCES = {"01-a": "# A\n", "02-b": "# B\n", "intro": '# Intro\n\nresults_of("a")\n'}


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CLIPSAFE_CUBES", str(tmp_path / "results"))
    for name in SHOWN:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("old")
    for folder in ("notebooks", "book", "book/results"):
        (tmp_path / folder).mkdir()
    for name, source in SOURCES.items():
        chapter = Chapter(tmp_path / "notebooks" / f"{name}.md")
        chapter.source.write_text(source)
        page = normalise(new_notebook(cells=[new_markdown_cell(source)]), chapter.name)
        nbformat.write(page, chapter.published)
    chapters = find_chapters(tmp_path)
    note_rendered(tmp_path, chapters, keys_of(tmp_path, chapters))
    return tmp_path


def names_outdated(repository: Path) -> list[str]:
    chapters = find_chapters(repository)
    return [chapter.name for chapter in outdated(repository, chapters, keys_of(repository, chapters))]


def test_nothing_has_changed(repository: Path) -> None:
    assert names_outdated(repository) == []
    (repository / "book" / ".ipynb_checkpoints").mkdir()
    (repository / "book" / ".ipynb_checkpoints" / "01-a.ipynb").write_text("by Jupyter")
    (repository / "README.md").write_text("no page shows it")
    assert names_outdated(repository) == []


def test_without_a_note_every_page_is_old(repository: Path) -> None:
    for text in (None, "no JSON", "[]"):
        (repository / freshness.NOTE).unlink(missing_ok=True)
        if text:
            (repository / freshness.NOTE).write_text(text)
        assert names_outdated(repository) == ["a", "b", "intro"]


@pytest.mark.parametrize("name", SHOWN)
@pytest.mark.parametrize("change", [lambda path: path.write_text("new"), Path.unlink], ids=["edited", "gone"])
def test_what_any_page_may_show_has_changed(
    repository: Path, name: str, change: Callable[[Path], object]
) -> None:
    change(repository / name)
    assert names_outdated(repository) == ["a", "b", "intro"]


@pytest.mark.parametrize("change", [lambda path: path.write_text("new"), Path.unlink], ids=["edited", "gone"])
def test_a_page_that_somebody_has_touched(repository: Path, change: Callable[[Path], object]) -> None:
    change(repository / "book" / "02-b.ipynb")
    assert names_outdated(repository) == ["b"]


def test_a_sentence_makes_one_page_old_a_title_makes_all(repository: Path) -> None:
    source = repository / "notebooks" / "01-a.md"
    source.write_text("# A\n\nA sentence.\n")
    assert names_outdated(repository) == ["a"]
    source.write_text("# Another\n")
    assert names_outdated(repository) == ["a", "b", "intro"]


def test_a_page_that_quotes_follows_what_was_published(repository: Path) -> None:
    (repository / "book" / "results" / "b.json").write_text("{}")
    chapters = find_chapters(repository)
    note_rendered(repository, chapters[:2], keys_of(repository, chapters))
    assert names_outdated(repository) == ["intro"]


def test_a_new_chapter_other_cubes_and_other_packages(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (repository / "notebooks" / "03-c.md").write_text("# C")
    assert names_outdated(repository) == ["a", "b", "c", "intro"]
    (repository / "notebooks" / "03-c.md").unlink()
    assert names_outdated(repository) == []
    (repository / "results" / "mine").rename(repository / "results" / "yours")
    assert names_outdated(repository) == ["a", "b", "intro"]
    (repository / "results" / "yours").rename(repository / "results" / "mine")
    monkeypatch.setattr(freshness, "_versions", lambda: ["numpy 3"])
    assert names_outdated(repository) == ["a", "b", "intro"]


def test_pages_hang_on_what_they_run_on_and_not_on_what_is_beside_it() -> None:
    names = {line.split()[0] for line in freshness._versions()}
    assert {"clipsafe", "numpy", "papermill", "matplotlib", "ipykernel"} <= names
    assert not {"pytest", "ruff", "mypy", "torch"} & names


def test_what_changes_while_pages_are_rendered_makes_them_old(repository: Path) -> None:
    chapters = find_chapters(repository)
    keys = keys_of(repository, chapters)
    (repository / "clipsafe_utils" / "cubes" / "schema.py").write_text("edited meanwhile")
    note_rendered(repository, chapters, keys)
    assert names_outdated(repository) == ["a", "b", "intro"]


class TestEdits:
    """A page that was edited is kept before it is rendered again."""

    def edit(self, repository: Path, text: str) -> Path:
        page = repository / "book" / "01-a.ipynb"
        notebook = nbformat.read(page, as_version=4)
        notebook.cells[0].source = text
        nbformat.write(notebook, page)
        return page

    def test_an_edited_page_is_copied_once_and_no_copy_is_lost(self, repository: Path) -> None:
        chapters = find_chapters(repository)
        copies = repository / "mine"
        for text, copy in (("one", "01-a.ipynb"), ("two", "01-a-2.ipynb"), ("one", "01-a.ipynb")):
            page = self.edit(repository, text)
            assert keep_edits(repository, chapters) == [(page, copies / copy)]
            assert (copies / copy).read_bytes() == page.read_bytes()

    def test_a_page_that_was_only_saved_or_run_is_not_edited(self, repository: Path) -> None:
        page = self.edit(repository, SOURCES["01-a"])
        notebook = nbformat.read(page, as_version=4)
        notebook.metadata["language_info"] = {"name": "python", "version": "3.12"}
        nbformat.write(notebook, page, indent=2)
        assert keep_edits(repository, find_chapters(repository)) == []

    def test_what_is_no_page_of_ours_is_not_kept(self, repository: Path) -> None:
        (repository / "book" / "01-a.ipynb").write_text("no notebook")
        (repository / "book" / "02-b.ipynb").unlink()
        assert keep_edits(repository, find_chapters(repository)) == []
