"""Chapter 5: what a temperature fitted at home does there and under shift, over all models of a study."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import xarray as xr

from clipsafe_utils.cubes import GROUPS
from clipsafe_utils.cubes.panels import Panel
from clipsafe_utils.findings.calibration.views import WHOLE_SETS, in_order, kinds_of, parts_of
from clipsafe_utils.metrics.arguments import Array
from clipsafe_utils.metrics.calibration import signed_square
from clipsafe_utils.metrics.draws import centred_interval

SHIFTS = "mean_of_shifts"
"""The mean over kinds of shift, as if it were one more condition."""

_Compared = Callable[[Array], Array]
# The debiased error is without bias on the scale of its square, and there two of them are compared.
SCORES: Mapping[str, _Compared] = {"ece_debiased": signed_square, "nll": np.asarray, "brier": np.asarray}


def scaling_change(panels: Sequence[Panel], confidence: float) -> dict[str, xr.Dataset]:
    """Return each model before and after temperature scaling, by study, of those that have both scalings.

    Dims score, model and condition (those `in_order`, and `SHIFTS`, which counts each kind of shift once):
    `before`, `after` (a debiased error below 0 as 0), and `verdict`, -1 for better after scaling, +1 for
    worse, 0 where the interval of the change, over images, holds 0. By model: group.
    """
    changes = {}
    for panel in panels:
        if {"before", "after"} <= {*panel.cube["scaling"].values.tolist()}:
            kept = panel.cube["ece_debiased"].notnull().all(["draw", "model", "scaling"])
            ordered = [name for name in in_order(panel.cube) if kept.sel(condition=name)]
            cube = panel.cube[list(SCORES)].sel(condition=ordered)
            if cube.sizes["condition"]:
                group = panel.models["group"].values
                changes[panel.study] = _change(cube, confidence).assign(group=("model", group))
    return changes


def change_of_groups(changes: Mapping[str, xr.Dataset]) -> dict[str, xr.Dataset]:
    """Return the `scaling_change` averaged over the models of each group, by study.

    Dims score, group and condition: `before` and `after`, means over models; `lowest` and `highest`, the
    range over models of after less before; `better` and `worse`, numbers of models. By group: models.
    """
    averages = {}
    for study, change in changes.items():
        groups = [name for name in GROUPS if name in change["group"].values]
        parts = [_of_group(change.isel(model=change["group"].values == name)) for name in groups]
        averages[study] = xr.concat(parts, "group").assign_coords(group=groups)
    return averages


def _of_group(change: xr.Dataset) -> xr.Dataset:
    moved = change["after"] - change["before"]
    return xr.Dataset(
        {
            "before": change["before"].mean("model"),
            "after": change["after"].mean("model"),
            "lowest": moved.min("model"),
            "highest": moved.max("model"),
            "better": (change["verdict"] < 0).sum("model"),
            "worse": (change["verdict"] > 0).sum("model"),
            "models": change.sizes["model"],
        }
    )


def home(conditions: Sequence[str]) -> str:
    """Return the condition on whose like the temperature was fitted, or else the first."""
    return next((name for name in WHOLE_SETS if name in conditions), conditions[0])


def _change(cube: xr.Dataset, confidence: float) -> xr.Dataset:
    names = cube["condition"].values.tolist()
    cube = cube.transpose("draw", "model", "condition", "scaling")
    kinds = [[names.index(name) for name in of_kind] for of_kind in kinds_of(parts_of(names)).values()]
    conditions = [*names, *[SHIFTS] * bool(kinds)]
    table = np.empty((3, len(SCORES), cube.sizes["model"], len(conditions)))
    for row, (score, compared) in enumerate(SCORES.items()):
        values = cube[score].sel(scaling=["before", "after"]).values.astype(np.float64)
        scale = compared(values)
        if kinds:
            # Of the mean that is shown: that of squares may move the other way.
            mean = np.mean([values[:, :, rows].mean(axis=2, keepdims=True) for rows in kinds], axis=0)
            values, scale = (np.concatenate([one, mean], axis=2) for one in (values, scale))
        low, high = centred_interval(scale[..., 1] - scale[..., 0], confidence)
        shown = values[0].clip(min=0)
        table[:, row] = shown[..., 0], shown[..., 1], np.where(low > 0, 1, np.where(high < 0, -1, 0))
    dims = ("score", "model", "condition")
    return xr.Dataset(
        {name: (dims, table[place]) for place, name in enumerate(("before", "after", "verdict"))},
        {"score": list(SCORES), "model": cube["model"].values, "condition": conditions},
    )
