import numpy as np
import pytest

from clipsafe_utils.metrics.images import at_least_one, decisions, image_weights, weighted_mean


def test_weighted_mean_is_the_mean_of_the_images_as_often_as_they_are_drawn():
    random = np.random.default_rng(0)
    values, weights = random.normal(size=(2, 3, 7)), random.integers(0, 3, (4, 7)) + np.eye(4, 7, dtype=int)
    means = weighted_mean(values, weights)
    assert means.shape == (4, 2, 3)
    for draw in range(4):
        expanded = np.repeat(values, weights[draw], axis=-1)
        np.testing.assert_allclose(means[draw], expanded.mean(axis=-1), rtol=1e-12)
    np.testing.assert_allclose(weighted_mean(values), values.mean(axis=-1))


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ([1, 1], "weights: expected the shape"),
        ([[1, 1, 1]], "weights: expected the shape"),
        ([[1.0, 1.0]], "weights: expected whole numbers"),
        ([[1, -1]], "weights: expected whole numbers"),
        ([[1, 1], [0, 0]], "weights: expected at least one image in each draw, got none in draw 1"),
    ],
)
def test_wrong_weights_are_named(weights, message):
    with pytest.raises(ValueError, match=f"^{message}"):
        image_weights("weights", weights, 2)


@pytest.mark.parametrize(
    ("confidence", "correct", "message"),
    [
        ([0.5, 1.1], [0, 1], "confidence: expected shares from 0 to 1"),
        ([0.5, np.nan], [0, 1], "confidence: expected finite numbers"),
        ([0.5, 0.6], [0], "correct: expected the shape"),
        ([0.5, 0.6], [0, 2], "correct: expected true and false"),
        (0.5, True, "confidence: expected an axis of images"),
        ([], [], "confidence: expected at least one number"),
    ],
)
def test_wrong_decisions_are_named(confidence, correct, message):
    with pytest.raises(ValueError, match=f"^{message}"):
        decisions(confidence, correct)


def test_less_than_one_is_named():
    with pytest.raises(ValueError, match=r"^n_bins: expected 1 or more, got 0"):
        at_least_one("n_bins", 0)
