"""Means over repeated trainings: intervals that count both the seeds and the images.

A property of a model varies with the seed of its training and with the images it is tested on. All models are
tested on the same images, so the second part is common to them and does not shrink with more seeds.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from clipsafe_utils.metrics.arguments import Array
from clipsafe_utils.metrics.intervals import student_quantile
from clipsafe_utils.say import Scale, Value


def mean_of_runs(
    values: ArrayLike, confidence: float = 0.95, scale: Scale = "share", unit: str = "run"
) -> Value:
    """Mean over trainings that differ in their seed.

    The variance is that between seeds over their number, plus that of the mean over the paired draws of the
    images. The first is widened by Student's t with the degrees of freedom of the seeds (of two sides, those
    of Satterthwaite 1946), the second by the normal quantile.

    Parameters
    ----------
    values : array_like of float, shape (draws, runs)
        A property in the estimate (draw 0) and in bootstrap replicates that all runs share.
    confidence, scale, unit : float, str, str
        Level of the interval, how the mean is written, and what one of the runs is.

    Returns
    -------
    Value
        With one run the interval counts the images alone.

    Raises
    ------
    ValueError
        If there are no replicates or no runs.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> draws = 0.9 + 0.01 * rng.standard_normal((201, 1)) + np.array([0.0, 0.02, -0.02])
    >>> found = mean_of_runs(draws)
    >>> found.low < 0.9 < found.high, found.units
    (True, 3)
    """
    return _value([_table(values)], [1.0], confidence, scale, unit)


def difference_of_runs(
    upper: ArrayLike, lower: ArrayLike, confidence: float = 0.95, scale: Scale = "difference"
) -> Value:
    """Difference between the means of two kinds of training; the draws are paired, the seeds are not.

    Parameters
    ----------
    upper, lower : array_like of float, shape (draws, runs)
        As in `mean_of_runs`; both from the same draws.
    confidence, scale : float, str
        As in `mean_of_runs`.

    Returns
    -------
    Value
        Of upper minus lower, with the units of the side that has fewer. A side with one run adds no variance
        between seeds: what it does add is unknown.

    Raises
    ------
    ValueError
        If the two have different draws.

    Examples
    --------
    >>> images = 0.01 * np.random.default_rng(0).standard_normal((201, 1))
    >>> seeds = np.array([0.0, 0.01, -0.01])
    >>> found = difference_of_runs(0.9 + images + seeds, 0.8 + images + seeds)
    >>> round(found.estimate, 3), found.side
    (0.1, 'up')
    """
    one, other = _table(upper), _table(lower)
    if len(one) != len(other):
        raise ValueError(f"lower: expected {len(one)} draws as in upper, got {len(other)}.")
    return _value([one, other], [1.0, -1.0], confidence, scale)


def contrast_of_runs(
    cells: Sequence[ArrayLike],
    weights: Sequence[float],
    confidence: float = 0.95,
    scale: Scale = "difference",
) -> Value:
    """Weighted sum of the means of several kinds of training; the draws are paired, the seeds are not.

    Parameters
    ----------
    cells : sequence of array_like of float, shape (draws, runs)
        As in `mean_of_runs`; all from the same draws.
    weights : sequence of float
        One a cell.
    confidence, scale : float, str
        As in `mean_of_runs`.

    Returns
    -------
    Value
        With the units of the cell that has fewest; see `difference_of_runs`, of which it is the general case.

    Raises
    ------
    ValueError
        If the cells have different draws.

    Examples
    --------
    >>> images = 0.01 * np.random.default_rng(0).standard_normal((201, 1))
    >>> seeds = np.array([0.0, 0.01, -0.01])
    >>> cells = [level + images + seeds for level in (0.9, 0.8, 0.4)]
    >>> contrast_of_runs(cells, [1, -0.5, -0.5])
    +30.0
    """
    tables = [_table(cell) for cell in cells]
    if len({len(table) for table in tables}) != 1:
        raise ValueError("cells: expected as many draws in each.")
    return _value(tables, weights, confidence, scale)


def _table(values: ArrayLike) -> Array:
    table = np.asarray(values, np.float64)
    if table.ndim != 2 or len(table) < 3 or table.shape[1] < 1:
        raise ValueError(f"values: expected shape (draws, runs) with replicates, got {table.shape}.")
    return table


def _value(
    sides: Sequence[Array], weights: Sequence[float], confidence: float, scale: Scale, unit: str = "run"
) -> Value:
    means = np.sum([by * side.mean(axis=1) for by, side in zip(weights, sides, strict=True)], axis=0)
    of_images = float(means[1:].var(ddof=1))
    of_seeds = [
        by**2 * side[0].var(ddof=1) / side.shape[1] if side.shape[1] > 1 else 0.0
        for by, side in zip(weights, sides, strict=True)
    ]
    spread = sum(part**2 / (side.shape[1] - 1) for part, side in zip(of_seeds, sides, strict=True) if part)
    freedom = sum(of_seeds) ** 2 / spread if spread else np.inf
    # Each part has its own quantile: with degrees of freedom for their sum, three seeds that happen to agree
    # would pass for many.
    quantiles = [student_quantile(confidence, degrees) for degrees in (freedom, np.inf)]
    half = float(np.sqrt(quantiles[0] ** 2 * sum(of_seeds) + quantiles[1] ** 2 * of_images))
    estimate = float(means[0])
    runs = min(side.shape[1] for side in sides)
    return Value(estimate, estimate - half, estimate + half, scale, units=runs, unit=unit)
