"""The one form in which a finding hands marks to a figure: a tidy frame, one row a mark.

The figure, its chart to explore, its alternative text and its CSV all read this frame.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from clipsafe_utils.say import Value

DEFAULTS: dict[str, Any] = {
    "study": "",  # whose numbers these are
    "panel": "",  # heading of the panel; panels stand below each other
    "side": "",  # heading of the column, where panels stand side by side
    "heading": "",  # of the rows that follow, in a forest
    "row": "",  # what the mark is about, in words: its place along the vertical axis of `dots`
    "x": float("nan"),  # its place along the horizontal axis, of the other kinds
    "value": float("nan"),  # in the unit of the axis
    "low": float("nan"),  # end of the interval; NaN: there is none; infinite: not bounded
    "high": float("nan"),
    "band_low": float("nan"),  # ends of a grey bar behind the mark: a floor, or where a new family falls
    "band_high": float("nan"),
    "look": "ink",  # key of `encoding.LOOKS`
    "label": "",  # in the legend, where it is not that of the look
    "name": "",  # short name of the model, pair or training
    "mark": "mean",  # "mean"; "single": one of those behind a mean, drawn small; "none": its interval alone
    "decided": True,  # False: drawn hollow, no claim rests on it
    "is_range": False,  # from lowest to highest, not an interval: drawn dotted
    "note": "",  # at the right end of its row, in a forest
    "weight": float("nan"),  # share of the images behind the mark: its area
}
"""Columns of a frame with what stands where a finding says nothing."""

_CONTROLS = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]")


def marks(rows: Iterable[Mapping[str, Any]]) -> pd.DataFrame:
    """Make a frame of marks.

    Parameters
    ----------
    rows : iterable of mapping
        One a mark; columns that a row leaves out are those of `DEFAULTS`.

    Raises
    ------
    ValueError
        If a row has a column that no figure draws, which would be a slip of the pen.

    Examples
    --------
    >>> marks([{"row": "pose", "value": 1.5}])[["row", "value", "look"]].to_dict("list")
    {'row': ['pose'], 'value': [1.5], 'look': ['ink']}
    """
    given = list(rows)
    unknown = sorted({name for row in given for name in row} - {*DEFAULTS})
    if unknown:
        raise ValueError(f"a frame of marks has no column {', '.join(unknown)}")
    return pd.DataFrame(
        {name: [_printable(row.get(name, default)) for row in given] for name, default in DEFAULTS.items()}
    )


def ends_of(value: Value, scale: float = 1.0) -> dict[str, float]:
    """Give a value and the ends of its interval as a mark has them, times what its axis multiplies by.

    Examples
    --------
    >>> ends_of(Value(0.25, 0.125, 0.5), 100)
    {'value': 25.0, 'low': 12.5, 'high': 50.0}
    """
    return {"value": scale * value.estimate, "low": scale * value.low, "high": scale * value.high}


def _printable(value: Any) -> Any:
    """Take control characters out of a name: no XML may hold them."""
    return _CONTROLS.sub("", value) if isinstance(value, str) and not value.isprintable() else value


def inside(frame: pd.DataFrame, limits: tuple[float, float] | None) -> tuple[float, float]:
    """Return the range of an axis: all values, and the intervals that are not far wider than others.

    What is possible (`limits`) is never left. An interval of more than four times the median width, and wider
    than the values lie apart, sets no axis; it is cut there, with an arrow.

    Examples
    --------
    >>> wide = {"low": -225.0, "high": 258.0}
    >>> inside(marks([{"value": 1.0, "low": 0.0, "high": 2.0}] * 3 + [{"value": 1.0, **wide}]), None)
    (-0.1, 2.1)
    """
    low, high = frame["low"].astype(float), frame["high"].astype(float)
    width = (high - low).where(lambda one: one < float("inf"))
    value = frame["value"].astype(float)
    usual = width <= max(4 * width.median(), value.max() - value.min())
    ends = pd.concat([frame["value"], low[usual], high[usual], frame["band_low"], frame["band_high"]])
    ends = ends[ends.abs() < float("inf")].dropna().astype(float)
    if ends.empty:
        return limits or (0.0, 1.0)
    first, last = float(ends.min()), float(ends.max())
    room = 0.05 * ((last - first) or abs(last) or 1.0)
    first, last = first - room, last + room
    return (max(first, limits[0]), min(last, limits[1])) if limits else (first, last)
