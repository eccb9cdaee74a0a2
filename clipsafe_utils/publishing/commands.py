"""What the command line asks of this package, on the book of the repository."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import yaml

from clipsafe_utils.cubes.studies import IS_CLONE, REPOSITORY
from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.publishing.chapters import Chapter, find_chapter, find_chapters
from clipsafe_utils.publishing.compile import compile_book
from clipsafe_utils.publishing.freshness import State, is_old, keep_edits, note_states, read_states, state_of
from clipsafe_utils.publishing.render import render_all, render_chapter, reword_chapter, with_texts
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
    began = time.time()
    read = render_chapter(chapter, chapter.published)
    note_states(REPOSITORY, {name: _state(chapter, read, began)})


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
    ran = reworded = 0
    for quoting, what in ((False, "Chapters"), (True, "Pages that quote them")):
        chapters = [chapter for chapter in find_chapters(REPOSITORY) if chapter.quotes == quoting]
        noted = read_states(REPOSITORY)
        states = {chapter.name: _state_as_noted(chapter, noted) for chapter in chapters}
        to_run = [
            chapter
            for chapter in chapters
            if not only_outdated or is_old(noted.get(chapter.name), states[chapter.name])
        ]
        to_reword = [
            chapter
            for chapter in chapters
            if chapter not in to_run and states[chapter.name].prose != noted[chapter.name].prose
        ]
        _keep_edits([*to_run, *to_reword])
        _run(to_run, jobs, what)
        for chapter in to_reword:
            reword_chapter(chapter)
            note_states(REPOSITORY, {chapter.name: _state_as_noted(chapter, noted)})
        ran, reworded = ran + len(to_run), reworded + len(to_reword)
    if ran:  # Another word in a page is no other picture.
        from clipsafe_utils.publishing.poster import write_pictures  # Who draws one page needs no Matplotlib.

        write_pictures(REPOSITORY)
    return ran + reworded


def _run(chapters: Sequence[Chapter], jobs: int, what: str) -> None:
    if chapters:
        began = time.time()
        with progress(what, total=len(chapters)) as advance:
            read = render_all(chapters, jobs, advance)
        note_states(
            REPOSITORY, {chapter.name: _state(chapter, read[chapter.name], began) for chapter in chapters}
        )


def _state(chapter: Chapter, read: Sequence[str], began: float) -> State:
    return state_of(chapter, with_texts(chapter), read, REPOSITORY, began)


def _state_as_noted(chapter: Chapter, noted: Mapping[str, State]) -> State:
    """Return the present state of what the page had read when it was noted."""
    read = noted[chapter.name].read if chapter.name in noted else ()
    return state_of(chapter, with_texts(chapter), read, REPOSITORY)


def _keep_edits(chapters: Sequence[Chapter]) -> None:
    for page, copy in keep_edits(REPOSITORY, chapters):
        say(
            f"{page.relative_to(REPOSITORY)} was edited since it was rendered; your version is kept as "
            f"{copy.relative_to(REPOSITORY)}.",
            to_stderr=True,
        )


def render_own(name: str, parameters: str, folder: Path, *, with_answers: bool = True) -> tuple[Path, Path]:
    """Render a chapter with a reader's parameters in YAML; return the notebook and the page."""
    chapter = replace(find_chapter(REPOSITORY, name), with_answers=with_answers)
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
