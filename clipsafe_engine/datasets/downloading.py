"""Fetching a data set from its open address: resumed where it broke off, checked, unpacked, moved in."""

import hashlib
import http.client
import os
import re
import shutil
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from clipsafe_engine.datasets.unpacking import unpack
from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.files import alone_at, clear_scratch, scratch_folder
from clipsafe_utils.registry.data_sets import DataSet
from clipsafe_utils.terminal import progress

WORKPLACE = ".downloads"
"""Folder below the root for what is not whole yet; removing it is always safe."""

MOST_BYTES = 50 * 2**30
"""The most that is downloaded where the size of an archive is not published."""

_BLOCK = 2**20
_TIMEOUT = 60
_LONGEST_REASON = 120
_LENGTH = re.compile(r"[0-9]{1,18}")


@dataclass(frozen=True)
class _Part:
    """A file that is on its way, and beside it what its server called that version of it."""

    path: Path

    @property
    def size(self) -> int:
        return self.path.stat().st_size if self.path.is_file() else 0

    @property
    def version_file(self) -> Path:
        return self.path.with_name(f"{self.path.name}.version")

    @property
    def version(self) -> str:
        return self.version_file.read_text(encoding="latin-1") if self.version_file.is_file() else ""

    def remove(self) -> None:
        self.path.unlink(missing_ok=True)
        self.version_file.unlink(missing_ok=True)


def download(data_set: DataSet, root: Path) -> tuple[Path, str]:
    """Download a set and unpack it below a root.

    A download that broke off goes on where it stopped if the server still has the same file. Nothing appears
    below the root, except in the folder `.downloads`, before all of it is unpacked.

    Returns
    -------
    place : Path
        Where its images lie.
    digest : str
        What `check_archive` gave; empty if the set was there already.

    Raises
    ------
    ClipsafeError
        If the set has no open address, another run downloads it, the download breaks off or is not what was
        published, or the archive is unsafe or does not hold the set.
    """
    if not data_set.archive:
        raise ClipsafeError(f"{data_set.title} has no open address: {data_set.get}.")
    place = root / data_set.folders[0]
    archive = root / WORKPLACE / data_set.archive.rpartition("/")[2]
    if place.exists():
        with suppress(ClipsafeError):  # Where another run is about to end, it clears up itself.
            _clear(archive)
        return place, ""
    top = Path(data_set.folders[0]).parts[0]
    if os.path.lexists(root / top):  # A link that leads nowhere is in the way, too.
        raise ClipsafeError(f"{root / top}: is in the way and lacks {place.name}; move it elsewhere.")
    with alone_at(archive):
        if not archive.is_file():
            fetch(data_set.archive, archive, data_set.bytes)
        digest = check_archive(archive, data_set)
        with scratch_folder(archive.parent) as scratch:
            unpacked = scratch / "unpacked"
            unpack(archive, unpacked)
            if not (unpacked / data_set.folders[0]).is_dir():
                raise ClipsafeError(f"{archive}: does not hold the folder {data_set.folders[0]}.")
            os.replace(unpacked / top, root / top)
    _clear(archive)
    return place, digest


def _clear(archive: Path) -> None:
    """Remove what a download needs no more, a killed one's too."""
    if archive.parent.is_dir():
        with alone_at(archive):
            clear_scratch(archive.parent)
            _part_of(archive).remove()
            archive.unlink(missing_ok=True)


def fetch(address: str, target: Path, size: int = 0) -> None:
    """Download a file, going on with what is there of it.

    Parameters
    ----------
    address : str
        Its address.
    target : Path
        The file to make. Until it is whole it is called `<target>.part`.
    size : int
        Its published size in bytes; 0 where there is none.

    Raises
    ------
    ClipsafeError
        If the server refuses, the connection breaks off without any progress, the size is not the published
        one, or the file cannot be written.
    """
    with _writing(target):
        target.parent.mkdir(parents=True, exist_ok=True)
    part = _part_of(target)
    while True:
        before = part.size
        total = _fetch_once(address, part, size)
        if total is None or part.size == total:
            break
        if part.size <= before:
            raise ClipsafeError(
                f"{address}: the connection broke off after {part.size:,} of {total:,} bytes; "
                "the same command goes on from there."
            )
    if size and part.size != size:
        raise ClipsafeError(f"{address}: gave {part.size:,} bytes where {size:,} are published.")
    with _writing(target):
        os.replace(part.path, target)
    part.remove()


def check_archive(archive: Path, data_set: DataSet) -> str:
    """Compare an archive with its published checksum; remove it if it differs.

    Returns
    -------
    str
        Its SHA-256 or MD5, whichever is published; its SHA-256 where neither is.

    Raises
    ------
    ClipsafeError
        If the checksum is not the published one.
    """
    kind, _, published = data_set.checksum.partition(":")
    with archive.open("rb") as stream:
        digest = hashlib.file_digest(stream, kind or "sha256").hexdigest()
    if published and digest != published:
        archive.unlink()
        raise ClipsafeError(
            f"{data_set.archive}: gave a file with the {kind} {digest} where {published} is published; "
            "it was removed."
        )
    return digest


def _part_of(target: Path) -> _Part:
    return _Part(target.with_name(f"{target.name}.part"))


def _fetch_once(address: str, part: _Part, size: int) -> int | None:
    """Fetch as much as one connection gives; return the size of the whole file if the server tells it."""
    start = part.size if part.version else 0
    response = _asked(address, part, start)
    if response is None:
        return start
    with response:
        goes_on = response.status == 206 and response.headers.get("Content-Range", "").startswith(
            f"bytes {start}-"
        )
        if response.status == 206 and not goes_on:
            raise ClipsafeError(f"{address}: the server sent another part of the file than it was asked for.")
        start = start if goes_on else 0
        length = response.headers.get("Content-Length")
        if length is not None and not _LENGTH.fullmatch(length):
            raise ClipsafeError(
                f"{address}: the server tells a length of {length[:20]!r}, expected a number of bytes."
            )
        total = None if length is None else start + int(length)
        if size and total not in (None, size):
            raise ClipsafeError(f"{address}: has {total:,} bytes where {size:,} are published.")
        _refuse_a_small_disk(part, (total or size) - start)
        with _writing(part.path):
            if not goes_on:
                part.remove()  # First of all, else a killed run leaves old bytes under the new version.
            part.version_file.write_text(_version(response.headers), encoding="latin-1")
        is_whole = _copy(response, part, start, total, size or MOST_BYTES)
    if total is None and not is_whole:
        raise ClipsafeError(
            f"{address}: the connection broke off after {part.size:,} bytes; run the same command again."
        )
    return total


def _asked(address: str, part: _Part, start: int) -> http.client.HTTPResponse | None:
    """Ask for a file from some byte on; None if the server says that there are no more."""
    request = urllib.request.Request(
        address, headers={"Accept-Encoding": "identity", "User-Agent": "clipsafe"}
    )
    if start:
        request.add_header("Range", f"bytes={start}-")
        request.add_header("If-Range", part.version)
    try:
        response: http.client.HTTPResponse = _OPENER.open(request, timeout=_TIMEOUT)
    except urllib.error.HTTPError as error:
        with error:
            if error.code == 416 and error.headers.get("Content-Range") == f"bytes */{start}":
                return None
            if error.code == 416:
                part.remove()
        again = (
            "; the part that was there is removed, run the same command again" if error.code == 416 else ""
        )
        said = _one_line(error.reason)
        raise ClipsafeError(f"{address}: the server answers {error.code} {said}{again}.") from error
    except (OSError, http.client.HTTPException, ValueError, OverflowError) as error:
        # The two last ones are of addresses that a server sends us on to.
        said = _one_line(getattr(error, "reason", error))
        raise ClipsafeError(f"{address}: cannot be reached ({said}).") from error
    return response


class _ClosingRedirects(urllib.request.HTTPRedirectHandler):
    """Close the connection where the address that a server sends us on to is none: urllib leaves it open."""

    def http_error_302(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: http.client.HTTPMessage,
    ) -> Any:
        """Go where the server says, as urllib does."""
        try:
            return super().http_error_302(req, fp, code, msg, headers)
        except urllib.error.HTTPError:
            raise  # It reads the answer, and closes it.
        except Exception:
            fp.close()
            raise

    http_error_301 = http_error_303 = http_error_307 = http_error_308 = http_error_302


_OPENER = urllib.request.build_opener(_ClosingRedirects)


def _one_line(reason: object) -> str:
    """Return what a server or a library said as a part of a sentence: one line that can be printed."""
    line = str(reason).strip().partition("\n")[0][:_LONGEST_REASON].rstrip(".\r ")
    return line if line.isprintable() else ascii(line)


def _refuse_a_small_disk(part: _Part, needed: int) -> None:
    free = shutil.disk_usage(part.path.parent).free
    if needed > free:
        raise ClipsafeError(f"{part.path}: needs {needed:,} bytes of disk where {free:,} are free.")


def _copy(response: http.client.HTTPResponse, part: _Part, start: int, total: int | None, limit: int) -> bool:
    """Write what a connection gives; return whether it ended as the server meant it to."""
    received, began, is_whole = start, time.monotonic(), True
    with (
        _writing(part.path),
        part.path.open("r+b" if start else "wb") as stream,
        progress("MiB", total=-(-(total or limit) // _BLOCK)) as advance,
    ):
        stream.seek(start)
        while True:
            block, went_well = _next_block(response)
            is_whole = is_whole and went_well
            if not block:
                return is_whole
            received += len(block)
            if received > limit:
                raise ClipsafeError(f"{part.path}: the server sends more than {limit:,} bytes.")
            stream.write(block)
            rate = (received - start) / max(time.monotonic() - began, 1e-3) / _BLOCK
            advance(f"{received / _BLOCK:,.0f} at {rate:.1f} MiB/s")


def _next_block(response: http.client.HTTPResponse) -> tuple[bytes, bool]:
    """Return some bytes, none at the end, and whether nothing went wrong."""
    try:
        return response.read(_BLOCK), True
    except http.client.IncompleteRead as error:
        return error.partial, False
    except (OSError, http.client.HTTPException):
        return b"", False


def _version(headers: http.client.HTTPMessage) -> str:
    """Name this version of the file for If-Range: a strong ETag, else the date; empty without both."""
    etag = headers.get("ETag", "")
    return etag if etag.startswith('"') else headers.get("Last-Modified", "")


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ClipsafeError(f"{path}: cannot be written ({error.strerror or error}).") from error
