"""Sums over classes and bins, from logits; the error itself is tested in test_calibration_variants.py."""

import numpy as np
import pytest

from clipsafe_utils.metrics.calibration_variants import classwise_calibration_error
from clipsafe_utils.metrics.classwise import classwise_errors, sums_of_logits
from clipsafe_utils.metrics.draws import draw_weights
from clipsafe_utils.metrics.logit_blocks import BLOCK_VALUES
from clipsafe_utils.metrics.logits import summarise_logits
from clipsafe_utils.metrics.temperature_bands import Band, temperature_bands
from tests.metrics.simulated import logits_and_labels, softmax


def errors_of_band(logits, labels, weights, band: Band, kept=None, n_bins: int = 15) -> np.ndarray:
    classes = np.arange(logits.shape[1]) if kept is None else kept
    mask = np.isin(np.arange(logits.shape[1]), classes)
    summaries = [summarise_logits(logits, class_mask=mask, temperature=t) for t in band.temperatures]
    sums = sums_of_logits(logits, summaries, band, weights, classes, n_bins)
    return classwise_errors(sums, np.searchsorted(classes, labels), weights, band.shares, n_bins)


@pytest.mark.parametrize("temperature", [1.0, 0.7])
@pytest.mark.parametrize("n_bins", [1, 2, 15])
def test_logits_give_what_their_probabilities_give(temperature, n_bins):
    logits, labels = logits_and_labels(BLOCK_VALUES // 40, 50)
    weights = draw_weights("set", range(len(labels)), 3)
    band = temperature_bands(np.full(4, temperature))[1]
    double = logits.astype(np.float64)
    expected = classwise_calibration_error(softmax(double / temperature), labels, weights, n_bins)
    found = errors_of_band(double, labels, weights[band.draws], band, n_bins=n_bins)
    np.testing.assert_allclose(found, expected[band.draws], rtol=1e-10)
    single = errors_of_band(logits, labels, weights[band.draws], band, n_bins=n_bins)
    np.testing.assert_allclose(single, expected[band.draws], rtol=1e-4)


def test_a_mask_is_applied_before_the_softmax():
    logits, labels = logits_and_labels(300, 12)
    kept = np.array([1, 2, 5, 7, 11])
    labels = kept[labels % 5]
    band = temperature_bands([1.0])[0]
    weights = np.ones((1, 300), dtype=int)
    double = logits.astype(np.float64)
    expected = classwise_calibration_error(softmax(double[:, kept]), np.searchsorted(kept, labels))
    assert errors_of_band(double, labels, weights, band, kept) == pytest.approx(float(expected), rel=1e-12)


def test_each_draw_has_its_own_temperature_and_bins():
    # 30 images whose probability of a class passes an edge of the bins within the band.
    logits = np.zeros((30, 3))
    logits[:, 0] = 0.7
    logits[:, 1] = np.linspace(-1.65, -1.42, 30)
    labels = np.arange(30) % 3
    drawn = np.exp(np.linspace(-0.05, 0.05, 25))
    band = temperature_bands(drawn)[1]
    weights = draw_weights("set", range(30), 24)[band.draws]
    found = errors_of_band(logits, labels, weights, band)
    expected = [
        classwise_calibration_error(softmax(logits / temperature), labels, row[None])[0]
        for temperature, row in zip(drawn[band.draws], weights, strict=True)
    ]
    lowest = [(softmax(logits / temperature) <= 1 / 15).sum() for temperature in drawn]
    assert len(set(lowest)) > 5
    np.testing.assert_allclose(found, expected, atol=1e-8)
