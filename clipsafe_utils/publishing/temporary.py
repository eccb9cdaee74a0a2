"""What a run keeps outside its results: a folder of its own in the system's temporary one."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.files import scratch_folder


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """Give a folder that is gone after the block; those that killed runs left go as well."""
    try:
        parent = Path(tempfile.gettempdir())
    except FileNotFoundError as error:
        raise ClipsafeError(
            "No temporary folder can be written; name one that can in the variable TMPDIR."
        ) from error
    with scratch_folder(parent) as folder:
        yield folder
