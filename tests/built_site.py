"""The book of the repository, compiled once for all tests that look at its pages."""

import functools
from pathlib import Path
from tempfile import TemporaryDirectory

from clipsafe_utils.cubes.studies import REPOSITORY
from clipsafe_utils.publishing.compile import run_jupyter_book

_FOLDERS: list[TemporaryDirectory[str]] = []


@functools.cache
def built_site() -> Path:
    """Compile the book strictly, outside the repository; the folder goes when the tests end."""
    _FOLDERS.append(TemporaryDirectory(prefix="clipsafe-site-"))
    return run_jupyter_book(REPOSITORY, Path(_FOLDERS[-1].name), strict=True)
