"""How closely two measurements of models go together, with intervals that count families.

Correlations near 1 are squeezed against their bound. So their intervals are made on Fisher's z scale, the
inverse hyperbolic tangent, and taken back. In simulation with 5, 8 and 15 families and true correlations of
0.5, 0.9 and 0.98, 95 % intervals so made hold the truth 91 to 97 % of the time; on the plain scale, 78 to
98 %.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from clipsafe_utils.metrics.arguments import Array, labels, x_and_y
from clipsafe_utils.metrics.families import Estimate, jackknife_over_families
from clipsafe_utils.metrics.fits import fit_line

Keep = NDArray[np.bool_]

_ROUNDING = 1e-10
"""A share of the size of numbers below which what is left of them is rounding."""

_ALMOST_ONE = 1 - 1e-12


def rank_correlation(x: ArrayLike, y: ArrayLike) -> Array:
    """Spearman's rank correlation: the correlation of the ranks, ties sharing their mean rank.

    Parameters
    ----------
    x, y : array_like, shape (..., models)
        One number a model each; they broadcast together.

    Returns
    -------
    ndarray, shape (...)
        From -1 to 1; 1 where both put the models in the same order.

    Raises
    ------
    ValueError
        If a number is missing, shapes do not match, or one of the two does not vary.

    Examples
    --------
    >>> rank_correlation([1, 2, 3, 4], [10, 20, 40, 30])
    array(0.8)
    """
    across, up = x_and_y(x, y)
    nothing_held = np.empty((0, across.shape[-1]))
    return partial_correlation(ranks(across), ranks(up), nothing_held)


def ranks(values: ArrayLike) -> Array:
    """Rank along the last axis, from 1; of those that are equal each gets the mean of their ranks."""
    # As scipy.stats.rankdata, but loading that takes as long as all the rest of this package.
    given = np.asarray(values, dtype=np.float64)
    result = np.full(given.shape, np.nan)
    for row in np.ndindex(given.shape[:-1]):
        if not np.isnan(given[row]).any():
            ordered = np.sort(given[row])
            below, up_to = (np.searchsorted(ordered, given[row], side) for side in ("left", "right"))
            result[row] = (below + up_to + 1) / 2
    return result


def partial_correlation(x: ArrayLike, y: ArrayLike, controls: ArrayLike) -> Array:
    """Correlation of what is left of two measurements once each is predicted from controls.

    Both are regressed on the controls and a constant by least squares; the residuals are correlated
    (Fisher 1924). A control that does not vary among the models holds itself fixed and changes nothing.

    Parameters
    ----------
    x, y : array_like, shape (..., models)
        One number a model each; they broadcast together.
    controls : array_like, shape (controls, models)
        What is held fixed, one row each; without rows, nothing is.

    Returns
    -------
    ndarray, shape (...)
        From -1 to 1.

    Raises
    ------
    ValueError
        If a number is missing, shapes do not match, or x or y does not vary beyond the controls.

    Examples
    --------
    >>> quantity, wobble = np.array([1.0, 1.0, 2.0, 2.0]), np.array([0.1, -0.1, 0.1, -0.1])
    >>> f"{partial_correlation(quantity + wobble, quantity - wobble, [quantity]):.1f}"
    '-1.0'
    """
    across, up = x_and_y(x, y)
    held = np.asarray(controls, dtype=np.float64)
    if held.ndim != 2 or held.shape[-1] != across.shape[-1] or not np.isfinite(held).all():
        raise ValueError(f"controls: expected a row of finite numbers a control, got shape {held.shape}.")
    left_of_x, left_of_y = _left_over("x", across, held), _left_over("y", up, held)
    product = (left_of_x * left_of_y).sum(axis=-1)
    return np.asarray(np.clip(product / _length(left_of_x) / _length(left_of_y), -1, 1))


def rank_correlation_interval(
    x: ArrayLike, y: ArrayLike, families: ArrayLike, confidence: float = 0.95
) -> Estimate:
    """Rank correlation of models, with a jackknife over families on Fisher's z scale.

    Two orders of n models that agree in full have no place on that scale. They are put half a swap of
    neighbours away from it: at 1 - 6 / (n (n^2 - 1)). The estimate itself is left as it is, and the interval
    is made to hold it.

    Parameters
    ----------
    x, y : array_like, shape (..., models)
        One number a model each; they broadcast together.
    families, confidence
        As in `jackknife_over_families`.

    Returns
    -------
    Estimate
        Arrays of shape (...); the interval is -1 to 1 where a family left out leaves fewer than three models.

    Raises
    ------
    ValueError
        As in `rank_correlation`, and if a label is missing.

    Examples
    --------
    >>> found = rank_correlation_interval([1, 2, 3, 4, 5, 6], [1, 2, 4, 3, 6, 5], list("abcdef"))
    >>> f"{found.estimate:.2f} ({found.low:.2f} to {found.high:.2f}), {found.decided}"
    '0.89 (0.37 to 0.98), True'
    """
    across, up = x_and_y(x, y)

    def held_off_one(keep: Keep) -> Array:
        furthest = largest_rank_correlation(int(keep.sum()))
        return np.clip(rank_correlation(across[..., keep], up[..., keep]), -furthest, furthest)

    found = _on_fisher_scale(held_off_one, families, across.shape[-1], 3, confidence)
    estimate = rank_correlation(across, up)
    low, high = np.minimum(found.low, estimate), np.maximum(found.high, estimate)
    return replace(found, estimate=estimate, low=low, high=high)


def largest_rank_correlation(models: int) -> float:
    """Return what full agreement counts for on Fisher's scale, where 1 has no place: half a swap less."""
    return 1 - 6 / (models * (models**2 - 1))


def partial_correlation_interval(
    x: ArrayLike, y: ArrayLike, controls: ArrayLike, families: ArrayLike, confidence: float = 0.95
) -> Estimate:
    """Partial correlation of models, with a jackknife over families on Fisher's z scale.

    Parameters
    ----------
    x, y, controls
        As in `partial_correlation`.
    families, confidence
        As in `jackknife_over_families`.

    Returns
    -------
    Estimate
        Arrays of shape (...); the interval is -1 to 1 where a family left out leaves so few models that
        controls and constant fit them all but one.

    Raises
    ------
    ValueError
        As in `partial_correlation`, and if a label is missing.

    Examples
    --------
    >>> x, y = [1, 2, 3, 4, 5, 6], [1, 2, 4, 3, 6, 5]
    >>> found = partial_correlation_interval(x, y, [[1, 1, 1, 2, 2, 2]], list("abcdef"))
    >>> f"{found.estimate:.2f} ({found.low:.2f} to {found.high:.2f})"
    '0.82 (-0.91 to 1.00)'
    """
    across, up = x_and_y(x, y)
    held = np.asarray(controls, dtype=np.float64)

    def left_over(keep: Keep) -> Array:
        # A correlation of exactly 1 has no place on Fisher's scale, and rounding is all that parts it from 1.
        return np.clip(
            partial_correlation(across[..., keep], up[..., keep], held[:, keep]), -_ALMOST_ONE, _ALMOST_ONE
        )

    return _on_fisher_scale(left_over, families, across.shape[-1], held.shape[0] + 3, confidence)


def slope_interval(x: ArrayLike, y: ArrayLike, families: ArrayLike, confidence: float = 0.95) -> Estimate:
    """Slope of the least-squares line through models, with a jackknife over families.

    Parameters
    ----------
    x, y : array_like, shape (..., models)
        One number a model each; they broadcast together.
    families, confidence
        As in `jackknife_over_families`.

    Returns
    -------
    Estimate
        Arrays of shape (...); unbounded where a family left out leaves fewer than three models.

    Raises
    ------
    ValueError
        As in `fit_line`, and if a label is missing.

    Examples
    --------
    >>> found = slope_interval([1, 2, 3, 4, 5], [2, 4, 6, 8, 11], list("abcde"))
    >>> f"{found.estimate:.2f} ({found.low:.2f} to {found.high:.2f})"
    '2.20 (1.63 to 2.77)'
    """
    across, up = x_and_y(x, y)

    def slope(keep: Keep) -> Array:
        return fit_line(across[..., keep], up[..., keep], "least_squares").slope

    return _jackknife(slope, families, across.shape[-1], 3, confidence)


def _on_fisher_scale(
    correlate: Callable[[Keep], Array], families: ArrayLike, models: int, fewest: int, confidence: float
) -> Estimate:
    found = _jackknife(lambda keep: np.arctanh(correlate(keep)), families, models, fewest, confidence)
    estimate, low, high = (np.tanh(value) for value in (found.estimate, found.low, found.high))
    return replace(found, estimate=estimate, low=low, high=high)


def _jackknife(
    statistic: Callable[[Keep], Array], families: ArrayLike, models: int, fewest: int, confidence: float
) -> Estimate:
    """Jackknife over families, or an unbounded interval where too few models would be left."""
    family = labels("families", families, models)
    names, sizes = np.unique(family, return_counts=True)
    if models - sizes.max() >= fewest:
        return jackknife_over_families(statistic, family, confidence=confidence)
    estimate = np.asarray(statistic(np.ones(models, dtype=bool)))
    unbounded = np.full_like(estimate, np.inf)
    return Estimate(
        estimate, -unbounded, unbounded, np.ones_like(estimate), families=names.size, decided=False
    )


def _left_over(name: str, values: Array, controls: Array) -> Array:
    """Return residuals from the controls and a constant; refuse values of which nothing is left."""
    centred = controls - controls.mean(axis=-1, keepdims=True)
    varying = centred[_length(centred) > _ROUNDING * _length(controls)]
    left = values - values.mean(axis=-1, keepdims=True)
    if varying.size:
        # Rows of one length keep the fit well-conditioned whatever the units of the controls.
        _, sizes, rows = np.linalg.svd(varying / _length(varying)[:, None], full_matrices=False)
        basis = rows[sizes > _ROUNDING * sizes.max()]
        left = left - (left @ basis.T) @ basis
    if (_length(left) <= _ROUNDING * _length(values)).any():
        raise ValueError(f"{name}: expected values that vary beyond the controls.")
    return np.asarray(left)


def _length(values: Array) -> Array:
    return np.asarray(np.sqrt((values**2).sum(axis=-1)))
