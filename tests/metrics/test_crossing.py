"""Shares of a spread, against sums of squares of regressions on the levels."""

import itertools

import numpy as np
import pytest

from clipsafe_utils.metrics.crossing import shares_of_spread


def by_regression(table: np.ndarray) -> list[float]:
    """Regress on the levels of one factor at a time: on a full crossing no two of them overlap."""
    levels = np.array(list(itertools.product(*map(range, table.shape))))
    values = table.ravel()
    total = ((values - values.mean()) ** 2).sum()
    found = []
    for factor in range(table.ndim):
        dummies = (levels[:, [factor]] == np.arange(table.shape[factor])).astype(float)
        fitted = dummies @ np.linalg.lstsq(dummies, values, rcond=None)[0]
        found.append(((fitted - values.mean()) ** 2).sum() / total)
    return [*found, 1 - sum(found)]


def test_each_draw_is_parted_as_regressions_part_it() -> None:
    values = np.random.default_rng(0).normal(size=(3, 2, 3, 4))
    assert shares_of_spread(values) == pytest.approx(np.array([by_regression(one) for one in values]))


def test_what_factors_do_together_is_the_rest() -> None:
    assert shares_of_spread([[[1.0, 0.0], [0.0, 1.0]]]) == pytest.approx(np.array([[0.0, 0.0, 1.0]]))


def test_unit_start_and_order_of_levels_do_not_matter() -> None:
    values = np.random.default_rng(1).normal(size=(1, 3, 4))
    assert shares_of_spread(5 - 2 * values[:, ::-1, [2, 0, 3, 1]]) == pytest.approx(shares_of_spread(values))


def test_where_nothing_varies_no_factor_has_a_share() -> None:
    assert (shares_of_spread(np.ones((2, 2, 2))) == 0).all()


def test_draws_without_a_factor_are_refused() -> None:
    with pytest.raises(
        ValueError, match=r"^values: expected draws and at least one factor, got shape \(2,\)"
    ):
        shares_of_spread([1.0, 2.0])
