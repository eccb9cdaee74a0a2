import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clipsafe_utils.metrics.calibration import (
    debiased_calibration_error,
    expected_calibration_error,
    root_mean_square_calibration_error,
)
from clipsafe_utils.metrics.calibration_draws import calibration_draws, measures_of_bins
from clipsafe_utils.metrics.calibration_variants import (
    classwise_calibration_error,
    equal_mass_calibration_error,
)
from clipsafe_utils.metrics.draws import draw_weights
from clipsafe_utils.metrics.logits import summarise_logits
from clipsafe_utils.metrics.proper_scores import brier_score, negative_log_likelihood
from clipsafe_utils.metrics.reliability import reliability_bins
from clipsafe_utils.metrics.temperature import LOWEST
from tests.metrics.simulated import logits_and_labels, softmax


def plain(
    logits, labels, weights, temperature: float, class_mask=None, n_bins: int = 15
) -> dict[str, np.ndarray]:
    """All measures at one temperature, each by the function that makes it for one temperature."""
    summary = summarise_logits(logits, labels, class_mask=class_mask, temperature=temperature)
    correct = summary.prediction == labels
    bins = reliability_bins(summary.confidence, correct, weights, n_bins)
    kept = np.arange(logits.shape[1]) if class_mask is None else np.flatnonzero(class_mask)
    probabilities = softmax(logits[:, kept].astype(np.float64) / temperature)
    label, squares = summary.label_log_probability, summary.sum_squared_probability
    return {
        "accuracy": bins.hits.sum(axis=-1) / bins.count.sum(axis=-1),
        "nll": negative_log_likelihood(label, weights),
        "brier": brier_score(label, squares, weights),
        "ece": expected_calibration_error(bins),
        "ece_equal_mass": equal_mass_calibration_error(summary.confidence, correct, weights, n_bins),
        "ece_classwise": classwise_calibration_error(
            probabilities, np.searchsorted(kept, labels), weights, n_bins
        ),
        "ece_debiased": debiased_calibration_error(bins),
        "ece_rms": root_mean_square_calibration_error(bins),
    }


def agree(found: dict[str, np.ndarray], expected: dict[str, np.ndarray], **tolerance: float) -> None:
    assert set(found) == set(expected)
    for name, values in expected.items():
        np.testing.assert_allclose(found[name], values, err_msg=name, **tolerance)


def test_four_images_by_hand():
    # Odds 9 are odds 3 at T = 2. Three of four right: calibrated after scaling, 0.15 too sure before.
    logits, labels = np.log([[9.0, 1.0]] * 4), [0, 0, 0, 1]
    found = calibration_draws(logits, labels, [[1, 1, 1, 1], [2, 2, 0, 4]], [1.0, 2.0])
    assert found.confidence == pytest.approx([0.9] * 4)
    assert found.correct.tolist() == [True, True, True, False]
    # Draw 1 at T = 2 has four hits of eight at confidence 3/4; half the squared gap's variance is 1/4 / 7.
    measures = found.by_draw
    assert measures["accuracy"] == pytest.approx([3 / 4, 1 / 2])
    assert measures["nll"] == pytest.approx(
        [-(3 * np.log(0.9) + np.log(0.1)) / 4, -(np.log(3 / 4) + np.log(1 / 4)) / 2]
    )
    assert measures["brier"] == pytest.approx([(3 * 2 * 0.1**2 + 2 * 0.9**2) / 4, (2 / 16 + 2 * 9 / 16) / 2])
    for name in ("ece", "ece_equal_mass", "ece_rms", "ece_classwise"):
        assert measures[name] == pytest.approx([0.15, 0.25]), name
    squares = [0.15**2 - 3 / 16 / 3, 0.25**2 - 1 / 4 / 7]
    assert measures["ece_debiased"] == pytest.approx(np.sign(squares) * np.sqrt(np.abs(squares)))


@pytest.mark.parametrize("n_bins", [1, 7])
def test_one_temperature_for_all_draws_is_measured_as_it_is(n_bins):
    logits, labels = logits_and_labels(400, 12, 1.3)
    double, weights = logits.astype(np.float64), draw_weights("set", range(400), 9)
    found = calibration_draws(double, labels, weights, np.full(10, 1.3), n_bins=n_bins)
    agree(found.by_draw, plain(double, labels, weights, 1.3, n_bins=n_bins), rtol=1e-9)


def test_draws_at_nearby_temperatures_are_what_passes_of_their_own_give():
    logits, labels = logits_and_labels(600, 30, 1.3)
    double, weights = logits.astype(np.float64), draw_weights("set", range(600), 30)
    temperatures = 1.3 * np.exp(np.linspace(-0.05, 0.05, 31))
    found = calibration_draws(double, labels, weights, temperatures)
    for draw, temperature in enumerate(temperatures):
        expected = plain(double, labels, weights[draw : draw + 1], temperature)
        agree({name: values[draw] for name, values in found.by_draw.items()}, expected, atol=2e-7)


def test_an_image_at_the_edge_of_a_bin_moves_the_error_by_no_more_than_is_said():
    # Every draw has an image whose confidence at the draw's temperature is 8/15, to the last digits.
    drawn = np.exp(np.linspace(-0.05, 0.05, 25))
    logits = np.zeros((25, 2))
    logits[:, 0] = drawn * np.log(8 / 7)
    labels, weights = np.zeros(25, dtype=int), np.ones((25, 25), dtype=int)
    found = calibration_draws(logits, labels, weights, drawn)
    for draw in range(25):
        expected = plain(logits, labels, weights[:1], drawn[draw])
        assert found.by_draw["ece"][draw] == pytest.approx(expected["ece"][0], abs=2 / 25 + 1e-7)
        assert found.by_draw["ece_equal_mass"][draw] == pytest.approx(expected["ece_equal_mass"][0], abs=1e-7)


def test_temperatures_far_apart_and_perfect_models():
    logits, labels = logits_and_labels(200, 6)
    double, weights = logits.astype(np.float64), draw_weights("set", range(200), 3)
    temperatures = [1.0, LOWEST, 30.0, 2.0]
    found = calibration_draws(double, labels, weights, temperatures)
    for draw, temperature in enumerate(temperatures):
        expected = plain(double, labels, weights[draw : draw + 1], temperature)
        agree({name: values[draw] for name, values in found.by_draw.items()}, expected, atol=1e-9)
    perfect = calibration_draws(20 * np.eye(6)[labels], labels, weights, np.linspace(1, 1.05, 4)).by_draw
    for name, values in perfect.items():
        np.testing.assert_allclose(values, 1 if name == "accuracy" else 0, atol=1e-7, err_msg=name)
        assert (values >= 0).all()


@pytest.mark.parametrize("gap", [35, 200, 700])
def test_what_is_interpolated_where_models_are_nearly_perfect_keeps_its_bounds(gap):
    labels, weights = np.arange(40) % 4, draw_weights("set", range(40), 30)
    temperatures = np.exp(np.linspace(-0.05, 0.05, 31))
    measures = calibration_draws(gap * np.eye(4)[labels], labels, weights, temperatures).by_draw
    for name in ("nll", "brier", "ece", "ece_equal_mass", "ece_classwise", "ece_rms"):
        assert (measures[name] >= 0).all(), name
        np.testing.assert_allclose(measures[name], 0, atol=1e-12, err_msg=name)


def test_the_mask_is_applied_before_the_softmax():
    logits, labels = logits_and_labels(300, 10)
    mask = np.arange(10) % 2 == 1
    labels = labels // 2 * 2 + 1
    double, weights = logits.astype(np.float64), draw_weights("set", range(300), 12)
    temperatures = np.exp(np.linspace(-0.04, 0.04, 13))
    masked = calibration_draws(double, labels, weights, temperatures, class_mask=mask)
    sliced = calibration_draws(double[:, mask], labels // 2, weights, temperatures)
    agree(masked.by_draw, sliced.by_draw, rtol=1e-12)
    expected = plain(double, labels, weights, 1.0, class_mask=mask)
    constant = calibration_draws(double, labels, weights, np.ones(13), class_mask=mask).by_draw
    agree(constant, expected, rtol=1e-9)


def test_half_precision_is_float32_of_the_same_values():
    logits, labels = logits_and_labels(500, 40, 1.3)
    half, weights = logits.astype(np.float16), draw_weights("set", range(500), 12)
    temperatures = np.exp(np.linspace(-0.04, 0.04, 13))
    found = calibration_draws(half, labels, weights, temperatures)
    expected = calibration_draws(half.astype(np.float32), labels, weights, temperatures)
    agree(found.by_draw, expected.by_draw, rtol=1e-12)


@settings(max_examples=10)
@given(st.integers(0, 1000))
def test_the_order_of_the_images_does_not_matter(seed):
    logits, labels = logits_and_labels(80, 7, seed=seed)
    double, weights = logits.astype(np.float64), draw_weights("set", range(80), 12)
    temperatures = np.exp(np.linspace(-0.04, 0.04, 13))
    order = np.random.default_rng(seed).permutation(80)
    found = calibration_draws(double, labels, weights, temperatures)
    again = calibration_draws(double[order], labels[order], weights[:, order], temperatures)
    agree(again.by_draw, found.by_draw, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(again.confidence, found.confidence[order])


@settings(max_examples=10)
@given(st.integers(0, 1000))
def test_copies_of_the_whole_set_change_no_mean(seed):
    logits, labels = logits_and_labels(40, 5, seed=seed)
    double, weights = logits.astype(np.float64), draw_weights("set", range(40), 12)
    temperatures = np.exp(np.linspace(-0.04, 0.04, 13))
    once = calibration_draws(double, labels, weights, temperatures).by_draw
    twice = calibration_draws(np.tile(double, (2, 1)), np.tile(labels, 2), np.tile(weights, 2), temperatures)
    for name, values in once.items():
        if name != "ece_debiased":  # which knows how many images there are
            np.testing.assert_allclose(twice.by_draw[name], values, rtol=1e-9, atol=1e-12, err_msg=name)


def test_measures_of_bins_keep_leading_axes():
    random = np.random.default_rng(0)
    bins = reliability_bins(random.random((2, 50)), random.random((2, 50)) < 0.5, np.ones((3, 50), dtype=int))
    for name, values in measures_of_bins(bins).items():
        assert values.shape == (3, 2), name


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"logits": np.zeros((2, 2, 3))}, r"logits: expected the shape \(images, classes\)"),
        ({"logits": np.zeros((2, 3), dtype=int)}, "logits: expected float16, float32 or float64"),
        ({"logits": np.array([[0.0, 1.0, np.inf]] * 2)}, "logits: expected finite numbers"),
        ({"labels": [0, 3]}, "labels: expected class numbers"),
        ({"labels": [0, 1, 2]}, r"labels: expected the shape \(2,\)"),
        ({"class_mask": [True, False, True]}, "labels: expected classes that class_mask keeps, got 1"),
        ({"weights": [[1, 1, 1]]}, r"weights: expected the shape \(draws, 2\)"),
        ({"weights": [[0.5, 1.0]]}, "weights: expected whole numbers"),
        ({"temperature": [1.0]}, "temperature: expected 2, one for each draw"),
        ({"temperature": [1.0, 0.0]}, "temperature: expected a positive number"),
        ({"temperature": [1.0, np.nan]}, "temperature: expected finite numbers"),
        ({"n_bins": 0}, "n_bins: expected 1 or more"),
    ],
)
def test_wrong_arguments_are_named(changes, message):
    good = {
        "logits": np.zeros((2, 3)),
        "labels": [0, 1],
        "weights": [[1, 1], [2, 0]],
        "temperature": [1.0, 1.0],
    }
    with pytest.raises(ValueError, match=f"^{message}"):
        calibration_draws(**(good | changes))
