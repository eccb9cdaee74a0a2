"""How often intervals from bootstrap draws hold the truth, at the sizes at which the book uses them."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import norm

from clipsafe_utils.metrics.calibration import (
    calibration_floor,
    debiased_calibration_error,
    debiased_interval,
    expected_calibration_error,
    signed_square,
)
from clipsafe_utils.metrics.draws import centred_interval, draw_weights, reflected_interval
from clipsafe_utils.metrics.images import weighted_mean
from clipsafe_utils.metrics.ood import detection
from clipsafe_utils.metrics.reliability import bin_of, reliability_bins
from tests.metrics.simulated import confidences

pytestmark = pytest.mark.slow

SIZES = {1000: 300, 5000: 150, 25_000: 80}
"""Images, and simulations of that many."""
LEAST = 0.88
"""95 % less three standard errors of 80 simulations."""

Array = NDArray[np.float64]


def chance_of_hit(confidence: Array) -> Array:
    """Three models with the same confidences: calibrated, a little overconfident, far overconfident."""
    doubt = confidence * (1 - confidence)
    return np.stack([confidence, confidence - 0.2 * doubt, confidence - 0.6 * doubt])


def true_errors() -> tuple[Array, Array]:
    """ECE and mean squared gap of the three models, from a population of two million images."""
    confidence = confidences(2_000_000, np.random.default_rng(99))
    index = bin_of(confidence, 15)
    share = np.bincount(index, minlength=15) / index.size
    gaps = np.array([np.bincount(index, confidence - chance, 15) for chance in chance_of_hit(confidence)])
    gaps /= share * index.size
    return (share * np.abs(gaps)).sum(axis=1), (share * gaps**2).sum(axis=1)


def calibration_draws(images: int, simulation: int) -> tuple[Array, Array, Array]:
    """ECE and debiased error of the three models in each draw, and the floor."""
    random = np.random.default_rng((images, simulation))
    confidence = confidences(images, random)
    chance = chance_of_hit(confidence)
    weights = draw_weights(f"calibration {simulation}", range(images))
    all_confidences = np.broadcast_to(confidence, chance.shape)
    bins = reliability_bins(all_confidences, random.random(chance.shape) < chance, weights)
    return expected_calibration_error(bins), debiased_calibration_error(bins), calibration_floor(confidence)


def held(interval: tuple[Array, Array], truth: Array | float) -> NDArray[np.bool_]:
    low, high = interval
    return (low <= truth) & (truth <= high)


@pytest.mark.parametrize("images", SIZES)
def test_calibration_errors(images):
    ece, square = true_errors()
    debiased_held, contrast_held, reflected_held, ece_held, floors = [], [], [], [], []
    for simulation in range(SIZES[images]):
        ece_draws, debiased, floor = calibration_draws(images, simulation)
        debiased_held.append(held(debiased_interval(debiased), np.sqrt(square)))
        squares = signed_square(debiased)
        contrast = centred_interval(squares[:, 1:] - squares[:, :-1])
        contrast_held.append(held(contrast, square[1:] - square[:-1]))
        reflected_held.append(held(reflected_interval(squares), square))
        ece_held.append(held(reflected_interval(ece_draws), ece))
        floors.append(floor)
    assert (np.mean(debiased_held, axis=0) >= LEAST).all()
    assert (np.mean(contrast_held, axis=0) >= LEAST).all()
    # Why the debiased error is centred: reflection takes the bias off twice.
    assert np.mean(reflected_held, axis=0)[1] < np.mean(debiased_held, axis=0)[1]
    # Why no claim rests on plain ECE: no interval finds the 0 of a calibrated model.
    assert np.mean(ece_held, axis=0)[0] < 0.6
    far_from_floor = ece > 2 * np.mean(floors)
    assert far_from_floor[2]
    assert (np.mean(ece_held, axis=0)[far_from_floor] >= 0.82).all()


def simulate(images: int, draws: Callable[[np.random.Generator, str], dict[str, Array]]) -> dict[str, Array]:
    """Draws of each statistic, shape (simulations, draws)."""
    rows = [
        draws(np.random.default_rng((images, simulation)), f"simulation {simulation}")
        for simulation in range(SIZES[images])
    ]
    return {name: np.array([row[name] for row in rows]) for name in rows[0]}


def check(draws: dict[str, Array], truth: dict[str, float]) -> None:
    """Intervals hold the truth, and are about as wide as the estimates' own spread asks for."""
    for name, values in draws.items():
        low, high = centred_interval(values.T)
        assert held((low, high), truth[name]).mean() >= LEAST, name
        width = (high - low).mean() / (2 * 1.96 * values[:, 0].std())
        assert 0.8 < width < 1.3, name


@pytest.mark.parametrize("images", SIZES)
def test_nll_and_brier(images):
    def scores(random: np.random.Generator, count: int) -> dict[str, Array]:
        confidence = confidences(count, random)
        hit = random.random(count) < chance_of_hit(confidence)[1]
        # The rest of the probability is shared by twenty classes.
        label = np.where(hit, confidence, (1 - confidence) / 20)
        return {"nll": -np.log(label), "brier": (1 - label) ** 2}

    def draws(random: np.random.Generator, namespace: str) -> dict[str, Array]:
        weights = draw_weights(namespace, range(images))
        return {name: weighted_mean(values, weights) for name, values in scores(random, images).items()}

    population = scores(np.random.default_rng(99), 5_000_000)
    check(simulate(images, draws), {name: values.mean() for name, values in population.items()})


@pytest.mark.parametrize("images", SIZES)
def test_detection(images):
    others, apart = images // 3, 1.5

    def draws(random: np.random.Generator, namespace: str) -> dict[str, Array]:
        result = detection(
            random.normal(apart, 1, images),
            random.normal(0, 1, others),
            draw_weights(f"{namespace} known", range(images)),
            draw_weights(f"{namespace} other", range(others)),
        )
        return {"auroc": result.auroc, "id": result.fpr95_id_positive, "ood": result.fpr95_ood_positive}

    fpr = 1 - norm.cdf(apart - norm.ppf(0.95))
    check(simulate(images, draws), {"auroc": norm.cdf(apart / np.sqrt(2)), "id": fpr, "ood": fpr})
