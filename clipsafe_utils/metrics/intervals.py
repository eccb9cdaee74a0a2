"""Intervals for shares, and p-values that are honest about how many were looked at."""

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtri, stdtr, stdtrit

from clipsafe_utils.metrics.arguments import Array, confidence_level, counts_out_of, numbers, shares, together

ALPHA = 0.05
"""Level at which anything in this project is called other than chance."""


def wilson_interval(hits: ArrayLike, images: ArrayLike, confidence: float = 0.95) -> tuple[Array, Array]:
    """Score interval of a share (Wilson 1927).

    Unlike the textbook interval it keeps its coverage in small sets and near 0 and 1, and has no width of 0.

    Parameters
    ----------
    hits, images : array_like of counts
        Images named rightly, and images shown; they broadcast together.
    confidence : float
        Share of such intervals that hold the true share.

    Returns
    -------
    low, high : ndarray
        Ends of the interval, shares from 0 to 1.

    Raises
    ------
    ValueError
        As in `accuracy`, or if the confidence is not strictly between 0 and 1.

    Examples
    --------
    >>> low, high = wilson_interval(8, 10)
    >>> f"{low:.3f} to {high:.3f}"
    '0.490 to 0.943'
    """
    part, whole = counts_out_of("hits", hits, "images", images)
    z = ndtri((1 + confidence_level(confidence)) / 2)
    share = part / whole
    shrink = 1 + z**2 / whole
    centre = (share + z**2 / (2 * whole)) / shrink
    half = z / shrink * np.sqrt(share * (1 - share) / whole + z**2 / (4 * whole**2))
    # At no hits and at all hits the ends are 0 and 1; rounding would miss them by a hair.
    return np.where(part == 0, 0.0, centre - half), np.where(part == whole, 1.0, centre + half)


def holm(p_values: ArrayLike) -> Array:
    """Adjust p-values for the number of questions asked (Holm 1979).

    Holds the chance of one or more false findings in the family, however the questions depend on each other.

    Parameters
    ----------
    p_values : array_like, shape (..., claims)
        The last axis is one family of claims.

    Returns
    -------
    ndarray, shape (..., claims)
        Adjusted p-values: reject where this is at most the level for the whole family.

    Raises
    ------
    ValueError
        If a p-value is missing or outside 0 to 1, or there is no axis of claims.

    Examples
    --------
    >>> holm([0.01, 0.04, 0.03])
    array([0.03, 0.06, 0.06])
    """
    p = shares("p_values", p_values, "claims")
    order = np.argsort(p, axis=-1)
    still_open = np.arange(p.shape[-1], 0, -1)
    stepped = np.maximum.accumulate(np.take_along_axis(p, order, -1) * still_open, axis=-1)
    adjusted = np.empty_like(p)
    np.put_along_axis(adjusted, order, np.minimum(stepped, 1.0), -1)
    return adjusted


def student_quantile(confidence: float, degrees_of_freedom: ArrayLike) -> Array:
    """Count the standard errors to each side of an interval by Student's t, or by the normal distribution.

    NaN without a degree of freedom.
    """
    return np.asarray(stdtrit(degrees_of_freedom, (1 + confidence_level(confidence)) / 2))


def student_p_value(estimate: ArrayLike, scale: ArrayLike, degrees_of_freedom: ArrayLike) -> Array:
    """Two-sided p-value of an estimate against 0, by Student's t; 1 without a degree of freedom.

    Where the scale is 0, it is 1 if the estimate is 0 and else 0.
    """
    found, error, freedom = together(
        {
            "estimate": numbers("estimate", estimate),
            "scale": numbers("scale", scale),
            "degrees_of_freedom": numbers("degrees_of_freedom", degrees_of_freedom),
        }
    )
    if (error < 0).any():
        raise ValueError("scale: expected 0 or more, got a negative number.")
    if (freedom < 0).any():
        raise ValueError("degrees_of_freedom: expected 0 or more, got a negative number.")
    distance = np.divide(np.abs(found), error, out=np.where(found == 0, 0.0, np.inf), where=error > 0)
    return np.where(freedom == 0, 1.0, 2 * stdtr(freedom, -distance))
