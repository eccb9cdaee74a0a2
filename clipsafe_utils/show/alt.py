"""Alternative texts: what a figure shows, said from the frame that it is drawn from."""

import pandas as pd

from clipsafe_utils.say import listed
from clipsafe_utils.show.encoding import LOOKS

_MOST_NAMED = 6
"""More marks of one look in a panel are said by their ends ..."""

_FEW = 12
"""... unless the panel has no more marks than this, or its marks share as few rows."""


def describe(frame: pd.DataFrame, lead: str, place: str = "row", decimals: int = 1) -> str:
    """Say what the marks of a frame show, panel by panel and look by look.

    Parameters
    ----------
    frame : DataFrame
        As `clipsafe_utils.show.frame.marks` makes it.
    lead : str
        What kind of figure it is and what it is about, in one sentence.
    place : {"row", "x", "name"}
        The column that says what a mark is about.
    decimals : int
        Of the values.

    Examples
    --------
    >>> from clipsafe_utils.show.frame import marks
    >>> frame = marks([{"row": "pose", "value": 1.25, "low": 0.5, "high": 2.0, "look": "group/standard"}])
    >>> describe(frame, "Residuals.")
    'Residuals. Standard (labels only): pose 1.2 (0.5 to 2.0).'
    """
    said = [lead]
    means = frame[(frame["mark"] == "mean") & frame["value"].notna()]
    several = means["study"].nunique() > 1
    for (study, panel, side), of_panel in means.groupby(["study", "panel", "side"], sort=False):
        first = str(study) if several and not str(panel).startswith(str(study)) else ""
        heading = ", ".join(filter(None, (first, str(panel), str(side))))
        parts = [
            _of_look(str(look), str(label), rows, place, decimals, in_full=len(of_panel) <= _FEW)
            for (look, label), rows in of_panel.groupby(["look", "label"], sort=False)
        ]
        said.append(f"{heading}: {' '.join(parts)}" if heading else " ".join(parts))
    return " ".join(said)


def _of_look(look: str, label: str, rows: pd.DataFrame, place: str, decimals: int, *, in_full: bool) -> str:
    name = label or LOOKS[look].label
    if rows[place].duplicated().any() and rows["name"].all():
        if place == "row" and 1 < rows["row"].nunique() <= _FEW:
            by_row = rows.groupby("row", sort=False)
            text = "; ".join(_ends(str(row), of_row, decimals) for row, of_row in by_row)
            return f"{name}: {text}."
        place = "name"  # Many marks share a row.
    if len(rows) > _MOST_NAMED and not in_full:
        in_order = rows.sort_values("value")
        ends = [in_order.iloc[0], in_order.iloc[-1]]
        spans = " to ".join(_place_and_value(row, place, decimals, interval=False) for row in ends)
        text = f"{len(rows)} marks, from {spans}"
    else:
        text = listed([_place_and_value(row, place, decimals) for _, row in rows.iterrows()])
    return f"{name}: {text}." if name else f"{text}."


def _ends(row: str, rows: pd.DataFrame, decimals: int) -> str:
    low, high = (_number(end, decimals) for end in (rows["value"].min(), rows["value"].max()))
    return f"{row} {low} to {high} ({len(rows)} marks)"


def _place_and_value(row: pd.Series, place: str, decimals: int, *, interval: bool = True) -> str:
    value = _number(row["value"], decimals)
    if interval and abs(row["low"]) < float("inf") and abs(row["high"]) < float("inf"):
        value += f" ({_number(row['low'], decimals)} to {_number(row['high'], decimals)})"
    if interval and abs(row["band_high"]) < float("inf"):
        value += f", bar {_number(row['band_low'], decimals)} to {_number(row['band_high'], decimals)}"
    if not row["decided"] and interval:
        value += ", undecided"
    return f"{value} at {row['x']:,.4g}" if place == "x" else f"{row[place]} {value}".strip()


def _number(value: float, decimals: int) -> str:
    return f"{round(value, decimals) + 0.0:,.{decimals}f}".replace("-", "−")
