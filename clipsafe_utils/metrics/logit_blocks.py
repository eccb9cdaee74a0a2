"""Logits as they are read: checked, cut into blocks, and widened block by block.

Half precision is accepted, because it halves what predictions take on disk. It rounds: between 16 and 32,
where CLIP's largest logits lie, to the nearest 64th. Each block of a pass is widened to float32 on its own.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import ArrayLike, NDArray

BLOCK_VALUES = 2**17
"""Logits in one block of a pass: half a megabyte of float32, which stays in a core's own cache."""

# All there are. Looking them up takes less time than NumPy's own conversion.
_SINGLE_OF_HALF = np.arange(2**16, dtype=np.uint16).view(np.float16).astype(np.float32)


def class_scores(name: str, value: ArrayLike) -> NDArray[np.floating]:
    """Return logits as an array of floating-point numbers, in the precision in which they come.

    Raises
    ------
    ValueError
        If they are not float16, float32 or float64, or there is no image or no class. The message begins
        with `name`.

    Examples
    --------
    >>> class_scores("logits", np.zeros((1, 2), dtype=np.float32)).dtype
    dtype('float32')
    """
    array = np.asarray(value)
    if array.dtype not in (np.float16, np.float32, np.float64):
        raise ValueError(f"{name}: expected float16, float32 or float64, got {array.dtype}.")
    if array.ndim < 2 or array.size == 0:
        raise ValueError(f"{name}: expected the shape (images, classes), got {array.shape}.")
    return array


def class_labels(labels: ArrayLike, shape: tuple[int, ...], classes: int) -> NDArray[np.int64]:
    """Return labels as a flat array of class numbers, checked against the images and the classes.

    Raises
    ------
    ValueError
        If they are not integers from 0 to classes - 1, or not one for each image.

    Examples
    --------
    >>> class_labels([2, 0], (2,), 3)
    array([2, 0])
    """
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
    """Cut the images into runs whose logits fit a core's cache.

    Examples
    --------
    >>> blocks(5, BLOCK_VALUES // 2)
    [slice(0, 2, None), slice(2, 4, None), slice(4, 5, None)]
    """
    step = max(1, BLOCK_VALUES // classes)
    return [slice(start, min(start + step, images)) for start in range(0, images, step)]


def working_precision(logits: NDArray[np.floating]) -> np.dtype[np.floating]:
    """Return the precision to compute in: that of the logits, but at least float32.

    Examples
    --------
    >>> working_precision(np.zeros(1, dtype=np.float16)), working_precision(np.zeros(1))
    (dtype('float32'), dtype('float64'))
    """
    return np.promote_types(logits.dtype, np.float32)


def working_blocks(
    logits: NDArray[np.floating], kept: NDArray[np.int64], passes: int = 1
) -> Iterator[tuple[slice, NDArray[np.floating]]]:
    """Go through logits block by block, in the precision to compute in.

    Parameters
    ----------
    logits : ndarray of float16, float32 or float64, shape (images, classes)
        Never copied as a whole.
    kept : ndarray of int64
        The classes to take, in rising order; from `kept_classes`.
    passes : int
        How many times the logits of a block the caller holds at once; blocks shrink accordingly.

    Yields
    ------
    slice, ndarray of shape (images of the block, kept classes)
        The images, and their logits: to be read before the next block is asked for.

    Examples
    --------
    >>> half = np.array([[1, 2, 3]], dtype=np.float16)
    >>> [(part.tolist(), str(part.dtype)) for _, part in working_blocks(half, np.array([0, 2]))]
    [([[1.0, 3.0]], 'float32')]
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
    """Return the numbers of the classes that a mask keeps; all of them where there is none.

    Raises
    ------
    ValueError
        If the mask is not one truth value for each class, or keeps no class.

    Examples
    --------
    >>> kept_classes([True, False, True], 3)
    array([0, 2])
    """
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
    """Count labels over the classes that are kept.

    Raises
    ------
    ValueError
        If a label is masked out.

    Examples
    --------
    >>> class_positions(np.array([2, 0]), np.array([0, 2]), 3)
    array([1, 0])
    """
    position = np.full(classes, -1)
    position[kept] = np.arange(kept.size)
    positions = position[labels]
    masked_out = np.flatnonzero(positions < 0)
    if masked_out.size:
        raise ValueError(f"labels: expected classes that class_mask keeps, got {labels[masked_out[0]]}.")
    return positions


def refuse_infinite(finite: NDArray[np.bool_], precision: np.dtype[np.floating], step: int = 1) -> None:
    """Refuse logits that are infinite or missing.

    Parameters
    ----------
    finite : ndarray of bool, shape (images,)
        Whether all logits of an image are finite.
    precision : dtype
        In which the logits came.
    step : int
        Images are every so many-th of those that the message counts.

    Raises
    ------
    ValueError
        If those of an image are not.

    Examples
    --------
    >>> refuse_infinite(np.array([True, False]), np.dtype(np.float16))
    Traceback (most recent call last):
    ValueError: logits: expected finite numbers, got others for image 1 (float16 ends at 65504).
    """
    wrong = np.flatnonzero(~finite)
    if wrong.size:
        hint = f" (float16 ends at {np.finfo(np.float16).max:.0f})" if precision == np.float16 else ""
        raise ValueError(f"logits: expected finite numbers, got others for image {wrong[0] * step}{hint}.")
