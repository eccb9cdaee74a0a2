"""When the laboratory and the record agree: the rule, frozen before it was applied."""

import math
from enum import StrEnum
from typing import NamedTuple


class Outcome(StrEnum):
    """What comes of a prediction."""

    AGREE = "agree"
    DISAGREE = "disagree"
    OPEN = "open"


class Interval(NamedTuple):
    """The ends of an interval, in the unit of the claim."""

    low: float
    high: float

    @property
    def side(self) -> int:
        """On which side of zero all of it lies: 1, −1, or 0 where it holds zero."""
        return (self.low > 0) - (self.high < 0)

    def is_within(self, size: float) -> bool:
        """Say whether all of it is nearer to zero than a size."""
        return max(abs(self.low), abs(self.high)) < size


def outcome(laboratory: Interval, record: Interval, smallest_effect: float) -> Outcome:
    """Say whether two worlds agree on an effect.

    Both beyond zero on one side *agree*, however much their sizes differ. Both beyond zero on opposite sides
    *disagree*; so do one beyond zero and another that is wholly smaller than matters. All else is *open*,
    two effects that are both too small to matter among it: neither tests the other.

    Parameters
    ----------
    laboratory, record : Interval
        Of the same effect.
    smallest_effect : float
        From this size on it matters; 0 where any size does.

    Examples
    --------
    >>> str(outcome(Interval(-0.3, -0.1), Interval(-0.2, -0.1), 0.09))
    'agree'
    >>> str(outcome(Interval(-0.3, -0.1), Interval(-0.02, 0.01), 0.09))
    'disagree'
    """
    if any(map(math.isnan, (*laboratory, *record))):
        return Outcome.OPEN
    sides = {laboratory.side, record.side}
    if sides in ({1}, {-1}):
        return Outcome.AGREE
    if sides == {1, -1}:
        return Outcome.DISAGREE
    without_side = [interval for interval in (laboratory, record) if interval.side == 0]
    if len(without_side) == 1 and without_side[0].is_within(smallest_effect):
        return Outcome.DISAGREE
    return Outcome.OPEN
