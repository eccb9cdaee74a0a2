"""Filling one entry of the store shard by shard, so that a killed run goes on where it stopped."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clipsafe_engine.predict import arrays
from clipsafe_utils.errors import ClipsafeError


class EntryWriter:
    """Fills one entry shard by shard; a shard is either there, whole, or missing.

    Made by `PredictionStore.writer`. Several processes may fill one entry at the same time.
    """

    def __init__(
        self, root: Path, folder: Path, shape: tuple[int, int], dtype: str, shard_images: int
    ) -> None:
        self._root, self._folder, self._shape = root, folder, shape
        self._dtype, self._shard_images = np.dtype(dtype), shard_images

    @property
    def missing(self) -> tuple[int, ...]:
        """Numbers of the shards that are yet to be written."""
        return arrays.missing_shards(self._folder)

    def rows(self, shard: int) -> slice:
        """Return which images a shard holds."""
        first = shard * self._shard_images
        return slice(first, min(first + self._shard_images, self._shape[0]))

    def write(self, shard: int, values: NDArray[np.floating[Any]]) -> None:
        """Write one shard in a step that cannot leave half of it.

        Parameters
        ----------
        shard : int
            Its number.
        values : array (images of the shard, width)
            Finite numbers; all of a row NaN where the image could not be read.

        Raises
        ------
        ClipsafeError
            If a value is infinite, or too large for the type of the entry, or the disk is full.
        ValueError
            If the shape is not that of the shard.
        """
        rows = self.rows(shard)
        if values.shape != (rows.stop - rows.start, self._shape[1]):
            raise ValueError(f"shard {shard} has shape {values.shape}, the entry has {self._shape}")
        stored = storable(values, self._dtype, str(self._folder))
        with arrays.staging(self._root) as staged:
            (staged / arrays.METADATA).write_bytes((self._folder / arrays.METADATA).read_bytes())
            arrays.write_shard(staged, shard, stored)
            arrays.shard_file(staged, shard).replace(arrays.shard_file(self._folder, shard))


def storable(values: NDArray[Any], dtype: np.dtype[Any], place: str) -> NDArray[np.floating[Any]]:
    """Return values in the type in which they are stored, or say why they cannot be."""
    with np.errstate(over="ignore"):
        stored: NDArray[np.floating[Any]] = np.ascontiguousarray(values, dtype)
    unreadable = np.isnan(stored).any(axis=1)
    if not np.isfinite(stored[~unreadable]).all():
        raise ClipsafeError(f"{place}: a value is infinite or does not fit {dtype}; store float32.")
    if not np.isnan(stored[unreadable]).all():
        raise ClipsafeError(f"{place}: a value is not a number; the model's output is at fault.")
    return stored
