import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import binomtest, ttest_1samp
from statsmodels.stats.multitest import multipletests

from clipsafe_utils.metrics.intervals import holm, student_p_value, wilson_interval

p_values = arrays(np.float64, st.integers(1, 12), elements=st.floats(0, 1))


def test_wilson_by_hand():
    low, high = wilson_interval(5, 10)
    # z = 1.96: centre 0.5, half width z / (1 + z^2 / 10) * sqrt(0.025 + z^2 / 400).
    assert low == pytest.approx(0.236593, abs=1e-6)
    assert high == pytest.approx(0.763407, abs=1e-6)


@pytest.mark.parametrize(("hits", "images"), [(0, 1), (0, 150), (7, 40), (638, 638), (12_345, 15_064)])
@pytest.mark.parametrize("confidence", [0.8, 0.95, 0.99])
def test_wilson_agrees_with_scipy(hits, images, confidence):
    expected = binomtest(hits, images).proportion_ci(confidence, method="wilson")
    low, high = wilson_interval(hits, images, confidence)
    assert (low, high) == pytest.approx((expected.low, expected.high), abs=1e-12)


@given(st.data(), st.integers(1, 50_000))
def test_wilson_holds_the_share_and_mirrors(data, images):
    hits = data.draw(st.integers(0, images))
    low, high = wilson_interval(hits, images)
    assert 0 <= low <= hits / images <= high <= 1
    assert low < high
    mirrored_low, mirrored_high = wilson_interval(images - hits, images)
    assert (mirrored_low, mirrored_high) == pytest.approx((1 - high, 1 - low), abs=1e-12)


@given(st.data(), st.integers(1, 5000))
def test_wilson_narrows_with_more_images(data, images):
    hits = data.draw(st.integers(0, images))
    low, high = wilson_interval(hits, images)
    low_of_four, high_of_four = wilson_interval(4 * hits, 4 * images)
    assert high_of_four - low_of_four < high - low


def test_wilson_ends_exactly_at_0_and_1():
    low, high = wilson_interval([0, 13], [13, 13])
    assert low[0] == 0
    assert high[1] == 1


def test_holm_by_hand():
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])


@pytest.mark.parametrize("claims", [1, 2, 7, 20])
def test_holm_agrees_with_statsmodels(claims):
    p = np.random.default_rng(claims).random(claims).round(2) ** 3
    np.testing.assert_allclose(holm(p), multipletests(p, method="holm")[1], atol=1e-15)


@given(p_values, st.randoms())
def test_holm_does_not_depend_on_order(p, random):
    order = list(range(p.size))
    random.shuffle(order)
    np.testing.assert_array_equal(holm(p[order]), holm(p)[order])


@given(p_values)
def test_holm_only_raises_keeps_order_and_keeps_ties(p):
    adjusted = holm(np.append(p, p[0]))
    assert (adjusted[:-1] >= p).all()
    assert adjusted.max() <= 1
    assert adjusted[0] == adjusted[-1]
    assert (np.diff(adjusted[:-1][np.argsort(p)]) >= 0).all()


def test_holm_treats_each_row_as_a_family_of_its_own():
    p = np.random.default_rng(0).random((3, 2, 5))
    rows = [holm(row) for row in p.reshape(6, 5)]
    np.testing.assert_array_equal(holm(p), np.reshape(rows, (3, 2, 5)))


def test_student_p_value_agrees_with_the_t_test():
    sample = np.random.default_rng(1).normal(0.5, 1, 9)
    expected = ttest_1samp(sample, 0).pvalue
    found = student_p_value(sample.mean(), sample.std(ddof=1) / 3, 8)
    assert found == pytest.approx(expected)
    assert student_p_value(-sample.mean(), sample.std(ddof=1) / 3, 8) == pytest.approx(expected)


def test_student_p_value_without_spread_or_freedom():
    assert student_p_value([0.0, 0.1, -0.1], 0.0, 4).tolist() == [1.0, 0.0, 0.0]
    assert student_p_value([0.0, 5.0], 1.0, 0).tolist() == [1.0, 1.0]
