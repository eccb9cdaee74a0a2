"""Writing files so that a killed run or a full disk never leaves half of one; reading plain ones only."""

import errno
import fcntl
import hashlib
import os
import shutil
import socket
import stat
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from clipsafe_utils.errors import ClipsafeError

_SCRATCH = f".clipsafe-{hashlib.sha256(socket.gethostname().encode()).hexdigest()[:8]}-"
"""What the names of our scratch folders begin with, by machine: a lock says nothing of another machine."""


@contextmanager
def scratch_folder(parent: Path) -> Iterator[Path]:
    """Give a folder inside another that is gone after the block; remove those that killed runs left there.

    A run holds a lock on its folder, which the system takes from it when it ends, however it ends.
    """
    with _writing(parent), _scratch_folder(parent) as folder:
        yield folder


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """Give a folder in the system's temporary one that is gone after the block, as in `scratch_folder`."""
    try:
        parent = Path(tempfile.gettempdir())
    except FileNotFoundError as error:
        raise ClipsafeError(
            "No temporary folder can be written; name one that can in the variable TMPDIR."
        ) from error
    with scratch_folder(parent) as folder:
        yield folder


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a temporary path on the same disk as `path`; move it into place if the block succeeds.

    Folders are made; the old file is left as it was if the block fails.
    """
    with _writing(path), _scratch_folder(path.parent) as folder:
        temporary = folder / path.name
        yield temporary
        temporary.chmod(0o644)
        temporary.replace(path)


def clear_scratch(parent: Path) -> None:
    """Remove the scratch folders that killed runs left in a folder; those of live runs stay."""
    for abandoned in parent.glob(f"{_SCRATCH}*"):
        with suppress(OSError), _lock_on(abandoned):
            shutil.rmtree(abandoned, ignore_errors=True)


def is_held(folder: Path) -> bool:
    """Say whether a live run works in a scratch folder, as far as the file system tells."""
    try:
        with _lock_on(folder):
            return False
    except BlockingIOError:
        return True
    except OSError:
        return False


@contextmanager
def one_at_a_time(folder: Path) -> Iterator[None]:
    """Wait until no other run is in such a block of the same folder, which is made where it does not exist.

    For files that are read, changed and written: without it, two runs lose what one of them wrote.
    """
    with _writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):  # A file system without locks.
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


@contextmanager
def alone_at(path: Path) -> Iterator[None]:
    """Refuse a second run that works at the same file; a folder beside it, gone after the block, says so."""
    folder = path.with_name(f"{path.name}.lock")
    with ExitStack() as stack:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            stack.enter_context(_lock_on(folder))
        except (BlockingIOError, FileNotFoundError) as error:
            raise ClipsafeError(f"{path}: another run works at it; wait until that has ended.") from error
        except OSError as error:
            if not folder.is_dir():
                raise ClipsafeError(f"{path}: cannot be written ({error.strerror or error}).") from error
            # Else a file system without locks, where runs cannot tell.
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        yield


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ClipsafeError(f"{path}: cannot be written ({error.strerror or error}).") from error


@contextmanager
def _scratch_folder(parent: Path) -> Iterator[Path]:
    parent.mkdir(parents=True, exist_ok=True)
    clear_scratch(parent)
    with ExitStack() as stack:
        while True:
            folder = Path(tempfile.mkdtemp(dir=parent, prefix=_SCRATCH))
            try:
                stack.enter_context(_lock_on(folder))
            except (BlockingIOError, FileNotFoundError):
                continue  # Another run took it for abandoned before the lock was ours.
            except OSError:
                pass  # A file system without locks, on which nothing is ever taken for abandoned.
            break
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        yield folder


@contextmanager
def _lock_on(folder: Path) -> Iterator[None]:
    """Hold the lock of a folder; BlockingIOError if another run has it, FileNotFoundError if it is gone."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        folder.stat()
        yield
    finally:
        os.close(descriptor)


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file as 64 hexadecimal digits."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def open_plain(path: Path) -> BinaryIO:
    """Open a plain file; OSError for a pipe, which would keep a reader waiting for ever, or a device."""
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "not a plain file", str(path))
    return os.fdopen(descriptor, "rb")


def read_plain(path: Path) -> bytes:
    """Read a plain file; errors as in `open_plain`."""
    with open_plain(path) as stream:
        return stream.read()
