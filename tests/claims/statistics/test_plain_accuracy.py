"""Accuracy in distribution: of each network once, with its chance, and beside what others measured."""

import numpy as np
import pytest
import xarray as xr

from clipsafe_utils.claims.reading import NotMeasuredError
from clipsafe_utils.claims.statistics.plain_accuracy import plain_accuracy
from tests.claims.statistics.given import Given
from tests.claims.statistics.small_studies import described
from tests.conftest import labelled

ROWS = [
    {"checkpoint": "a", "name": "first:a"},
    {"checkpoint": "a", "name": "second:a"},
    {"checkpoint": "a", "name": "third:a"},
    {"checkpoint": "b", "name": "first:b"},
]
MODELS = described(ROWS)


def shifts(condition: str = "id", draws: bool = False) -> xr.Dataset:
    """The first row of `a` says nothing of it, the second has 60 of 100, the third 70; `b` has 50."""
    hits = np.array([[np.nan, 40], [60, 30], [70, 30], [50, 20]])
    dims = ("model", "condition")
    images = np.where(np.isfinite(hits), 100.0, np.nan)
    columns = {"hits": (dims, hits), "images": (dims, images)}
    more = {}
    if draws:
        drawn = np.stack([hits, hits - 10, hits + 10])
        columns |= {"draw_hits": (("draw", *dims), drawn)}
        columns |= {"draw_images": (("draw", "condition"), np.full((3, 2), 100.0))}
        more = {"draw": range(3)}
    coords = {"model": MODELS["model"].values, "condition": [condition, "sketch"]}
    cube = labelled(xr.Dataset(columns, coords | more), "shifts")
    for name in cube.data_vars:
        cube[name].attrs |= {"not_measured": "not reported", "long_name": "hits", "units": "1", "source": "x"}
    return cube


@pytest.mark.parametrize("condition", ["id", "natural"])
def test_the_first_row_that_reports_it_counts(condition: str) -> None:
    plain = plain_accuracy(Given(MODELS, shifts=shifts(condition)))
    assert plain.models["model"].values.tolist() == ["second:a", "first:b"]
    assert plain.shares.transpose("draw", "model").values.tolist() == [[0.6, 0.5]]
    assert plain.error.values.tolist() == pytest.approx([np.sqrt(0.24 / 100), 0.05])


def test_draws_are_taken_where_a_study_has_them() -> None:
    plain = plain_accuracy(Given(MODELS, shifts=shifts(draws=True)))
    assert plain.shares.transpose("draw", "model").values == pytest.approx(
        np.array([[0.6, 0.5], [0.5, 0.4], [0.7, 0.6]])
    )


def test_accuracy_stands_beside_any_row_of_a_checkpoint() -> None:
    plain = plain_accuracy(Given(MODELS, shifts=shifts(draws=True)))
    others = described([{"checkpoint": name, "name": f"other:{name}"} for name in ("c", "b", "a")])
    known, accuracy = plain.beside(others)
    assert known["model"].values.tolist() == ["other:b", "other:a"]
    assert accuracy == pytest.approx(np.array([[0.5, 0.6], [0.4, 0.5], [0.6, 0.7]]))
    nobody, nothing = plain.beside(others.isel(model=[0]))
    assert (nobody.sizes["model"], nothing.shape) == (0, (3, 0))


def test_what_is_missing_is_said() -> None:
    for reader in (Given(MODELS), Given(MODELS, shifts=shifts("sketch_clean"))):
        with pytest.raises(NotMeasuredError, match=r"^no accuracy in distribution$"):
            plain_accuracy(reader)
