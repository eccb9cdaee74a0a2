"""Arguments of the metrics: made into float64 arrays, checked, and named when they are wrong."""

from collections.abc import Collection
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]


def numbers(name: str, value: ArrayLike) -> Array:
    """Return `value` as a float64 array of finite numbers.

    Raises
    ------
    ValueError
        If it holds anything but finite numbers, or nothing at all. The message begins with `name`.

    Examples
    --------
    >>> numbers("x", [1, 2])
    array([1., 2.])
    """
    try:
        array = np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name}: expected numbers in a regular array, got {value!r}.") from error
    if array.size == 0:
        raise ValueError(f"{name}: expected at least one number, got an array of shape {array.shape}.")
    if not np.isfinite(array).all():
        raise ValueError(f"{name}: expected finite numbers, got {_first(array, ~np.isfinite(array))}.")
    return array


def values_of_models(name: str, value: ArrayLike) -> Array:
    """Return `value` as finite float64 numbers with an axis of models.

    Raises
    ------
    ValueError
        If a number is missing or there is no axis.

    Examples
    --------
    >>> values_of_models("x", [0.5, 0.6])
    array([0.5, 0.6])
    """
    array = numbers(name, value)
    if array.ndim == 0:
        raise ValueError(f"{name}: expected an axis of models, got a single number.")
    return array


def shares(name: str, value: ArrayLike) -> Array:
    """Return `value` as a float64 array of numbers from 0 to 1.

    Raises
    ------
    ValueError
        As in `numbers`, and if a number lies outside 0 to 1.

    Examples
    --------
    >>> shares("accuracy", 0.5)
    array(0.5)
    """
    array = numbers(name, value)
    outside = (array < 0) | (array > 1)
    if outside.any():
        raise ValueError(f"{name}: expected shares from 0 to 1, got {_first(array, outside)}.")
    return array


def counts(name: str, value: ArrayLike) -> Array:
    """Return `value` as a float64 array of whole numbers of 0 or more.

    Raises
    ------
    ValueError
        As in `numbers`, and if a number is negative or not whole.

    Examples
    --------
    >>> counts("hits", [0, 7])
    array([0., 7.])
    """
    array = numbers(name, value)
    wrong = (array < 0) | (array != np.round(array))
    if wrong.any():
        raise ValueError(f"{name}: expected whole counts of 0 or more, got {_first(array, wrong)}.")
    return array


def counts_out_of(name: str, value: ArrayLike, total_name: str, total: ArrayLike) -> tuple[Array, Array]:
    """Return two arrays of counts, broadcast together: a part and the total, which is not empty.

    Raises
    ------
    ValueError
        As in `counts`, if a total is 0, if a part is larger than its total, or if the shapes do not match.

    Examples
    --------
    >>> counts_out_of("hits", [1, 2], "images", 4)
    (array([1., 2.]), array([4., 4.]))
    """
    part, whole = together({name: counts(name, value), total_name: counts(total_name, total)})
    if (whole == 0).any():
        raise ValueError(f"{total_name}: expected at least 1 in each set, got an empty set.")
    larger = part > whole
    if larger.any():
        raise ValueError(
            f"{name}: expected no more than {total_name}, "
            f"got {_first(part, larger)} of {_first(whole, larger)}."
        )
    return part, whole


def labels(name: str, value: ArrayLike, length: int | None = None) -> NDArray[Any]:
    """Return `value` as a one-dimensional array of labels, none of them missing.

    Parameters
    ----------
    name : str
        What the message calls it.
    value : array_like, shape (models,)
        Text, numbers or truth values.
    length : int, optional
        The number of models that the labels must name.

    Raises
    ------
    ValueError
        If it is not one-dimensional, is empty or of the wrong length, or holds None, NaN or empty text.

    Examples
    --------
    >>> labels("families", ["vgg", "resnet"])
    array(['vgg', 'resnet'], dtype='<U6')
    """
    array = np.asarray(value)
    if array.ndim != 1 or array.size == 0:
        raise ValueError(f"{name}: expected one label for each model, got an array of shape {array.shape}.")
    if length is not None and array.size != length:
        raise ValueError(f"{name}: expected {length} labels, one for each model, got {array.size}.")
    # Only NaN differs from itself; with None and empty text it is what tables hold for "missing".
    if any(label is None or label == "" or label != label for label in array.tolist()):
        raise ValueError(f"{name}: expected a label for each model, got a missing one.")
    return array.astype(str) if array.dtype == object else array


def confidence_level(confidence: float) -> float:
    """Return `confidence` if it is a share strictly between 0 and 1.

    Raises
    ------
    ValueError
        If it is not.

    Examples
    --------
    >>> confidence_level(0.95)
    0.95
    """
    if not 0 < confidence < 1:
        raise ValueError(f"confidence: expected a share between 0 and 1, got {confidence!r}.")
    return confidence


def one_of(name: str, value: str, options: Collection[str]) -> str:
    """Return `value` if it is one of `options`.

    Raises
    ------
    ValueError
        If it is not; the message lists the options.

    Examples
    --------
    >>> one_of("axes", "raw", ("raw", "probit"))
    'raw'
    """
    if value not in options:
        raise ValueError(f"{name}: expected one of {', '.join(options)}, got {value!r}.")
    return value


def together(arrays: dict[str, Array]) -> tuple[Array, ...]:
    """Broadcast named arrays to one shape.

    Raises
    ------
    ValueError
        If their shapes do not match; the message names each array and its shape.

    Examples
    --------
    >>> [array.shape for array in together({"x": np.zeros(3), "y": np.zeros((2, 3))})]
    [(2, 3), (2, 3)]
    """
    try:
        return np.broadcast_arrays(*arrays.values())
    except ValueError as error:
        shapes = ", ".join(f"{name} {array.shape}" for name, array in arrays.items())
        raise ValueError(f"{shapes}: expected shapes that broadcast together.") from error


def _first(array: Array, where: NDArray[np.bool_]) -> str:
    return f"{array[where].flat[0]:g}"
