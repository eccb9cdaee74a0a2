"""Zarr arrays that are written one whole shard at a time: each file is complete or absent."""

import json
import os
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import numpy as np
import zarr
from numpy.typing import NDArray
from zarr.codecs import Crc32cCodec

from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.files import clear_scratch, is_held, scratch_folder

Attributes = Mapping[str, Any]

METADATA = "zarr.json"
CHUNK_BYTES = 2**21
"""Bytes of the part of a shard that carries its own checksum and can be read alone."""

ABSENT = float("-inf")
"""What zarr gives for a shard that is not there; no prediction is allowed to take this value."""

MOST_SHARDS = 1_000_000
BYTES_OF_A_SMALL_ARRAY = 2**26
MOST_A_BYTE_STANDS_FOR = 1_000
"""What declares more than this holds no values for them. Predictions are stored as they are."""

UNFINISHED = ".unfinished"
ABANDONED_AFTER_SECONDS = 3600.0
"""A shard takes seconds to write: what lies unfinished for an hour belongs to a killed process, which is all
that can be said of one of another machine."""


def folder_name(name: str) -> str:
    """Turn any name into the name of one folder, such that `plain_name` gives it back.

    Examples
    --------
    >>> folder_name("open_clip:ViT-B/32@224")
    'open_clip%3AViT-B%2F32@224'
    >>> folder_name("..")
    '%2E.'
    """
    quoted = quote(name, safe="@+=,")
    return "%2E" + quoted[1:] if quoted.startswith(".") else quoted


def plain_name(folder: str) -> str:
    """Undo `folder_name`.

    Examples
    --------
    >>> plain_name(folder_name("a/b:c%2F"))
    'a/b:c%2F'
    """
    return unquote(folder)


@contextmanager
def staging(root: Path) -> Iterator[Path]:
    """Give a folder of the same file system, out of the way, that is gone after the block.

    Raises
    ------
    ClipsafeError
        If something cannot be written, for example because the disk is full.
    """
    with scratch_folder(root / UNFINISHED) as folder:
        yield folder


def clear_abandoned(root: Path) -> None:
    """Remove what killed processes left unfinished; what a live one is writing stays."""
    clear_scratch(root / UNFINISHED)
    for folder in (root / UNFINISHED).glob("*"):
        if _age(folder) > ABANDONED_AFTER_SECONDS and not is_held(folder):
            shutil.rmtree(folder, ignore_errors=True)


def _age(folder: Path) -> float:
    """Return the seconds since a folder was changed; none if its process has just finished and removed it."""
    try:
        return time.time() - folder.stat().st_mtime
    except FileNotFoundError:
        return 0.0


def create_array(
    folder: Path, shape: tuple[int, int], dtype: str, shard_rows: int, attributes: Attributes
) -> None:
    """Write the description of an array without any of its shards."""
    zarr.create_array(
        store=folder,
        shape=shape,
        dtype=dtype,
        shards=(shard_rows, shape[1]),
        chunks=(_chunk_rows(shard_rows, shape[1] * np.dtype(dtype).itemsize), shape[1]),
        compressors=Crc32cCodec(),
        fill_value=ABSENT,
        chunk_key_encoding={"name": "default", "separator": "."},
        attributes=dict(attributes),
    )


def write_shard(folder: Path, shard: int, values: NDArray[np.floating[Any]]) -> None:
    """Write one shard into an array of which nobody reads yet."""
    array = zarr.open_array(folder, mode="r+")
    first = shard * shard_shape(array)[0]
    array[first : first + len(values)] = values
    _flush(shard_file(folder, shard))


def shard_file(folder: Path, shard: int) -> Path:
    """Return the one file of a shard.

    Examples
    --------
    >>> shard_file(Path("entry"), 3).name
    'c.3.0'
    """
    return folder / f"c.{shard}.0"


def shard_shape(array: "zarr.Array[Any]") -> tuple[int, ...]:
    """Return the rows and columns of a shard."""
    return tuple(array.shards or array.chunks)


def move_folder(source: Path, target: Path) -> None:
    """Move a finished folder into place; one that is there already, made by another process, stays."""
    for path in source.rglob("*"):
        if path.is_file():
            _flush(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        source.rename(target)
    except OSError:
        if not (target / METADATA).is_file():
            raise


def read_metadata(folder: Path) -> dict[str, Any]:
    """Read the description of an array or group.

    Raises
    ------
    ClipsafeError
        If it is missing or damaged.
    """
    path = folder / METADATA
    try:
        described = json.loads(path.read_bytes())
    except FileNotFoundError as error:
        raise ClipsafeError(f"{path}: no such entry in the store.") from error
    except (OSError, ValueError, RecursionError) as error:
        raise ClipsafeError(f"{path}: not a readable description of a zarr array ({error}).") from error
    if not isinstance(described, dict) or not isinstance(described.get("attributes"), dict):
        raise ClipsafeError(f"{path}: a description of a zarr array with attributes was expected.")
    return described


def missing_shards(folder: Path) -> tuple[int, ...]:
    """Return the numbers of the shards that are yet to be written, from the names of files alone."""
    described = read_metadata(folder)
    try:
        rows = described["shape"][0]
        shards = range(-(-rows // described["chunk_grid"]["configuration"]["chunk_shape"][0]))
    except (ArithmeticError, IndexError, KeyError, TypeError) as error:
        raise ClipsafeError(
            f"{folder / METADATA}: the rows of an array and of a shard were expected."
        ) from error
    if len(shards) > MOST_SHARDS:
        raise ClipsafeError(f"{folder / METADATA}: declares {rows:,} rows; a store holds no such array.")
    with os.scandir(folder) as files:
        written = {file.name for file in files if file.stat().st_size}
    return tuple(k for k in shards if shard_file(folder, k).name not in written)


def read_array(folder: Path) -> NDArray[Any]:
    """Read a whole array into memory.

    Raises
    ------
    ClipsafeError
        If a file is damaged: its checksum does not agree, or a shard is empty.
    """
    try:
        # An array of the older format may ask for a codec that unpickles.
        array = zarr.open_array(folder, mode="r", zarr_format=3)
        stored = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
        if array.nbytes > max(BYTES_OF_A_SMALL_ARRAY, stored * MOST_A_BYTE_STANDS_FOR):
            raise ClipsafeError(f"{folder}: declares {array.nbytes:,} bytes, its files hold {stored:,}.")
        values = np.asarray(array[...])
    except (OSError, ValueError, KeyError, IndexError, RuntimeError, TypeError, RecursionError) as error:
        raise ClipsafeError(
            f"{folder}: a damaged file ({error}); remove the folder and run again."
        ) from error
    if values.dtype.kind == "f" and np.isneginf(values[..., 0]).any():
        raise ClipsafeError(f"{folder}: a shard is missing or empty; run the prediction again.")
    return values


def _flush(path: Path) -> None:
    # A name that survives the loss of a node must not stand for bytes that did not.
    with path.open("rb") as stream:
        os.fsync(stream.fileno())


def _chunk_rows(shard_rows: int, row_bytes: int) -> int:
    # The largest divisor of the shard's rows that keeps a chunk small; the whole shard where none does well.
    wanted = max(CHUNK_BYTES // row_bytes, 1)
    if shard_rows <= wanted:
        return shard_rows
    divisor = max(k for k in range(1, wanted + 1) if shard_rows % k == 0)
    return divisor if divisor * 8 >= wanted else shard_rows
