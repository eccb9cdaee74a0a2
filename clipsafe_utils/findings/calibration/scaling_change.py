"""Chapter 4: what a temperature fitted at home does there and under shift, over all models of a study."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import xarray as xr

from clipsafe_utils.cubes import GROUPS
from clipsafe_utils.cubes.panels import Panel
from clipsafe_utils.findings.calibration.views import WHOLE_SETS, kinds_of, parts_of
from clipsafe_utils.metrics.arguments import Array
from clipsafe_utils.metrics.calibration import signed_square
from clipsafe_utils.metrics.draws import centred_interval

SHIFTS = "mean_of_shifts"
"""The mean over kinds of shift, as if it were one more condition."""

_Compared = Callable[[Array], Array]
# The debiased error is without bias on the scale of its square, and there two of them are compared.
SCORES: Mapping[str, _Compared] = {"ece_debiased": signed_square, "nll": np.asarray, "brier": np.asarray}


def scaling_change(panels: Sequence[Panel], confidence: float) -> dict[str, xr.Dataset]:
    """Compare each model before and after temperature scaling, in every condition.

    Parameters
    ----------
    panels : sequence of Panel
        Of the cube `calibration`.
    confidence : float
        Level of the interval, over images, that decides whether a model got better or worse.

    Returns
    -------
    dict of str to xarray.Dataset
        By study, of the studies that have both scalings. Dims score, model and condition: `before`, `after`,
        and `verdict`, -1 for better after scaling, +1 for worse, 0 where the interval of the change holds 0.
        Conditions are sorted: whole sets, shifts, and `SHIFTS`, in which each kind of shift counts once. By
        model: group. A debiased error below 0 is given as 0.

    Examples
    --------
    >>> scaling_change([], 0.95)
    {}
    """
    found = {}
    for panel in panels:
        if {"before", "after"} <= {*panel.cube["scaling"].values.tolist()}:
            kept = panel.cube["ece_debiased"].notnull().all(["draw", "model", "scaling"])
            cube = panel.cube[list(SCORES)].sel(condition=kept.values)
            if cube.sizes["condition"]:
                found[panel.study] = _change(cube, confidence).assign(
                    group=("model", panel.models["group"].values)
                )
    return found


def change_of_groups(changes: Mapping[str, xr.Dataset]) -> dict[str, xr.Dataset]:
    """Average the change over the models of each group.

    Parameters
    ----------
    changes : mapping of str to xarray.Dataset
        As `scaling_change` returns them.

    Returns
    -------
    dict of str to xarray.Dataset
        By study. Dims score, group and condition: `before` and `after`, means over models; `lowest` and
        `highest`, the range over models of after less before; `better` and `worse`, numbers of models. By
        group: models.

    Examples
    --------
    >>> change_of_groups({})
    {}
    """
    found = {}
    for study, change in changes.items():
        groups = [name for name in GROUPS if name in change["group"].values]
        parts = [_of_group(change.isel(model=change["group"].values == name)) for name in groups]
        found[study] = xr.concat(parts, "group").assign_coords(group=groups)
    return found


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
    """Return the condition on whose like the temperature was fitted, or else the first.

    Examples
    --------
    >>> home(["sketches", "natural"])
    'natural'
    """
    return next((name for name in WHOLE_SETS if name in conditions), conditions[0])


def _change(cube: xr.Dataset, confidence: float) -> xr.Dataset:
    names = cube["condition"].values.tolist()
    shifts = parts_of(names)
    order = [*(name for name in names if name not in shifts), *shifts]
    cube = cube.sel(condition=order).transpose("draw", "model", "condition", "scaling")
    kinds = [[order.index(name) for name in of_kind] for of_kind in kinds_of(shifts).values()]
    found = np.empty((3, len(SCORES), cube.sizes["model"], len(order) + bool(kinds)))
    for row, (score, compared) in enumerate(SCORES.items()):
        values = cube[score].sel(scaling=["before", "after"]).values.astype(np.float64)
        scale = compared(values)
        if kinds:
            mean = _over_kinds(values, kinds)
            values, scale = (np.concatenate([one, mean], axis=2) for one in (values, scale))
        low, high = centred_interval(scale[..., 1] - scale[..., 0], confidence)
        shown = values[0].clip(min=0)
        found[:, row] = shown[..., 0], shown[..., 1], np.where(low > 0, 1, np.where(high < 0, -1, 0))
    return xr.Dataset(
        {
            name: (("score", "model", "condition"), array)
            for name, array in zip(("before", "after", "verdict"), found, strict=True)
        },
        {
            "score": list(SCORES),
            "model": cube["model"].values,
            "condition": [*order, *[SHIFTS] * bool(kinds)],
        },
    )


def _over_kinds(values: Array, kinds: Sequence[Sequence[int]]) -> Array:
    """Average over conditions, the third axis, such that each kind counts once; the axis stays."""
    means = [values[:, :, rows].mean(axis=2, keepdims=True) for rows in kinds]
    return np.asarray(np.mean(means, axis=0))
