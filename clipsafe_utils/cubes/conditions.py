"""Choosing rows by what they report: a network may stand in several rows, none of which is complete."""

from collections.abc import Sequence

import xarray as xr

from clipsafe_utils.cubes.selection import select_models


def select_with_conditions(
    shifts: xr.Dataset, models: xr.Dataset, groups: Sequence[str], conditions: Sequence[str]
) -> tuple[xr.Dataset, xr.Dataset]:
    """Keep the models of some groups that report some conditions, each network once.

    Rows that lack a condition are dropped first: `select_models` keeps the first row of a network even where
    another reports more.
    """
    asked = shifts.sel(condition=list(conditions))
    reported = asked["hits"].notnull().all("condition").values
    return select_models(asked.isel(model=reported), models, groups)
