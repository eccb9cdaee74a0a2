"""Paired bootstrap draws: how often each image is drawn, and the intervals read from the draws.

Draw 0 is the estimate: every image once. In draws 1, 2, ... the weight of an image depends on nothing but the
namespace, the image's own id and the number of the draw. So all models see the same draws, and two sets that
share images give those images equal weights. This rules out multinomial draws, in which the weight of an
image depends on how many others there are. In their place each image gets an independent Poisson(1) weight
(Hanley and MacGibbon 2006; Chamandy et al. 2012): the same mean and, but for one part in n, the same spread.
The number of images drawn then varies by about the square root of n, which cancels in a mean or any other
ratio.
"""

import hashlib
import math
from collections.abc import Iterable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from clipsafe_utils.metrics.arguments import Array, confidence_level, numbers

REPLICATES = 200
"""Draws beside the estimate in a result cube."""

# SplitMix64 (Steele, Lea and Flood 2014): a counter is turned into 64 well-mixed bits.
_GOLDEN = np.array([0x9E3779B97F4A7C15], dtype=np.uint64)
_MIX = ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB))
_LAST_SHIFT = np.uint64(31)
# A uniform 32-bit number falls below the k-th bound with the chance that Poisson(1) is at most k.
_POISSON_BOUNDS = np.array(
    [math.floor(2**32 * math.exp(-1) * sum(1 / math.factorial(j) for j in range(k + 1))) for k in range(12)],
    dtype=np.uint32,
)


def draw_weights(
    namespace: str, image_ids: Iterable[object], replicates: int = REPLICATES
) -> NDArray[np.uint8]:
    """How often each image is drawn, in the estimate and in each bootstrap replicate.

    Parameters
    ----------
    namespace : str
        The set of images, or a name that sets with shared images have in common.
    image_ids : iterable of str or int, one for each image
        What names an image within the namespace: a file name, or `range(images)`. Give images that are not
        independent, such as the frames of one video, the same id: they are then drawn together.
    replicates : int
        Draws beside the estimate.

    Returns
    -------
    ndarray of uint8, shape (1 + replicates, images)
        Row 0 is all ones; the other rows are independent Poisson(1) counts.

    Raises
    ------
    ValueError
        If there is no image or the number of replicates is negative.

    Examples
    --------
    >>> weights = draw_weights("imagenet-v2", ["a.jpg", "b.jpg", "c.jpg"], replicates=2)
    >>> weights[0], bool((draw_weights("imagenet-v2", ["b.jpg"], 2)[:, 0] == weights[:, 1]).all())
    (array([1, 1, 1], dtype=uint8), True)
    """
    if replicates < 0:
        raise ValueError(f"replicates: expected 0 or more, got {replicates}.")
    seeds = np.array([_seed(f"{namespace}\n{image}") for image in image_ids], dtype=np.uint64)
    if seeds.size == 0:
        raise ValueError("image_ids: expected at least one image, got none.")
    weights = np.ones((1 + replicates, seeds.size), dtype=np.uint8)
    for draw in range(1, 1 + replicates):
        uniform = _mixed(seeds + draw * _GOLDEN)
        weights[draw] = np.searchsorted(_POISSON_BOUNDS, uniform, side="right")
    return weights


def reflected_interval(values: ArrayLike, confidence: float = 0.95) -> tuple[Array, Array]:
    """Interval of a biased statistic, from its bootstrap draws: for plain ECE.

    The basic bootstrap of Davison and Hinkley (1997): its ends are 2 * estimate - quantile of the replicates.
    ECE is biased upwards and its replicates are so once more; reflection takes that off, where quantiles
    alone would add it. Near perfect calibration ECE has no interval that can be trusted: compare it with its
    floor, or use the debiased error.

    Parameters
    ----------
    values : array_like, shape (1 + replicates, ...)
        The statistic in each draw; draw 0 is the estimate.
    confidence : float
        Share of such intervals that are meant to hold the true value.

    Returns
    -------
    low, high : ndarray, shape (...)
        Ends of the interval. Quantile p is the ordered replicate number p * (replicates + 1).

    Raises
    ------
    ValueError
        If a value is missing, there are fewer than two replicates, or the confidence is not between 0 and 1.

    Examples
    --------
    >>> low, high = reflected_interval([0.5, 0.5, 0.6, 0.7], confidence=0.5)
    >>> f"{low:.1f} to {high:.1f}"
    '0.3 to 0.5'
    """
    estimate, replicates = _draws(values)
    low, high = _quantiles(replicates, confidence)
    return 2 * estimate - high, 2 * estimate - low


def centred_interval(values: ArrayLike, confidence: float = 0.95) -> tuple[Array, Array]:
    """Interval of a statistic of little or no bias, from its bootstrap draws: for all but plain ECE.

    Its ends are estimate + mean of the replicates - quantile of the replicates, so it is reflected like
    `reflected_interval` but keeps the estimate where it is. Replicates of a debiased statistic centre on its
    biased value, which is the truth of the resampled world: to reflect about the estimate would take the
    bias off twice.

    Parameters
    ----------
    values, confidence
        As in `reflected_interval`, which also says what is refused.

    Returns
    -------
    low, high : ndarray, shape (...)
        Ends of the interval.

    Examples
    --------
    >>> low, high = centred_interval([0.5, 0.6, 0.7, 0.8], confidence=0.5)
    >>> f"{low:.1f} to {high:.1f}"
    '0.4 to 0.6'
    """
    estimate, replicates = _draws(values)
    low, high = _quantiles(replicates, confidence)
    centre = estimate + replicates.mean(axis=0)
    return centre - high, centre - low


def _seed(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little")


def _mixed(counter: NDArray[np.uint64]) -> NDArray[np.uint32]:
    for shift, factor in _MIX:
        counter = (counter ^ (counter >> np.uint64(shift))) * np.uint64(factor)
    return ((counter ^ (counter >> _LAST_SHIFT)) >> np.uint64(32)).astype(np.uint32)


def _draws(values: ArrayLike) -> tuple[Array, Array]:
    array = numbers("values", values)
    if array.ndim == 0 or len(array) < 3:
        raise ValueError(
            f"values: expected the estimate and at least two replicates, got shape {array.shape}."
        )
    return array[0], array[1:]


def _quantiles(replicates: Array, confidence: float) -> tuple[Array, Array]:
    tail = (1 - confidence_level(confidence)) / 2
    low, high = np.quantile(replicates, [tail, 1 - tail], axis=0, method="weibull")
    return low, high
