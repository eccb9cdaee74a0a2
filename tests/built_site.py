"""The book of the repository, compiled once for all tests that look at its pages, in whichever worker."""

import functools
import os
from pathlib import Path

from clipsafe_utils.cubes.studies import REPOSITORY
from clipsafe_utils.files import one_at_a_time
from clipsafe_utils.publishing.compile import run_jupyter_book

SHARED = "CLIPSAFE_TESTS_SHARED"
"""Names the variable with the folder that all workers share; `conftest` makes it and takes it away."""


@functools.cache
def built_site() -> Path:
    """Compile the book strictly, outside the repository; the folder goes when the tests end."""
    folder = Path(os.environ[SHARED]) / "site"
    with one_at_a_time(folder):
        if not (folder / "done").is_file():
            run_jupyter_book(REPOSITORY, folder, strict=True)
            (folder / "done").touch()
    return folder / "_build" / "html"
