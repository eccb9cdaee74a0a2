"""Places among networks: a rank, and an interval that holds the true rank.

A rank is a count of comparisons. So its interval counts those comparisons that are sure: of others that are
surely better, and surely worse, in intervals of the differences that hold all at once (Mogstad et al. 2024,
Klein et al. 2020). To draw images again and rank again would not do: near ties such ranks are biased.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri

from clipsafe_utils.metrics.arguments import Array, confidence_level

FEWEST_DRAWS = 50
"""With fewer draws the spread of a difference is not taken from them."""

Counts = NDArray[np.int64]


@dataclass(frozen=True)
class Places:
    """Places of some networks, 1 being the highest value; arrays of shape (targets,)."""

    rank: Counts  # 1 + others that are higher
    low: Counts  # 1 + others that are surely higher
    high: Counts  # all that are compared, but those that are surely lower
    of: Counts  # how many are compared, the network itself with them
    paired: Counts  # with how many others it was compared by paired draws
    known: NDArray[np.bool_]  # whether the error of the network itself is known; else the ends say nothing


def places(
    values: ArrayLike,
    errors: ArrayLike,
    targets: ArrayLike,
    compared: ArrayLike,
    draws: ArrayLike | None = None,
    confidence: float = 0.95,
) -> Places:
    """Place some networks among others.

    Parameters
    ----------
    values, errors : array_like, shape (models,)
        What is ranked, and its standard error; an error that is missing counts as none where another network
        is compared with this one.
    targets : array_like of int, shape (targets,)
        Which of the models are placed.
    compared : array_like of bool, shape (targets, models)
        With which models each of them is compared. It is never compared with itself.
    draws : array_like, shape (draws, models), optional
        Paired bootstrap draws, NaN for a model that has none. Of two models that have them, the error of the
        difference is that of the differences; of others the errors add up as if images were not the same,
        which is the most that it can be where they are.
    confidence : float
        How often the true rank lies from `low` to `high`, at the least.

    Examples
    --------
    >>> found = places([0.9, 0.8, 0.795], [0.01] * 3, [1], [[True, False, True]])
    >>> found.rank, found.low, found.high, found.of
    (array([2]), array([2]), array([3]), array([3]))
    """
    height, error = np.asarray(values, np.float64), np.asarray(errors, np.float64)
    chosen = np.asarray(targets, np.int64)
    beside = np.array(compared, np.bool_)
    beside[np.arange(chosen.size), chosen] = False
    number = beside.sum(axis=1)
    square = np.nan_to_num(error**2)
    variance = square[chosen][:, None] + square
    paired = np.zeros(beside.shape, np.bool_)
    if draws is not None and len(drawn := np.asarray(draws, np.float64)) >= FEWEST_DRAWS:
        paired, covariance = _covariance(drawn, chosen)
        own = np.nan_to_num(drawn.var(axis=0, ddof=1))
        variance = np.where(paired, own[chosen][:, None] + own - 2 * covariance, variance)
    above = height - height[chosen][:, None]
    sure = _simultaneous(number, confidence)[:, None] * np.sqrt(np.maximum(variance, 0))
    return Places(
        1 + (beside & (above > 0)).sum(axis=1),
        1 + (beside & (above > sure)).sum(axis=1),
        1 + number - (beside & (-above > sure)).sum(axis=1),
        1 + number,
        (beside & paired).sum(axis=1),
        np.isfinite(error[chosen]),
    )


def _covariance(drawn: Array, chosen: Counts) -> tuple[NDArray[np.bool_], Array]:
    has = np.asarray(np.isfinite(drawn).all(axis=0), np.bool_)
    centred = np.where(has, drawn - drawn.mean(axis=0), 0.0)
    return has[chosen][:, None] & has, centred[:, chosen].T @ centred / (len(drawn) - 1)


def _simultaneous(number: Counts, confidence: float) -> Array:
    """Errors to each side of a difference, so that all intervals of a network hold at once (Sidak 1967)."""
    each = confidence_level(confidence) ** (1 / np.maximum(number, 1))
    return np.asarray(ndtri((1 + each) / 2))
