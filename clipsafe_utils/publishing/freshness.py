"""Whether the pages of the book are those that the present sources and results give."""

import hashlib
import platform
from collections.abc import Iterable, Iterator
from importlib.metadata import distributions
from pathlib import Path

from clipsafe_utils.cubes.studies import cubes_folder
from clipsafe_utils.files import replacing, sha256

MADE_FROM = (
    "CITATION.cff",
    "_config.yml",
    "benchmarks",
    "clipsafe_utils",
    "notebooks",
    "pyproject.toml",
    "weights",
)
"""Files and folders of the repository that a page may show or run, beside the cubes."""

PAGES = "book"
NOTE = Path("_build", "rendered.sha256")
"""Where the state of sources and pages is noted after all pages were rendered."""


def hash_of_sources(root: Path) -> str:
    """Hash what the pages are made from: files of the repository, cubes, and the versions of all packages.

    Parameters
    ----------
    root : Path
        The repository.

    Returns
    -------
    str
        64 hexadecimal digits.
    """
    versions = sorted(f"{package.name} {package.version}" for package in distributions())
    places = [*(root / name for name in MADE_FROM), cubes_folder()]
    return _hash([platform.python_version(), *versions], places)


def is_rendered(root: Path) -> bool:
    """Say whether all pages were rendered from the present sources and nobody has touched them since.

    Parameters
    ----------
    root : Path
        The repository.

    Examples
    --------
    >>> is_rendered(Path("nowhere"))
    False
    """
    note = root / NOTE
    return note.is_file() and note.read_text(encoding="utf-8") == _text_of_note(root, hash_of_sources(root))


def note_rendered(root: Path, sources: str) -> None:
    """Note that all pages were rendered.

    Parameters
    ----------
    root : Path
        The repository.
    sources : str
        `hash_of_sources` before the first page was rendered: what changes meanwhile makes pages old.
    """
    with replacing(root / NOTE) as temporary:
        temporary.write_text(_text_of_note(root, sources), encoding="utf-8")


def _text_of_note(root: Path, sources: str) -> str:
    return f"sources {sources}\npages {_hash([], [root / PAGES])}\n"


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
