import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clipsafe_utils.metrics.calibration import (
    calibration_floor,
    debiased_calibration_error,
    debiased_interval,
    expected_calibration_error,
    root_mean_square_calibration_error,
    signed_square,
)
from clipsafe_utils.metrics.reliability import reliability_bins
from tests.metrics.simulated import confidences

ERRORS = {
    "ece": expected_calibration_error,
    "rms": root_mean_square_calibration_error,
    "debiased": debiased_calibration_error,
}
decisions = st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=30)


def five_images():
    # Two bins of five: gaps 0.3 - 1/2 = -0.2 for two images and 0.9 - 2/3 for three.
    return [0.3, 0.3, 0.9, 0.9, 0.9], [True, False, True, True, False]


def test_errors_by_hand():
    bins = reliability_bins(*five_images(), n_bins=5)
    gap = 0.9 - 2 / 3
    assert expected_calibration_error(bins) == pytest.approx(0.4 * 0.2 + 0.6 * gap)
    assert root_mean_square_calibration_error(bins) == pytest.approx(np.sqrt(0.4 * 0.2**2 + 0.6 * gap**2))
    # Sampling variances: (1/2)(1/2) / 1 and (2/3)(1/3) / 2.
    square = 0.4 * (0.2**2 - 1 / 4) + 0.6 * (gap**2 - 1 / 9)
    assert debiased_calibration_error(bins) == pytest.approx(-np.sqrt(-square))
    assert signed_square(debiased_calibration_error(bins)) == pytest.approx(square)


def test_a_bin_of_one_image_has_no_debiased_gap():
    bins = reliability_bins([0.1, 0.9, 0.9], [True, True, True], n_bins=2)
    assert debiased_calibration_error(bins) == pytest.approx(np.sqrt(2 / 3) * 0.1)


def test_perfect_and_worst_models():
    right, wrong = (reliability_bins(np.ones(10), np.full(10, hit)) for hit in (True, False))
    for name, error in ERRORS.items():
        assert error(right) == 0, name
        assert error(wrong) == 1, name


@given(decisions, st.sampled_from(sorted(ERRORS)), st.randoms(use_true_random=False))
def test_the_order_of_the_images_does_not_matter(images, name, random):
    shuffled = list(images)
    random.shuffle(shuffled)
    values = [ERRORS[name](reliability_bins(*zip(*some, strict=True))) for some in (images, shuffled)]
    assert signed_square(values[0]) == pytest.approx(signed_square(values[1]), abs=1e-12)


@given(decisions, st.sampled_from(["ece", "rms"]), st.integers(2, 4))
def test_copies_of_the_whole_set_change_nothing(images, name, copies):
    confidence, correct = (list(column) for column in zip(*images, strict=True))
    once = ERRORS[name](reliability_bins(confidence, correct))
    assert ERRORS[name](reliability_bins(confidence * copies, correct * copies)) == pytest.approx(
        once, abs=1e-9
    )


@given(decisions)
def test_errors_are_ordered_and_bounded(images):
    bins = reliability_bins(*zip(*images, strict=True))
    ece, rms = expected_calibration_error(bins), root_mean_square_calibration_error(bins)
    debiased = debiased_calibration_error(bins)
    assert 0 <= ece <= rms + 1e-12
    assert rms <= 1
    assert debiased <= rms + 1e-12
    assert abs(debiased) <= 1


def test_the_debiased_square_is_unbiased_and_the_plain_one_is_not():
    random = np.random.default_rng(0)
    confidence = np.tile(confidences(400, random), (2000, 1))
    truth = confidence - 0.2 * confidence * (1 - confidence)
    bins = reliability_bins(confidence, random.random(confidence.shape) < truth)
    expected_bins = reliability_bins(confidence[:1], np.ones((1, 400), dtype=bool))
    gaps = np.bincount(np.ceil(confidence[0] * 15).astype(int) - 1, (confidence - truth)[0], 15)
    square = (gaps**2 / np.maximum(expected_bins.count[0], 1)).sum() / 400
    debiased = signed_square(debiased_calibration_error(bins))
    error = debiased.std() / np.sqrt(debiased.size)
    assert debiased.mean() == pytest.approx(square, abs=4 * error)
    assert (root_mean_square_calibration_error(bins) ** 2).mean() > 3 * square


def test_debiased_interval_is_centred_on_squares_and_ends_at_zero():
    values = np.sign([1, -1, 1, 1.0]) * np.sqrt([0.02, 0.01, 0.02, 0.03])
    low, high = debiased_interval(values, 0.5)
    # Squares -0.01, 0.02, 0.03 have mean 0.04 / 3; their outer quartiles are the first and the last.
    assert low == pytest.approx(np.sqrt(0.02 + 0.04 / 3 - 0.03))
    assert high == pytest.approx(np.sqrt(0.02 + 0.04 / 3 + 0.01))
    assert debiased_interval([-0.1, -0.1, -0.1]) == (0, 0)


def test_floor_by_hand():
    # Two images of confidence 0.5 in one bin: 0, 1 or 2 hits give |hits - 1| / 2, on average 1/4.
    assert calibration_floor([0.5, 0.5]) == pytest.approx(0.25, abs=4 * 0.25 / np.sqrt(200))


@pytest.mark.parametrize("images", [600, 1200, 25_000])
def test_floor_is_the_mean_error_of_calibrated_models(images):
    random = np.random.default_rng(1)
    confidence = confidences(images, random)
    errors = [
        expected_calibration_error(reliability_bins(confidence, random.random(images) < confidence))
        for _ in range(200)
    ]
    # Two means of 200 errors each, of which the spread is a fifth of the mean: 4 standard errors are 8 %.
    assert calibration_floor(confidence) == pytest.approx(np.mean(errors), rel=0.08)


def test_floor_is_the_same_each_time_and_keeps_leading_axes():
    confidence = np.random.default_rng(0).random((2, 3, 50))
    floors = calibration_floor(confidence)
    assert floors.shape == (2, 3)
    assert floors[1, 2] == calibration_floor(confidence[1, 2])


def test_floor_of_a_model_that_is_always_sure_is_zero():
    assert calibration_floor(np.ones(20)) == 0
    assert calibration_floor(np.zeros(20)) == 0
