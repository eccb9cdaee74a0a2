"""The labels and image ids of a data set, stored once for all models that saw the same images."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import zarr
from numpy.typing import NDArray

from clipsafe_engine.predict import arrays

IMAGES = "images"


@dataclass(frozen=True, eq=False)
class ImagesTable:
    """Labels, int64 (images,) or (images, labels), and image ids, int64 or str (images,)."""

    labels: NDArray[np.int64]
    image_ids: NDArray[Any]


def write_images(root: Path, dataset: str, labels: NDArray[np.int64], image_ids: NDArray[Any]) -> Path:
    """Write a table under a name that is the hash of its content; return its folder.

    Raises
    ------
    ValueError
        If there are no images, their ids are not unique, or labels and ids differ in number.
    ClipsafeError
        If the files cannot be written.
    """
    labels = np.ascontiguousarray(labels, np.int64)
    ids = image_ids.astype(np.int64) if image_ids.dtype.kind in "iu" else image_ids.astype(str)
    if not 0 < len(ids) == len(labels) or len(np.unique(ids)) < len(ids):
        raise ValueError(
            f"{dataset}: {len(labels)} labels, {len(ids)} image ids; as many unique ids are expected"
        )
    folder = root / IMAGES / arrays.folder_name(dataset) / f"{_content_hash(labels, ids)[:16]}.zarr"
    if not folder.exists():
        with arrays.staging(root) as staged:
            _write_table(staged / "table", labels, ids)
            arrays.move_folder(staged / "table", folder)
    return folder


def read_images(folder: Path) -> ImagesTable:
    """Read a table.

    Raises
    ------
    ClipsafeError
        If it is missing or damaged.
    """
    labels, ids = (arrays.read_array(folder / name) for name in ("labels", "image_ids"))
    return ImagesTable(labels, ids if ids.dtype.kind == "i" else np.array(ids.tolist()))


def _write_table(folder: Path, labels: NDArray[np.int64], ids: NDArray[Any]) -> None:
    group = zarr.create_group(folder)
    for name, values in (("labels", labels), ("image_ids", ids)):
        dtype = "int64" if values.dtype.kind == "i" else "string"
        array = group.create_array(name, shape=values.shape, chunks=values.shape, dtype=dtype)
        array[...] = values


def _content_hash(labels: NDArray[np.int64], ids: NDArray[Any]) -> str:
    digest = hashlib.sha256(repr((labels.shape, ids.dtype.kind)).encode())
    digest.update(labels.tobytes())
    digest.update(ids.tobytes() if ids.dtype.kind == "i" else "\0".join(ids.tolist()).encode())
    return digest.hexdigest()
