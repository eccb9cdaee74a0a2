"""Shares of a spread: by hand, against an analysis of variance, and under labels that mean nothing."""

import numpy as np
import pytest
from scipy import stats

from clipsafe_utils.metrics.relabelling import (
    RELABELLINGS,
    chance_of_more,
    indicators,
    share_of_spread,
    shares_by_chance,
)


def test_a_share_by_hand() -> None:
    # Means 1 and 4 about 2.5: squares 2.25 each, 9 in all, of 10 about the mean of 0.5, 1.5, 3.5 and 4.5.
    assert share_of_spread([0.5, 1.5, 3.5, 4.5], indicators(["a", "a", "b", "b"])) == pytest.approx(0.9)
    assert share_of_spread([[0.0, 1.0], [1.0, 1.0]], indicators(["a", "b"])) == pytest.approx([1.0, 0.0])
    assert share_of_spread([0.5, 1.5, 3.5, 4.5], indicators(["a"] * 4)) == 0


def test_a_share_is_that_of_one_way_analysis_of_variance() -> None:
    random = np.random.default_rng(0)
    names = np.array(["a"] * 2 + ["b"] * 5 + ["c"] * 7 + ["d"])
    values = random.normal(size=15)
    share = share_of_spread(values, indicators(names))
    found = stats.f_oneway(*(values[names == name] for name in "abcd"))
    # F is the quotient of mean squares, of 3 and 11 degrees of freedom.
    assert share / 3 / ((1 - share) / 11) == pytest.approx(found.statistic)


def test_of_one_column_it_is_the_squared_correlation() -> None:
    random = np.random.default_rng(1)
    x, y = random.normal(size=(2, 20))
    assert share_of_spread(y, x[:, None]) == pytest.approx(stats.pearsonr(x, y).statistic ** 2)


def test_labels_at_random_account_for_their_degrees_of_freedom() -> None:
    names = ["a"] * 6 + ["b"] * 3 + ["c"] * 2 + ["d", "e"]
    values = np.random.default_rng(2).gamma(0.5, size=13)
    by_chance = shares_by_chance(values, indicators(names), 0)
    assert by_chance.size == RELABELLINGS
    assert by_chance.mean() == pytest.approx(4 / 12, abs=0.01)
    assert (by_chance == shares_by_chance(values, indicators(names), 0)).all()


def test_of_labels_that_mean_nothing_the_p_value_is_uniform() -> None:
    random = np.random.default_rng(3)
    columns = indicators(["a"] * 6 + ["b"] * 3 + ["c"] * 3 + ["d", "e"])
    values = np.exp(random.normal(size=(200, 14)))
    p_values = [
        chance_of_more(float(share_of_spread(one, columns)), shares_by_chance(one, columns, seed))
        for seed, one in enumerate(values)
    ]
    assert stats.kstest(p_values, "uniform").pvalue > 0.01


def test_a_p_value_agrees_with_the_permutation_test_of_scipy() -> None:
    random = np.random.default_rng(4)
    names = np.array(["a"] * 4 + ["b"] * 4 + ["c"] * 4)
    values = random.normal(size=12) + (names == "a")

    def f_of(one: np.ndarray, two: np.ndarray, three: np.ndarray) -> float:
        return float(stats.f_oneway(one, two, three).statistic)

    theirs = stats.permutation_test(
        [values[names == name] for name in "abc"], f_of, n_resamples=2000, alternative="greater", rng=0
    )
    share = float(share_of_spread(values, indicators(names)))
    ours = chance_of_more(share, shares_by_chance(values, indicators(names), 0))
    assert ours == pytest.approx(theirs.pvalue, abs=0.03)


def test_a_share_that_chance_never_reaches_is_not_impossible() -> None:
    assert chance_of_more(0.9, np.zeros(999)) == pytest.approx(0.001)
    assert chance_of_more(0.5, np.full(9, 0.5)) == 1


@pytest.mark.parametrize(
    ("values", "columns", "said"),
    [
        ([1.0, 2.0], [[1.0]], r"^columns: expected 2 rows, one a model, got shape \(1, 1\)"),
        ([1.0, 2.0], [1.0, 0.0], r"^columns: expected 2 rows"),
        ([1.0, np.nan], [[1.0], [0.0]], r"^values: expected finite numbers"),
    ],
)
def test_what_does_not_fit_is_refused(values: list[float], columns: list[object], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        share_of_spread(values, columns)  # type: ignore[arg-type]


def test_several_rows_are_not_relabelled_together() -> None:
    with pytest.raises(ValueError, match=r"^values: expected one number a model"):
        shares_by_chance([[1.0, 2.0]], [[1.0], [0.0]], 0)
