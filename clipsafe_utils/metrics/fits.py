"""Lines through models, one for each row of arrays of shape (..., models)."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtri

from clipsafe_utils.metrics.arguments import Array, numbers, one_of, x_and_y

LineMethod = Literal["huber", "least_squares"]
HUBER_CONSTANT = 1.345
"""Residuals beyond this many scales count less: 95 % efficient where errors are normal (Huber 1981)."""

LOCAL_SPAN = 2 / 3
"""Share of the models that a local fit looks at (the default of Cleveland 1979)."""

_NORMAL_QUARTILE = ndtri(0.75)
_CONVERGED = 1e-10
# Most fits settle in 30 rounds. A few would jump between two scales for ever: half steps end that.
_FULL_STEPS = 200
_MOST_ROUNDS = 20_000


@dataclass(frozen=True)
class Line:
    """A straight line, or one for each row: intercept and slope of shape (...)."""

    intercept: Array
    slope: Array

    def predict(self, x: ArrayLike) -> Array:
        """Heights of the line at `x`, both of shape (..., targets)."""
        return np.asarray(self.intercept[..., None] + self.slope[..., None] * np.asarray(x))


def fit_line(x: ArrayLike, y: ArrayLike, method: LineMethod) -> Line:
    """Fit a line through models, by least squares or by Huber's robust regression.

    Huber (1964, 1981): squared error near the line, absolute error beyond 1.345 scales, the scale being the
    median absolute residual over the normal quartile; solved by iterated reweighted least squares that starts
    from least squares. A few models far off the line hardly move it, unless they stand at the ends of x,
    where they pull a line towards them.

    Parameters
    ----------
    x, y : array_like, shape (..., models)
        Positions of the models; they broadcast together.
    method : {"huber", "least_squares"}
        How to fit.

    Returns
    -------
    Line
        `intercept` and `slope` of shape (...); `predict(x)` reads the line.

    Raises
    ------
    ValueError
        If a number is missing, shapes do not match, x has fewer than two distinct values in a row, or the
        robust fit does not settle (a handful of points that lie exactly on two lines).

    Examples
    --------
    >>> x = np.array([0.50, 0.55, 0.60, 0.65, 0.70, 0.75, 0.80, 0.85])
    >>> y = x + [0.01, -0.01, 0.01, -0.01, 0.01, -0.01, 0.01, 0.30]
    >>> [f"{fit_line(x, y, method).slope:.2f}" for method in ("least_squares", "huber")]
    ['1.50', '1.07']
    """
    one_of("method", method, ("huber", "least_squares"))
    x, y = _points(x, y)
    line = _weighted_line(x, y, np.ones_like(x))
    return line if method == "least_squares" else _huber_line(x, y, line)


def fit_local(x: ArrayLike, y: ArrayLike, at: ArrayLike, span: float = LOCAL_SPAN) -> Array:
    """Local linear fit, read at given points (Cleveland 1979, without his robustness rounds).

    At each point a line goes through the nearest models, weighted by the tricube of their distance over
    the distance of the farthest. Where all that have weight share one x, the fit is their mean.

    Parameters
    ----------
    x, y : array_like, shape (..., models)
        Positions of the models; they broadcast together.
    at : array_like, shape (..., targets)
        Where to read the fit.
    span : float
        Share of the models that count as near.

    Returns
    -------
    ndarray, shape (..., targets)
        Heights of the fit.

    Raises
    ------
    ValueError
        As in `fit_line`, and if the span is not in (0, 1] or takes in fewer than three models.

    Examples
    --------
    >>> fit_local([0.5, 0.6, 0.7, 0.8], [1.0, 1.2, 1.4, 1.6], [0.65], span=1.0).round(3)
    array([1.3])
    """
    x, y = _points(x, y)
    at = numbers("at", at, "models")
    if not 0 < span <= 1:
        raise ValueError(f"span: expected a share of the models in (0, 1], got {span!r}.")
    # The hair keeps 0.3 of 10 models at 3 in spite of rounding.
    near = int(span * x.shape[-1] + 1e-10)
    if near < 3:
        raise ValueError(f"span: expected to take in at least 3 models, got {near} of {x.shape[-1]}.")
    distance = np.abs(x[..., None, :] - at[..., :, None])
    radius = np.partition(distance, near - 1, axis=-1)[..., near - 1, None]
    # More models than the span asks for may sit exactly at the point: then these alone are the neighbours.
    relative = np.divide(distance, radius, out=(distance > 0).astype(np.float64), where=radius > 0)
    weights = (1 - np.minimum(relative, 1) ** 3) ** 3
    line = _weighted_line(x[..., None, :], y[..., None, :], weights)
    return np.asarray(line.intercept + line.slope * at)


def _points(x: ArrayLike, y: ArrayLike) -> tuple[Array, Array]:
    across, up = x_and_y(x, y)
    if (np.ptp(across, axis=-1) == 0).any():
        raise ValueError("x: expected at least two distinct values, or there is no line to fit.")
    return across, up


def _weighted_line(x: Array, y: Array, weights: Array) -> Line:
    total = weights.sum(axis=-1)
    centre_x = (weights * x).sum(axis=-1) / total
    centre_y = (weights * y).sum(axis=-1) / total
    from_centre = x - centre_x[..., None]
    spread = (weights * from_centre**2).sum(axis=-1)
    together_spread = (weights * from_centre * y).sum(axis=-1)
    slope = np.divide(together_spread, spread, out=np.zeros_like(spread), where=spread > 0)
    return Line(np.asarray(centre_y - slope * centre_x), np.asarray(slope))


def _huber_line(x: Array, y: Array, start: Line) -> Line:
    row_x, row_y = x.reshape(-1, x.shape[-1]), y.reshape(-1, y.shape[-1])
    intercept, slope = start.intercept.flatten(), start.slope.flatten()
    height = np.ptp(row_y, axis=-1, keepdims=True)
    still = np.arange(len(row_x))
    for done in range(_MOST_ROUNDS):
        x, y, tolerance = row_x[still], row_y[still], _CONVERGED * height[still]
        line = Line(intercept[still], slope[still])
        distance = np.abs(y - line.predict(x))
        scale = np.median(distance, axis=-1, keepdims=True) / _NORMAL_QUARTILE
        # The floor keeps points on an exact line at full weight when rounding is all that parts them from it.
        limit = HUBER_CONSTANT * np.maximum(scale, tolerance)
        weights = np.divide(limit, distance, out=np.ones_like(distance), where=distance > limit)
        refined = _weighted_line(x, y, weights)
        step = 1.0 if done < _FULL_STEPS else 0.5
        intercept[still] += step * (refined.intercept - line.intercept)
        slope[still] += step * (refined.slope - line.slope)
        still = still[(np.abs(refined.predict(x) - line.predict(x)) > tolerance).any(axis=-1)]
        if still.size == 0:
            return Line(intercept.reshape(start.intercept.shape), slope.reshape(start.slope.shape))
    raise ValueError("y: the Huber fit does not settle on these points; fit them by least squares instead.")
