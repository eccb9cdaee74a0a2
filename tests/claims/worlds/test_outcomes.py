"""The rule by which two worlds agree, on intervals worked by hand."""

import math
from itertools import product

import pytest

from clipsafe_utils.claims.worlds.outcomes import Interval, Outcome, outcome

MATTERS = 1.0
ABOVE, BELOW = Interval(2.0, 5.0), Interval(-5.0, -2.0)
SMALL, WIDE = Interval(-0.5, 0.9), Interval(-3.0, 4.0)
SMALL_ABOVE = Interval(0.2, 0.6)
UNBOUNDED = Interval(-math.inf, math.inf)


@pytest.mark.parametrize(
    ("laboratory", "record", "expected"),
    [
        (ABOVE, ABOVE, Outcome.AGREE),
        (BELOW, BELOW, Outcome.AGREE),
        (ABOVE, SMALL_ABOVE, Outcome.AGREE),  # On one side: sizes are not counted.
        (ABOVE, BELOW, Outcome.DISAGREE),
        (SMALL_ABOVE, BELOW, Outcome.DISAGREE),
        (ABOVE, SMALL, Outcome.DISAGREE),
        (BELOW, SMALL, Outcome.DISAGREE),
        (ABOVE, WIDE, Outcome.OPEN),
        (SMALL, SMALL, Outcome.OPEN),
        (SMALL, WIDE, Outcome.OPEN),
        (WIDE, WIDE, Outcome.OPEN),
        (ABOVE, UNBOUNDED, Outcome.OPEN),
        (ABOVE, Interval(math.nan, math.nan), Outcome.OPEN),
    ],
)
def test_each_branch(laboratory: Interval, record: Interval, expected: Outcome) -> None:
    assert outcome(laboratory, record, MATTERS) is expected
    assert outcome(record, laboratory, MATTERS) is expected


def test_ends_on_a_border_settle_nothing() -> None:
    assert outcome(ABOVE, Interval(0.0, 2.0), MATTERS) is Outcome.OPEN
    assert outcome(ABOVE, Interval(-1.0, 0.5), MATTERS) is Outcome.OPEN
    assert outcome(ABOVE, SMALL, 0.0) is Outcome.OPEN  # Where any size matters, nothing is small.


def test_the_sign_of_both_can_be_turned() -> None:
    every = (ABOVE, BELOW, SMALL, WIDE, SMALL_ABOVE, UNBOUNDED)
    for one, other in product(every, repeat=2):
        turned = (Interval(-end.high, -end.low) for end in (one, other))
        assert outcome(*turned, MATTERS) is outcome(one, other, MATTERS)
