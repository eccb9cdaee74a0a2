"""Out-of-distribution (OOD) detection: how well a score, high for in-distribution (ID) images, parts the two.

All but the area under the ROC curve depend on which is called positive: each name or rule here says which.
"""

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
    weights = _pooled_weights(id_weights, ood_weights, id_array.shape[-1], ood_array.shape[-1])
    rows = zip(
        id_array.reshape(-1, id_array.shape[-1]), ood_array.reshape(-1, ood_array.shape[-1]), strict=True
    )
    values = np.stack([_detection_of_row(known, other, weights) for known, other in rows], axis=-1)
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


def _pooled_weights(
    id_weights: ArrayLike | None, ood_weights: ArrayLike | None, id_images: int, ood_images: int
) -> NDArray[np.int64]:
    if id_weights is None and ood_weights is None:
        return np.ones((1, id_images + ood_images), dtype=np.int64)
    if id_weights is None or ood_weights is None:
        raise ValueError("id_weights and ood_weights: expected both or neither.")
    known = image_weights("id_weights", id_weights, id_images)
    other = image_weights("ood_weights", ood_weights, ood_images)
    if len(known) != len(other):
        raise ValueError(f"ood_weights: expected {len(known)} draws as in id_weights, got {len(other)}.")
    return np.concatenate([known, other], axis=1)


def _detection_of_row(id_scores: Array, ood_scores: Array, weights: NDArray[np.int64]) -> Array:
    pooled = np.concatenate([id_scores, ood_scores])
    order = np.argsort(-pooled)
    last_of_ties = np.append(np.flatnonzero(np.diff(pooled[order])), pooled.size - 1)
    known = order < id_scores.size
    values = []
    for drawn in weights[:, order]:
        accepted = np.cumsum(drawn, dtype=np.int64)[last_of_ties]
        accepted_known = np.cumsum(drawn * known, dtype=np.int64)[last_of_ties]
        values.append(
            _measures(accepted_known.astype(np.float64), (accepted - accepted_known).astype(np.float64))
        )
    return np.array(values).T


def _measures(known: Array, other: Array) -> tuple[float, float, float, float]:
    # Cumulative counts of ID and OOD images at each distinct score, from high to low.
    known_before, other_before = np.append(0, known[:-1]), np.append(0, other[:-1])
    # Sums of whole numbers are exact, so that neither area passes 1.
    auroc = np.sum((other - other_before) * (known + known_before)) / (2 * known[-1] * other[-1])
    aupr = np.sum((known - known_before) * (known / np.maximum(known + other, 1))) / known[-1]
    first = np.searchsorted(known / known[-1], RECALL)
    # With OOD positive the same points are passed from low scores to high, and rejected images are counted.
    rejected_other = (other[-1] - other_before) / other[-1]
    last = np.count_nonzero(rejected_other >= RECALL) - 1
    accepted_other, rejected_known = other[first] / other[-1], 1 - known_before[last] / known[-1]
    return float(auroc), float(aupr), float(accepted_other), float(rejected_known)
