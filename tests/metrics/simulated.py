"""Seeded logits and decisions with known truth, for the tests of calibration, temperature and detection."""

import numpy as np
from numpy.typing import NDArray


def logits_and_labels(
    images: int, classes: int, temperature: float = 1.0, seed: int = 0
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Logits of a model that is calibrated once they are divided by `temperature`."""
    random = np.random.default_rng(seed)
    logits = 2 * random.standard_normal((images, classes))
    logits[np.arange(images), random.integers(0, classes, images)] += random.uniform(2, 12, images)
    probabilities = np.exp(logits - logits.max(axis=1, keepdims=True))
    cumulative = np.cumsum(probabilities, axis=1)
    labels = (cumulative > random.random((images, 1)) * cumulative[:, -1:]).argmax(axis=1)
    return (logits * temperature).astype(np.float32), labels


def confidences(images: int, random: np.random.Generator) -> NDArray[np.float64]:
    """Top-class confidences of which many are near 1, as ImageNet models have them."""
    return 1 - 0.98 * random.beta(0.6, 1.2, images)


def softmax(logits: NDArray[np.floating]) -> NDArray[np.float64]:
    """Softmax by the textbook, in float64."""
    powers = np.exp(logits.astype(np.float64) - logits.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)
