"""Heights above a line: what a model has beyond what its accuracy in distribution leads one to expect."""

import numpy as np
from numpy.typing import ArrayLike

from clipsafe_utils.metrics.arguments import Array, labels, together
from clipsafe_utils.metrics.baseline import predict_baseline, support
from clipsafe_utils.metrics.families import MINIMUM_FAMILIES


def heights_above_line(x: ArrayLike, y: ArrayLike, families: ArrayLike, in_baseline: ArrayLike) -> Array:
    """Height of each model above the line of some of them, a Huber fit on probit axes: (draws, models).

    x is accuracy in distribution and y, which may be missing, what is held against it: shares of shape
    (draws, models); draw 0 is the estimate. Of accuracy under a shift the height is the effective robustness
    of Taori et al. (2020). It is NaN where y is missing, where fewer than five families hold up the line
    (`support`), and where x is 0 or 1 in a draw: probit axes cannot show such a share, of x or y, and its
    model draws no line.
    """
    across, up = together({"x": np.asarray(x, np.float64), "y": np.asarray(y, np.float64)})
    if across.ndim != 2:
        raise ValueError(f"x: expected shape (draws, models), got {across.shape}.")
    family = labels("families", families, across.shape[1])
    placed = _inside(across)
    baseline = labels("in_baseline", in_baseline, across.shape[1]).astype(bool) & placed & _inside(up)
    heights = np.full(across.shape, np.nan)
    if np.unique(family[baseline]).size < MINIMUM_FAMILIES:
        return heights
    held = placed.copy()
    held[placed] = support(across[0, baseline], family[baseline], across[0, placed]) >= MINIMUM_FAMILIES
    heights[:, held] = up[:, held] - predict_baseline(
        across[:, baseline], up[:, baseline], across[:, held], "huber", "probit"
    )
    return heights


def _inside(shares: Array) -> np.ndarray:
    return np.asarray(((shares > 0) & (shares < 1)).all(axis=0))
