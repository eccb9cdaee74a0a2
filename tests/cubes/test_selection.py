"""A network counts once, with the first row that reports what is asked."""

import numpy as np
import xarray as xr

from clipsafe_utils.cubes.selection import select_with_conditions

NAMES = ["timm:a", "testbed:a", "timm:b", "testbed:c"]
HITS = np.array([[7.0, np.nan], [6.0, 3.0], [8.0, np.nan], [np.nan, 2.0]])


def cubes() -> tuple[xr.Dataset, xr.Dataset]:
    shifts = xr.Dataset(
        dict.fromkeys(("hits", "images"), (("model", "condition"), HITS)),
        coords={"model": NAMES, "condition": ["id", "objectnet"]},
    )
    models = xr.Dataset(
        {
            "group": ("model", ["standard", "standard", "standard", "control"]),
            "checkpoint": ("model", ["a", "a", "b", "c"]),
        },
        coords={"model": NAMES},
    )
    return shifts, models


def test_the_row_that_reports_the_condition_stands_in_for_the_preferred_one() -> None:
    shifts, models = cubes()
    kept, described = select_with_conditions(shifts, models, ["standard"], ["id", "objectnet"])
    assert kept["model"].values.tolist() == described["model"].values.tolist() == ["testbed:a"]


def test_with_one_condition_the_preferred_row_counts() -> None:
    shifts, models = cubes()
    kept, _ = select_with_conditions(shifts, models, ["standard", "control"], ["id"])
    assert kept["model"].values.tolist() == ["timm:a", "timm:b"]
    assert kept["condition"].values.tolist() == ["id"]


def test_no_row_is_kept_where_none_reports() -> None:
    shifts, models = cubes()
    kept, _ = select_with_conditions(shifts, models, ["control"], ["id", "objectnet"])
    assert kept.sizes["model"] == 0
