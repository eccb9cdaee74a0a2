"""What a reader's own models are called in cubes, so that figures can tell them from the zoo."""

import numpy as np
import xarray as xr
from numpy.typing import NDArray

YOURS = "yours"
"""Training source of a model that a reader trained."""

PREFIX = "mine:"
"""What the name of such a model begins with."""


def is_yours(models: xr.Dataset) -> NDArray[np.bool_]:
    """Return a mask of the models that a reader trained, shape (models,)."""
    return np.asarray(models["training_source"].values.astype(str) == YOURS)


def label_of(model: str) -> str:
    """Shorten ``mine:wit-texture_correlation_0.9-s0`` to ``wit, texture correlation 0.9``."""
    *parts, seed = model.removeprefix(PREFIX).split("-")
    number = seed.removeprefix("s")
    shown = [*parts, f"seed {number}"] if number != "0" or len(parts) == 1 else parts
    return ", ".join(shown).replace("_", " ")
