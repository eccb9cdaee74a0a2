import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import ttest_1samp, ttest_ind, ttest_rel

from clipsafe_utils.metrics.families import (
    FEWEST_UNITS,
    difference_of_groups,
    jackknife_over_families,
    mean_over_families,
)

values = st.lists(st.floats(-1, 1), min_size=4, max_size=20)


def interval(estimate):
    return pytest.approx((float(estimate.low), float(estimate.high)))


def test_a_family_counts_once_by_hand():
    assert mean_over_families([1, 2, 3, 10], ["a", "a", "a", "b"]) == 6.0


@given(values, st.randoms())
def test_the_mean_does_not_depend_on_order_nor_on_copies_of_a_whole_family(numbers, random):
    families = [random.choice("abcd") for _ in numbers]
    expected = mean_over_families(numbers, families)
    order = list(range(len(numbers)))
    random.shuffle(order)
    shuffled = mean_over_families([numbers[i] for i in order], [families[i] for i in order])
    doubled = [i for i, family in enumerate(families) for _ in range(1 + (family == families[0]))]
    copied = mean_over_families([numbers[i] for i in doubled], [families[i] for i in doubled])
    assert shuffled == pytest.approx(expected, abs=1e-12)
    assert copied == pytest.approx(expected, abs=1e-12)


def test_the_mean_is_batched():
    numbers, families = np.random.default_rng(0).normal(size=(3, 2, 6)), list("aabbbc")
    rows = [mean_over_families(row, families) for row in numbers.reshape(6, 6)]
    np.testing.assert_allclose(mean_over_families(numbers, families), np.reshape(rows, (3, 2)))


def test_one_model_a_family_gives_the_t_test():
    sample = np.random.default_rng(1).normal(0.3, 1, 8)
    found = jackknife_over_families(lambda keep: sample[keep].mean(), list("abcdefgh"))
    expected = ttest_1samp(sample, 0)
    assert found.p_value == pytest.approx(expected.pvalue)
    assert interval(found) == tuple(expected.confidence_interval(0.95))
    assert (found.families, found.decided) == (8, True)


def test_a_statistic_that_is_not_a_mean_agrees_with_the_textbook_jackknife():
    random = np.random.default_rng(2)
    x, y = random.normal(size=(2, 12))
    found = jackknife_over_families(lambda keep: np.corrcoef(x[keep], y[keep])[0, 1], range(12))
    left_out = [np.corrcoef(np.delete(x, i), np.delete(y, i))[0, 1] for i in range(12)]
    variance = 11 / 12 * sum((r - np.mean(left_out)) ** 2 for r in left_out)
    assert (found.high - found.low) / 2 == pytest.approx(2.200985 * variance**0.5, rel=1e-6)


def test_two_groups_have_welchs_standard_error_and_the_smaller_groups_freedom():
    random = np.random.default_rng(3)
    first, second = random.normal(0, 1, 6), random.normal(1, 3, 9)
    found = difference_of_groups([*first, *second], range(15), [True] * 6 + [False] * 9)
    welch = ttest_ind(first, second, equal_var=False)
    standard_error = found.estimate / welch.statistic
    assert found.estimate == pytest.approx(first.mean() - second.mean())
    assert (found.high - found.low) / 2 == pytest.approx(2.570582 * standard_error, rel=1e-6)
    assert found.families == 6


def test_families_that_all_stand_in_both_groups_give_the_paired_t_test():
    random = np.random.default_rng(4)
    family_effect = random.normal(size=7)
    first, second = family_effect + 0.1 * random.normal(size=(2, 7))
    found = difference_of_groups([*first, *second], [*range(7), *range(7)], [True] * 7 + [False] * 7)
    expected = ttest_rel(first, second)
    assert found.p_value == pytest.approx(expected.pvalue)
    assert interval(found) == tuple(expected.confidence_interval(0.95))


def test_a_family_that_stands_in_two_groups_by_hand():
    # Group means 2 (families a, b) and 5 (families b, c). Deviations when one is left out of a group:
    # first: a +1, b -1; second: b +2, c -2, with the sign of a subtracted mean. Each times sqrt(1/2).
    found = difference_of_groups([1, 3, 3, 7], ["a", "b", "b", "c"], [True, True, False, False])
    variance = 0.5 * (1**2 + (-1 - 2) ** 2 + 2**2)
    assert found.estimate == -3
    assert (found.high - found.low) / 2 == pytest.approx(12.706205 * variance**0.5, rel=1e-6)


def test_few_families_are_not_decided_but_estimated():
    at_limit = jackknife_over_families(lambda keep: keep.sum(), range(FEWEST_UNITS))
    below = difference_of_groups(np.arange(7.0), range(7), [True] * 3 + [False] * 4)
    assert at_limit.decided
    assert not below.decided
    assert np.isfinite([below.low, below.high, below.estimate]).all()


def test_one_family_says_nothing():
    found = difference_of_groups([[1.0, 2.0, 5.0], [0.0, 0.0, 1.0]], ["a", "a", "b"], [True, True, False])
    assert found.low.tolist() == [-np.inf, -np.inf]
    assert found.high.tolist() == [np.inf, np.inf]
    assert found.p_value.tolist() == [1.0, 1.0]
    assert (found.families, found.decided) == (1, False)


@given(values, st.floats(0.1, 10), st.randoms())
def test_the_interval_scales_and_does_not_depend_on_order(numbers, factor, random):
    in_first = [i % 2 == 0 for i in range(len(numbers))]
    families = [random.randrange(5) for _ in numbers]
    found = difference_of_groups(numbers, families, in_first)
    order = list(range(len(numbers)))
    random.shuffle(order)
    shuffled = difference_of_groups(
        [factor * numbers[i] for i in order], [families[i] for i in order], [in_first[i] for i in order]
    )
    for name in ("estimate", "low", "high"):
        expected = factor * getattr(found, name)
        np.testing.assert_allclose(getattr(shuffled, name), expected, rtol=1e-6, atol=1e-9)


def test_equal_models_leave_no_doubt():
    found = difference_of_groups(np.zeros(10), range(10), [True] * 5 + [False] * 5)
    assert (found.low, found.estimate, found.high, found.p_value) == (0, 0, 0, 1)


def test_arrays_of_statistics_are_those_of_the_rows():
    numbers = np.random.default_rng(5).normal(size=(3, 12))
    in_first, families = [True] * 6 + [False] * 6, [0, 0, 1, 2, 3, 4, 4, 5, 6, 7, 8, 8]
    together = difference_of_groups(numbers, families, in_first)
    for row in range(3):
        alone = difference_of_groups(numbers[row], families, in_first)
        for name in ("estimate", "low", "high", "p_value"):
            assert getattr(together, name)[row] == pytest.approx(getattr(alone, name))
