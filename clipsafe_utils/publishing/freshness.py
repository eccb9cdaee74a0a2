"""Which pages of the book are not those that the present sources and results give."""

import hashlib
import json
import platform
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from packaging.requirements import Requirement

from clipsafe_utils.cubes.studies import cubes_folder
from clipsafe_utils.files import replacing, sha256
from clipsafe_utils.publishing.chapters import Chapter

MADE_FROM = ("CITATION.cff", "_config.yml", "benchmarks", "clipsafe_utils", "pyproject.toml", "weights")
"""Files and folders of the repository that any page may show or run, beside the cubes."""

NOTE = Path("_build", "rendered.json")
"""Where it is noted, by chapter, what its page was rendered from, and what the page was then."""

EDITS = Path("mine")
"""Where a rendered page goes that somebody has edited, before it is rendered again."""

_PACKAGE = "clipsafe"
_EXTRA = "book"


def keys_of(root: Path, chapters: Sequence[Chapter]) -> dict[str, str]:
    """Hash what the page of each chapter is made from, by name of the chapter.

    Its own source, names and titles of all chapters, the files and cubes that any page may show, Python and
    packages; of a page that quotes others, what those have published.
    """
    titles = [f"{chapter.source.stem} {chapter.title}" for chapter in chapters]
    places = [*(root / name for name in MADE_FROM), cubes_folder()]
    shared = _hash([platform.python_version(), *_versions(), *titles], places)
    return {
        chapter.name: _hash([shared], [chapter.source, *([chapter.results.parent] if chapter.quotes else [])])
        for chapter in chapters
    }


def outdated(root: Path, chapters: Sequence[Chapter], keys: Mapping[str, str]) -> list[Chapter]:
    """Return the chapters whose page is missing, was touched, or is made from what has changed since."""
    noted = _read_note(root)
    return [chapter for chapter in chapters if noted.get(chapter.name) != _note_of(chapter, keys)]


def note_rendered(root: Path, chapters: Iterable[Chapter], keys: Mapping[str, str]) -> None:
    """Note rendered pages, with `keys_of` before the first: what changes meanwhile makes a page old."""
    rendered = {chapter.name: _note_of(chapter, keys) for chapter in chapters}
    with replacing(root / NOTE) as temporary:
        temporary.write_text(json.dumps(_read_note(root) | rendered, indent=1), encoding="utf-8")


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


def _read_note(root: Path) -> dict[str, object]:
    try:
        note = json.loads((root / NOTE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return note if isinstance(note, dict) else {}


def _note_of(chapter: Chapter, keys: Mapping[str, str]) -> dict[str, str]:
    page = [path for path in (chapter.published, chapter.results) if path.exists()]
    return {"sources": keys[chapter.name], "page": _hash([], page)}


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


def _hash(words: Iterable[str], places: Iterable[Path]) -> str:
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
