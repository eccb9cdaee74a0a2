"""Bins made out of bins, and what chance makes of a calibration error."""

import numpy as np
import pytest

from clipsafe_utils.findings.calibration.bins import (
    BINNINGS,
    bins_of_images,
    floor_of_bins,
    images_to_tell,
    regroup,
    simulate_sizes,
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
