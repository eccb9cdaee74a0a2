"""Values that stand for single images, and the weights that bootstrap draws give to the images."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from clipsafe_utils.metrics.arguments import Array, numbers, shares


def decisions(confidence: ArrayLike, correct: ArrayLike) -> tuple[Array, Array]:
    """Return confidences and whether each decision was right (1.0) or wrong (0.0), of equal shape."""
    confidences = shares("confidence", confidence, "images")
    hits = numbers("correct", correct, "images")
    if hits.shape != confidences.shape:
        raise ValueError(f"correct: expected the shape of confidence {confidences.shape}, got {hits.shape}.")
    if not np.isin(hits, (0, 1)).all():
        raise ValueError("correct: expected true and false (or 1 and 0), got other numbers.")
    return confidences, hits


def at_least_one(name: str, value: int) -> int:
    """Return `value` if it is 1 or more."""
    if value < 1:
        raise ValueError(f"{name}: expected 1 or more, got {value}.")
    return value


def image_weights(name: str, weights: ArrayLike, images: int) -> NDArray[Any]:
    """Return weights (draws, images) in their own integer type: whole counts, an image in every draw."""
    array = np.asarray(weights)
    if array.ndim != 2 or array.shape[1] != images:
        raise ValueError(f"{name}: expected the shape (draws, {images}), got {array.shape}.")
    if not np.issubdtype(array.dtype, np.integer):
        raise ValueError(f"{name}: expected whole numbers of 0 or more, got {array.dtype}.")
    if array.min(initial=0) < 0:
        raise ValueError(f"{name}: expected whole numbers of 0 or more, got {array.min()}.")
    empty = np.flatnonzero(~array.any(axis=1))
    if empty.size:
        raise ValueError(f"{name}: expected at least one image in each draw, got none in draw {empty[0]}.")
    return array


def weighted_mean(values: ArrayLike, weights: ArrayLike | None = None) -> Array:
    """Mean over the images, the last axis; with weights (draws, images) one for each draw: (draws, ...)."""
    array = numbers("values", values, "images")
    if weights is None:
        return np.asarray(array.mean(axis=-1))
    images = array.shape[-1]
    drawn: Array = image_weights("weights", weights, images).astype(np.float64)
    means: Array = drawn @ array.reshape(-1, images).T / drawn.sum(axis=1)[:, None]
    return means.reshape(len(drawn), *array.shape[:-1])
