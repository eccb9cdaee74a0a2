"""Means over models and over pairs of models, with the families that they count for."""

import numpy as np
import xarray as xr

from clipsafe_utils.claims.effects import Effect, of_pairs
from clipsafe_utils.findings.clip_pairs import Pairs
from clipsafe_utils.findings.model_pairs import families_of_pairs
from clipsafe_utils.metrics.arguments import Array

NO_TWINS = "no two CLIPs that differ in the training source alone"
NOT_IN_PAIRS = "no pair of which both models were measured"
NOT_IN_MODELS = "no model that was measured"


def mean_of_pairs(values: xr.DataArray, models: xr.Dataset, pairs: Pairs) -> Effect | str:
    """Average over pairs how much the second has more than the first: each family, of the first, once.

    `values` has the dims draw and model; a pair with a NaN is left out.
    """
    first, second = (values.sel(model=[pair[end] for pair in pairs]) for end in (0, 1))
    return _mean(_table(second) - _table(first), models, pairs) or NOT_IN_PAIRS


def mean_of_models(values: xr.DataArray, models: xr.Dataset) -> Effect | str:
    """Average over models, each family once.

    `values` has the dims draw and model; a model with a NaN is left out.
    """
    each = [(name, name) for name in values["model"].values.tolist()]
    return _mean(_table(values), models, each) or NOT_IN_MODELS


def _table(values: xr.DataArray) -> Array:
    return np.asarray(values.transpose("draw", "model").values, np.float64)


def _mean(table: Array, models: xr.Dataset, pairs: Pairs) -> Effect | None:
    known = np.flatnonzero(np.isfinite(table).all(axis=0))
    kept = [pairs[place] for place in known]
    return of_pairs(table[:, known], *families_of_pairs(models, kept)) if kept else None
