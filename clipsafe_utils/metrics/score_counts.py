"""Scores of images, counted in few bins, which are such that what the scores say of detection is kept."""

from collections.abc import Collection

import numpy as np
from numpy.typing import ArrayLike, NDArray

from clipsafe_utils.metrics.arguments import Array, numbers
from clipsafe_utils.metrics.ood import RECALL, Detection, detection

WIDE_BINS = 400
"""With so many of one width, AUROC of the counts lies within 0.01 points of that of all scores."""


def score_bins(id_scores: ArrayLike, ood_scores: Collection[ArrayLike]) -> Array:
    """Return the lower ends of bins of one width, cut once more at each threshold of a false-positive rate.

    The cuts see to it that both rates of the counts are those of the scores: an image on the threshold stands
    with those that pass it where ID is positive, and with those that fail where OOD is. A cut at the end of a
    bin leaves a bin without width, and without images.

    Parameters
    ----------
    id_scores : array_like, shape (id_images,)
        Scores of known images, high where the model takes them for known.
    ood_scores : collection of array_like
        Scores of the images of each unknown set.

    Examples
    --------
    >>> bins = score_bins([0.1, 0.9], [[0.0, 0.4, 1.0]])
    >>> len(bins), 0.1 in bins, np.nextafter(1.0, 2) in bins
    (402, True, True)
    """
    known = np.sort(numbers("id_scores", id_scores, "images"))
    others = [np.sort(numbers("ood_scores", scores, "images")) for scores in ood_scores]
    ends = [known[0], known[-1], *(scores[end] for scores in others for end in (0, -1))]
    wide = np.linspace(min(ends), max(ends), WIDE_BINS, endpoint=False)
    passed = known[::-1][_needed(known.size)]
    failed = [np.nextafter(scores[_needed(scores.size)], np.inf) for scores in others]
    return np.sort([*wide, passed, *failed])


def count_scores(scores: ArrayLike, bins: ArrayLike) -> NDArray[np.int64]:
    """Count the images of each bin, from its lower end to that of the next.

    Examples
    --------
    >>> count_scores([0.1, 0.2, 0.25, 0.9], [0.0, 0.2, 0.5]).tolist()
    [1, 2, 1]
    """
    low = numbers("bins", bins, "bins")
    place = np.searchsorted(low, numbers("scores", scores, "images"), side="right") - 1
    return np.bincount(place, minlength=low.size)


def detection_of_counts(id_counts: ArrayLike, ood_counts: ArrayLike) -> Detection:
    """Measure detection by counts of bins, from the lowest scores to the highest; images of a bin are ties.

    Examples
    --------
    >>> float(detection_of_counts([0, 1, 2], [1, 1, 0]).auroc)
    0.9166666666666666
    """
    known, other = (np.atleast_2d(np.asarray(counts)) for counts in (id_counts, ood_counts))
    found = detection(np.arange(known.shape[1]), np.arange(other.shape[1]), known, other)
    return Detection(found.auroc[0], found.aupr[0], found.fpr95_id_positive[0], found.fpr95_ood_positive[0])


def _needed(images: int) -> int:
    # Of images in order, the place of the first that makes up the recall.
    return int(np.searchsorted(np.arange(1, images + 1) / images, RECALL))
