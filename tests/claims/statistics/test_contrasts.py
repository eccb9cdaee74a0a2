"""Means over pairs and models: who counts, and for which family."""

import numpy as np
import pytest
import xarray as xr
from scipy.stats import ttest_1samp

from clipsafe_utils.claims.reading import NotMeasuredError
from clipsafe_utils.claims.statistics.contrasts import mean_of_models, mean_of_pairs
from tests.claims.statistics.small_studies import described

FAMILIES = {"a": "x", "b": "x", "c": "y", "d": "z", "e": "w"}
MODELS = described([{"checkpoint": name, "family": family} for name, family in FAMILIES.items()])
NAMES = MODELS["model"].values.tolist()
DRAWS = np.random.default_rng(0).normal(0.5, 0.1, (21, len(NAMES)))
PAIRS = [(NAMES[0], NAMES[4]), (NAMES[1], NAMES[4]), (NAMES[2], NAMES[4]), (NAMES[3], NAMES[4])]


def values(table: np.ndarray) -> xr.DataArray:
    return xr.DataArray(table, {"model": NAMES}, ("draw", "model"))


def by_family(each: np.ndarray) -> np.ndarray:
    return np.stack([each[..., :2].mean(axis=-1), each[..., 2], each[..., 3]], axis=-1)


def test_pairs_count_for_the_family_of_the_first() -> None:
    found = mean_of_pairs(values(DRAWS), MODELS, PAIRS)
    expected = by_family(DRAWS[:, [4]] - DRAWS[:, :4])
    assert (found.value, found.units) == (pytest.approx(expected[0].mean()), 3)
    test = ttest_1samp(expected[0], 0)
    assert found.error_of_units == pytest.approx(expected[0].mean() / test.statistic)
    assert found.error_of_images == pytest.approx(expected[1:].mean(axis=1).std(ddof=1))


def test_order_of_dims_and_of_models_does_not_matter() -> None:
    other = values(DRAWS).isel(model=[3, 1, 4, 0, 2]).transpose("model", "draw")
    assert mean_of_pairs(other, MODELS, PAIRS) == mean_of_pairs(values(DRAWS), MODELS, PAIRS)


def test_models_count_for_their_family() -> None:
    four = values(DRAWS).isel(model=slice(4))
    found = mean_of_models(four, MODELS)
    assert (found.value, found.units) == (pytest.approx(by_family(DRAWS[0, :4]).mean()), 3)


def test_what_was_not_measured_in_some_draw_is_left_out() -> None:
    holes = DRAWS.copy()
    holes[5, 0] = holes[0, 2] = np.nan
    found = mean_of_pairs(values(holes), MODELS, PAIRS)
    assert (found.value, found.units) == (pytest.approx(DRAWS[0, 4] - DRAWS[0, [1, 3]].mean()), 2)
    holes[0] = np.nan
    with pytest.raises(NotMeasuredError, match=r"^no pair of which both models were measured$"):
        mean_of_pairs(values(holes), MODELS, PAIRS)
    with pytest.raises(NotMeasuredError, match=r"^no model that was measured$"):
        mean_of_models(values(holes), MODELS)
