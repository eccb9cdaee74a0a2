"""Proper scores of probabilities: negative log-likelihood and Brier score, and what the latter is made of."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from clipsafe_utils.metrics.arguments import Array, numbers
from clipsafe_utils.metrics.images import decisions, weighted_mean
from clipsafe_utils.metrics.reliability import N_BINS, bin_of, bin_sums


@dataclass(frozen=True)
class BrierDecomposition:
    """Parts of the Brier score of the top class; arrays of shape (...), or (draws, ...) with weights."""

    score: Array  # mean of (confidence - correct) squared
    reliability: Array  # mean squared gap between confidence and hits in the bins: 0 is perfect
    resolution: Array  # variance of the share of hits between bins: more is better
    uncertainty: Array  # variance of being right, accuracy * (1 - accuracy)
    within_bin_variance: Array  # of the confidence
    within_bin_covariance: Array  # twice that of confidence and being right


def negative_log_likelihood(label_log_probability: ArrayLike, weights: ArrayLike | None = None) -> Array:
    """Mean negative log-probability of the true class (NLL), in nats.

    Parameters
    ----------
    label_log_probability : array_like, shape (..., images)
        From `summarise_logits`; 0 or less.
    weights : array_like of counts, shape (draws, images), optional
        How often each image is drawn (`draw_weights`).

    Returns
    -------
    ndarray, shape (...) or (draws, ...)
        NLL, 0 or more.

    Raises
    ------
    ValueError
        If a log-probability is missing, infinite or above 0, or the weights do not fit.

    Examples
    --------
    >>> f"{negative_log_likelihood(np.log([0.5, 0.25])):.4f}"
    '1.0397'
    """
    return weighted_mean(-_log_probabilities(label_log_probability), weights)


def brier_score(
    label_log_probability: ArrayLike, sum_squared_probability: ArrayLike, weights: ArrayLike | None = None
) -> Array:
    """Mean squared distance of the probabilities from the truth, summed over all classes (Brier 1950).

    Parameters
    ----------
    label_log_probability, sum_squared_probability : array_like, shape (..., images)
        From `summarise_logits`.
    weights
        As in `negative_log_likelihood`.

    Returns
    -------
    ndarray, shape (...) or (draws, ...)
        The score, from 0 to 2.

    Raises
    ------
    ValueError
        As in `negative_log_likelihood`, or if the shapes differ.

    Examples
    --------
    >>> f"{brier_score(np.log([0.75]), [0.75**2 + 0.25**2]):.4f}"
    '0.1250'
    """
    label = np.exp(_log_probabilities(label_log_probability))
    squares = numbers("sum_squared_probability", sum_squared_probability, "images")
    if squares.shape != label.shape:
        raise ValueError(f"sum_squared_probability: expected the shape {label.shape}, got {squares.shape}.")
    # A sure and right image may round to a little below 0.
    return weighted_mean(np.maximum(1 - 2 * label + squares, 0), weights)


def brier_decomposition(
    confidence: ArrayLike, correct: ArrayLike, weights: ArrayLike | None = None, n_bins: int = N_BINS
) -> BrierDecomposition:
    """Split the Brier score of the top class into its parts (Murphy 1973; Stephenson et al. 2008).

    The two terms within bins, which Murphy's three leave out, make the sum exact for any confidences:
    score = reliability - resolution + uncertainty + within_bin_variance - within_bin_covariance.

    Parameters
    ----------
    confidence, correct, weights, n_bins
        As in `reliability_bins`, which also says what is refused.

    Returns
    -------
    BrierDecomposition
        The score and its parts, of shape (...) or (draws, ...).

    Examples
    --------
    >>> parts = brier_decomposition([0.8, 0.8, 0.2], [True, False, False])
    >>> f"{parts.score:.4f} = {parts.reliability:.4f} - {parts.resolution:.4f} + {parts.uncertainty:.4f}"
    '0.2400 = 0.0733 - 0.0556 + 0.2222'
    """
    confidences, hits = decisions(confidence, correct)
    columns = (np.ones_like(hits), hits, confidences, confidences**2, confidences * hits)
    sums = bin_sums(bin_of(confidences, n_bins), columns, weights, n_bins)
    count, hit_sum, confidence_sum, square_sum, product_sum = sums
    images = count.sum(axis=-1)
    accuracy = hit_sum.sum(axis=-1) / images
    filled = np.maximum(count, 1)

    def mean(sums_of_bins: Array) -> Array:
        return np.asarray(sums_of_bins.sum(axis=-1) / images)

    return BrierDecomposition(
        score=mean(square_sum - 2 * product_sum + hit_sum),
        reliability=mean((confidence_sum - hit_sum) ** 2 / filled),
        resolution=mean(count * (hit_sum / filled - accuracy[..., None]) ** 2),
        uncertainty=np.asarray(accuracy * (1 - accuracy)),
        within_bin_variance=mean(square_sum - confidence_sum**2 / filled),
        within_bin_covariance=mean(2 * (product_sum - confidence_sum * hit_sum / filled)),
    )


def _log_probabilities(value: ArrayLike) -> Array:
    array = numbers("label_log_probability", value, "images")
    if (array > 0).any():
        raise ValueError(f"label_log_probability: expected 0 or less, got {array.max():g}.")
    return array
