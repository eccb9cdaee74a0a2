import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clipsafe_utils.metrics.calibration_variants import (
    classwise_calibration_error,
    equal_mass_calibration_error,
)
from clipsafe_utils.metrics.draws import draw_weights
from tests.metrics.simulated import logits_and_labels, softmax

decisions = st.lists(
    st.tuples(st.sampled_from([0, 0.2, 0.25, 0.7, 1]), st.booleans()), min_size=1, max_size=20
)


def plain_classwise(probabilities: np.ndarray, labels: np.ndarray, n_bins: int = 15) -> float:
    """By the definition, one class and one bin at a time."""
    images, classes = probabilities.shape
    total = 0.0
    for klass in range(classes):
        column, hits = probabilities[:, klass], labels == klass
        for n_bin in range(n_bins):
            inside = (column > n_bin / n_bins) & (column <= (n_bin + 1) / n_bins)
            if n_bin == 0:
                inside |= column == 0
            total += abs((column[inside] - hits[inside]).sum()) / images
    return total / classes


def test_equal_mass_by_hand():
    # Sorted halves: (0.2, wrong), (0.6, right) and (0.7, right), (0.9, wrong).
    error = equal_mass_calibration_error([0.9, 0.2, 0.7, 0.6], [False, False, True, True], n_bins=2)
    assert error == pytest.approx((abs(0.8 - 1) + abs(1.6 - 1)) / 4)


def test_a_cut_within_an_image_and_within_ties_shares_out_the_hits():
    # Three images in two bins: the middle one is halved. 0.1 + 0.2 to the left of it, 0.2 + 0.8 to the right.
    error = equal_mass_calibration_error([0.1, 0.4, 0.8], [False, True, True], n_bins=2)
    assert error == pytest.approx((abs(0.1 + 0.2 - 0.5) + abs(0.2 + 0.8 - 1.5)) / 3)
    # Four ties, one wrong: each half has three quarters of two hits.
    assert equal_mass_calibration_error([0.5] * 4, [True, True, True, False], n_bins=2) == pytest.approx(0.25)


@given(decisions, st.integers(1, 6), st.randoms(use_true_random=False))
def test_equal_mass_does_not_depend_on_order_or_copies(images, n_bins, random):
    error = equal_mass_calibration_error(*zip(*images, strict=True), n_bins=n_bins)
    shuffled = images * 3
    random.shuffle(shuffled)
    again = equal_mass_calibration_error(*zip(*shuffled, strict=True), n_bins=n_bins)
    assert again == pytest.approx(float(error), abs=1e-12)
    assert 0 <= error <= 1


def test_equal_mass_weights_count_as_copies():
    random = np.random.default_rng(0)
    confidence = random.random((2, 45)).round(2)
    correct = random.random((2, 45)) < confidence
    weights = draw_weights("set", range(45), 3)
    errors = equal_mass_calibration_error(confidence, correct, weights)
    assert errors.shape == (4, 2)
    np.testing.assert_allclose(errors[0], equal_mass_calibration_error(confidence, correct), rtol=1e-12)
    for draw in range(4):
        copies = [np.repeat(array, weights[draw], axis=-1) for array in (confidence, correct)]
        np.testing.assert_allclose(errors[draw], equal_mass_calibration_error(*copies), rtol=1e-10)


@pytest.mark.parametrize("n_bins", [1, 2, 15])
def test_classwise_is_its_definition(n_bins):
    logits, labels = logits_and_labels(3000, 6, temperature=1.5)
    probabilities = softmax(logits)
    probabilities[0] = [0, 0, 1, 0, 0, 0]
    expected = plain_classwise(probabilities, labels, n_bins)
    assert classwise_calibration_error(probabilities, labels, n_bins=n_bins) == pytest.approx(
        expected, rel=1e-10
    )
    single = classwise_calibration_error(probabilities.astype(np.float32), labels, n_bins=n_bins)
    assert single == pytest.approx(expected, abs=1e-6)


def test_classwise_compares_float32_probabilities_with_float64_edges():
    # float32 rounds 1/15 up, so it lies above the edge, in another bin than the image with the opposite gap.
    probabilities = np.array([[1 / 15, 14 / 15], [0.01, 0.99]], dtype=np.float32)
    expected = plain_classwise(probabilities.astype(np.float64), np.array([1, 0]))
    assert classwise_calibration_error(probabilities, [1, 0]) == pytest.approx(expected, rel=1e-6)


def test_a_float32_softmax_may_round_above_one():
    probabilities = np.array([[np.nextafter(np.float32(1), np.float32(2)), 0]], dtype=np.float32)
    assert classwise_calibration_error(probabilities, [0]) == pytest.approx(0, abs=1e-6)


def test_classwise_weights_count_as_copies():
    logits, labels = logits_and_labels(200, 7)
    probabilities = softmax(logits)
    weights = draw_weights("set", range(200), 3)
    errors = classwise_calibration_error(probabilities, labels, weights)
    for draw in range(4):
        copies = [np.repeat(array, weights[draw], axis=0) for array in (probabilities, labels)]
        assert errors[draw] == pytest.approx(plain_classwise(*copies), rel=1e-10)


def test_certain_and_right_is_perfect():
    assert classwise_calibration_error(np.eye(3), [0, 1, 2]) == 0


@pytest.mark.parametrize(
    ("probabilities", "labels", "message"),
    [
        (np.array([[1.1, 0.0]]), [0], "probabilities: expected shares from 0 to 1"),
        (np.array([[np.nan, 0.0]]), [0], "probabilities: expected shares from 0 to 1"),
        (np.array([[1, 0]]), [0], "probabilities: expected float16, float32 or float64, got int64"),
        (
            np.array([[1, 0]], dtype=np.float16),
            [0],
            "probabilities: expected float32 or float64, got float16",
        ),
        (np.array([[0.5, 0.5]]), [2], "labels: expected class numbers"),
    ],
)
def test_wrong_probabilities_are_named(probabilities, labels, message):
    with pytest.raises(ValueError, match=f"^{message}"):
        classwise_calibration_error(probabilities, labels)


def test_no_bin_is_refused():
    with pytest.raises(ValueError, match=r"^n_bins: expected 1 or more"):
        equal_mass_calibration_error([0.5], [True], n_bins=0)
    with pytest.raises(ValueError, match=r"^n_bins: expected 1 or more"):
        classwise_calibration_error(np.array([[0.5, 0.5]]), [0], n_bins=0)
