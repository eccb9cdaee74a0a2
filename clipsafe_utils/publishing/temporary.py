"""What a run keeps outside its results: a folder of its own in the system's temporary one."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.files import scratch_folder


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """Give a folder that is gone after the block; those that killed runs left go as well.

    Yields
    ------
    Path
        A folder of this run alone.

    Raises
    ------
    ClipsafeError
        If there is nowhere to make one, or the disk is full.

    Examples
    --------
    >>> with temporary_folder() as folder:
    ...     folder.is_dir()
    True
    """
    try:
        parent = Path(tempfile.gettempdir())
    except FileNotFoundError as error:
        raise ClipsafeError(
            "No temporary folder can be written; name one that can in the variable TMPDIR."
        ) from error
    with scratch_folder(parent) as folder:
        yield folder
