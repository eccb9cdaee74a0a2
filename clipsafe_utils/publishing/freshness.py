"""Which pages of the book are not those that the present sources and results give.

Of each page it is noted what its kernel read, what its code was, and what came out. Another word in its prose
needs no kernel.
"""

import functools
import hashlib
import json
import math
import platform
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode
from packaging.requirements import Requirement

from clipsafe_utils.cubes.studies import cubes_folder
from clipsafe_utils.files import replacing, sha256
from clipsafe_utils.publishing.chapters import Chapter
from clipsafe_utils.publishing.watching import EVERYTHING

MADE_FROM = (
    *("CITATION.cff", "_config.yml", "benchmarks", "clipsafe_engine", "clipsafe_utils", "pyproject.toml"),
    "weights",
)
"""What a page may read of which nobody knows what it read, beside the cubes."""

NOTE = Path("_build", "rendered.json")
"""Where it is noted, by chapter, what its page was rendered from, and what the page was then."""

EDITS = Path("mine")
"""Where a rendered page goes that somebody has edited, before it is rendered again."""

_PACKAGE = "clipsafe"
_EXTRA = "book"


@dataclass(frozen=True)
class State:
    """What a page is made from, as hashes, and what it is."""

    run_on: str  # Python and packages
    code: str  # its cells and expressions
    read: Mapping[str, str]  # by path
    prose: str
    page: str


def state_of(
    chapter: Chapter, code: NotebookNode, read: Iterable[str], root: Path, since: float = math.inf
) -> State:
    """Return the state of a chapter: `code` is its source with the cell that evaluates its expressions.

    What has changed after `since`, when it began to run, is not what it read.
    """
    cells = [cell.source for cell in code.cells if cell.cell_type == "code"]
    page = [path for path in (chapter.published, chapter.results) if path.exists()]
    return State(
        _hash([platform.python_version(), *_versions()]),
        _hash([chapter.source.stem, *cells]),
        {path: _digest(path, root) if _last_changed(path) <= since else "" for path in read},
        _hash([], [chapter.source]),
        _hash([], page),
    )


def is_old(noted: State | None, now: State) -> bool:
    """Say whether a page has to be run again: all but its prose must be as it was noted."""
    return noted is None or (noted.run_on, noted.code, noted.read, noted.page) != (
        now.run_on,
        now.code,
        now.read,
        now.page,
    )


def read_states(root: Path) -> dict[str, State]:
    """Return the states that were noted, by chapter; those that cannot be read are not there."""
    states = {}
    for name, noted in _read_note(root).items():
        try:
            states[name] = State(**noted)
        except TypeError:
            continue
    return states


def note_states(root: Path, states: Mapping[str, State]) -> None:
    """Note the states of pages that have been rendered."""
    noted = {name: asdict(state) for name, state in states.items()}
    with replacing(root / NOTE) as temporary:
        temporary.write_text(json.dumps(_read_note(root) | noted, indent=1), encoding="utf-8")


def _last_changed(path: str) -> float:
    place = Path(path)
    return place.stat().st_mtime if place.is_file() else -math.inf


def _digest(path: str, root: Path) -> str:
    """Hash a file, the names in a folder, the title of another chapter, or that there is nothing."""
    place = Path(path)
    if path == EVERYTHING:
        return _hash([], [*(root / name for name in MADE_FROM), cubes_folder()])
    if place.parent == root / "notebooks" and place.is_file():
        return _hash([Chapter(place).title])
    if place.is_dir():
        names = sorted(entry.name for entry in place.iterdir())
        return _hash([name for name in names if not name.startswith((".", "__"))])
    return sha256(place) if place.is_file() else "nothing"


def hash_of_cells(notebook: NotebookNode) -> str:
    """Hash what stands in the cells of a notebook, whatever came out of them."""
    return _hash([f"{cell.cell_type} {cell.source}" for cell in notebook.cells], [])


def keep_edits(root: Path, chapters: Iterable[Chapter]) -> list[tuple[Path, Path]]:
    """Copy rendered pages that somebody has edited to `EDITS`; return each page and its copy."""
    kept = []
    for chapter in chapters:
        if _is_edited(chapter.published):
            content = chapter.published.read_bytes()
            copy = _free_place(root / EDITS / chapter.published.name, content)
            with replacing(copy) as temporary:
                temporary.write_bytes(content)
            kept.append((chapter.published, copy))
    return kept


def _is_edited(page: Path) -> bool:
    try:
        notebook = nbformat.read(page, as_version=4)
        return bool(notebook.metadata[_PACKAGE]["cells"] != hash_of_cells(notebook))
    except (OSError, ValueError, AttributeError, KeyError, TypeError, nbformat.ValidationError):
        return False  # No page of ours: nothing to compare it with.


def _free_place(wanted: Path, content: bytes) -> Path:
    place, number = wanted, 1
    while place.exists() and place.read_bytes() != content:
        number += 1
        place = wanted.with_stem(f"{wanted.stem}-{number}")
    return place


def _read_note(root: Path) -> dict[str, Any]:
    try:
        note = json.loads((root / NOTE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return note if isinstance(note, dict) else {}


@functools.cache
def _versions() -> list[str]:
    """Return names and versions of the packages that pages run on, of those that are here."""
    wanted, found = [_PACKAGE], {}
    while wanted:
        name = wanted.pop()
        try:
            found[name] = version(name)
            needs = [Requirement(line) for line in requires(name) or ()]
        except PackageNotFoundError:
            continue
        for need in needs:
            extra = _EXTRA if name == _PACKAGE else ""
            if need.name not in found and (need.marker is None or need.marker.evaluate({"extra": extra})):
                wanted.append(need.name)
    return [f"{name} {found[name]}" for name in sorted(found)]


def _hash(words: Iterable[str], places: Iterable[Path] = ()) -> str:
    digest = hashlib.sha256("\n".join(words).encode())
    for place in places:
        for path in _files(place):
            digest.update(f"{path.relative_to(place.parent)} {sha256(path)}".encode())
    return digest.hexdigest()


def _files(place: Path) -> Iterator[Path]:
    """List a file, or those of a folder in a fixed order, without what Python and Jupyter leave behind."""
    found = [place] if place.is_file() else sorted(place.rglob("*"))
    for path in found:
        beside = path.relative_to(place).parts
        if path.is_file() and not any(part.startswith((".", "__pycache__")) for part in beside):
            yield path
