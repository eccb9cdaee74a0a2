"""One pass over logits that keeps, for each image, all that calibration and detection ask for."""

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import ArrayLike, NDArray

from clipsafe_utils.metrics.arguments import Array

BLOCK_VALUES = 2**17
"""Logits in one block of a pass: half a megabyte of float32, which stays in a core's own cache."""


@dataclass(frozen=True)
class LogitSummary:
    """What one pass over logits keeps of each image; every field has one entry for each image.

    Attributes
    ----------
    prediction : ndarray of int64
        Class of the largest logit, the first one on ties, counted over all classes.
    confidence : ndarray of float64
        Probability of that class.
    maximum_logit, log_sum_exp : ndarray of float64
        Of the logits after masking and temperature. The energy score is `log_sum_exp`.
    sum_squared_probability, entropy : ndarray of float64
        Over the classes; entropy in nats.
    label_log_probability : ndarray of float64
        Log-probability of the label; NaN where no labels were given.
    """

    prediction: NDArray[np.int64]
    confidence: Array
    maximum_logit: Array
    log_sum_exp: Array
    sum_squared_probability: Array
    entropy: Array
    label_log_probability: Array


def summarise_logits(
    logits: ArrayLike,
    labels: ArrayLike | None = None,
    *,
    class_mask: ArrayLike | None = None,
    temperature: float = 1.0,
) -> LogitSummary:
    """Take from logits, in one blocked pass, what calibration and detection need of each image.

    Exponentials are taken in the precision of the logits and summed in float64. The largest class is kept
    apart from the sum of the others, so that a confidence whose distance from 1 is too small for float32
    stays below 1, and its log-probability below 0.

    Parameters
    ----------
    logits : array_like of float32 or float64, shape (..., classes)
        With CLIP: cosine similarities times the model's own logit scale.
    labels : array_like of int, shape (...), optional
        True classes, counted over all classes also where there is a mask.
    class_mask : array_like of bool, shape (classes,), optional
        The classes to choose from, for sets that show only some (200 in ImageNet-A and -R). The others are
        taken out before the softmax.
    temperature : float
        Logits are divided by it.

    Returns
    -------
    LogitSummary
        Arrays of shape (...).

    Raises
    ------
    ValueError
        If logits are not float32 or float64 or not finite, a label is no class or masked out, the mask has
        another length or keeps no class, or the temperature is not a positive number.

    Examples
    --------
    >>> summary = summarise_logits(np.array([[np.log(3.0), 0.0]]), labels=[1])
    >>> summary.prediction, summary.confidence.round(2), np.exp(summary.label_log_probability).round(2)
    (array([0]), array([0.75]), array([0.25]))
    """
    checked = class_scores("logits", logits)
    shape, classes = checked.shape[:-1], checked.shape[-1]
    if not (np.isfinite(temperature) and temperature > 0):
        raise ValueError(f"temperature: expected a positive number, got {temperature!r}.")
    kept = _kept_classes(class_mask, classes)
    rows = checked.reshape(-1, classes)
    true = None if labels is None else _positions(class_labels(labels, shape, classes), kept, classes)
    summary = _empty_summary(len(rows))
    runs = blocks(len(rows), kept.size)
    workspace = np.empty((3, runs[0].stop, kept.size), dtype=rows.dtype)
    with np.errstate(invalid="ignore", over="ignore"):  # what is not finite is found and named below
        for block in runs:
            chosen = rows[block]
            if class_mask is not None:
                chosen = np.take(chosen, kept, axis=1, out=workspace[2, : len(chosen)])
            _summarise_block(
                chosen, None if true is None else true[block], temperature, workspace, summary, block
            )
    _refuse_infinite(summary)
    np.take(kept, summary.prediction, out=summary.prediction)
    return LogitSummary(*(getattr(summary, field.name).reshape(shape) for field in fields(summary)))


def class_scores(name: str, value: ArrayLike) -> NDArray[np.floating]:
    """Return logits or probabilities as an array, refusing half precision and integers.

    Raises
    ------
    ValueError
        If they are not float32 or float64, or there is no image or no class. The message begins with `name`.

    Examples
    --------
    >>> class_scores("logits", np.zeros((1, 2), dtype=np.float32)).dtype
    dtype('float32')
    """
    array = np.asarray(value)
    if array.dtype not in (np.float32, np.float64):
        raise ValueError(f"{name}: expected float32 or float64, got {array.dtype}.")
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


def _kept_classes(class_mask: ArrayLike | None, classes: int) -> NDArray[np.int64]:
    if class_mask is None:
        return np.arange(classes)
    mask = np.asarray(class_mask)
    if mask.dtype != np.bool_ or mask.shape != (classes,) or not mask.any():
        raise ValueError(
            f"class_mask: expected {classes} truth values, at least one of them true, "
            f"got {mask.dtype} of shape {mask.shape}."
        )
    return np.flatnonzero(mask)


def _positions(labels: NDArray[np.int64], kept: NDArray[np.int64], classes: int) -> NDArray[np.int64]:
    position = np.full(classes, -1)
    position[kept] = np.arange(kept.size)
    positions = position[labels]
    masked_out = np.flatnonzero(positions < 0)
    if masked_out.size:
        raise ValueError(f"labels: expected classes that class_mask keeps, got {labels[masked_out[0]]}.")
    return positions


def _empty_summary(images: int) -> LogitSummary:
    floats = [np.full(images, np.nan) for _ in range(6)]
    return LogitSummary(np.zeros(images, dtype=np.int64), *floats)


def _summarise_block(
    logits: NDArray[np.floating],
    labels: NDArray[np.int64] | None,
    temperature: float,
    workspace: NDArray[np.floating],
    summary: LogitSummary,
    block: slice,
) -> None:
    rows = np.arange(len(logits))
    top = logits.argmax(axis=1)
    # Fresh arrays of this size would go back to the system after every block, which costs more than the sums.
    below = np.subtract(logits, logits[rows, top][:, None], out=workspace[0, : rows.size])
    if temperature != 1:
        below *= logits.dtype.type(1 / temperature)
    powers = np.exp(below, out=workspace[1, : rows.size])
    powers[rows, top] = 0  # its power is exactly 1 and is added in float64
    others = powers.sum(axis=1, dtype=np.float64)
    total, log_total = 1 + others, np.log1p(others)
    maximum = logits[rows, top].astype(np.float64) / temperature
    summary.prediction[block] = top
    summary.confidence[block] = 1 / total
    summary.maximum_logit[block] = maximum
    summary.log_sum_exp[block] = maximum + log_total
    summary.sum_squared_probability[block] = (1 + np.vecdot(powers, powers)) / total**2
    summary.entropy[block] = log_total - np.vecdot(powers, below) / total
    if labels is not None:
        summary.label_log_probability[block] = below[rows, labels] - log_total


def _refuse_infinite(summary: LogitSummary) -> None:
    # An entropy is a number only if every logit of the image is: infinity times its power, 0, is NaN.
    wrong = np.flatnonzero(~np.isfinite(summary.entropy))
    if wrong.size:
        raise ValueError(f"logits: expected finite numbers, got others for image {wrong[0]}.")
