"""How often the intervals hold the truth, at the sizes at which the book uses them.

Each bound is what was found for the method, not what it promises; it is passed if the simulation is within
three of its own binomial errors.
"""

import numpy as np
import pytest
from scipy.special import expit
from scipy.stats import binom

from clipsafe_utils.metrics.baseline import SPREADS
from clipsafe_utils.metrics.cue_decisions import shape_bias_interval
from clipsafe_utils.metrics.families import difference_of_groups
from clipsafe_utils.metrics.intervals import wilson_interval
from clipsafe_utils.metrics.robustness import effective_robustness

RUNS = 2000
SIZES = {
    5: [1, 2, 4, 8, 12],
    8: [1, 1, 2, 3, 4, 6, 8, 12],
    15: [1, 1, 1, 1, 2, 2, 2, 3, 3, 4, 4, 5, 6, 8, 12],
}
"""Models of each family; the 83 standard models of the public record stand in families of 1 to 16."""

SHARED = [0.0, 0.3, 0.9]
"""Share of the variance that a family's models have in common; 0.1 to 0.4 in the public record."""


def assert_covers(holds, low, high):
    covered = np.mean(holds)
    error = 3 * np.sqrt(np.array([low * (1 - low), high * (1 - high)]) / len(holds))
    assert low - error[0] <= covered <= high + error[1]


def turns(random, families, shared):
    """Of each model, in each run: its family's turn and its own, with variance 1 together."""
    own = random.normal(size=(RUNS, families.size))
    common = random.normal(size=(RUNS, families.max() + 1))[:, families]
    return np.sqrt(shared) * common + np.sqrt(1 - shared) * own


@pytest.mark.parametrize(("images", "lowest"), [(40, 0.925), (150, 0.935), (638, 0.944), (15_064, 0.948)])
def test_wilson(images, lowest):
    """Exact, by summing over all numbers of hits."""
    hits = np.arange(images + 1)
    low, high = wilson_interval(hits, images)
    truths = np.linspace(0.05, 0.95, 181)
    holds = (low <= truths[:, None]) & (truths[:, None] <= high)
    coverage = (binom.pmf(hits, images, truths[:, None]) * holds).sum(axis=1)
    assert coverage.min() > lowest
    assert coverage.mean() == pytest.approx(0.95, abs=0.003)


def new_models_held(fit, shared, families, spread, falls, place=None):
    """Of the last model of each run, of a new family: whether it is within its interval, where that ends.

    The spread of the residuals is the same everywhere, or falls with accuracy: by half from 0.5 to 0.72.
    """
    random = np.random.default_rng(families)
    family = np.repeat(np.arange(families + 1), [*SIZES[families], 1])
    x = 0.72 + 0.06 * turns(random, family, 1.0) + 0.04 * turns(random, family, 0.0)
    if place is not None:
        x[:, -1] = place
    x = x.clip(0.4, 0.95)
    size = (0.96 - x) / 0.24 if falls else 1
    y = 0.1 + 0.85 * x + 0.01 * size * turns(random, family, shared)
    runs = RUNS if fit == "least_squares" else RUNS // 2  # the others cost ten times as much
    judged = family < families, family == families
    found = effective_robustness(x[:runs], y[:runs], family, judged[0], fit, spread=spread, judged=judged[1])
    supported = found.families_in_support[:, -1] > 0
    return (np.abs(found.residual) <= found.half_width)[supported, -1]


@pytest.mark.parametrize("fit", ["huber", "least_squares", "local"])
@pytest.mark.parametrize("shared", SHARED)
@pytest.mark.parametrize(("families", "highest"), [(5, 0.99), (8, 0.98), (15, 0.97)])
@pytest.mark.parametrize("falls", [False, True])
def test_prediction_interval_of_a_new_familys_model(fit, shared, families, highest, falls):
    holds = new_models_held(fit, shared, families, "near", falls)
    assert holds.size > 800
    assert_covers(holds, 0.945, highest)


@pytest.mark.parametrize("shared", SHARED)
@pytest.mark.parametrize(("families", "highest"), [(5, 0.99), (8, 0.98), (15, 0.97)])
def test_pooled_prediction_interval_where_the_spread_is_the_same_everywhere(shared, families, highest):
    assert_covers(new_models_held("least_squares", shared, families, "pooled", falls=False), 0.945, highest)


@pytest.mark.parametrize("shared", SHARED)
@pytest.mark.parametrize("families", [8, 15])
def test_at_the_low_end_of_a_cloud_whose_spread_falls_the_near_scale_holds_more(shared, families):
    near, pooled = (
        new_models_held("huber", shared, families, spread, falls=True, place=0.6) for spread in SPREADS
    )
    assert_covers(near, 0.91, 0.97)
    assert pooled.mean() < 0.90


@pytest.mark.parametrize("shared", SHARED)
@pytest.mark.parametrize(
    ("first", "second", "highest"), [(5, 5, 0.985), (5, 15, 0.985), (8, 8, 0.98), (15, 15, 0.97)]
)
def test_difference_of_two_groups_of_families(shared, first, second, highest):
    random = np.random.default_rng(first + second)
    families = np.repeat(np.arange(first + second), [*SIZES[first], *SIZES[second]])
    found = difference_of_groups(turns(random, families, shared), families, families < first)
    assert_covers((found.low <= 0) & (found.high >= 0), 0.95, highest)


@pytest.mark.parametrize("families", [5, 8, 15])
def test_difference_of_two_groups_that_share_their_families(families):
    random = np.random.default_rng(families)
    family = np.repeat(np.arange(families), SIZES[families])
    common = turns(random, family, 1.0)
    values = np.concatenate([common + 0.5 * turns(random, family, 0.0) for _ in range(2)], axis=1)
    found = difference_of_groups(values, np.tile(family, 2), np.arange(2 * family.size) < family.size)
    assert_covers((found.low <= 0) & (found.high >= 0), 0.945, 0.97)


@pytest.mark.parametrize("spread", [1.0, 1.5])
@pytest.mark.parametrize("linked", [0.0, 0.8])
@pytest.mark.parametrize(
    ("middle", "lowest"), [(-3.0, 0.90), (-1.5, 0.92), (0.0, 0.945), (1.5, 0.93), (3.5, 0.91)]
)
def test_shape_bias_of_the_population_of_classes(spread, linked, middle, lowest):
    """Class biases as networks and people have them: log odds with a spread of 1 to 1.5 over classes.

    `linked` is how far classes judged by shape are also decided more often (0.5 to 0.9 in the record).
    """
    random = np.random.default_rng(1)
    log_odds = random.normal(size=(RUNS, 16))
    ease = linked * log_odds + np.sqrt(1 - linked**2) * random.normal(size=(RUNS, 16))
    bias, decided = expit(middle + spread * log_odds), expit(0.5 + 0.6 * ease)
    truth = (bias * decided).sum() / decided.sum()
    assert 0.05 < truth < 0.97
    named = random.binomial(75, decided)
    shape = random.binomial(named, bias)
    low, high = shape_bias_interval(shape, named - shape)
    assert_covers((low <= truth) & (truth <= high), lowest, 0.965)
