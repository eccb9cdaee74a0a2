import numpy as np
import pytest

from clipsafe_utils.metrics.likelihood import ImageLikelihoods
from tests.metrics.simulated import logits_and_labels, softmax


def test_derivatives_are_mean_and_variance_of_the_logits():
    logits, labels = logits_and_labels(40, 12)
    double = logits.astype(np.float64)
    probabilities = softmax(0.6 * double)
    mean = (probabilities * double).sum(axis=1)
    variance = (probabilities * double**2).sum(axis=1) - mean**2
    label = double[np.arange(40), labels]
    for precision, tolerance in ((np.float64, 1e-10), (np.float32, 1e-4)):
        found = ImageLikelihoods(logits.astype(precision), labels).at(0.6)
        np.testing.assert_allclose(found.nll, -np.log(probabilities[np.arange(40), labels]), rtol=tolerance)
        np.testing.assert_allclose(found.slope, mean - label, rtol=tolerance, atol=tolerance)
        np.testing.assert_allclose(found.curvature, variance, rtol=tolerance, atol=tolerance)


def test_slope_and_curvature_are_differences_of_the_level_above():
    logits, labels = logits_and_labels(30, 9)
    images = ImageLikelihoods(logits.astype(np.float64), labels)
    below, here, above = (images.at(inverse) for inverse in (1 - 1e-5, 1.0, 1 + 1e-5))
    np.testing.assert_allclose((above.nll - below.nll) / 2e-5, here.slope, atol=1e-6)
    np.testing.assert_allclose((above.slope - below.slope) / 2e-5, here.curvature, atol=1e-5)


def test_an_image_with_equal_logits_is_constant():
    images = ImageLikelihoods(np.array([[2.0, 2.0], [2.0, 2.5]]), np.array([0, 1]))
    np.testing.assert_array_equal(images.constant(), [True, False])


def test_half_precision_is_float32_of_the_same_values():
    logits, labels = logits_and_labels(40, 12)
    half = logits.astype(np.float16)
    widened = ImageLikelihoods(half.astype(np.float32), labels).at(0.6)
    for found, expected in zip(ImageLikelihoods(half, labels).at(0.6), widened, strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("precision", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_is_named(value, precision):
    logits, labels = logits_and_labels(20, 5)
    logits = logits.astype(precision)
    logits[13, 2] = value
    with pytest.raises(ValueError, match=r"^logits: expected finite numbers, got others for image 13"):
        ImageLikelihoods(logits, labels).at(1.0)
    with pytest.raises(ValueError, match=r"^logits: expected finite numbers, got others for image 13"):
        ImageLikelihoods(logits, labels, step=13).at(1.0)
