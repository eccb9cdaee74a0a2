"""Whether the laboratory points the same way as the record, finding by finding."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from clipsafe_utils.findings.model_pairs import STRONG
from clipsafe_utils.findings.shift.changes import PairChanges
from clipsafe_utils.findings.shift.controlled import Change, Controlled
from clipsafe_utils.findings.shift.heights import Heights
from clipsafe_utils.findings.shift.sources import LINES
from clipsafe_utils.findings.shift.study import UnderShift
from clipsafe_utils.say import Missing, Text, Value, points, span

_NOT_BOTH = Missing("one of the two sides has nothing to say")


class _Ends(NamedTuple):
    """A value with the ends of its interval."""

    estimate: float
    low: float
    high: float


def compare(lab: Controlled, record: UnderShift, of_the_laboratory: UnderShift) -> pd.DataFrame:
    """Set findings of the record beside those of the laboratory."""
    rows = (
        (
            "zero-shot CLIPs against standard networks",
            _of_heights(record.heights),
            _of_heights(of_the_laboratory.heights),
        ),
        ("fine-tuning at equal accuracy", _of_pairs(record.tuned), _of_changes([lab.made(STRONG)])),
        (
            "more classes before fine-tuning at equal accuracy",
            _of_pairs(record.by_way),
            _of_changes([lab.near, lab.far]),
        ),
    )
    return pd.DataFrame(
        [(what, _range(one), _range(other), _same(one, other)) for what, one, other in rows],
        columns=["what", "record", "laboratory", "same"],
    )


def _of_heights(heights: Heights) -> list[_Ends]:
    if not heights.has_sources:
        return []
    means = heights.table["mean"].sel(line=LINES[0]).values.ravel()
    return [_Ends(mean, mean, mean) for mean in means[np.isfinite(means)].tolist()]


def _of_pairs(pairs: PairChanges) -> list[_Ends]:
    return [_ends(change) for change in pairs.changes("at_equal").values()]


def _of_changes(found: Sequence[Change]) -> list[_Ends]:
    means = [change["shifts_at_equal"] for change in found]
    return [_ends(mean) for mean in means if isinstance(mean, Value) and mean.has_interval]


def _ends(value: Value) -> _Ends:
    return _Ends(value.estimate, value.low, value.high)


def _range(ends: list[_Ends]) -> Text:
    return span((one.estimate for one in ends), points)


def _same(one: list[_Ends], other: list[_Ends]) -> Text:
    if not (one and other):
        return _NOT_BOTH
    first, second = _direction(one), _direction(other)
    if not (first and second):
        return Text("undecided")
    return Text("yes" if first == second else "no")


def _direction(ends: list[_Ends]) -> int:
    if all(one.low > 0 for one in ends):
        return 1
    return -1 if all(one.high < 0 for one in ends) else 0
