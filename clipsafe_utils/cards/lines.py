"""Height above the line of the record's standard networks, as chapters 1 and 3 draw it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clipsafe_utils.cards.measured import CONFIDENCE, Column
from clipsafe_utils.metrics.accuracies import Axes
from clipsafe_utils.metrics.arguments import Array
from clipsafe_utils.metrics.baseline import support
from clipsafe_utils.metrics.families import MINIMUM_FAMILIES
from clipsafe_utils.metrics.robustness import effective_robustness

_LINE = "standard"


@dataclass(frozen=True, eq=False)
class Heights:
    """Of the networks of a column; arrays of shape (networks,), NaN where no line reaches."""

    height: Array  # the value less what standard networks of like accuracy have
    p_value: Array  # how often a standard network of a new family is as far off; of those asked for alone


def heights_of(column: Column, axes: Axes, own: NDArray[np.bool_], asked: NDArray[np.int64]) -> Heights:
    """Judge networks by the standard families other than their own; no own model draws the line."""
    rows = column.rows
    x, y = (rows[name].to_numpy(float) for name in ("reference", "value"))
    placed = np.isfinite(x) & np.isfinite(y)
    if axes == "probit":
        with np.errstate(invalid="ignore"):
            placed &= (x > 0) & (x < 1) & (y > 0) & (y < 1)
    drawing = placed & (rows["group"] == _LINE).to_numpy() & ~own
    height, p_value = (np.full(len(rows), np.nan) for _ in range(2))
    families = rows["family"].to_numpy(str)
    if np.unique(families[drawing]).size <= MINIMUM_FAMILIES or np.ptp(x[drawing]) == 0:
        return Heights(height, p_value)
    judged = np.isin(np.arange(len(rows)), asked)
    found = effective_robustness(
        *(x[placed], y[placed], families[placed], drawing[placed], "huber", axes, CONFIDENCE),
        judged=judged[placed],
    )
    # Others are compared wherever the whole line is held up; those asked for, where it is without their kin.
    held = support(x[drawing], families[drawing], x[placed]) >= MINIMUM_FAMILIES
    held = np.where(judged[placed], found.measured, held)
    height[placed] = np.where(held, found.residual, np.nan)
    p_value[placed] = np.where(held & judged[placed], found.p_value, np.nan)
    return Heights(height, p_value)
