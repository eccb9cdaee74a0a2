"""Values that stand for single images, and the weights that bootstrap draws give to the images."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from clipsafe_utils.metrics.arguments import Array, numbers, shares


def values_of_images(name: str, value: ArrayLike) -> Array:
    """Return `value` as finite float64 numbers whose last axis is the images.

    Raises
    ------
    ValueError
        If a number is missing or there is no axis.

    Examples
    --------
    >>> values_of_images("energy", [3, 4])
    array([3., 4.])
    """
    array = numbers(name, value)
    if array.ndim == 0:
        raise ValueError(f"{name}: expected an axis of images, got a single number.")
    return array


def decisions(confidence: ArrayLike, correct: ArrayLike) -> tuple[Array, Array]:
    """Return confidences and whether each decision was right (1.0) or wrong (0.0), of equal shape.

    Raises
    ------
    ValueError
        If a confidence is missing or outside 0 to 1, `correct` holds anything but true and false
        (or 1 and 0), or their shapes differ.

    Examples
    --------
    >>> decisions([0.7, 0.9], [True, False])
    (array([0.7, 0.9]), array([1., 0.]))
    """
    confidences = shares("confidence", values_of_images("confidence", confidence))
    hits = values_of_images("correct", correct)
    if hits.shape != confidences.shape:
        raise ValueError(f"correct: expected the shape of confidence {confidences.shape}, got {hits.shape}.")
    if not np.isin(hits, (0, 1)).all():
        raise ValueError("correct: expected true and false (or 1 and 0), got other numbers.")
    return confidences, hits


def at_least_one(name: str, value: int) -> int:
    """Return `value` if it is 1 or more.

    Raises
    ------
    ValueError
        If it is not.

    Examples
    --------
    >>> at_least_one("n_bins", 15)
    15
    """
    if value < 1:
        raise ValueError(f"{name}: expected 1 or more, got {value}.")
    return value


def image_weights(name: str, weights: ArrayLike, images: int) -> NDArray[Any]:
    """Return the weights of the images in each draw as whole numbers, checked.

    Parameters
    ----------
    name : str
        What the message calls them.
    weights : array_like of counts, shape (draws, images)
        How often each image is drawn; kept in the integer type in which they come.
    images : int
        The number of images that they must fit.

    Raises
    ------
    ValueError
        If they are not whole numbers of 0 or more, do not fit the images, or a draw holds no image.

    Examples
    --------
    >>> image_weights("weights", [[1, 1], [0, 2]], 2).sum(axis=1)
    array([2, 2])
    """
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
    """Mean over the images, for each draw where weights are given.

    Parameters
    ----------
    values : array_like, shape (..., images)
        One number for each image, for example its negative log-likelihood.
    weights : array_like of counts, shape (draws, images), optional
        How often each image is drawn.

    Returns
    -------
    ndarray, shape (...) or (draws, ...)
        The mean; with weights, one for each draw.

    Raises
    ------
    ValueError
        If a value is missing or the weights do not fit the images.

    Examples
    --------
    >>> weighted_mean([1.0, 4.0], weights=[[1, 1], [2, 1]])
    array([2.5, 2. ])
    """
    array = values_of_images("values", values)
    if weights is None:
        return np.asarray(array.mean(axis=-1))
    images = array.shape[-1]
    drawn: Array = image_weights("weights", weights, images).astype(np.float64)
    means: Array = drawn @ array.reshape(-1, images).T / drawn.sum(axis=1)[:, None]
    return means.reshape(len(drawn), *array.shape[:-1])
