"""Choosing rows by what they report: a network may stand in several rows, none of which is complete."""

from collections.abc import Sequence

import xarray as xr

from clipsafe_utils.cubes.selection import select_models


def select_with_conditions(
    shifts: xr.Dataset, models: xr.Dataset, groups: Sequence[str], conditions: Sequence[str]
) -> tuple[xr.Dataset, xr.Dataset]:
    """Keep the models of some groups that report some conditions, each network once.

    `select_models` keeps the first row of a network even where another row reports more. Here rows that
    lack a condition are dropped before networks are counted.

    Parameters
    ----------
    shifts : xarray.Dataset
        The cube `shifts`, all rows.
    models : xarray.Dataset
        The cube `models` of the same study; its order is the order of preference.
    groups : sequence of str
        Groups to keep.
    conditions : sequence of str
        Conditions that a row must report.

    Returns
    -------
    shifts, models : tuple of xarray.Dataset
        Both with the same models in the same order; only these conditions.

    Examples
    --------
    >>> names = ["timm:resnet50", "testbed:resnet50"]
    >>> count = [[76.0, float("nan")], [75.0, 36.0]]
    >>> shifts = xr.Dataset(
    ...     {"hits": (("model", "condition"), count), "images": (("model", "condition"), count)},
    ...     coords={"model": names, "condition": ["id", "objectnet"]},
    ... )
    >>> models = xr.Dataset(
    ...     {"group": ("model", ["standard"] * 2), "checkpoint": ("model", ["resnet50"] * 2)},
    ...     coords={"model": names},
    ... )
    >>> kept, _ = select_with_conditions(shifts, models, ["standard"], ["id", "objectnet"])
    >>> kept["model"].values.tolist()
    ['testbed:resnet50']
    """
    asked = shifts.sel(condition=list(conditions))
    reported = asked["hits"].notnull().all("condition").values
    return select_models(asked.isel(model=reported), models, groups)
