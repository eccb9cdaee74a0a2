"""What a reader's own models are called in cubes, so that figures can tell them from the zoo."""

import numpy as np
import xarray as xr
from numpy.typing import NDArray

YOURS = "yours"
"""Training source of a model that a reader trained."""

PREFIX = "mine:"
"""What the name of such a model begins with."""


def is_yours(models: xr.Dataset) -> NDArray[np.bool_]:
    """Say of each model whether a reader trained it, shape (models,).

    Parameters
    ----------
    models : xarray.Dataset
        The cube `models`.

    Examples
    --------
    >>> is_yours(xr.Dataset({"training_source": ("model", ["wit", "yours"])})).tolist()
    [False, True]
    """
    return np.asarray(models["training_source"].values.astype(str) == YOURS)


def label_of(model: str) -> str:
    """Shorten the name of a reader's model to what a figure writes beside its mark.

    Examples
    --------
    >>> label_of("mine:wit-texture_correlation_0.9-s0")
    'wit, texture correlation 0.9'
    >>> label_of("mine:wit-s1")
    'wit, seed 1'
    """
    *parts, seed = model.removeprefix(PREFIX).split("-")
    number = seed.removeprefix("s")
    said = [*parts, *([f"seed {number}"] if number != "0" or len(parts) == 1 else [])]
    return ", ".join(said).replace("_", " ")
