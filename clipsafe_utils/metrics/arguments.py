"""Arguments of the metrics: made into float64 arrays, checked, and named when they are wrong."""

from collections.abc import Callable, Collection
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]


def numbers(name: str, value: ArrayLike, axis_of: str = "") -> Array:
    """Return `value` as a float64 array of finite numbers, at least one; over an axis where one is named.

    All that is refused here and below is refused by a ValueError that begins with the argument's name.
    """
    try:
        array = np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name}: expected numbers in a regular array, got {value!r}.") from error
    if array.size == 0:
        raise ValueError(f"{name}: expected at least one number, got an array of shape {array.shape}.")
    if not np.isfinite(array).all():
        raise ValueError(f"{name}: expected finite numbers, got {_first(array, ~np.isfinite(array))}.")
    if axis_of and array.ndim == 0:
        raise ValueError(f"{name}: expected an axis of {axis_of}, got a single number.")
    return array


def shares(name: str, value: ArrayLike, axis_of: str = "") -> Array:
    """Return `value` as a float64 array of numbers from 0 to 1."""
    array = numbers(name, value, axis_of)
    outside = (array < 0) | (array > 1)
    if outside.any():
        raise ValueError(f"{name}: expected shares from 0 to 1, got {_first(array, outside)}.")
    return array


def counts(name: str, value: ArrayLike) -> Array:
    """Return `value` as a float64 array of whole numbers of 0 or more."""
    array = numbers(name, value)
    wrong = (array < 0) | (array != np.round(array))
    if wrong.any():
        raise ValueError(f"{name}: expected whole counts of 0 or more, got {_first(array, wrong)}.")
    return array


def counts_out_of(name: str, value: ArrayLike, total_name: str, total: ArrayLike) -> tuple[Array, Array]:
    """Return two arrays of counts, broadcast together: a part and the total, which is not empty."""
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
    """Return `value` as a one-dimensional array of labels, none of them None, NaN or empty text."""
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
    """Return `confidence` if it is a share strictly between 0 and 1."""
    if not 0 < confidence < 1:
        raise ValueError(f"confidence: expected a share between 0 and 1, got {confidence!r}.")
    return confidence


def one_of(name: str, value: str, options: Collection[str]) -> str:
    """Return `value` if it is one of `options`."""
    if value not in options:
        raise ValueError(f"{name}: expected one of {', '.join(options)}, got {value!r}.")
    return value


def together(arrays: dict[str, Array]) -> tuple[Array, ...]:
    """Broadcast named arrays to one shape."""
    try:
        return np.broadcast_arrays(*arrays.values())
    except ValueError as error:
        shapes = ", ".join(f"{name} {array.shape}" for name, array in arrays.items())
        raise ValueError(f"{shapes}: expected shapes that broadcast together.") from error


def x_and_y(x: ArrayLike, y: ArrayLike, check: Callable[..., Array] = numbers) -> tuple[Array, ...]:
    """Return two measurements of models, of shape (..., models) and broadcast together."""
    return together({"x": check("x", x, "models"), "y": check("y", y, "models")})


def _first(array: Array, where: NDArray[np.bool_]) -> str:
    return f"{array[where].flat[0]:g}"
