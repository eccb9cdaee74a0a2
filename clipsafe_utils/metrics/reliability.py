"""Reliability bins: confidences sorted into bins of equal width, with the hits in each."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from clipsafe_utils.metrics.arguments import Array
from clipsafe_utils.metrics.images import at_least_one, decisions, image_weights

N_BINS = 15
BIN_RULE = "equal width, (low, high]; a confidence of 0 is in the first bin, one of 1 in the last"


@dataclass(frozen=True)
class ReliabilityBins:
    """Sums over the images in each bin; arrays of shape (..., bins), or (draws, ..., bins) with weights."""

    count: Array  # images, and
    hits: Array  # images named rightly: whole numbers
    confidence_sum: Array

    @property
    def mean_confidence(self) -> Array:
        """Mean confidence in each bin; the middle of the bin where it is empty."""
        n_bins = self.count.shape[-1]
        middle = (np.arange(n_bins) + 0.5) / n_bins
        return np.where(self.count > 0, self.confidence_sum / np.maximum(self.count, 1), middle)


def reliability_bins(
    confidence: ArrayLike, correct: ArrayLike, weights: ArrayLike | None = None, n_bins: int = N_BINS
) -> ReliabilityBins:
    """Sort confidences into bins of equal width and count images and hits.

    Parameters
    ----------
    confidence : array_like, shape (..., images)
        Probability of the predicted class, a share from 0 to 1.
    correct : array_like of bool, shape (..., images)
        Whether the prediction is right.
    weights : array_like of counts, shape (draws, images), optional
        How often each image is drawn (`draw_weights`).
    n_bins : int
        Bins (low, high]; a confidence of 0 is in the first, one of 1 in the last.

    Returns
    -------
    ReliabilityBins
        `count`, `hits` and `confidence_sum`, and `mean_confidence` made of them, of shape (..., bins), or
        (draws, ..., bins) with weights.

    Raises
    ------
    ValueError
        If a confidence is missing or outside 0 to 1, shapes do not match, or there is less than one bin.

    Examples
    --------
    >>> bins = reliability_bins([0.5, 0.6, 1.0], [False, True, True], n_bins=2)
    >>> bins.count, bins.hits, bins.mean_confidence
    (array([1., 2.]), array([0., 2.]), array([0.5, 0.8]))
    """
    confidences, hits = decisions(confidence, correct)
    columns = (np.ones_like(hits), hits, confidences)
    return ReliabilityBins(*bin_sums(bin_of(confidences, n_bins), columns, weights, n_bins))


def bin_of(confidence: Array, n_bins: int) -> NDArray[np.int64]:
    """Find the bin (low, high] of each confidence; 0 belongs to the first bin."""
    inner_edges = np.arange(1, at_least_one("n_bins", n_bins)) / n_bins
    return np.searchsorted(inner_edges, confidence, side="left").astype(np.int64)


def bin_sums(
    index: NDArray[np.int64], columns: tuple[Array, ...], weights: ArrayLike | None, n_bins: int
) -> list[Array]:
    """Sum each column (..., images) over the images of each bin: (..., bins), or (draws, ..., bins)."""
    lead, images = index.shape[:-1], index.shape[-1]
    rows = index.reshape(-1, images)
    values = np.stack([column.reshape(-1, images) for column in columns], axis=-1)
    if weights is None:
        cells = (rows + n_bins * np.arange(len(rows))[:, None]).ravel()
        flat = values.reshape(-1, len(columns))
        sums = [np.bincount(cells, column, n_bins * len(rows)) for column in flat.T]
        return [np.asarray(total, dtype=np.float64).reshape(*lead, n_bins) for total in sums]
    drawn = image_weights("weights", weights, images).astype(np.float64)
    totals = np.empty((len(columns), len(drawn), len(rows), n_bins))
    for row, bins in enumerate(rows):
        # One product serves all draws and columns: each image has its values in the columns of its bin.
        placed = np.zeros((images, n_bins, len(columns)))
        placed[np.arange(images), bins] = values[row]
        product = drawn @ placed.reshape(images, -1)
        totals[:, :, row] = product.reshape(len(drawn), n_bins, len(columns)).transpose(2, 0, 1)
    return list(totals.reshape(len(columns), len(drawn), *lead, n_bins))
