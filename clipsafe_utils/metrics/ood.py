"""Out-of-distribution (OOD) detection: how well a score, high for in-distribution (ID) images, parts the two.

All but the area under the ROC curve depend on which is called positive: each name or rule here says which.
"""

from collections.abc import Iterable
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import ArrayLike, NDArray

from clipsafe_utils.metrics.arguments import Array, numbers
from clipsafe_utils.metrics.images import image_weights

RECALL = 0.95
FPR_RULE = (
    "at the first ROC point, from strict to lenient over all distinct scores, whose recall is 0.95 or more"
)
AUPR_RULE = "ID positive; average precision: sum of (recall step) * precision, no interpolation"


@dataclass(frozen=True)
class Detection:
    """How well a score detects OOD images; arrays of shape (...), or (draws, ...) with weights."""

    auroc: Array  # chance that a random ID image scores higher than a random OOD image; ties count half
    aupr: Array  # average precision with ID positive; depends on the sizes of the two sets
    fpr95_id_positive: Array  # share of OOD images accepted where 95 % of the ID images are
    fpr95_ood_positive: Array  # share of ID images rejected where 95 % of the OOD images are


def detection(
    id_scores: ArrayLike,
    ood_scores: ArrayLike,
    id_weights: ArrayLike | None = None,
    ood_weights: ArrayLike | None = None,
) -> Detection:
    """Measure how well a score parts in-distribution from out-of-distribution images.

    All values are exact counts over the distinct scores: nothing is binned, and images of equal score are
    never parted. FPR is read at the first ROC point, from strict to lenient, whose recall is 0.95 or more.

    Parameters
    ----------
    id_scores : array_like, shape (..., id_images)
        Scores of known images, high where the model takes them for known.
    ood_scores : array_like, shape (..., ood_images)
        Scores of the others; the leading axes are those of `id_scores`.
    id_weights, ood_weights : array_like of counts, shape (draws, id_images) and (draws, ood_images), optional
        How often each image is drawn (`draw_weights`); both or neither.

    Returns
    -------
    Detection
        `auroc`, `aupr`, `fpr95_id_positive` and `fpr95_ood_positive` of shape (...), or (draws, ...) with
        weights.

    Raises
    ------
    ValueError
        If a score is missing or infinite, leading axes differ, or weights do not fit the images.

    Examples
    --------
    >>> result = detection([0.9, 0.8, 0.4], [0.5, 0.4])
    >>> f"{result.auroc:.3f}, {result.aupr:.3f}, {result.fpr95_id_positive}, {result.fpr95_ood_positive:.3f}"
    '0.750, 0.867, 1.0, 0.333'
    """
    id_array = numbers("id_scores", id_scores, "images")
    ood_array = numbers("ood_scores", ood_scores, "images")
    lead = id_array.shape[:-1]
    if ood_array.shape[:-1] != lead:
        raise ValueError(
            f"ood_scores: expected the leading axes {lead} of id_scores, got {ood_array.shape[:-1]}."
        )
    weights = _weights_of_both(id_weights, ood_weights, id_array.shape[-1], ood_array.shape[-1])
    rows = zip(
        id_array.reshape(-1, id_array.shape[-1]), ood_array.reshape(-1, ood_array.shape[-1]), strict=True
    )
    values = np.stack([_detection_of_row(known, other, *weights) for known, other in rows], axis=-1)
    if id_weights is None:
        values = values[:, 0]
    return Detection(*values.reshape(len(fields(Detection)), *values.shape[1:-1], *lead))


def auroc_error(auroc: ArrayLike, id_images: ArrayLike, ood_images: ArrayLike) -> Array:
    """Return the standard error of an AUROC by the numbers of images (Hanley and McNeil 1982).

    As if scores were negative exponential: for areas of which no single score is known.
    """
    area, known, other = (np.asarray(value, np.float64) for value in (auroc, id_images, ood_images))
    of_two_known, of_two_others = area / (2 - area), 2 * area**2 / (1 + area)
    spread = (known - 1) * (of_two_known - area**2) + (other - 1) * (of_two_others - area**2)
    return np.asarray(np.sqrt((area * (1 - area) + spread) / (known * other)))


def _weights_of_both(
    id_weights: ArrayLike | None, ood_weights: ArrayLike | None, id_images: int, ood_images: int
) -> tuple[NDArray[np.integer] | None, NDArray[np.integer] | None]:
    if id_weights is None and ood_weights is None:
        return None, None
    if id_weights is None or ood_weights is None:
        raise ValueError("id_weights and ood_weights: expected both or neither.")
    known = image_weights("id_weights", id_weights, id_images)
    other = image_weights("ood_weights", ood_weights, ood_images)
    if len(known) != len(other):
        raise ValueError(f"ood_weights: expected {len(known)} draws as in id_weights, got {len(other)}.")
    return known, other


def _detection_of_row(
    id_scores: Array,
    ood_scores: Array,
    id_weights: NDArray[np.integer] | None,
    ood_weights: NDArray[np.integer] | None,
) -> Array:
    # Each set is sorted by itself: numbers sort faster than their places, and sorted sets are soon merged.
    known, known_counts = _sorted_and_counted(id_scores, id_weights)
    other, other_counts = _sorted_and_counted(ood_scores, ood_weights)
    first_of_ties = np.flatnonzero(np.append(True, known[1:] != known[:-1]))
    below, up_to = (np.searchsorted(other, known[first_of_ties], side) for side in ("left", "right"))
    values = []
    for id_counts, ood_counts in zip(known_counts, other_counts, strict=True):
        at_levels = id_counts[first_of_ties], ood_counts[below], ood_counts[up_to]
        threshold = other[np.searchsorted(ood_counts[1:] / ood_counts[-1], RECALL)]
        rejected = id_counts[np.searchsorted(known, threshold, "right")] / id_counts[-1]
        values.append((*_measures(*at_levels, id_counts[-1], ood_counts[-1]), rejected))
    return np.array(values).T


def _sorted_and_counted(scores: Array, weights: NDArray[np.integer] | None) -> tuple[Array, Iterable[Array]]:
    # From low to high, and by draw the images before each place, and last all of them.
    if weights is None:
        return np.sort(scores), [np.arange(scores.size + 1.0)]
    order = np.argsort(scores)
    return scores[order], (np.append(0.0, np.cumsum(drawn[order], dtype=np.float64)) for drawn in weights)


def _measures(
    known_below: Array, other_below: Array, other_up_to: Array, known: float, other: float
) -> tuple[float, float, float]:
    # Counts at each distinct score of an ID image, from low to high, and of all images.
    known_from, other_from = known - known_below, other - other_below
    at_level = -np.diff(known_from, append=0.0)
    # Sums of whole numbers are exact, so that neither area passes 1.
    auroc = np.sum(at_level * (other_below + other_up_to)) / (2 * known * other)
    aupr = np.sum(at_level * (known_from / np.maximum(known_from + other_from, 1))) / known
    strictest = np.count_nonzero(known_from / known >= RECALL) - 1
    return float(auroc), float(aupr), float(other_from[strictest] / other)
