import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import linregress, rankdata, spearmanr

from clipsafe_utils.metrics.correlation import (
    partial_correlation,
    partial_correlation_interval,
    rank_correlation,
    rank_correlation_interval,
    ranks,
    slope_interval,
)
from tests.metrics.test_coverage import SHARED, SIZES, assert_covers, turns

NOTHING = np.empty((0, 5))
X, Y = [0.5, 0.6, 0.7, 0.8, 0.9], [0.2, 0.1, 0.4, 0.3, 0.5]
numbers = st.lists(st.integers(-50, 50), min_size=5, max_size=5, unique=True)


def two_measurements(seed, models=12, controls=2):
    random = np.random.default_rng(seed)
    held = random.normal(size=(controls, models))
    x = held.sum(axis=0) + random.normal(size=models)
    return x, 0.5 * x + held[0] + random.normal(size=models), held


def test_ranks_by_hand():
    # Ranks 1 2 3 4 5 against 2 1 4 3 5: squared differences add up to 4, and 1 - 6 * 4 / (5 * 24) = 0.8.
    assert rank_correlation(X, Y) == pytest.approx(0.8)


@pytest.mark.parametrize("shape", [(5,), (0,), (3, 7), (0, 4), (2, 0), (4, 3, 20)])
@pytest.mark.parametrize("hole", [np.nan, np.inf, 0.0])
def test_ranks_are_those_of_scipy(shape, hole):
    values = np.random.default_rng(len(shape)).integers(0, 6, shape) / 3
    values.flat[:1] = hole
    np.testing.assert_array_equal(ranks(values), rankdata(values, axis=-1))


def test_partial_correlation_by_the_formula_of_three_correlations():
    x, y, held = two_measurements(0, controls=1)
    r = np.corrcoef([x, y, held[0]])
    expected = (r[0, 1] - r[0, 2] * r[1, 2]) / np.sqrt((1 - r[0, 2] ** 2) * (1 - r[1, 2] ** 2))
    assert partial_correlation(x, y, held) == pytest.approx(expected)


@pytest.mark.parametrize("seed", range(3))
def test_ranks_agree_with_scipy_ties_or_not(seed):
    random = np.random.default_rng(seed)
    for x, y in (random.normal(size=(2, 9)), random.integers(0, 4, size=(2, 9))):
        assert rank_correlation(x, y) == pytest.approx(spearmanr(x, y).statistic)


@pytest.mark.parametrize("seed", range(3))
def test_partial_correlation_agrees_with_the_residuals_of_statsmodels(seed):
    x, y, held = two_measurements(seed)
    design = sm.add_constant(1e3 * held.T)
    residuals = [sm.OLS(values, design).fit().resid for values in (x, y)]
    assert partial_correlation(x, y, 1e3 * held) == pytest.approx(np.corrcoef(residuals)[0, 1])


def test_slope_agrees_with_scipy():
    assert slope_interval(X, Y, list("abcde")).estimate == pytest.approx(linregress(X, Y).slope)


def test_one_model_a_family_gives_the_textbook_jackknife_on_fishers_scale():
    x, y, held = two_measurements(1)
    found = partial_correlation_interval(x, y, held, range(12))
    left_out = [
        np.arctanh(partial_correlation(np.delete(x, i), np.delete(y, i), np.delete(held, i, axis=1)))
        for i in range(12)
    ]
    half = 2.200985 * np.sqrt(11 / 12 * np.sum((left_out - np.mean(left_out)) ** 2))
    centre = np.arctanh(partial_correlation(x, y, held))
    assert (found.low, found.high) == pytest.approx((np.tanh(centre - half), np.tanh(centre + half)))


@given(numbers, numbers)
def test_ranks_do_not_change_under_what_keeps_the_order(x, y):
    r = rank_correlation(x, y)
    assert -1 <= r <= 1
    assert rank_correlation(y, x) == pytest.approx(r)
    assert rank_correlation(np.exp(np.array(x) / 10), y) == pytest.approx(r)
    assert rank_correlation(np.negative(x), y) == pytest.approx(-r)
    assert rank_correlation(x[::-1], y[::-1]) == pytest.approx(r)


@given(st.integers(0, 1000), st.floats(-3, 3), st.floats(0.1, 10))
def test_what_the_controls_add_is_taken_off(seed, weight, scale):
    x, y, held = two_measurements(seed)
    r = partial_correlation(x, y, held)
    moved = partial_correlation(scale * (x + weight * held[0]) + 7, y - weight * held[1], held)
    assert moved == pytest.approx(r, abs=1e-6)
    assert partial_correlation(y, x, held[::-1]) == pytest.approx(r)


def test_a_control_that_does_not_vary_changes_nothing():
    x, y, held = two_measurements(2, controls=1)
    with_constant = [held[0], np.full(12, 12.8e9), 2 * held[0]]
    assert partial_correlation(x, y, with_constant) == pytest.approx(partial_correlation(x, y, held))


def test_everything_is_batched():
    random = np.random.default_rng(3)
    x, y, held = (random.normal(size=(rows, 12)) for rows in (3, 3, 2))
    families = [0, 0, 1, 2, 3, 4, 4, 5, 6, 7, 7, 8]
    for interval in (
        lambda one, two: rank_correlation_interval(one, two, families),
        lambda one, two: partial_correlation_interval(one, two, held, families),
        lambda one, two: slope_interval(one, two, families),
    ):
        together = interval(x, y)
        for row in range(3):
            alone = interval(x[row], y[row])
            for name in ("estimate", "low", "high", "p_value"):
                assert getattr(together, name)[row] == pytest.approx(getattr(alone, name))


@pytest.mark.parametrize("sign", [1, -1])
def test_full_agreement_keeps_its_estimate_inside_a_finite_interval(sign):
    found = rank_correlation_interval(X, np.multiply(sign, X), list("abcde"))
    # Of the five models, half a swap away from full agreement is 1 - 6 / 120; of four, 1 - 6 / 60.
    assert sign * found.estimate == pytest.approx(1)
    assert sorted(np.abs([found.low, found.high])) == pytest.approx([0.95, 1])


def test_the_whole_range_where_a_family_holds_nearly_all_models():
    found = rank_correlation_interval(X, Y, list("aaaab"))
    assert (found.low, found.high, found.p_value, found.decided) == (-1, 1, 1, False)
    assert found.families == 2
    slope = slope_interval(X, Y, list("aaabc"))
    assert (slope.low, slope.high) == (-np.inf, np.inf)
    partial = partial_correlation_interval(X, Y, [[1, 2, 1, 2, 1]], list("aabcd"))
    assert (partial.low, partial.high) == (-1, 1)
    assert np.isfinite(rank_correlation_interval(X, Y, list("aabcd")).p_value)


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda: rank_correlation([1, np.nan, 2], [1, 2, 3]), "x"),
        (lambda: rank_correlation([1, 1, 1], [1, 2, 3]), "x"),
        (lambda: partial_correlation([1, 2, 3], [4, 4, 4], np.empty((0, 3))), "y"),
        (lambda: partial_correlation([1, 2, 3], [1, 2, 4], [[2, 4, 6]]), "x"),
        (lambda: partial_correlation(X, Y, [1, 2, 3, 4, 5]), "controls"),
        (lambda: partial_correlation(X, Y, [[1, 2, 3, 4, np.nan]]), "controls"),
        (lambda: rank_correlation_interval(X, Y, ["a", "b", "c", "d"]), "families"),
        (lambda: partial_correlation_interval(X, Y, NOTHING, ["a", "b", "c", "d", ""]), "families"),
        (lambda: slope_interval(X, Y, list("abcde"), confidence=1), "confidence"),
    ],
)
def test_bad_arguments_are_named(call, name):
    with pytest.raises(ValueError, match=rf"^{name}\b"):
        call()


@pytest.mark.parametrize("shared", SHARED)
@pytest.mark.parametrize("truth", [0.5, 0.98])
@pytest.mark.parametrize("families", [5, 8, 15])
def test_intervals_hold_the_truth(families, truth, shared):
    """Bounds: what was found over 36 such worlds, those with a family effect on one side only included."""
    random = np.random.default_rng(families)
    family = np.repeat(np.arange(families), SIZES[families])
    x = turns(random, family, shared)
    y = truth * x + np.sqrt(1 - truth**2) * turns(random, family, 0.9 if shared == 0.3 else shared)
    held = random.normal(size=(1, family.size))
    of_ranks = rank_correlation_interval(x, y, family)
    expected = 6 / np.pi * np.arcsin(truth / 2)
    assert_covers((of_ranks.low <= expected) & (expected <= of_ranks.high), 0.94, 0.97)
    partial = partial_correlation_interval(x + held, y - 2 * held, held, family)
    assert_covers((partial.low <= truth) & (truth <= partial.high), 0.915, 0.97)
    slope = slope_interval(x, y, family)
    assert_covers((slope.low <= truth) & (truth <= slope.high), 0.925, 0.97)
