"""Sums over classes and bins from which the class-wise calibration error is made.

Of each image's probabilities nearly all lie in the lowest bin. Those above it are listed one by one, at most
a few for each image; the sum of the lowest bin is the sum of all less those.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from clipsafe_utils.metrics.arguments import Array
from clipsafe_utils.metrics.logit_blocks import blocks, working_blocks, working_precision
from clipsafe_utils.metrics.logits import LogitSummary
from clipsafe_utils.metrics.reliability import bin_of
from clipsafe_utils.metrics.temperature_bands import Band

ROUNDING = 1e-6
"""How far above 1 a float32 softmax may round."""

# Listed are probabilities from this share of the lowest bin's upper edge. Within a band a probability may
# pass the edge between two temperatures at which it is measured; it moves there by less than this leaves.
_LISTED_FROM = 0.8


class ClassSums(NamedTuple):
    """Each class's probability summed over images, and the probabilities that may be above the lowest bin."""

    mass: Array  # (draws, classes): sum of all probabilities of a class
    image: NDArray[np.int64]  # (listed,): whose probability is listed,
    column: NDArray[np.int64]  # (listed,): and of which class
    probability: Array  # (listed, nodes): at each temperature of a band; at one where there is no band


def sums_of_probabilities(
    probabilities: NDArray[np.floating], weights: NDArray[np.integer], n_bins: int
) -> ClassSums:
    """Take the sums from softmax probabilities (images, classes); weights are (draws, images)."""
    images, classes = probabilities.shape
    drawn = weights.astype(probabilities.dtype)
    mass = np.zeros((len(weights), classes))
    listed = []
    for block in blocks(images, classes):
        part = probabilities[block]
        if not (part.min() >= 0 and part.max() <= 1 + ROUNDING):
            raise ValueError("probabilities: expected shares from 0 to 1, got others.")
        mass += drawn[:, block] @ part
        cells = np.flatnonzero(part > _LISTED_FROM / n_bins)
        row, column = np.divmod(cells, classes)
        listed.append((block.start + row, column, part.reshape(-1, 1)[cells].astype(np.float64)))
    return ClassSums(mass, *(np.concatenate(columns) for columns in zip(*listed, strict=True)))


def sums_of_logits(
    logits: NDArray[np.floating],
    summaries: list[LogitSummary],
    band: Band,
    weights: NDArray[np.integer],
    kept: NDArray[np.int64],
    n_bins: int,
) -> ClassSums:
    """Take the sums of a band of draws, each at its own temperature, in one blocked pass over the logits.

    Summaries are of these logits at each temperature of the band; `kept` are the classes to choose from,
    rising.
    """
    images, classes, nodes = len(logits), kept.size, len(summaries)
    precision = working_precision(logits)
    maximum = logits[np.arange(images), summaries[0].prediction].astype(precision)
    confidence = np.stack([summary.confidence for summary in summaries])  # 1 / sum of powers
    steepness = (1 / band.temperatures).astype(precision)
    workspace = np.empty((nodes + 1, blocks(images, classes * nodes)[0].stop, classes), precision)
    mass = np.zeros((len(weights), classes))
    listed = []
    for block, part in working_blocks(logits, kept, passes=nodes):
        below = np.subtract(part, maximum[block, None], out=workspace[nodes, : len(part)])
        powers = workspace[:nodes, : len(part)]
        np.multiply(below, steepness[:, None, None], out=powers)
        np.exp(powers, out=powers)
        least = (_LISTED_FROM / n_bins / confidence[:, block]).astype(precision)
        cells = np.flatnonzero((powers > least[:, :, None]).any(axis=0))
        row, column = np.divmod(cells, classes)
        values = powers[:, row, column] * confidence[:, block.start + row]
        listed.append((block.start + row, column, values.T))
        # Interpolation and the sum over images are one product.
        factors = weights[:, None, block] * (band.shares[:, :, None] * confidence[:, block])
        flat = factors.reshape(len(weights), -1).astype(precision)
        mass += flat @ powers.reshape(-1, classes)
    return ClassSums(mass, *(np.concatenate(columns) for columns in zip(*listed, strict=True)))


def classwise_errors(
    sums: ClassSums, labels: NDArray[np.int64], weights: NDArray[np.integer], shares: Array, n_bins: int
) -> Array:
    """Mean over the classes of the ECE of each class's probability, shape (draws,).

    Labels are counted over the classes of the sums; shares are those of a `Band`, ones where there is none.
    """
    classes = sums.mass.shape[1]
    hit = labels[sums.image] == sums.column
    errors = np.empty(len(weights))
    for draw, drawn in enumerate(weights):
        probability = sums.probability @ shares[draw]
        cells = bin_of(probability, n_bins) * classes + sums.column
        gaps = np.bincount(cells, drawn[sums.image] * (probability - hit), n_bins * classes)
        above = gaps.reshape(n_bins, classes)[1:]
        lowest = sums.mass[draw] - np.bincount(labels, drawn, classes) - above.sum(axis=0)
        errors[draw] = (np.abs(above).sum() + np.abs(lowest).sum()) / drawn.sum() / classes
    return errors
