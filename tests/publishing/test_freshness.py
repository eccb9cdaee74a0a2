"""A second build renders what has changed and nothing else, and never loses what a reader has edited."""

import os
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from clipsafe_utils.publishing import freshness
from clipsafe_utils.publishing.chapters import Chapter, find_chapters
from clipsafe_utils.publishing.freshness import (
    State,
    is_old,
    keep_edits,
    note_states,
    read_states,
    state_of,
)
from clipsafe_utils.publishing.normalise import normalise
from clipsafe_utils.publishing.watching import EVERYTHING

READ = ("clipsafe_utils/cubes/schema.py", "results/mine/factors.nc", "results", "_config.yml")
CODE = new_notebook(cells=[new_code_cell("1 + 1"), new_markdown_cell("a sentence")])
SOURCES = {"01-a": "# A\n", "02-b": "# B\n"}


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CLIPSAFE_CUBES", str(tmp_path / "results"))
    for name in (*READ, "weights/zoo.csv"):
        if "." in name:
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text("old")
    for folder in ("notebooks", "book", "book/results"):
        (tmp_path / folder).mkdir()
    for name, source in SOURCES.items():
        chapter = Chapter(tmp_path / "notebooks" / f"{name}.md")
        chapter.source.write_text(source)
        page = normalise(new_notebook(cells=[new_markdown_cell(source)]), chapter.name)
        nbformat.write(page, chapter.published)
    note_states(tmp_path, {chapter.name: state(tmp_path, chapter) for chapter in find_chapters(tmp_path)})
    return tmp_path


def state(repository: Path, chapter: Chapter, code: nbformat.NotebookNode = CODE, **given: float) -> State:
    return state_of(chapter, code, [str(repository / name) for name in READ], repository, **given)


def a(repository: Path) -> Chapter:
    return Chapter(repository / "notebooks" / "01-a.md")


def is_a_old(repository: Path, code: nbformat.NotebookNode = CODE) -> bool:
    return is_old(read_states(repository).get("a"), state(repository, a(repository), code))


def test_nothing_has_changed(repository: Path) -> None:
    assert not is_a_old(repository)
    (repository / "README.md").write_text("the page did not read it")
    (repository / "weights" / "zoo.csv").write_text("nor this")
    assert not is_a_old(repository)


def test_without_a_note_a_page_is_old(repository: Path) -> None:
    for text in (None, "no JSON", "[]", '{"a": {"sources": "of an older version"}}'):
        (repository / freshness.NOTE).unlink(missing_ok=True)
        if text:
            (repository / freshness.NOTE).write_text(text)
        assert is_a_old(repository)


@pytest.mark.parametrize("name", [name for name in READ if "." in name])
@pytest.mark.parametrize("change", [lambda path: path.write_text("new"), Path.unlink], ids=["edited", "gone"])
def test_what_the_page_read_has_changed(
    repository: Path, name: str, change: Callable[[Path], object]
) -> None:
    change(repository / name)
    assert is_a_old(repository)


def test_another_study_shows_in_a_folder_that_was_listed(repository: Path) -> None:
    (repository / "results" / ".hidden").mkdir()
    assert not is_a_old(repository)
    (repository / "results" / "mine").rename(repository / "results" / "yours")
    assert is_a_old(repository)


def test_a_file_that_was_looked_for_is_there_now(repository: Path) -> None:
    missing = str(repository / "results" / "mine" / "ood.nc")
    noted = state_of(a(repository), CODE, [missing], repository)
    Path(missing).write_text("new")
    assert is_old(noted, state_of(a(repository), CODE, [missing], repository))


@pytest.mark.parametrize("name", ["weights/zoo.csv", "clipsafe_engine/lab/world/world.py"])
def test_where_nobody_knows_what_was_read_everything_counts(repository: Path, name: str) -> None:
    noted = state_of(a(repository), CODE, [EVERYTHING], repository)
    (repository / name).parent.mkdir(parents=True, exist_ok=True)
    (repository / name).write_text("new")
    assert is_old(noted, state_of(a(repository), CODE, [EVERYTHING], repository))


@pytest.mark.parametrize("change", [lambda path: path.write_text("new"), Path.unlink], ids=["edited", "gone"])
def test_a_page_that_somebody_has_touched(repository: Path, change: Callable[[Path], object]) -> None:
    change(repository / "book" / "01-a.ipynb")
    assert is_a_old(repository)


def test_another_word_needs_no_run_another_cell_does(repository: Path) -> None:
    a(repository).source.write_text("# A\n\nA sentence.\n")
    assert not is_a_old(repository)
    assert state(repository, a(repository)).prose != read_states(repository)["a"].prose
    assert is_a_old(repository, new_notebook(cells=[new_code_cell("2 + 2")]))


def test_of_another_chapter_its_title_counts(repository: Path) -> None:
    other = repository / "notebooks" / "02-b.md"
    noted = state_of(a(repository), CODE, [str(other)], repository)
    other.write_text("# B\n\nA sentence.\n")
    assert not is_old(noted, state_of(a(repository), CODE, [str(other)], repository))
    other.write_text("# Another\n")
    assert is_old(noted, state_of(a(repository), CODE, [str(other)], repository))


def test_other_packages_make_all_pages_old(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(freshness, "_versions", lambda: ["numpy 3"])
    assert is_a_old(repository)


def test_pages_hang_on_what_they_run_on_and_not_on_what_is_beside_it() -> None:
    names = {line.split()[0] for line in freshness._versions()}
    assert {"clipsafe", "numpy", "papermill", "matplotlib", "ipykernel"} <= names
    assert not {"pytest", "ruff", "mypy", "torch"} & names


def test_what_changes_while_a_page_runs_makes_it_old(repository: Path) -> None:
    changed = repository / "clipsafe_utils" / "cubes" / "schema.py"
    began = changed.stat().st_mtime + 1
    os.utime(changed, (began + 1, began + 1))
    note_states(repository, {"a": state(repository, a(repository), since=began)})
    assert is_a_old(repository)


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
