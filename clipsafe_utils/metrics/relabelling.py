"""What share of a spread the labels of models account for, beside what labels given at random would."""

import numpy as np
from numpy.typing import ArrayLike

from clipsafe_utils.metrics.arguments import Array, labels, numbers

RELABELLINGS = 9_999
_NOTHING = 1e-9


def indicators(names: ArrayLike) -> Array:
    """Return a column of 0 and 1 for each name that some labels have: (models, names)."""
    given = labels("names", names)
    return np.asarray(given[:, None] == np.unique(given), dtype=np.float64)


def share_of_spread(values: ArrayLike, columns: ArrayLike) -> Array:
    """Share of the sum of squares about the mean for which a regression on columns accounts.

    Values of shape (..., models) and columns of shape (models, columns) give (...); on the `indicators` of
    labels this is eta squared (Fisher 1925), on one column of numbers the squared correlation. 0 where
    nothing varies.
    """
    value = numbers("values", values, "models")
    given = numbers("columns", columns)
    if given.ndim != 2 or len(given) != value.shape[-1]:
        raise ValueError(f"columns: expected {value.shape[-1]} rows, one a model, got shape {given.shape}.")
    directions, lengths, _ = np.linalg.svd(given - given.mean(axis=0), full_matrices=False)
    kept = directions[:, lengths > _NOTHING * max(lengths.max(), 1)]
    centred = value - value.mean(axis=-1, keepdims=True)
    total = (centred**2).sum(axis=-1)
    explained = ((centred @ kept) ** 2).sum(axis=-1)
    return np.asarray(np.divide(explained, total, out=np.zeros_like(total), where=total > 0))


def shares_by_chance(values: ArrayLike, columns: ArrayLike, seed: int) -> Array:
    """Return `share_of_spread` of one number a model after each of `RELABELLINGS` random relabellings.

    The rows of the columns are dealt out to the models anew, each as often as it is there. With k labels on
    n models the mean is (k - 1) / (n - 1), whatever the values: few models a label leave little to chance.
    """
    value = numbers("values", values, "models")
    if value.ndim != 1:
        raise ValueError(f"values: expected one number a model, got shape {value.shape}.")
    dealt = np.random.default_rng(seed).permuted(np.tile(value, (RELABELLINGS, 1)), axis=1)
    return share_of_spread(dealt, columns)


def chance_of_more(share: float, by_chance: Array) -> float:
    """Return the p-value of a share: how often labels at random account for as much, itself counted once."""
    return float((1 + (by_chance >= share - _NOTHING).sum()) / (1 + by_chance.size))
