"""How the spread of a quantity parts among the factors of a full crossing."""

import numpy as np
from numpy.typing import ArrayLike

from clipsafe_utils.metrics.arguments import Array, numbers


def shares_of_spread(values: ArrayLike) -> Array:
    """Part the sum of squares about the mean into main effects of crossed factors and a rest (Fisher 1925).

    Values of shape (draws, levels, levels, ...), one a combination, give (draws, factors + 1), the rest last;
    all 0 where nothing varies. The rest is what the factors do together, and chance.
    """
    table = numbers("values", values)
    if table.ndim < 2:
        raise ValueError(f"values: expected draws and at least one factor, got shape {table.shape}.")
    axes = range(1, table.ndim)
    centred = table - table.mean(axis=tuple(axes), keepdims=True)
    total = (centred**2).mean(axis=tuple(axes))
    effects = [
        (centred.mean(axis=tuple(other for other in axes if other != axis)) ** 2).mean(axis=-1)
        for axis in axes
    ]
    shares = np.stack([*effects, total - np.sum(effects, axis=0)], axis=-1)
    return np.asarray(np.divide(shares, total[:, None], out=np.zeros_like(shares), where=total[:, None] > 0))
