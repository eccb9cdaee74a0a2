"""Differences between kinds of training as the prose says them: the direction is chosen by the interval."""

import numpy as np

from clipsafe_utils.chapters.formats import NOT_MEASURED, points
from clipsafe_utils.say import Value


def moved(found: Value | None) -> str:
    """Say by how much the first of two kinds of training is above or below the second, in points.

    Parameters
    ----------
    found : Value or None
        A difference of shares; None where one of the two is missing.

    Returns
    -------
    str
        To stand after "is": which is lower or higher only if the interval leaves zero out.

    Examples
    --------
    >>> moved(Value(-0.04, -0.049, -0.031, units=3))
    'lower by 4.0 points (3.1 to 4.9)'
    >>> moved(Value(0.01, -0.01, 0.03, units=3))
    'no different beyond the interval (−1.0 to +3.0 points)'
    >>> moved(None)
    'not measured'
    """
    if not is_measured(found):
        return NOT_MEASURED
    assert found is not None
    if not found.excludes(0):
        return f"no different beyond the interval ({points(found.low)} to {points(found.high)} points)"
    nearer, further = sorted((abs(found.low), abs(found.high)))
    direction = "higher" if found.estimate > 0 else "lower"
    value, low, high = (f"{100 * size:.1f}" for size in (abs(found.estimate), nearer, further))
    return f"{direction} by {value} points ({low} to {high})"


def cell_of(found: Value | None) -> str:
    """Write a difference with its interval for a table, in points.

    Examples
    --------
    >>> cell_of(Value(-0.04, -0.049, -0.031, units=3))
    '−4.0 (−4.9 to −3.1)'
    """
    if not is_measured(found):
        return NOT_MEASURED
    assert found is not None
    return f"{points(found.estimate)} ({points(found.low)} to {points(found.high)})"


def is_measured(found: Value | None) -> bool:
    """Say whether a difference is there and its interval is finite.

    Examples
    --------
    >>> is_measured(None), is_measured(Value(0.0, float("nan"), float("nan"), units=1))
    (False, False)
    """
    return found is not None and bool(np.isfinite([found.estimate, found.low, found.high]).all())
