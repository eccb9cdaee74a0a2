"""What the command line asks of this package, on the book of the repository."""

from collections.abc import Sequence
from pathlib import Path

import yaml

from clipsafe_utils.cubes.studies import IS_CLONE, REPOSITORY
from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.publishing.chapters import Chapter, find_chapter, find_chapters
from clipsafe_utils.publishing.compile import compile_book
from clipsafe_utils.publishing.freshness import keep_edits, keys_of, note_rendered, outdated
from clipsafe_utils.publishing.poster import write_poster
from clipsafe_utils.publishing.render import render_all, render_chapter
from clipsafe_utils.publishing.standalone import write_standalone
from clipsafe_utils.terminal import progress, say

_NOT_YAML = (yaml.YAMLError, AttributeError, IndexError, OverflowError, RecursionError, TypeError, ValueError)
"""What PyYAML raises: its own error for bad syntax, and Python's for a bad date, number or depth."""


def render_book(name: str | None, jobs: int) -> None:
    """Render one chapter of the book, or all of them with the picture of the README."""
    _needs_clone()
    if name is None:
        _render(jobs, only_outdated=False)
        return
    chapter = find_chapter(REPOSITORY, name)
    _keep_edits([chapter])
    keys = keys_of(REPOSITORY, find_chapters(REPOSITORY))
    render_chapter(chapter, chapter.published)
    note_rendered(REPOSITORY, [chapter], keys)


def render_what_changed(jobs: int) -> int:
    """Render the chapters whose sources have changed since they were rendered; return how many."""
    _needs_clone()
    return _render(jobs, only_outdated=True)


def _needs_clone() -> None:
    if not IS_CLONE:
        raise ClipsafeError(
            "The book is rendered and compiled in a clone of the repository; with the package alone, render"
            " one chapter into a folder of your own: clipsafe render CHAPTER -o FOLDER."
        )


def _render(jobs: int, *, only_outdated: bool) -> int:
    """Render first the pages that quote no other, then those that may have to follow them."""
    rendered = 0
    for quoting, what in ((False, "Chapters"), (True, "Pages that quote them")):
        chapters = find_chapters(REPOSITORY)
        keys = keys_of(REPOSITORY, chapters)
        wanted = outdated(REPOSITORY, chapters, keys) if only_outdated else chapters
        part = [chapter for chapter in wanted if chapter.quotes == quoting]
        if part:
            _keep_edits(part)
            with progress(what, total=len(part)) as advance:
                render_all(part, jobs, advance)
            note_rendered(REPOSITORY, part, keys)
            rendered += len(part)
    if rendered:
        write_poster(REPOSITORY)
    return rendered


def _keep_edits(chapters: Sequence[Chapter]) -> None:
    for page, copy in keep_edits(REPOSITORY, chapters):
        say(
            f"{page.relative_to(REPOSITORY)} was edited since it was rendered; your version is kept as "
            f"{copy.relative_to(REPOSITORY)}.",
            to_stderr=True,
        )


def render_own(name: str, parameters: str, folder: Path) -> tuple[Path, Path]:
    """Render a chapter with a reader's parameters in YAML; return the notebook and the page."""
    chapter = find_chapter(REPOSITORY, name)
    return write_standalone(REPOSITORY, chapter, folder, read_parameters(parameters))


def read_parameters(text: str) -> dict[str, object]:
    """Read parameters that are written as a YAML mapping."""
    try:
        values = yaml.safe_load(text)
    except _NOT_YAML:
        values = None
    if not isinstance(values, dict):
        raise ClipsafeError(
            f"Parameters {text[:200]!r} are not a YAML mapping, which looks like '{{seed: 3}}'."
        )
    return {str(key): value for key, value in values.items()}


def compile_site() -> Path:
    """Compile the book of the repository and return its first page."""
    _needs_clone()
    return compile_book(REPOSITORY)
