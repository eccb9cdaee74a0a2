"""A matrix: rows of causes against columns of properties, each cell a number on a tinted ground."""

from collections.abc import Sequence
from itertools import accumulate

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from clipsafe_utils.show.drawing import WIDTH, house_style, not_measured, two_lines
from clipsafe_utils.show.encoding import INK
from clipsafe_utils.show.publish import published
from clipsafe_utils.show.shown import Shown

_LINE, _ROOM, _GAP = 0.15, 0.06, 0.01  # Inches: of a line of words, around a name, around a cell.
_NAME, _HEADING = 17, 12  # A longer name of a row has two lines, and one of a column, which is upright.
_WHOLE = 9.95  # Larger values are written without decimals.
_STRONGEST = 0.3  # Opacity of the largest value of a column; numbers must stay readable on it.


def matrix(
    frame: pd.DataFrame, axis: str, lead: str, *, what: str = "", sources: Sequence[str] = ()
) -> Shown:
    """Draw a value for each pair of a row and a column; what is undecided is pale and in brackets.

    Parameters
    ----------
    frame : DataFrame
        As `clipsafe_utils.show.frame.marks` makes it: `panel` heads a block of rows, `row` names the row,
        `side` the column; `decided` says whether the interval leaves zero out.
    axis : str
        What the numbers are, with their unit.
    lead : str
        First sentence of the alternative text.
    what : str
        Of a matrix without cells: what is not measured.
    sources : sequence of str
        Sources and licences of the numbers.

    Examples
    --------
    >>> from clipsafe_utils.show.frame import marks
    >>> matrix(marks([{"row": "images", "side": "accuracy", "value": 1.0}]), "points", "Effects.")
    <figure>
    """
    figure = _draw(frame, axis) if len(frame) else not_measured(what)
    return published(figure, frame, axis, lead, sources, place="row")


def _draw(frame: pd.DataFrame, axis: str) -> Figure:
    places = _places(frame)
    names = [two_lines(row or panel, _NAME) for panel, row in places]
    heights = [_LINE * len(name.split("\n")) + _ROOM for name in names]
    bottoms = list(accumulate(heights))
    sides = list(dict.fromkeys(frame["side"]))
    largest = frame["value"].abs().groupby(frame["side"]).max()
    with house_style():
        figure = Figure(figsize=(WIDTH, bottoms[-1] + 1.4))
        axes = figure.subplots()
        for row in frame.to_dict("records"):
            value, most = row["value"], largest[row["side"]]
            at = places.index((row["panel"], row["row"]))
            corner = (sides.index(row["side"]) - 0.48, bottoms[at] - heights[at] + _GAP)
            box = Rectangle(corner, 0.96, heights[at] - 2 * _GAP)
            _draw_cell(axes, box, value, abs(value) / most if most else 0.0, decided=row["decided"])
        headings = [two_lines(side, _HEADING) for side in sides]
        axes.xaxis.tick_top()
        axes.set_xticks(range(len(sides)), headings, rotation=90, rotation_mode="anchor")
        for label in axes.get_xticklabels():
            label.set(ha="left", va="center", multialignment="left")
        _name_rows(axes, names, bottoms, [not row for _, row in places])
        axes.set(xlim=(-0.5, len(sides) - 0.5), ylim=(bottoms[-1], 0), xlabel=axis)
        axes.tick_params(length=0)
        axes.spines[:].set_visible(False)
    return figure


def _name_rows(axes: Axes, names: Sequence[str], bottoms: Sequence[float], is_head: Sequence[bool]) -> None:
    """Write the names, a tick a line: in another font than Matplotlib's, too, each ends at the axis."""
    lines = [
        (bottom - _ROOM / 2 - _LINE * (name.count("\n") - at + 0.5), line, bold)
        for name, bottom, bold in zip(names, bottoms, is_head, strict=True)
        for at, line in enumerate(name.split("\n"))
    ]
    axes.set_yticks([at for at, _, _ in lines], [line for _, line, _ in lines])
    for label, (_, _, bold) in zip(axes.get_yticklabels(), lines, strict=True):
        label.set_fontweight("bold" if bold else "normal")


def _places(frame: pd.DataFrame) -> list[tuple[str, str]]:
    """Give every block and every row its line, from the top; a block without a name has none."""
    places: list[tuple[str, str]] = []
    for panel, rows in frame.groupby("panel", sort=False):
        places += [(str(panel), "")] if panel else []
        places += [(str(panel), str(row)) for row in dict.fromkeys(rows["row"])]
    return places


def _draw_cell(axes: Axes, box: Rectangle, value: float, strength: float, *, decided: bool) -> None:
    text = f"{value:+.{0 if abs(value) >= _WHOLE else 1}f}".replace("-", "−")
    x, y = box.get_center()
    axes.text(
        x,
        y,
        text if decided else f"({text})",
        ha="center",
        va="center",
        color=INK,
        alpha=1.0 if decided else 0.7,
    )
    if decided:
        box.set(color=INK, alpha=_STRONGEST * strength, linewidth=0)
        axes.add_patch(box)
