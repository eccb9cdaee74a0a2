"""Writing files so that a killed run or a full disk never leaves half of one; reading plain ones only."""

import errno
import hashlib
import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from clipsafe_utils.errors import ClipsafeError


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a temporary path beside `path`; move it into place if the block succeeds.

    Parameters
    ----------
    path : Path
        The file to make or to replace. Its folder is made where it does not exist.

    Yields
    ------
    Path
        A temporary file name in the same folder, so that the move is atomic.

    Raises
    ------
    ClipsafeError
        If the file cannot be written, for example because the disk is full.
        The old file, if there was one, is left as it was.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     with replacing(Path(folder) / "a.txt") as temporary:
    ...         _ = temporary.write_text("whole")
    ...     (Path(folder) / "a.txt").read_text()
    'whole'
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=path.suffix)
    except OSError as error:
        raise ClipsafeError(f"{path}: cannot be written ({error.strerror or error}).") from error
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        temporary.chmod(0o644)
        temporary.replace(path)
    except OSError as error:
        raise ClipsafeError(f"{path}: cannot be written ({error.strerror or error}).") from error
    finally:
        temporary.unlink(missing_ok=True)


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file as 64 hexadecimal digits.

    Examples
    --------
    >>> sha256(Path(os.devnull))[:8]
    'e3b0c442'
    """
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def open_plain(path: Path) -> BinaryIO:
    """Open a plain file for reading; links to one are followed.

    Raises
    ------
    OSError
        If it cannot be opened, or is a pipe, which would keep a reader waiting for ever, or a device.

    Examples
    --------
    >>> open_plain(Path(os.devnull))
    Traceback (most recent call last):
    OSError: [Errno 22] not a plain file: '/dev/null'
    """
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "not a plain file", str(path))
    return os.fdopen(descriptor, "rb")
