"""Chapters: where their sources stand, what they are called, how they are read."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import jupytext
import yaml
from jupytext.myst import MystMetadataParsingError
from nbformat import NotebookNode, ValidationError
from nbformat.v4 import new_markdown_cell

from clipsafe_utils.address import fill_in, name_of, title_of
from clipsafe_utils.errors import ClipsafeError

_UNREADABLE = (OSError, UnicodeDecodeError, yaml.YAMLError, MystMetadataParsingError, ValidationError)
_ANSWER = re.compile(r"(```\{solution-(?:start|end)\}[^`]*```)")


@dataclass(frozen=True)
class Chapter:
    """One chapter, known by the MyST text notebook that is its source."""

    source: Path
    with_answers: bool = True  # to its exercises

    @property
    def name(self) -> str:
        """Name of the chapter: that of its source without the number in front."""
        return name_of(self.source)

    @property
    def published(self) -> Path:
        """Where the rendered chapter stands in the book."""
        return self.source.parent.parent / "book" / f"{self.source.stem}.ipynb"

    @property
    def results(self) -> Path:
        """Where the texts are kept that other pages may quote."""
        return self.published.parent / "results" / f"{self.name}.json"

    @property
    def title(self) -> str:
        """Its heading; the name of its source where it has none."""
        return title_of(self.source)

    @property
    def quotes(self) -> bool:
        """Whether the page quotes others, which have to be rendered before it."""
        return "results_of(" in self.source.read_text(encoding="utf-8")


def find_chapters(root: Path) -> list[Chapter]:
    """Return the chapters under ``notebooks/`` of a folder, in the order of their numbers."""
    folder = root / "notebooks"
    chapters = [Chapter(source) for source in sorted(folder.glob("*.md"))]
    if not chapters:
        raise ClipsafeError(f"{folder}: holds no chapter; run this in a clone of the repository.")
    return chapters


def find_chapter(root: Path, name: str) -> Chapter:
    """Return one chapter by its name, as in ``shape-bias``."""
    chapters = find_chapters(root)
    for chapter in chapters:
        if chapter.name == name:
            return chapter
    known = ", ".join(chapter.name for chapter in chapters)
    raise ClipsafeError(f"There is no chapter '{name}'; the chapters are {known}.")


def read_chapter(chapter: Chapter) -> NotebookNode:
    """Read the source of a chapter as a notebook without outputs."""
    try:
        text = fill_in(chapter.source.read_text(encoding="utf-8"), chapter.source.parent.parent)
        notebook: NotebookNode = jupytext.reads(text, fmt="md:myst")
    except _UNREADABLE as error:
        reason = str(error).strip().splitlines()[0].rstrip(":.")
        raise ClipsafeError(f"{chapter.source}: cannot be read as a MyST notebook ({reason}).") from error
    if not chapter.with_answers:
        notebook.cells = list(_without_answers(notebook.cells))
    return notebook


def _without_answers(cells: Iterable[NotebookNode]) -> Iterator[NotebookNode]:
    """Leave out what stands between the marks of an answer, prose and code."""
    is_answer = False
    for cell in cells:
        if cell.cell_type != "markdown":
            if not is_answer:
                yield cell
            continue
        kept = []
        for piece in _ANSWER.split(cell.source):
            if _ANSWER.match(piece):
                is_answer = piece.startswith("```{solution-start}")
            elif not is_answer:
                kept.append(piece.strip("\n"))
        if prose := "\n\n".join(filter(None, kept)):
            yield new_markdown_cell(prose, id=cell.id)


def line_of_cell(chapter: Chapter, code: str) -> int | None:
    """Return the line of the source, from 1, on which some code begins; None if it has no such code."""
    before, found, _ = chapter.source.read_text(encoding="utf-8").partition(code)
    return before.count("\n") + 1 if found else None
