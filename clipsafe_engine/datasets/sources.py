"""Where encoded images are read from: files of a folder, or members of tar files that stay packed.

A source is small, can be pickled, and keeps no file open, so any thread or process may read from it.
"""

import gzip
import lzma
import os
import re
import tarfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.files import open_plain

SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp"})

BROKEN_TAR = (
    tarfile.TarError,
    gzip.BadGzipFile,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    OverflowError,
    ValueError,
)
"""What `tarfile` raises, beside OSError, where bytes are not those of a tar file."""

_NUMBER = re.compile(r"[0-9]{1,9}")


class Source(Protocol):
    """What gives the bytes of an encoded image by its number, and says where they are."""

    def read(self, index: int) -> bytes:
        """Return the bytes; OSError where they cannot be read."""

    def place(self, index: int) -> str:
        """Name the file, for messages."""


@dataclass(frozen=True)
class Files:
    """Images that are files below a folder."""

    folder: Path
    paths: tuple[str, ...]

    def read(self, index: int) -> bytes:
        """Return the bytes of a file."""
        with open_plain(self.folder / self.paths[index]) as stream:
            return stream.read()

    def place(self, index: int) -> str:
        """Name the file."""
        return str(self.folder / self.paths[index])


@dataclass(frozen=True)
class Member:
    """A file in a tar file: its name and where its bytes begin and end."""

    tar: Path
    name: str
    offset: int
    size: int

    def read(self) -> bytes:
        """Return the bytes without unpacking the rest.

        Raises
        ------
        OSError
            If the tar file cannot be read or ends too early.
        """
        with open_plain(self.tar) as stream:
            stream.seek(self.offset)
            content = stream.read(self.size)
        if len(content) < self.size:
            raise OSError(f"ends after {len(content):,} of {self.size:,} bytes")
        return content


@dataclass(frozen=True)
class Members:
    """Images that are members of tar files."""

    members: tuple[Member, ...]

    def read(self, index: int) -> bytes:
        """Return the bytes of a member."""
        return self.members[index].read()

    def place(self, index: int) -> str:
        """Name the tar file and the member."""
        member = self.members[index]
        return f"{member.tar}, {member.name}"


def is_image(name: str) -> bool:
    """Whether a file name is that of an image; hidden files, as systems leave them behind, are none.

    Examples
    --------
    >>> is_image("n01440764/a.JPEG"), is_image("n01440764/._a.JPEG"), is_image("README.txt")
    (True, False, False)
    """
    base = name.rpartition("/")[2]
    return not base.startswith(".") and os.path.splitext(base)[1].lower() in SUFFIXES


def image_files(folder: Path) -> list[str]:
    """List the images below a folder, links followed.

    Returns
    -------
    list of str
        Paths from the folder with forward slashes, sorted.

    Raises
    ------
    ClipsafeError
        If there is none.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as name:
    ...     (Path(name) / "cat").mkdir()
    ...     _ = (Path(name) / "cat" / "a.png").write_bytes(b"")
    ...     image_files(Path(name))
    ['cat/a.png']
    """
    found = []
    for parent, _, names in os.walk(folder, followlinks=True):
        below = Path(parent).relative_to(folder).as_posix()
        prefix = "" if below == "." else f"{below}/"
        found += [prefix + name for name in names if is_image(name)]
    if not found:
        raise ClipsafeError(f"{folder}: holds no image.")
    return sorted(found)


def tar_members(tar: Path) -> list[Member]:
    """List the plain files in a tar file that is not compressed.

    Raises
    ------
    ClipsafeError
        If the file is missing, no tar file, compressed, or cut off.

    Examples
    --------
    >>> tar_members(Path("absent.tar"))
    Traceback (most recent call last):
    ...
    clipsafe_utils.errors.ClipsafeError: absent.tar: cannot be read as a tar file (No such file or directory).
    """
    try:
        with open_plain(tar) as plain, tarfile.open(fileobj=plain, mode="r:") as archive:
            members = [
                Member(tar, item.name, item.offset_data, item.size)
                for item in whole_members(archive)
                if item.isfile()
            ]
            plain.seek(archive.offset)
            whole = is_end(plain.read(tarfile.BLOCKSIZE))
    except (OSError, *BROKEN_TAR) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else first_line(error)
        raise ClipsafeError(f"{tar}: cannot be read as a tar file ({reason}).") from error
    if not whole:
        raise ClipsafeError(f"{tar}: is cut off or damaged after {len(members):,} files; download it again.")
    return members


def whole_members(archive: tarfile.TarFile) -> Iterator[tarfile.TarInfo]:
    """Yield the members of a tar file; ReadError at one that says that it is less than nothing."""
    for member in archive:
        if member.size < 0:
            raise tarfile.ReadError(f"a member says that it has {member.size} bytes")
        yield member


def first_line(error: Exception) -> str:
    r"""Return what an exception says as a part of a sentence; `tarfile` lists all formats that it tried.

    Examples
    --------
    >>> first_line(ValueError("no file could be opened:\n- method gz"))
    'no file could be opened'
    """
    return str(error).partition("\n")[0].rstrip(":.")


def is_end(block: bytes) -> bool:
    """Whether a block, read where the members of a tar file stop, is the zeros that a whole one ends in.

    `tarfile` itself stops without a word at a damaged header and at the end of a file that is cut off.

    Examples
    --------
    >>> is_end(bytes(512)), is_end(b"")
    (True, False)
    """
    return block == bytes(tarfile.BLOCKSIZE)


def sorted_by(ids: list[str]) -> NDArray[np.int64]:
    """Return the order that sorts ids, which must be unique.

    Raises
    ------
    ClipsafeError
        If one appears twice.

    Examples
    --------
    >>> sorted_by(["b", "a"])
    array([1, 0])
    """
    order = np.argsort(np.array(ids), kind="stable")
    for before, after in pairwise(order):
        if ids[before] == ids[after]:
            raise ClipsafeError(f"The image {ids[after]} appears twice.")
    return order


def whole_number(text: str) -> int:
    """Read a whole number of up to nine digits; -1 for anything else. Python refuses to read 5,000 digits.

    Examples
    --------
    >>> whole_number("007"), whole_number("-1"), whole_number("1" * 5000)
    (7, -1, -1)
    """
    return int(text) if _NUMBER.fullmatch(text) else -1
