"""Two evaluations of one network: pairs are made across sources only, of rows that report the condition."""

import numpy as np
import pytest
import xarray as xr

from clipsafe_utils.cubes import find_study
from clipsafe_utils.cubes.agreement import compare_evaluations

ROWS = {
    "timm:a@224": ("a", 80.0, 60.0),
    "timm:a@288": ("a", 90.0, 70.0),
    "testbed:a": ("a", 79.0, np.nan),
    "scaling:a": ("a", 83.0, np.nan),
    "timm:b@224": ("b", 70.0, 50.0),
    "testbed:b": ("b", 70.5, 48.0),
    "timm:c@224": ("c", 60.0, 40.0),
}


def cubes(order: list[str]) -> tuple[xr.Dataset, xr.Dataset]:
    accuracy = np.array([ROWS[name][1:] for name in order])
    images = np.where(np.isnan(accuracy), np.nan, 1_000)
    shifts = xr.Dataset(
        {
            "hits": (("model", "condition"), accuracy * 10),
            "images": (("model", "condition"), images),
        },
        coords={"model": order, "condition": ["id", "r"]},
    )
    models = xr.Dataset(
        {"checkpoint": ("model", [row[0] for row in ROWS.values()])}, coords={"model": list(ROWS)}
    )
    return shifts, models


@pytest.mark.parametrize("order", [list(ROWS), list(ROWS)[::-1]])
def test_differences_by_hand_whatever_the_order_of_the_cube(order: list[str]) -> None:
    table = compare_evaluations(*cubes(order))
    assert table["condition"].values.tolist() == ["id", "r"]
    assert table["pairs"].values.tolist() == [4, 1]
    np.testing.assert_allclose(table["median_difference"], [2.0, 2.0])
    np.testing.assert_allclose(table["largest_difference"], [4.0, 2.0])
    assert table["most_different"].values.tolist() == ["a", "b"]


def test_a_condition_that_no_two_sources_report_is_left_out() -> None:
    shifts, models = cubes(["timm:a@224", "testbed:a", "timm:c@224"])
    assert compare_evaluations(shifts, models)["condition"].values.tolist() == ["id"]


def test_the_published_record() -> None:
    study = find_study("published")
    table = compare_evaluations(study.read("shifts"), study.read("models")).to_dataframe()
    assert table["pairs"].to_dict() == {
        "id": 115,
        "v2_matched_frequency": 99,
        "r": 115,
        "a": 98,
        "sketch": 115,
        "objectnet": 12,
        "id_r200": 87,
        "id_a200": 87,
    }
    assert table["median_difference"].max() < 0.25
    assert table["largest_difference"].max() < 3
