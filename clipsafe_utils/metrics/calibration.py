"""Calibration errors of the top class; the gap of a bin is its mean confidence minus its share of hits."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from clipsafe_utils.metrics.arguments import Array, shares
from clipsafe_utils.metrics.draws import centred_interval
from clipsafe_utils.metrics.reliability import N_BINS, ReliabilityBins, bin_of

DEBIASED_RULE = "root of the mean squared gap less its sampling variance; negative where that is below 0"
FLOOR_SIMULATIONS = 200
FLOOR_SEED = 0


def expected_calibration_error(bins: ReliabilityBins) -> Array:
    """Mean absolute gap over the images (ECE; Naeini et al. 2015, Guo et al. 2017).

    It is never below 0, so chance gaps add up: compare it with `calibration_floor`.

    Parameters
    ----------
    bins : ReliabilityBins
        From `reliability_bins`; arrays of shape (..., bins).

    Returns
    -------
    ndarray, shape (...)
        ECE, a share from 0 to 1.

    Examples
    --------
    >>> from clipsafe_utils.metrics import reliability_bins
    >>> f"{expected_calibration_error(reliability_bins([0.8, 0.8], [True, False])):.2f}"
    '0.30'
    """
    gaps = np.abs(bins.confidence_sum - bins.hits)
    return np.asarray(gaps.sum(axis=-1) / bins.count.sum(axis=-1))


def root_mean_square_calibration_error(bins: ReliabilityBins) -> Array:
    """Root of the mean squared gap over the images (RMS calibration error; Hendrycks et al. 2019).

    Parameters
    ----------
    bins : ReliabilityBins
        From `reliability_bins`; arrays of shape (..., bins).

    Returns
    -------
    ndarray, shape (...)
        The error, a share from 0 to 1; never less than ECE, and like it biased upwards.

    Examples
    --------
    >>> from clipsafe_utils.metrics import reliability_bins
    >>> f"{root_mean_square_calibration_error(reliability_bins([0.8, 0.8], [True, False])):.2f}"
    '0.30'
    """
    return np.asarray(np.sqrt(_squared_gaps(bins).sum(axis=-1) / bins.count.sum(axis=-1)))


def debiased_calibration_error(bins: ReliabilityBins) -> Array:
    """RMS calibration error without the part that sampling alone would give (Kumar et al. 2019).

    From the squared gap of each bin its sampling variance a (1 - a) / (n - 1) is taken, where a is the share
    of hits among n images; Bröcker (2012) and Ferro and Fricker (2012) take the same from the reliability
    term of the Brier score. The mean over the images estimates the mean squared gap without bias. It may fall
    below 0; the root keeps its sign, so that nothing is lost on the way back to the square. Show a negative
    value as 0. A bin of one image says nothing of its variance and counts as no gap.

    Its scale is that of the RMS error, not of ECE: on good data it may well be the larger of the two.

    Parameters
    ----------
    bins : ReliabilityBins
        From `reliability_bins`; arrays of shape (..., bins).

    Returns
    -------
    ndarray, shape (...)
        The error, at most 1, with the sign of the debiased square.

    Examples
    --------
    >>> from clipsafe_utils.metrics import reliability_bins
    >>> bins = reliability_bins([0.8] * 5, [True, True, True, False, False])
    >>> f"{root_mean_square_calibration_error(bins):.3f}, {debiased_calibration_error(bins):.3f}"
    '0.200, -0.141'
    """
    several = bins.count > 1
    count, hits = np.where(several, bins.count, 2), np.where(several, bins.hits, 0)
    # Like the squared gaps, of one bin times its count: the sum over bins is then one over images.
    variances = hits * (1 - hits / count) / (count - 1)
    squares = np.where(several, _squared_gaps(bins) - variances, 0)
    square = squares.sum(axis=-1) / bins.count.sum(axis=-1)
    return np.asarray(np.sign(square) * np.sqrt(np.abs(square)))


def signed_square(error: ArrayLike) -> Array:
    """Square the debiased error and keep its sign: the scale on which it is unbiased."""
    array = np.asarray(error, dtype=np.float64)
    return np.asarray(array * np.abs(array))


def debiased_interval(values: ArrayLike, confidence: float = 0.95) -> tuple[Array, Array]:
    """Interval of the debiased calibration error, centred on the scale of squares.

    Parameters
    ----------
    values, confidence
        As in `centred_interval`, which also says what is refused: `debiased_calibration_error` of each draw.
        Near perfect calibration more intervals hold the true error than are meant to.

    Returns
    -------
    low, high : ndarray, shape (...)
        Ends of the interval, shares from 0 to 1.

    Examples
    --------
    >>> low, high = debiased_interval([0.05, 0.04, 0.05, 0.06], confidence=0.5)
    >>> f"{low:.3f} to {high:.3f}"
    '0.038 to 0.059'
    """
    low, high = centred_interval(signed_square(values), confidence)
    return np.sqrt(np.clip(low, 0, 1)), np.sqrt(np.clip(high, 0, 1))


def calibration_floor(confidence: ArrayLike, n_bins: int = N_BINS) -> Array:
    """ECE to expect from a perfectly calibrated model that has these confidences.

    In each of 200 rounds an image of confidence p is right with chance p. The seed is fixed and all models
    get the same random numbers, so their floors differ by confidence only.

    Parameters
    ----------
    confidence : array_like, shape (..., images)
        Probability of the predicted class, a share from 0 to 1.
    n_bins : int
        As in `reliability_bins`.

    Returns
    -------
    ndarray, shape (...)
        Mean ECE over the rounds.

    Raises
    ------
    ValueError
        If a confidence is missing or outside 0 to 1, or there is less than one bin.

    Examples
    --------
    >>> calibration_floor([1.0, 1.0]), calibration_floor([0.5])
    (array(0.), array(0.5))
    """
    confidences = shares("confidence", confidence, "images")
    rows = confidences.reshape(-1, confidences.shape[-1])
    floors = [_simulated_error(row, bin_of(row, n_bins), n_bins) for row in rows]
    return np.array(floors).reshape(confidences.shape[:-1])


def _squared_gaps(bins: ReliabilityBins) -> Array:
    return np.asarray((bins.confidence_sum - bins.hits) ** 2 / np.maximum(bins.count, 1))


def _simulated_error(confidence: Array, index: NDArray[np.int64], n_bins: int) -> float:
    random = np.random.default_rng(FLOOR_SEED)
    members = np.zeros((confidence.size, n_bins), dtype=np.float32)
    members[np.arange(confidence.size), index] = 1
    expected = np.bincount(index, confidence, n_bins)
    gaps = 0.0
    for _ in range(FLOOR_SIMULATIONS):
        hits = random.random(confidence.size, dtype=np.float32) < confidence
        gaps += float(np.abs(hits.astype(np.float32) @ members - expected).sum())
    return gaps / FLOOR_SIMULATIONS / confidence.size
