"""The evaluation floor: how far two readings of one network differ in a cube.

Two people who evaluate the same weights on the same images differ by preprocessing, class names, precision.
An effect that is smaller than that is none. Of every network with two rows or more, take the median size of
the difference of its first two, over all that both measured; the floor of a cube is the median of these. It
is in the unit of the cube's own quantity (accuracy, shape bias, AUROC, ECE, recall).
"""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import xarray as xr

from clipsafe_utils.cubes.schema import LABEL_RULE

if TYPE_CHECKING:
    from clipsafe_utils.metrics.arguments import Array

_FEWEST = 2


def evaluation_floor(name: str, cube: xr.Dataset, models: xr.Dataset) -> float:
    """Return the floor of a cube by name; 0 where it has no such quantity, or no network was read twice."""
    differences = read_twice(name, cube, models)["difference"]
    return float(differences.median()) if len(differences) else 0.0


def read_twice(name: str, cube: xr.Dataset, models: xr.Dataset) -> pd.DataFrame:
    """Compare the first two readings of every network of a cube that has two rows or more.

    A row a network: `checkpoint`, its `first` and `second` row, how many numbers `both` have, and the median
    size of their `difference`.
    """
    columns = ["checkpoint", "first", "second", "both", "difference"]
    quantity = _QUANTITIES.get(name)
    if quantity is None:
        return pd.DataFrame(columns=columns)
    rows = quantity(cube).transpose("model", ...)
    known = [model for model in rows["model"].values.tolist() if model in models.indexes["model"]]
    checkpoints = pd.Series(models["checkpoint"].sel(model=known).values.astype(str), index=known)
    compared = []
    for checkpoint, readings in checkpoints.groupby(checkpoints, sort=False):
        if len(readings) >= _FEWEST:
            first, second = readings.index[:_FEWEST]
            size = np.abs(rows.sel(model=first).values - rows.sel(model=second).values)
            if both := int(np.isfinite(size).sum()):
                compared.append((checkpoint, first, second, both, float(np.nanmedian(size))))
    return pd.DataFrame(compared, columns=columns)


def _accuracy(cube: xr.Dataset) -> xr.DataArray:
    return _flat(cube["hits"] / cube["images"])


def _accuracy_by_class(cube: xr.Dataset) -> xr.DataArray:
    # Frozen while the class alone was counted: other label rules and groups of classes are left out.
    if "label_rule" in cube.dims and LABEL_RULE in cube["label_rule"].values:
        cube = cube.sel(label_rule=LABEL_RULE)
    return _accuracy(cube)


def _shape_bias(cube: xr.Dataset) -> xr.DataArray:
    hits = cube["count"].sum("cue_class")
    shape, texture = (hits.sel(decision=name) for name in ("shape", "texture"))
    return _flat(shape / (shape + texture))


def _area(cube: xr.Dataset) -> xr.DataArray:
    return _flat(cube["auroc"].isel(draw=0))


def _error(cube: xr.Dataset) -> xr.DataArray:
    return _flat(cube["ece"].isel(draw=0))


def _recall(cube: xr.Dataset) -> xr.DataArray:
    return _flat(cube["recall_at_1"])


def _flat(values: xr.DataArray) -> xr.DataArray:
    """Give each model one row of everything that was measured."""
    others = [str(dim) for dim in values.dims if dim != "model"]
    by_model: Array = values.transpose("model", *others).values.reshape(values.sizes["model"], -1)
    return xr.DataArray(by_model, {"model": values["model"].values}, ("model", "what"))


_QUANTITIES: Mapping[str, Callable[[xr.Dataset], xr.DataArray]] = {
    "factors": _accuracy_by_class,
    "shape_bias": _shape_bias,
    "shifts": _accuracy,
    "ood": _area,
    "calibration": _error,
    "retrieval": _recall,
}
"""A cube's own quantity."""
