"""What the command line asks of this package, on the book of the repository."""

from pathlib import Path

import yaml

from clipsafe_utils.cubes.studies import REPOSITORY
from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.publishing.chapters import find_chapter, find_chapters
from clipsafe_utils.publishing.compile import compile_book
from clipsafe_utils.publishing.freshness import hash_of_sources, is_rendered, note_rendered
from clipsafe_utils.publishing.poster import write_poster
from clipsafe_utils.publishing.render import render_all, render_chapter
from clipsafe_utils.publishing.standalone import write_standalone
from clipsafe_utils.terminal import progress

_NOT_YAML = (
    yaml.YAMLError,
    AttributeError,
    IndexError,
    OverflowError,
    RecursionError,
    TypeError,
    ValueError,
)
"""What PyYAML raises: its own error for bad syntax, and Python's for a bad date, number or depth."""


def render_book(name: str | None, jobs: int) -> None:
    """Render one chapter of the book, or all of them with a progress bar and the picture of the README.

    Parameters
    ----------
    name : str, optional
        Name of the chapter; None for all.
    jobs : int
        How many run at once.
    """
    if name is not None:
        chapter = find_chapter(REPOSITORY, name)
        render_chapter(chapter, chapter.published)
        return
    chapters, sources = find_chapters(REPOSITORY), hash_of_sources(REPOSITORY)
    with progress("Chapters", total=len(chapters)) as advance:
        render_all(chapters, jobs, advance)
    write_poster(REPOSITORY)
    note_rendered(REPOSITORY, sources)


def render_what_changed(jobs: int) -> bool:
    """Render all chapters of the book, unless nothing has changed since they were rendered.

    Parameters
    ----------
    jobs : int
        How many run at once.

    Returns
    -------
    bool
        Whether they were rendered.
    """
    if is_rendered(REPOSITORY):
        return False
    render_book(None, jobs)
    return True


def render_own(name: str, parameters: str, folder: Path) -> tuple[Path, Path]:
    """Render a chapter with a reader's parameters, written as YAML, into a folder of theirs.

    Returns
    -------
    tuple of Path
        The notebook and the page.

    Raises
    ------
    ClipsafeError
        If the YAML is no mapping, or anything after it fails.
    """
    chapter = find_chapter(REPOSITORY, name)
    return write_standalone(REPOSITORY, chapter, folder, read_parameters(parameters))


def read_parameters(text: str) -> dict[str, object]:
    """Read parameters that are written as a YAML mapping.

    Raises
    ------
    ClipsafeError
        If the text is not YAML, or not a mapping.

    Examples
    --------
    >>> read_parameters("{seed: 3, cue_classes: [cat, dog]}")
    {'seed': 3, 'cue_classes': ['cat', 'dog']}
    """
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
    return compile_book(REPOSITORY)
