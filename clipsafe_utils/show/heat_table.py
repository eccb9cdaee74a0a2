"""A matrix: rows of causes against columns of properties, each cell a number on a tinted ground."""

from collections.abc import Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from clipsafe_utils.show.drawing import WIDTH, Shown, house_style, not_measured
from clipsafe_utils.show.encoding import INK
from clipsafe_utils.show.publish import published

_ROW = 0.21
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
    sides = list(dict.fromkeys(frame["side"]))
    largest = frame["value"].abs().groupby(frame["side"]).max()
    with house_style():
        figure = Figure(figsize=(WIDTH, _ROW * len(places) + 1.5))
        axes = figure.subplots()
        for row in frame.to_dict("records"):
            value, most = row["value"], largest[row["side"]]
            cell = (sides.index(row["side"]), places.index((row["panel"], row["row"])))
            _draw_cell(axes, cell, value, abs(value) / most if most else 0.0, decided=row["decided"])
        axes.set_xticks(range(len(sides)), sides, rotation=40, ha="left", rotation_mode="anchor")
        axes.xaxis.tick_top()
        axes.set_yticks(range(len(places)), [row or panel for panel, row in places])
        for label, (_, name) in zip(axes.get_yticklabels(), places, strict=True):
            label.set_fontweight("normal" if name else "bold")
        axes.set(xlim=(-0.5, len(sides) - 0.5), ylim=(len(places) - 0.5, -0.5), xlabel=axis)
        axes.tick_params(length=0)
        axes.spines[:].set_visible(False)
    return figure


def _places(frame: pd.DataFrame) -> list[tuple[str, str]]:
    """Give every block and every row its line, from the top; a block without a name has none."""
    places: list[tuple[str, str]] = []
    for panel, rows in frame.groupby("panel", sort=False):
        places += [(str(panel), "")] if panel else []
        places += [(str(panel), str(row)) for row in dict.fromkeys(rows["row"])]
    return places


def _draw_cell(axes: Axes, cell: tuple[int, int], value: float, strength: float, *, decided: bool) -> None:
    x, y = cell
    opacity = _STRONGEST * strength if decided else 0.0
    axes.add_patch(Rectangle((x - 0.48, y - 0.46), 0.96, 0.92, color=INK, alpha=opacity, linewidth=0))
    text = f"{value:+.1f}".replace("-", "−")
    axes.text(
        x,
        y,
        text if decided else f"({text})",
        ha="center",
        va="center",
        color=INK,
        alpha=1.0 if decided else 0.7,
    )
