"""Logits as they are read: checked, cut into blocks, and widened block by block.

Half precision is accepted, because it halves what predictions take on disk. It rounds: between 16 and 32,
where CLIP's largest logits lie, to the nearest 64th.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import ArrayLike, NDArray

BLOCK_VALUES = 2**17
"""Logits in one block of a pass: half a megabyte of float32, which stays in a core's own cache."""

# All there are. Looking them up takes less time than NumPy's own conversion.
_SINGLE_OF_HALF = np.arange(2**16, dtype=np.uint16).view(np.float16).astype(np.float32)


def class_scores(name: str, value: ArrayLike) -> NDArray[np.floating]:
    """Return logits (..., classes) in the precision in which they come: float16, float32 or float64."""
    array = np.asarray(value)
    if array.dtype not in (np.float16, np.float32, np.float64):
        raise ValueError(f"{name}: expected float16, float32 or float64, got {array.dtype}.")
    if array.ndim < 2 or array.size == 0:
        raise ValueError(f"{name}: expected the shape (images, classes), got {array.shape}.")
    return array


def class_labels(labels: ArrayLike, shape: tuple[int, ...], classes: int) -> NDArray[np.int64]:
    """Return labels, one for each image, as a flat array of class numbers from 0 to classes - 1."""
    array = np.asarray(labels)
    if array.shape != shape:
        raise ValueError(f"labels: expected the shape {shape}, one for each image, got {array.shape}.")
    if not np.issubdtype(array.dtype, np.integer):
        raise ValueError(f"labels: expected class numbers, got {array.dtype}.")
    if array.min() < 0 or array.max() >= classes:
        raise ValueError(
            f"labels: expected class numbers from 0 to {classes - 1}, got {array.min()} to {array.max()}."
        )
    return array.reshape(-1).astype(np.int64)


def blocks(images: int, classes: int) -> list[slice]:
    """Cut the images into runs whose logits fit a core's cache."""
    step = max(1, BLOCK_VALUES // classes)
    return [slice(start, min(start + step, images)) for start in range(0, images, step)]


def working_precision(logits: NDArray[np.floating]) -> np.dtype[np.floating]:
    """Return the precision to compute in: that of the logits, but at least float32."""
    return np.promote_types(logits.dtype, np.float32)


def working_blocks(
    logits: NDArray[np.floating], kept: NDArray[np.int64], passes: int = 1
) -> Iterator[tuple[slice, NDArray[np.floating]]]:
    """Yield the images of each block and their logits of the `kept` classes, in the precision to compute in.

    They are to be read before the next block is asked for. Of a block the caller holds `passes` times the
    logits at once: blocks shrink accordingly.
    """
    runs = blocks(len(logits), kept.size * passes)
    shape = runs[0].stop, kept.size
    # Fresh arrays of this size would go back to the system after every block: slower than the work itself.
    chosen = np.empty(shape if kept.size < logits.shape[1] else 0, dtype=logits.dtype)
    widened = np.empty(shape if logits.dtype == np.float16 else 0, dtype=np.float32)
    for block in runs:
        part = logits[block]
        if chosen.size:
            part = np.take(part, kept, axis=1, out=chosen[: len(part)], mode="clip")
        if widened.size:
            part = np.take(_SINGLE_OF_HALF, part.view(np.uint16), out=widened[: len(part)], mode="clip")
        yield block, part


def kept_classes(class_mask: ArrayLike | None, classes: int) -> NDArray[np.int64]:
    """Return the numbers of the classes that a mask keeps; all of them where there is none."""
    if class_mask is None:
        return np.arange(classes)
    mask = np.asarray(class_mask)
    if mask.dtype != np.bool_ or mask.shape != (classes,) or not mask.any():
        raise ValueError(
            f"class_mask: expected {classes} truth values, at least one of them true, "
            f"got {mask.dtype} of shape {mask.shape}."
        )
    return np.flatnonzero(mask)


def class_positions(labels: NDArray[np.int64], kept: NDArray[np.int64], classes: int) -> NDArray[np.int64]:
    """Count labels over the classes that are kept."""
    position = np.full(classes, -1)
    position[kept] = np.arange(kept.size)
    positions = position[labels]
    masked_out = np.flatnonzero(positions < 0)
    if masked_out.size:
        raise ValueError(f"labels: expected classes that class_mask keeps, got {labels[masked_out[0]]}.")
    return positions


def refuse_infinite(finite: NDArray[np.bool_], precision: np.dtype[np.floating], step: int = 1) -> None:
    """Refuse logits of images that are not `finite`: every `step`-th of those that the message counts."""
    wrong = np.flatnonzero(~finite)
    if wrong.size:
        hint = f" (float16 ends at {np.finfo(np.float16).max:.0f})" if precision == np.float16 else ""
        raise ValueError(f"logits: expected finite numbers, got others for image {wrong[0] * step}{hint}.")
