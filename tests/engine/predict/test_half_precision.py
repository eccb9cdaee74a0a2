"""Why predictions are stored in float32: in float16 metrics move by more than 1e-4."""

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("zarr")

from clipsafe_engine.predict.run import STORED_DTYPE
from clipsafe_utils.metrics.calibration import debiased_calibration_error, expected_calibration_error
from clipsafe_utils.metrics.logits import summarise_logits
from clipsafe_utils.metrics.ood import detection
from clipsafe_utils.metrics.ood_scores import energy, maximum_logit, maximum_softmax, negative_entropy
from clipsafe_utils.metrics.proper_scores import negative_log_likelihood
from clipsafe_utils.metrics.reliability import reliability_bins
from clipsafe_utils.metrics.temperature import fit_temperature

CLASSES, KNOWN, OTHER, WIDTH = 1000, 10_000, 5_000, 512
LARGEST_MOVE = 1e-4


def all_metrics(logits, labels, ood):
    known, other = summarise_logits(logits, labels), summarise_logits(ood)
    hits = known.prediction == labels
    bins = reliability_bins(known.confidence, hits)
    found = {
        "accuracy": hits.mean(),
        "ece": expected_calibration_error(bins),
        "ece_debiased": debiased_calibration_error(bins),
        "nll": negative_log_likelihood(known.label_log_probability),
        "temperature": fit_temperature(logits[::2], labels[::2]).temperature,
    }
    for score in (maximum_softmax, maximum_logit, energy, negative_entropy):
        measured = detection(score(known), score(other))
        for name in ("auroc", "aupr", "fpr95_id_positive", "fpr95_ood_positive"):
            found[f"{score.__name__} {name}"] = getattr(measured, name)
    return {name: float(value) for name, value in found.items()}


def classifier_logits(rng, images, labels=None):
    """Logits of a classifier that is right on 70 % of the images: noise, some rivals, the true class."""
    logits = rng.normal(0, 1.3, (images, CLASSES))
    for _ in range(5):
        logits[np.arange(images), rng.integers(0, CLASSES, images)] += rng.gamma(2, 1.5, images)
    if labels is not None:
        logits[np.arange(images), labels] += rng.gamma(6, 1.4, images)
    return logits


def moves(as_stored, exact):
    return {name: abs(as_stored[name] - exact[name]) for name in exact}


@pytest.fixture(scope="module")
def logits():
    rng = np.random.default_rng(0)
    labels = rng.integers(0, CLASSES, KNOWN)
    return classifier_logits(rng, KNOWN, labels), labels, classifier_logits(rng, OTHER)


@pytest.mark.slow
def test_half_precision_of_logits_moves_metrics_and_single_does_not(logits):
    known, labels, other = logits
    exact = all_metrics(known, labels, other)
    assert 0.6 < exact["accuracy"] < 0.8
    half = moves(all_metrics(known.astype(np.float16), labels, other.astype(np.float16)), exact)
    stored = moves(all_metrics(known.astype(STORED_DTYPE), labels, other.astype(STORED_DTYPE)), exact)
    assert max(half.values()) > LARGEST_MOVE
    assert max(stored.values()) <= LARGEST_MOVE


@pytest.mark.slow
def test_half_precision_of_embeddings_moves_metrics_and_single_does_not():
    rng = np.random.default_rng(1)
    common = 1.5 * rng.normal(size=WIDTH)
    head = rng.normal(size=(CLASSES, WIDTH)) + common
    head /= np.linalg.norm(head, axis=1, keepdims=True)
    labels = rng.integers(0, CLASSES, KNOWN)
    known, other = rng.normal(size=(KNOWN, WIDTH)), rng.normal(size=(OTHER, WIDTH))
    known /= np.linalg.norm(known, axis=1, keepdims=True)
    known += rng.uniform(0.1, 0.5, (KNOWN, 1)) * head[labels]
    known /= np.linalg.norm(known, axis=1, keepdims=True)
    other /= np.linalg.norm(other, axis=1, keepdims=True)

    def measured(dtype):
        return all_metrics(
            *(100 * known.astype(dtype).astype(float) @ head.T, labels),
            100 * other.astype(dtype).astype(float) @ head.T,
        )

    exact = measured(np.float64)
    assert 0.3 < exact["accuracy"] < 0.9
    assert max(moves(measured(np.float16), exact).values()) > LARGEST_MOVE
    assert max(moves(measured(STORED_DTYPE), exact).values()) <= LARGEST_MOVE
