"""Places of networks among those of the record: all, and those of equal accuracy."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clipsafe_utils.cards.measured import CONFIDENCE, Column
from clipsafe_utils.metrics.arguments import Array
from clipsafe_utils.metrics.places import Places, places
from clipsafe_utils.say import Missing, Text, count

WINDOW = 0.05
"""How far accuracies on ImageNet may differ, to either side, so that they are called equal."""

_ROUNDING = 1e-9  # Five points more are five points, however their difference is rounded.

FEWEST = 5
"""With fewer others of its group a network is placed among all, and with fewer of these not at all."""

NOT_HELD = "no line of standard networks reaches its accuracy"

CLIPS, OTHERS, EVERYONE = "zero-shot CLIPs", "other networks", "all networks"
_CLIP = "clip_zero_shot"


@dataclass(frozen=True)
class Place:
    """A rank among networks.

    Attributes
    ----------
    rank : int
        1 + the others that are ahead.
    low, high : int or None
        The interval of the rank; None where the chance of the network itself is not known.
    of : int
        Networks compared, itself with them.
    among : str
        Which these are.
    way : str
        Where the interval is from.
    """

    rank: int
    low: int | None
    high: int | None
    of: int
    among: str
    way: str

    @property
    def interval(self) -> Text:
        """From the first to the last place that it may have."""
        if self.low is None:
            return Missing(self.way)
        return Text(self.low if self.low == self.high else f"{self.low} to {self.high}")

    def __str__(self) -> str:
        ends = "" if self.low is None else f" ({self.interval})"
        return f"{count(self.rank, self.of)}{ends}"


Placed = Place | Missing


def group_of(group: str) -> str:
    """Say among which networks those of a group stand."""
    return CLIPS if group == _CLIP else OTHERS


def values_by_group(column: Column) -> dict[str, Array]:
    """Return the values of the networks that one may be placed among."""
    values, is_clip = column.rows["value"].to_numpy(float), (column.rows["group"] == _CLIP).to_numpy()
    return {CLIPS: values[is_clip], OTHERS: values[~is_clip], EVERYONE: values}


def place_among_group(column: Column, targets: NDArray[np.int64], sign: int) -> list[Placed]:
    """Place networks by the value among those of their group; `sign` is -1 where low values are ahead."""
    values, errors = (column.rows[name].to_numpy(float) for name in ("value", "error"))
    everyone = np.ones((targets.size, values.size), np.bool_)
    found = _placed(column, targets, sign * values, errors, everyone, sign * column.draws)
    return [one or Missing(f"fewer than {FEWEST} others measured in this way") for one in found]


def place_at_equal_accuracy(
    column: Column, targets: NDArray[np.int64], sign: int, accuracy: Array, heights: Array | None
) -> list[Placed]:
    """Place networks among those of accuracy within `WINDOW`: by height above the line if there is one."""
    values, errors = (column.rows[name].to_numpy(float) for name in ("value", "error"))
    draws = sign * column.draws
    if heights is not None:
        values, draws = heights, draws[:0]
    near = within_window(accuracy[targets], accuracy) & np.isfinite(values)
    found = _placed(column, targets, sign * values, errors, near, draws)
    few = Missing(f"fewer than {FEWEST} others of its accuracy")
    unknown = Missing("its accuracy on ImageNet is not known")
    off = Missing(NOT_HELD)
    return [
        unknown if np.isnan(accuracy[at]) else off if np.isnan(values[at]) else one or few
        for at, one in zip(targets, found, strict=True)
    ]


def within_window(one: Array, other: Array) -> NDArray[np.bool_]:
    """Say which accuracies are called equal, shape (ones, others); a missing one is equal to none."""
    return np.asarray(np.abs(one[:, None] - other) <= WINDOW + _ROUNDING)


def _placed(
    column: Column,
    targets: NDArray[np.int64],
    values: Array,
    errors: Array,
    eligible: NDArray[np.bool_],
    draws: Array,
) -> list[Place | None]:
    is_clip = (column.rows["group"] == _CLIP).to_numpy()
    same = eligible & (is_clip[targets][:, None] == is_clip)
    own = eligible[np.arange(targets.size), targets]
    is_few = same.sum(axis=1) - own < FEWEST
    compared = np.where(is_few[:, None], eligible, same)
    found = places(np.nan_to_num(values), errors, targets, compared, draws, CONFIDENCE)
    unknown = (compared & np.isnan(errors)).sum(axis=1)
    names = [
        EVERYONE if few else CLIPS if is_clip[at] else OTHERS for few, at in zip(is_few, targets, strict=True)
    ]
    return list(_each(found, names, unknown))


def _each(found: Places, among: list[str], unknown: NDArray[np.int64]) -> Iterator[Place | None]:
    for at, name in enumerate(among):
        rank, low, high, of = (int(one[at]) for one in (found.rank, found.low, found.high, found.of))
        if of <= FEWEST:
            yield None
        elif not found.known[at]:
            yield Place(rank, None, None, of, name, "the source states no error")
        else:
            yield Place(rank, low, high, of, name, _way(int(found.paired[at]), of - 1, int(unknown[at])))


def _way(paired: int, others: int, unknown: int) -> str:
    if unknown == others:
        return "its own interval; no error is stated for the others"
    if unknown:
        return f"intervals; no error is stated for {unknown} others"
    if paired == others:
        return "paired draws"
    return f"paired draws for {paired} of {others}, else intervals" if paired else "intervals"
