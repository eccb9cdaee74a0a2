"""Bins made out of bins, and what chance makes of a calibration error."""

import numpy as np
import pytest
import xarray as xr

from clipsafe_utils.findings.calibration.bins import (
    BINNINGS,
    bins_of_images,
    floor_of_bins,
    images_to_tell,
    mean_gap,
    regroup,
    simulate_sizes,
    stored_bins,
)
from clipsafe_utils.metrics.calibration import calibration_floor, expected_calibration_error
from clipsafe_utils.metrics.calibration_variants import equal_mass_calibration_error
from clipsafe_utils.metrics.reliability import ReliabilityBins, reliability_bins
from tests.metrics.simulated import confidences


@pytest.fixture(scope="module")
def images() -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(3)
    confidence = confidences(4000, random)
    return confidence, random.random(4000) < confidence**1.3


@pytest.mark.parametrize("n_bins", [1, 3, 5, 15])
def test_merged_bins_are_those_of_the_images(images: tuple[np.ndarray, np.ndarray], n_bins: int) -> None:
    merged = regroup(reliability_bins(*images), n_bins)
    direct = reliability_bins(*images, n_bins=n_bins)
    for name in ("count", "hits", "confidence_sum"):
        np.testing.assert_allclose(getattr(merged, name), getattr(direct, name))


@pytest.mark.parametrize("n_bins", [1, 5, 15])
def test_bins_of_equal_mass_have_the_error_of_the_metric(
    images: tuple[np.ndarray, np.ndarray], n_bins: int
) -> None:
    bins = bins_of_images(*images, n_bins, "equal_mass")
    np.testing.assert_allclose(bins.count, 4000 / n_bins)
    expected = equal_mass_calibration_error(*images, n_bins=n_bins)
    assert expected_calibration_error(bins) == pytest.approx(float(expected))


@pytest.mark.parametrize("binning", BINNINGS)
def test_regrouping_works_along_leading_axes_and_loses_no_image(
    images: tuple[np.ndarray, np.ndarray], binning: str
) -> None:
    one = reliability_bins(*images)
    two = ReliabilityBins(*(np.stack([a, a[::-1]]) for a in (one.count, one.hits, one.confidence_sum)))
    regrouped = regroup(two, 5, binning)
    np.testing.assert_allclose(regrouped.count.sum(axis=-1), 4000)
    np.testing.assert_allclose(regrouped.hits[0], regroup(one, 5, binning).hits)
    np.testing.assert_allclose(regrouped.hits.sum(axis=-1), one.hits.sum())


def test_bins_that_do_not_merge_are_refused(images: tuple[np.ndarray, np.ndarray]) -> None:
    bins = reliability_bins(*images)
    with pytest.raises(ValueError, match="n_bins: expected a divisor of 15, got 4"):
        regroup(bins, 4)
    with pytest.raises(ValueError, match="binning: expected one of equal_width, equal_mass"):
        regroup(bins, 5, "adaptive")


def test_the_floor_of_bins_is_that_of_the_images(images: tuple[np.ndarray, np.ndarray]) -> None:
    found = floor_of_bins(reliability_bins(*images), seed=1)
    assert float(found) == pytest.approx(float(calibration_floor(images[0])), rel=0.06)


def test_simulated_errors_shrink_to_the_truth(images: tuple[np.ndarray, np.ndarray]) -> None:
    bins = reliability_bins(*images)
    mean = simulate_sizes(bins, 15, "equal_width", seed=0)["mean"]
    perfect = mean.sel(truth="calibrated").values
    # A chance gap shrinks with the root of the number of images.
    assert perfect[0] / perfect[-1] == pytest.approx(np.sqrt(50_000 / 300), rel=0.05)
    recorded = mean.sel(truth="recorded", images=50_000).item()
    assert recorded == pytest.approx(float(expected_calibration_error(bins)), rel=0.02)


def test_the_range_holds_the_share_that_was_asked_for(images: tuple[np.ndarray, np.ndarray]) -> None:
    bins = reliability_bins(*images)
    wide, narrow = (simulate_sizes(bins, 5, "equal_mass", 0, level) for level in (0.95, 0.5))
    assert (wide["high"] - wide["low"] > 2 * (narrow["high"] - narrow["low"])).all()
    assert (narrow["low"] < narrow["mean"]).all()


def test_a_model_is_told_from_a_perfect_one_for_good_or_not_at_all(
    images: tuple[np.ndarray, np.ndarray],
) -> None:
    simulated = simulate_sizes(reliability_bins(*images), 15, "equal_width", seed=0)
    size = images_to_tell(simulated)
    assert size is not None
    below = simulated.sel(images=slice(None, size - 1))
    assert below.sizes["images"] > 0
    assert below["low"].sel(truth="recorded")[-1] <= below["high"].sel(truth="calibrated")[-1]
    same = simulated.copy()
    for name in ("low", "high"):
        same[name] = same[name].sel(truth="calibrated", drop=True).broadcast_like(same[name])
    assert images_to_tell(same) is None


def test_bins_worked_by_hand() -> None:
    names = ("bin_count", "bin_confidence", "bin_hits")
    values = ([0.0, 4.0], [np.nan, 0.5], [0.0, 3.0])
    stored = stored_bins(xr.Dataset({name: ("bin", each) for name, each in zip(names, values, strict=True)}))
    assert stored.confidence_sum.tolist() == [0, 2]
    old = ReliabilityBins(np.array([1.0, 3.0]), np.array([1.0, 0.0]), np.array([0.4, 2.6]))
    assert regroup(old, 1).count.tolist() == [4]
    assert regroup(old, 2, "equal_mass").hits.tolist() == [1, 0]
    assert mean_gap(old) == 0.5
    found = bins_of_images([0.6, 0.7, 0.8, 0.9], [True, True, True, False], 2, "equal_mass")
    assert found.hits.tolist() == [2, 1]
    assert floor_of_bins(ReliabilityBins(*np.array([[1.0], [1.0], [0.5]])), 0) == 0.5


def test_ranges_worked_by_hand() -> None:
    never_right = ReliabilityBins(np.full(15, 100.0), np.zeros(15), (np.arange(15) + 0.5) * 100 / 15)
    mean = simulate_sizes(never_right, 15, "equal_width", 0)["mean"].sel(images=50_000)
    assert mean.values == pytest.approx([0.01, 0.5], abs=0.005)
    sizes = {"images": [300, 600], "truth": ["calibrated", "recorded"]}
    low, high = [[0.0, 0.1], [0.0, 0.3]], [[0.2, 0.3], [0.1, 0.4]]
    assert (
        images_to_tell(xr.Dataset({"low": (tuple(sizes), low), "high": (tuple(sizes), high)}, sizes)) == 600
    )
