"""With no effect, and with the smallest that matters, the ledger is wrong in 5 % of cases at most."""

import importlib.util
from types import ModuleType

import numpy as np
import pytest

from clipsafe_utils.cubes.studies import REPOSITORY

REPETITIONS = 400
ALPHA = 0.05
HIGHEST = ALPHA + 3 * np.sqrt(ALPHA * (1 - ALPHA) / REPETITIONS)
"""Three binomial errors above what is promised; the published table has five times the repetitions."""


@pytest.fixture(scope="module")
def simulation() -> ModuleType:
    file = REPOSITORY / "benchmarks" / "ledger.py"
    specification = importlib.util.spec_from_file_location("simulation_of_the_ledger", file)
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


@pytest.mark.slow
def test_false_verdicts_with_five_families(simulation: ModuleType) -> None:
    for row in simulation.simulate(REPETITIONS, families=[5]):
        assert row["false_at_none"] <= HIGHEST, row
        assert row["false_at_smallest"] <= HIGHEST, row
        for shares in row["verdicts"].values():
            assert sum(shares.values()) == pytest.approx(1)


def test_more_is_seen_of_larger_effects(simulation: ModuleType) -> None:
    effects = simulation.pairs(simulation.random_of(1), 100, 8, 1.0)
    row = simulation.judged("pairs", simulation.UP, simulation.shifted(effects), 8, 1.0)
    supported = [row["verdicts"][times]["supported"] for times in ("0", "1", "2", "4")]
    assert supported == sorted(supported)
    assert supported[-1] == 1


def test_noise_of_the_images_is_as_large_as_it_should_be(simulation: ModuleType) -> None:
    effects = simulation.pairs(simulation.random_of(2), 300, 15, 0.0, images=1_500)
    # Two thirds of a smallest effect for one pair, half of its variance common to all of them.
    one = 0.5 / np.sqrt(1_500) / 0.02
    errors = [effect.error_of_images for effect in effects]
    assert np.sqrt(0.5) * one < np.mean(errors) < one
    assert np.std([effect.value for effect in effects]) == pytest.approx(np.mean(errors), rel=0.15)


def test_correlations_are_those_that_are_meant(simulation: ModuleType) -> None:
    found = simulation.correlations(400, 15, 0)
    for times, true in simulation.CORRELATIONS.items():
        assert np.mean([effect.value for effect in found(times)]) == pytest.approx(true, abs=0.04)
