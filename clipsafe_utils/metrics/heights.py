"""Heights above a line: what a model has beyond what its accuracy in distribution leads one to expect."""

import numpy as np
from numpy.typing import ArrayLike

from clipsafe_utils.metrics.arguments import Array, labels, together
from clipsafe_utils.metrics.baseline import predict_baseline, support
from clipsafe_utils.metrics.families import MINIMUM_FAMILIES


def heights_above_line(x: ArrayLike, y: ArrayLike, families: ArrayLike, in_baseline: ArrayLike) -> Array:
    """Height of each model above the line of some of them: a Huber fit on probit axes.

    Of accuracy under a shift it is the effective robustness of Taori et al. (2020). The difference between
    the heights of two models is their difference at equal accuracy in distribution.

    Parameters
    ----------
    x : array_like, shape (draws, models)
        Accuracy in distribution, a share. Draw 0 is the estimate.
    y : array_like, shape (draws, models)
        What it is held against, a share: accuracy under a shift, or AUROC. A missing one has no height.
    families : array_like of labels, shape (models,)
        The family of each model.
    in_baseline : array_like of bool, shape (models,)
        Who draws the line. Those with a share of 0 or 1 in a draw, which probit axes cannot show, do not.

    Returns
    -------
    ndarray, shape (draws, models)
        Heights, in the unit of y; NaN for a model whose accuracy lies where fewer than five families of the
        baseline hold up the line (`clipsafe_utils.metrics.baseline.support`), or is 0 or 1 in a draw.

    Raises
    ------
    ValueError
        If shapes do not match or a label is missing.

    Examples
    --------
    >>> x = np.array([[0.50, 0.52, 0.54, 0.56, 0.58, 0.55]])
    >>> y = x + [0, 0, 0, 0, 0, 0.1]
    >>> heights_above_line(x, y, list("abcdef"), [True] * 5 + [False]).round(2)[0, 5]
    np.float64(0.1)
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
