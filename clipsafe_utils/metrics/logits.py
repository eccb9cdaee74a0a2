"""One pass over logits that keeps, for each image, all that calibration and detection ask for."""

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import ArrayLike, NDArray

from clipsafe_utils.metrics.arguments import Array
from clipsafe_utils.metrics.logit_blocks import (
    blocks,
    class_labels,
    class_positions,
    class_scores,
    kept_classes,
    refuse_infinite,
    working_blocks,
    working_precision,
)


@dataclass(frozen=True)
class LogitSummary:
    """What one pass over logits keeps of each image; every field has one entry for each image."""

    prediction: NDArray[np.int64]  # class of the largest logit, the first on ties, counted over all classes
    confidence: Array  # probability of that class
    maximum_logit: Array  # after masking and temperature,
    log_sum_exp: Array  # and this too: the energy score
    sum_squared_probability: Array
    entropy: Array  # in nats
    label_log_probability: Array  # NaN where no labels were given


def summarise_logits(
    logits: ArrayLike,
    labels: ArrayLike | None = None,
    *,
    class_mask: ArrayLike | None = None,
    temperature: float = 1.0,
) -> LogitSummary:
    """Take from logits, in one blocked pass, what calibration and detection need of each image.

    Exponentials are taken in the precision of the logits, but at least in float32, and summed in float64. The
    largest class is kept apart from the sum of the others, so that a confidence whose distance from 1 is too
    small for float32 stays below 1, and its log-probability below 0.

    Parameters
    ----------
    logits : array_like of float16, float32 or float64, shape (..., classes)
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
        `prediction`, `confidence`, `maximum_logit`, `log_sum_exp`, `sum_squared_probability`, `entropy`
        (nats) and `label_log_probability` (NaN without labels), of shape (...).

    Raises
    ------
    ValueError
        If logits are not floating-point numbers or not finite, a label is no class or masked out, the mask
        has another length or keeps no class, or the temperature is not a positive number.

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
    kept = kept_classes(class_mask, classes)
    rows = checked.reshape(-1, classes)
    true = None if labels is None else class_positions(class_labels(labels, shape, classes), kept, classes)
    summary = LogitSummary(
        np.zeros(len(rows), np.int64), *(np.full(len(rows), np.nan) for _ in fields(LogitSummary)[1:])
    )
    workspace = np.empty((2, blocks(len(rows), kept.size)[0].stop, kept.size), working_precision(rows))
    with np.errstate(invalid="ignore", over="ignore"):  # what is not finite is found and named below
        for block, part in working_blocks(rows, kept):
            _summarise_block(
                part, None if true is None else true[block], temperature, workspace, summary, block
            )
    # An entropy is a number only if every logit of the image is: infinity times its power, 0, is NaN.
    refuse_infinite(np.isfinite(summary.entropy), rows.dtype)
    np.take(kept, summary.prediction, out=summary.prediction)
    return LogitSummary(*(getattr(summary, field.name).reshape(shape) for field in fields(summary)))


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
