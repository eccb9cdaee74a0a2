"""Two other calibration errors: with bins of equal mass, and over all classes."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from clipsafe_utils.metrics.arguments import Array
from clipsafe_utils.metrics.classwise import classwise_errors, sums_of_probabilities
from clipsafe_utils.metrics.images import at_least_one, decisions, image_weights
from clipsafe_utils.metrics.logit_blocks import class_labels, class_scores
from clipsafe_utils.metrics.reliability import N_BINS

EQUAL_MASS_RULE = "bins of equally many images in order of confidence; ties are shared out in proportion"


def equal_mass_calibration_error(
    confidence: ArrayLike, correct: ArrayLike, weights: ArrayLike | None = None, n_bins: int = N_BINS
) -> Array:
    """ECE with bins that hold equally many images (Nixon et al. 2019, Roelofs et al. 2022).

    The images are ordered by confidence and cut into equal parts. A cut may fall within an image, or within
    images of equal confidence: their hits are then shared out in proportion. So neither the order of the
    images nor the duplication of the whole set changes the error. With weights, each draw has its own cuts.

    Parameters
    ----------
    confidence, correct, weights, n_bins
        As in `reliability_bins`, which also says what is refused.

    Returns
    -------
    ndarray, shape (...) or (draws, ...)
        The error, a share from 0 to 1.

    Examples
    --------
    >>> confidence, correct = [0.6, 0.7, 0.8, 0.9], [True, True, True, False]
    >>> f"{equal_mass_calibration_error(confidence, correct, n_bins=2):.2f}"
    '0.35'
    """
    confidences, hits = decisions(confidence, correct)
    lead, images = hits.shape[:-1], hits.shape[-1]
    drawn = _draws(weights, images)
    cuts = np.linspace(0, 1, at_least_one("n_bins", n_bins) + 1)
    pairs = zip(confidences.reshape(-1, images), hits.reshape(-1, images), strict=True)
    errors = np.array([_equal_mass_errors(row, row_hits, drawn, cuts) for row, row_hits in pairs]).T
    return errors.reshape(lead if weights is None else (len(drawn), *lead))


def classwise_calibration_error(
    probabilities: ArrayLike, labels: ArrayLike, weights: ArrayLike | None = None, n_bins: int = N_BINS
) -> Array:
    """ECE of each class's probability over all images, averaged over the classes (Kull et al. 2019).

    With many classes nearly all probabilities lie in the lowest bin, so this is small for any model; compare
    it between models only.

    Parameters
    ----------
    probabilities : array_like of float32 or float64, shape (images, classes)
        Softmax probabilities.
    labels : array_like of int, shape (images,)
        True classes.
    weights, n_bins
        As in `reliability_bins`.

    Returns
    -------
    ndarray, shape () or (draws,)
        The error, a share from 0 to 1.

    Raises
    ------
    ValueError
        If probabilities are not float32 or float64 or outside 0 to 1, or labels or weights do not fit them.

    Examples
    --------
    >>> classwise_calibration_error(np.array([[0.75, 0.25], [0.25, 0.75]]), [0, 1])
    array(0.25)
    """
    scores = class_scores("probabilities", probabilities)
    if scores.dtype == np.float16:  # which has no number between 0.9995 and 1
        raise ValueError("probabilities: expected float32 or float64, got float16.")
    true = class_labels(labels, scores.shape[:-1], scores.shape[-1])
    drawn = _draws(weights, true.size)
    sums = sums_of_probabilities(scores, drawn, at_least_one("n_bins", n_bins))
    errors = classwise_errors(sums, true, drawn, np.ones((len(drawn), 1)), n_bins)
    return np.asarray(errors[0] if weights is None else errors)


def _draws(weights: ArrayLike | None, images: int) -> NDArray[Any]:
    if weights is None:
        return np.ones((1, images), dtype=np.uint8)
    return image_weights("weights", weights, images)


def _equal_mass_errors(confidence: Array, hits: Array, weights: NDArray[Any], cuts: Array) -> list[float]:
    order = np.argsort(confidence)
    ordered, gaps = confidence[order], (confidence - hits)[order]
    last_of_ties = np.append(np.flatnonzero(np.diff(ordered)), ordered.size - 1)
    errors = []
    for drawn in weights[:, order]:
        mass = np.append(0, np.cumsum(drawn, dtype=np.float64)[last_of_ties])
        gap = np.append(0, np.cumsum(drawn * gaps)[last_of_ties])
        gap_of_bins = np.diff(np.interp(cuts * mass[-1], mass, gap))
        errors.append(float(np.abs(gap_of_bins).sum() / mass[-1]))
    return errors
