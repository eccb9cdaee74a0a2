"""How often intervals from bootstrap draws hold the truth, at the sizes at which the book uses them."""

import itertools
from collections.abc import Iterator

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import beta, norm

from clipsafe_utils.metrics.calibration import (
    calibration_floor,
    debiased_calibration_error,
    debiased_interval,
    expected_calibration_error,
    signed_square,
)
from clipsafe_utils.metrics.draws import REPLICATES, centred_interval, draw_weights, reflected_interval
from clipsafe_utils.metrics.images import weighted_mean
from clipsafe_utils.metrics.ood import detection
from clipsafe_utils.metrics.reliability import bin_of, reliability_bins

pytestmark = pytest.mark.slow

SIZES = (1000, 5000, 25_000)
SIMULATIONS = 150
LEAST = 0.88
"""95 % less four standard errors of as many simulations."""

Array = NDArray[np.float64]

# Equally many images have each of these confidences, of which many are near 1: as ImageNet models have them.
CONFIDENCES = 1 - 0.98 * beta.ppf((np.arange(50) + 0.5) / 50, 0.6, 1.2)
_DOUBT = CONFIDENCES * (1 - CONFIDENCES)
MODELS = np.stack([CONFIDENCES, CONFIDENCES - 0.2 * _DOUBT, CONFIDENCES - 0.6 * _DOUBT])
"""Chance of a hit of three models: calibrated, a little overconfident, far overconfident."""


def counts_in_draws(chance: Array, images: int) -> Iterator[NDArray[np.int64]]:
    """Images of each kind in a sample (row 0) and in its bootstrap draws, for each simulation.

    An image is drawn a Poisson(1) number of times, so those of a kind are drawn a Poisson number of times
    whose mean is how many there are: the same chance as image by image, at no cost for each image.
    """
    for simulation in range(SIMULATIONS):
        random = np.random.default_rng((images, simulation))
        sample = random.multinomial(images, chance)
        yield np.concatenate([sample[None], random.poisson(sample, (REPLICATES, sample.size))])


def held(interval: tuple[Array, Array], truth: Array | float) -> NDArray[np.bool_]:
    low, high = interval
    return (low <= truth) & (truth <= high)


def true_errors() -> tuple[Array, Array]:
    """ECE and mean squared gap of the three models."""
    index = bin_of(CONFIDENCES, 15)
    share = np.bincount(index, minlength=15) / index.size
    gaps = np.array([np.bincount(index, CONFIDENCES - chance, 15) for chance in MODELS]) / index.size
    return np.abs(gaps).sum(axis=1), (gaps**2 / np.maximum(share, 1e-9)).sum(axis=1)


@pytest.mark.parametrize("images", SIZES)
def test_calibration_errors(images):
    # A kind of image: its confidence, and which of the models name it rightly.
    right = np.array(list(itertools.product([0, 1], repeat=len(MODELS))))[:, :, None]
    chance = np.where(right, MODELS, 1 - MODELS).prod(axis=1) / CONFIDENCES.size
    hits = np.broadcast_to(right, (len(right), *MODELS.shape)).transpose(1, 0, 2).reshape(len(MODELS), -1)
    confidence = np.broadcast_to(CONFIDENCES, (len(MODELS), *chance.shape)).reshape(len(MODELS), -1)

    ece, square = true_errors()
    debiased_held, contrast_held, reflected_held, ece_held = [], [], [], []
    for counts in counts_in_draws(chance.ravel(), images):
        bins = reliability_bins(confidence, hits, counts)
        debiased = debiased_calibration_error(bins)
        squares = signed_square(debiased)
        debiased_held.append(held(debiased_interval(debiased), np.sqrt(square)))
        contrast = centred_interval(squares[:, 1:] - squares[:, :-1])
        contrast_held.append(held(contrast, square[1:] - square[:-1]))
        reflected_held.append(held(reflected_interval(squares), square))
        ece_held.append(held(reflected_interval(expected_calibration_error(bins)), ece))
    assert (np.mean(debiased_held, axis=0) >= LEAST).all()
    assert (np.mean(contrast_held, axis=0) >= LEAST).all()
    # Why the debiased error is centred: reflection takes the bias off twice.
    assert np.mean(reflected_held, axis=0)[1] < np.mean(debiased_held, axis=0)[1]
    # Why no claim rests on plain ECE: no interval finds the 0 of a calibrated model.
    assert np.mean(ece_held, axis=0)[0] < 0.6
    far_from_floor = ece > 2 * calibration_floor(np.repeat(CONFIDENCES, images // CONFIDENCES.size))
    assert far_from_floor[2]
    assert (np.mean(ece_held, axis=0)[far_from_floor] >= 0.82).all()


def check(draws: Array, truth: float, name: str) -> None:
    """Intervals hold the truth, and are about as wide as the estimates' own spread asks for."""
    low, high = centred_interval(draws.T)
    assert held((low, high), truth).mean() >= LEAST, name
    width = (high - low).mean() / (2 * 1.96 * draws[:, 0].std())
    assert 0.8 < width < 1.3, name


@pytest.mark.parametrize("images", SIZES)
def test_nll_and_brier(images):
    # The rest of the probability is shared by twenty classes.
    label = np.concatenate([CONFIDENCES, (1 - CONFIDENCES) / 20])
    chance = np.concatenate([MODELS[1], 1 - MODELS[1]]) / CONFIDENCES.size
    simulations = list(counts_in_draws(chance, images))
    for name, values in {"nll": -np.log(label), "brier": (1 - label) ** 2}.items():
        check(np.array([weighted_mean(values, counts) for counts in simulations]), values @ chance, name)


@pytest.mark.parametrize("images", [1000, 5000])
def test_detection(images):
    # Scores are fresh in each simulation, so that the weights, which know nothing of them, may be the same.
    others, apart = images // 3, 1.5
    weights = draw_weights("known", range(images)), draw_weights("other", range(others))
    found = []
    for simulation in range(SIMULATIONS):
        random = np.random.default_rng((images, simulation))
        found.append(detection(random.normal(apart, 1, images), random.normal(0, 1, others), *weights))
    fpr = 1 - norm.cdf(apart - norm.ppf(0.95))
    truth = {"auroc": norm.cdf(apart / np.sqrt(2)), "fpr95_id_positive": fpr, "fpr95_ood_positive": fpr}
    for name, value in truth.items():
        check(np.array([getattr(result, name) for result in found]), value, name)
