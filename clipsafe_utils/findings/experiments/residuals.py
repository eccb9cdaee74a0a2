"""Effective robustness of trainings of experiments: residuals from the zoo's line of standard networks."""

import numpy as np
import xarray as xr

from clipsafe_utils.cubes.schema import HEADLINE_FACTORS
from clipsafe_utils.findings.experiments.cells import Cell, Experiments
from clipsafe_utils.metrics.arguments import Array
from clipsafe_utils.metrics.families import MINIMUM_FAMILIES
from clipsafe_utils.metrics.labelled import effective_robustness

LINE = "standard"


def residuals(trained: Experiments) -> xr.DataArray | None:
    """Return the residual of each training on each headline factor; NaN where the line has no support.

    Dims model and factor; None where too few standard networks draw a line. By the book's choices: top
    factors, raw axes, overall accuracy, a Huber fit.
    """
    if trained.factors is None or trained.models is None:
        return None
    models = trained.models.sel(model=trained.factors["model"].values)
    families = models["family"].values[models["group"].values == LINE]
    if np.unique(families).size <= MINIMUM_FAMILIES:
        return None
    judged = effective_robustness(trained.factors, models, factor_names=HEADLINE_FACTORS)
    return judged["residual"].where(judged["measured"]).transpose("model", "factor")


def of_cell(found: xr.DataArray, cell: Cell, factor: str) -> Array:
    """Return the residuals of those trainings of a cell that have one, shape (runs,)."""
    models = [model for model in cell if model in found.indexes["model"]]
    values = np.asarray(found.sel(model=models, factor=factor).values, np.float64)
    return values[np.isfinite(values)]
