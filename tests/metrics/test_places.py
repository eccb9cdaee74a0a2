"""Ranks and their intervals: worked by hand, against scipy, and how often they hold the true rank."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm, rankdata

from clipsafe_utils.metrics.places import FEWEST_DRAWS, places


def all_beside(count: int) -> np.ndarray:
    return np.ones((count, count), bool)


def test_a_rank_and_its_interval_worked_by_hand() -> None:
    # Of three others one interval holds alone with 95 % ** (1 / 3): 2.388 errors of the difference, 0.0338.
    values, errors = [0.50, 0.55, 0.52, 0.40], [0.01] * 4
    assert norm.ppf((1 + 0.95 ** (1 / 3)) / 2) * 0.01 * 2**0.5 == pytest.approx(0.03377, abs=1e-5)
    found = places(values, errors, [0], [[True] * 4])
    # 0.55 is surely ahead, 0.52 may be, 0.40 is surely behind.
    assert (found.rank[0], found.low[0], found.high[0], found.of[0]) == (3, 2, 3, 4)


def test_ranks_are_those_of_scipy() -> None:
    values = np.round(np.random.default_rng(0).random(50), 1)  # With ties.
    found = places(values, np.zeros(50), np.arange(50), all_beside(50))
    np.testing.assert_array_equal(found.rank, rankdata(-values, method="min"))
    np.testing.assert_array_equal(found.low, found.rank)
    np.testing.assert_array_equal(found.high, rankdata(-values, method="max"))


def test_paired_draws_tell_what_intervals_cannot() -> None:
    rng = np.random.default_rng(1)
    shared = rng.normal(0, 0.05, (200, 1))
    draws = np.array([0.60, 0.61]) + shared + rng.normal(0, 0.001, (200, 2))
    arguments = ([0.60, 0.61], [0.05, 0.05], [0, 1], all_beside(2))
    alone, paired = places(*arguments), places(*arguments, draws)
    assert (alone.low.tolist(), alone.high.tolist()) == ([1, 1], [2, 2])
    assert (paired.low.tolist(), paired.high.tolist()) == ([2, 1], [2, 1])
    assert paired.paired.tolist() == [1, 1]
    few = places(*arguments, draws[: FEWEST_DRAWS - 1])
    assert few.paired.tolist() == [0, 0]


def test_a_model_without_draws_is_compared_by_intervals() -> None:
    draws = np.random.default_rng(2).normal(0.5, 0.01, (100, 3))
    draws[:, 2] = np.nan
    found = places([0.5, 0.5, 0.5], [0.01] * 3, [0, 2], np.ones((2, 3), bool), draws)
    assert found.paired.tolist() == [1, 0]


def test_an_error_that_is_not_known() -> None:
    found = places([0.5, 0.9], [np.nan, np.nan], [0], [[True, True]])
    assert not found.known[0]
    assert found.rank[0] == 2


@given(st.data())
def test_a_rank_is_one_of_those_there_are(data: st.DataObject) -> None:
    count = data.draw(st.integers(1, 12))
    values = data.draw(st.lists(st.floats(0, 1), min_size=count, max_size=count))
    errors = data.draw(st.lists(st.floats(0, 1), min_size=count, max_size=count))
    beside = np.array(data.draw(st.lists(st.booleans(), min_size=count**2, max_size=count**2))).reshape(
        count, count
    )
    found = places(values, errors, np.arange(count), beside)
    assert (found.low >= 1).all()
    assert (found.low <= found.rank).all()
    assert (found.rank <= found.high).all()
    assert (found.high <= found.of).all()
    wider = places(values, 2 * np.array(errors), np.arange(count), beside)
    assert (wider.low <= found.low).all()
    assert (wider.high >= found.high).all()


@pytest.mark.parametrize(("models", "images"), [(9, 1_000), (54, 1_200), (137, 50_000)])
def test_the_interval_holds_the_true_rank(models: int, images: int) -> None:
    """At the sizes of the record: CLIPs in COOD, shape bias, and accuracy of CLIPs."""
    rng = np.random.default_rng(models)
    true = rng.uniform(0.5, 0.6, models)
    rank = rankdata(-true, method="min")
    held = []
    for _ in range(100):
        share = rng.binomial(images, true) / images
        errors = np.sqrt(share * (1 - share) / images)
        found = places(share, errors, np.arange(models), all_beside(models))
        held.append((found.low <= rank) & (rank <= found.high))
    assert np.mean(held) >= 0.95
    assert np.mean(held, axis=0).min() >= 0.9
    # It says something: the ends lie closer than all places there are.
    assert (found.high - found.low).mean() < models - 1
