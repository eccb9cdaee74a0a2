"""Whether the laboratory points the same way as the record, finding by finding."""

import numpy as np
import pandas as pd

from clipsafe_utils.findings.model_pairs import STRONG
from clipsafe_utils.findings.shift.controlled import Change, Controlled
from clipsafe_utils.findings.shift.heights import Heights
from clipsafe_utils.findings.shift.sources import LINES
from clipsafe_utils.findings.shift.study import UnderShift
from clipsafe_utils.say import Text, Value, points, span


def compare(lab: Controlled, record: UnderShift, of_the_laboratory: UnderShift) -> pd.DataFrame:
    """Set findings of the record beside those of the laboratory.

    Columns what, record, laboratory (ranges in points) and same: yes, no or undecided; without the findings
    of which a side has nothing. A direction is one that all intervals of a side share; of means over families
    of sources, that all of them share.
    """
    sides = {
        "zero-shot CLIPs against standard networks": (
            _of_heights(record.heights),
            _of_heights(of_the_laboratory.heights),
        ),
        "fine-tuning at equal accuracy": (
            list(record.tuned.changes("at_equal").values()),
            _of_changes(lab.made(STRONG)),
        ),
        "more classes before fine-tuning at equal accuracy": (
            list(record.by_way.changes("at_equal").values()),
            _of_changes(lab.near, lab.far),
        ),
    }
    return pd.DataFrame(
        [(what, *map(_range, both), _same(*both)) for what, both in sides.items() if all(both)],
        columns=["what", "record", "laboratory", "same"],
    )


def _of_heights(heights: Heights) -> list[Value]:
    """Return the means as intervals without a width."""
    if not heights.has_sources:
        return []
    means = heights.table["mean"].sel(line=LINES[0]).values.ravel()
    return [Value(mean, mean, mean) for mean in means[np.isfinite(means)].tolist()]


def _of_changes(*changes: Change) -> list[Value]:
    means = [change["shifts_at_equal"] for change in changes]
    return [mean for mean in means if isinstance(mean, Value) and mean.has_interval]


def _range(values: list[Value]) -> Text:
    return span((value.estimate for value in values), points)


def _same(of_record: list[Value], of_laboratory: list[Value]) -> Text:
    first, second = _direction(of_record), _direction(of_laboratory)
    if not (first and second):
        return Text("undecided")
    return Text("yes" if first == second else "no")


def _direction(values: list[Value]) -> int:
    if all(value.low > 0 for value in values):
        return 1
    return -1 if all(value.high < 0 for value in values) else 0
