"""Alternative texts: what a figure shows, said from the frame that it is drawn from."""

from collections.abc import Callable
from functools import partial

import pandas as pd

from clipsafe_utils.say import listed
from clipsafe_utils.show.encoding import LOOKS

_TENTHS_TELL = 2.0
_MOST_NAMED = 6
"""More marks of one look in a panel are said by their ends ..."""

_FEW = 12
"""... unless the panel has no more marks than this, or its marks share as few rows."""


def describe(
    frame: pd.DataFrame,
    lead: str,
    place: str = "row",
    write: Callable[[float], str] | None = None,
) -> str:
    """Say what the marks of a frame show, panel by panel and look by look; small values with more decimals.

    Parameters
    ----------
    frame : DataFrame
        As `clipsafe_utils.show.frame.marks` makes it.
    lead : str
        What kind of figure it is and what it is about, in one sentence.
    place : {"row", "x", "name"}
        The column that says what a mark is about.
    write : callable, optional
        What writes a value, where that is not a number with as many decimals as tell the values apart.

    Examples
    --------
    >>> from clipsafe_utils.show.frame import marks
    >>> frame = marks([{"row": "pose", "value": 2.25, "low": 0.5, "high": 4.0, "look": "group/standard"}])
    >>> describe(frame, "Residuals.")
    'Residuals. Standard (labels only): pose 2.2 (0.5 to 4.0).'
    """
    said = [lead]
    means = frame[(frame["mark"] == "mean") & frame["value"].notna()]
    several = means["study"].nunique() > 1
    for (study, panel, side), of_panel in means.groupby(["study", "panel", "side"], sort=False):
        first = str(study) if several and not str(panel).startswith(str(study)) else ""
        heading = ", ".join(filter(None, (first, *str(panel).split("\n"), str(side))))
        written = write or partial(_number, decimals=_decimals(of_panel["value"]))
        parts = [
            _of_look(str(look), str(label), rows, place, written, in_full=len(of_panel) <= _FEW)
            for (look, label), rows in of_panel.groupby(["look", "label"], sort=False)
        ]
        said.append(f"{heading}: {' '.join(parts)}" if heading else " ".join(parts))
    return " ".join(said)


def _of_look(
    look: str, label: str, rows: pd.DataFrame, place: str, write: Callable[[float], str], *, in_full: bool
) -> str:
    name = label or LOOKS[look].label
    if rows["name"].all() and (rows[place].duplicated().any() or rows["heading"].any()):
        if place == "row" and 1 < rows["row"].nunique() <= _FEW and not rows["heading"].any():
            by_row = rows.groupby("row", sort=False)
            text = "; ".join(_ends(str(row), of_row, write) for row, of_row in by_row)
            return f"{name}: {text}."
        place = "name"  # Many marks share a row, or a row is not named without its heading.
    if len(rows) > _MOST_NAMED and not in_full:
        in_order = rows.sort_values("value")
        ends = [in_order.iloc[0], in_order.iloc[-1]]
        spans = " to ".join(_place_and_value(row, place, write, interval=False) for row in ends)
        text = f"{len(rows)} marks, from {spans}"
    else:
        text = listed([_place_and_value(row, place, write) for _, row in rows.iterrows()])
    return f"{name}: {text}." if name else f"{text}."


def _ends(row: str, rows: pd.DataFrame, write: Callable[[float], str]) -> str:
    if len(rows) == 1:
        return _place_and_value(rows.iloc[0], "row", write)
    low, high = (write(end) for end in (rows["value"].min(), rows["value"].max()))
    return f"{row} {low} to {high} ({len(rows)} marks)"


def _place_and_value(
    row: pd.Series, place: str, write: Callable[[float], str], *, interval: bool = True
) -> str:
    value = write(row["value"])
    if interval and abs(row["low"]) < float("inf") and abs(row["high"]) < float("inf"):
        value += f" ({write(row['low'])} to {write(row['high'])})"
    if interval and abs(row["band_low"]) < float("inf") and abs(row["band_high"]) < float("inf"):
        value += f", bar {write(row['band_low'])} to {write(row['band_high'])}"
    if not row["decided"] and interval:
        value += ", undecided"
    return f"{value} at {row['x']:,.6g}" if place == "x" else f"{row[place]} {value}".strip()


def _decimals(values: pd.Series) -> int:
    """Return how many decimals tell the values of a panel apart: one where the largest is 2 or more."""
    largest = float(values.abs().max())
    return 1 if largest >= _TENTHS_TELL else 2 if largest >= _TENTHS_TELL / 10 else 3


def _number(value: float, decimals: int) -> str:
    # Adding zero turns −0.0 into 0.0.
    return f"{round(value, decimals) + 0.0:,.{decimals}f}".replace("-", "−")
