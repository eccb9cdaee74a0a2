import statistics

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm, t

from clipsafe_utils.metrics.baseline import FITS, predict_baseline, prediction_interval, support

X = np.linspace(0.55, 0.85, 12)
Y = 0.9 * X + 0.01 * np.random.default_rng(0).normal(size=12)
FAMILIES = list("aabbccddeeff")


def test_a_prediction_by_hand():
    assert predict_baseline([0.5, 0.6, 0.7], [0.2, 0.3, 0.4], [0.8], "least_squares", "raw") == pytest.approx(
        0.5
    )


@pytest.mark.parametrize("fit", FITS)
def test_probit_axes_are_where_the_line_is_straight(fit):
    y = norm.cdf(0.3 + 1.2 * norm.ppf(X))
    at = np.array([0.6, 0.72, 0.95])
    expected = norm.cdf(0.3 + 1.2 * norm.ppf(at))
    np.testing.assert_allclose(predict_baseline(X, y, at, fit, "probit"), expected, atol=1e-9)
    assert np.abs(predict_baseline(X, y, at, fit, "raw") - expected).max() > 0.01


def test_least_squares_on_probit_axes_agrees_with_statsmodels():
    model = sm.OLS(norm.ppf(Y), sm.add_constant(norm.ppf(X))).fit()
    expected = norm.cdf(model.predict([[1, norm.ppf(0.7)]]))
    assert predict_baseline(X, Y, [0.7], "least_squares", "probit") == pytest.approx(expected)


@pytest.mark.parametrize("fit", FITS)
def test_predictions_are_batched(fit):
    y = np.stack([Y, Y[::-1]])
    both = predict_baseline(X, y, [0.6, 0.7], fit, "raw")
    assert both.shape == (2, 2)
    np.testing.assert_allclose(both[1], predict_baseline(X, Y[::-1], [0.6, 0.7], fit, "raw"))


def test_a_pooled_prediction_interval_by_hand():
    # Mean squares: family a (1 + 9) / 2 = 5, b 4, c 0; scale sqrt(9 / 3); t(2) at 97.5 % is 4.302653.
    half_width, scale, freedom = prediction_interval(
        [0.5, 0.6, 0.7, 0.8], [1, -3, 2, 0], ["a", "a", "b", "c"], [0.1, 0.7], "pooled"
    )
    assert scale.tolist() == pytest.approx([3**0.5, 3**0.5])
    assert half_width.tolist() == pytest.approx([4.302653 * 3**0.5] * 2, rel=1e-6)
    assert freedom.tolist() == [2, 2]


def test_a_prediction_interval_takes_its_spread_near_the_target_by_hand():
    half_width, scale, freedom = prediction_interval(
        [0.50, 0.61, 0.66, 0.90], [1, -3, 2, 7], ["a", "a", "b", "c"], [0.4, 0.5, 0.6, 0.65, 0.8, 0.95]
    )
    # Near 0.5: 1 of a. Near 0.6: both of a, 5, and 4 of b; t(1) is 12.706205. Near 0.65: 9 of a, 4 of b.
    np.testing.assert_allclose(scale, [np.nan, 1, 4.5**0.5, 6.5**0.5, 7, np.nan])
    assert freedom.tolist() == [0, 0, 1, 1, 0, 0]
    expected = [np.inf, np.inf, 12.706205 * 4.5**0.5, 12.706205 * 6.5**0.5, np.inf, np.inf]
    np.testing.assert_allclose(half_width, expected, rtol=1e-6)


@given(st.integers(0, 1000), st.floats(0.01, 0.99))
def test_a_prediction_interval_is_that_of_a_loop_over_families(seed, confidence):
    random = np.random.default_rng(seed)
    x, residuals, at = random.uniform(0.5, 0.9, 12), random.normal(size=(2, 12)), random.uniform(0.4, 1, 5)
    found = prediction_interval(x, residuals, FAMILIES, at, confidence=confidence)
    for row, place in np.ndindex(2, 5):
        squares: dict[str, list[float]] = {}
        for model, family in enumerate(FAMILIES):
            if abs(x[model] - at[place]) <= 0.1 and x.min() <= at[place] <= x.max():
                squares.setdefault(family, []).append(residuals[row, model] ** 2)
        half_width, scale, freedom = (one[row, place] for one in found)
        assert freedom == max(len(squares) - 1, 0)
        if squares:
            assert scale == pytest.approx(statistics.mean(map(statistics.mean, squares.values())) ** 0.5)
        if freedom:
            assert half_width == pytest.approx(scale * t.isf((1 - confidence) / 2, freedom))


@given(st.integers(0, 1000), st.floats(0.01, 100))
def test_a_prediction_interval_scales_and_counts_families(seed, factor):
    random = np.random.default_rng(seed)
    residuals = random.normal(size=12)
    half_width, scale, freedom = prediction_interval(X, residuals, FAMILIES, X)
    order = random.permutation(12)
    again, *_ = prediction_interval(X[order], -factor * residuals[order], np.array(FAMILIES)[order], X)
    copied, *_ = prediction_interval([*X, *X[:2]], [*residuals, *residuals[:2]], [*FAMILIES, "a", "a"], X)
    np.testing.assert_allclose(again, factor * half_width)
    np.testing.assert_allclose(copied, half_width)
    assert (half_width > 1.96 * scale).all()
    np.testing.assert_array_equal(freedom, support(X, FAMILIES, X) - 1)


def test_support_by_hand():
    x = [0.25, 0.5, 0.5, 0.75]
    families = ["a", "b", "b", "c"]
    at = [0.2, 0.25, 0.375, 0.5, 0.6, 0.75, 0.76]
    assert support(x, families, at, width=0.125).tolist() == [0, 1, 2, 1, 1, 1, 0]
    assert support(x, families, at, width=0.25).tolist() == [0, 2, 2, 3, 2, 2, 0]


def test_support_is_batched():
    x = np.random.default_rng(0).uniform(0.5, 0.9, (3, 12))
    at = np.random.default_rng(1).uniform(0.4, 1, (3, 4))
    rows = [support(x[row], FAMILIES, at[row]) for row in range(3)]
    np.testing.assert_array_equal(support(x, FAMILIES, at), rows)


@given(st.floats(0, 1), st.floats(0.01, 0.3))
def test_support_grows_with_the_width_and_ends_with_the_range(at, width):
    narrow, wide = support(X, FAMILIES, [at], width), support(X, FAMILIES, [at], 2 * width)
    assert 0 <= narrow <= wide <= 6
    assert (support(X, FAMILIES, [at], 1.0) == 6) == (X.min() <= at <= X.max())
