"""Figures to explore: beside a printed figure, the same values with one mark a model that says its name.

A chapter publishes numbers only. ``book/_static/explore.js`` has Plotly draw them where scripts run; in
print, in a notebook and without scripts the printed figure stands alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clipsafe_utils.figures.page_data import data_element
from clipsafe_utils.figures.style import ThemedFigure
from clipsafe_utils.figures.tables import ThemedTable

DATA_CLASS = "explore-data"
"""Class of the element that holds the numbers; the compiled page gets the scripts that draw them."""

_SYMBOLS = {
    "o": "circle",
    "s": "square",
    "D": "diamond",
    "d": "diamond-tall",
    "^": "triangle-up",
    "v": "triangle-down",
    "P": "cross",
    "X": "x",
    "x": "x-thin",
    "+": "cross-thin",
    "*": "star",
    "h": "hexagon",
    "p": "pentagon",
}
"""Plotly's names for the markers of the printed figures."""

_DECIMALS = 2


@dataclass(frozen=True)
class Marks:
    """The models of one group in a view.

    Attributes
    ----------
    group : str
        Name in the legend; the group is switched on and off in all views at once.
    colour, marker : str
        Those of the printed figures.
    names : sequence of str
        Name of each model.
    x, y : ndarray, shape (models,)
        Where the marks stand, in the units of the axes.
    low, high : ndarray of the same shape, optional
        Ends of the intervals of `View.interval`, NaN where there is none.
    extra : ndarray of the same shape, optional
        Another value to say, named by `View.extra`.
    hollow : bool
        Whether the marks are drawn hollow: no claim rests on them.
    """

    group: str
    colour: str
    marker: str
    names: Sequence[str]
    x: NDArray[Any]
    y: NDArray[Any]
    low: NDArray[Any] | None = None
    high: NDArray[Any] | None = None
    extra: NDArray[Any] | None = None
    hollow: bool = False


@dataclass(frozen=True)
class View:
    """One scatter of models.

    Attributes
    ----------
    name : str
        What the reader chooses it by, as in ``published: pose``.
    x, y : str
        Titles of the axes, with their units.
    marks : sequence of Marks
        In the order of the legend.
    interval : {"x", "y"}
        Which axis `low` and `high` speak of.
    extra : str
        What the extra value of each mark is.
    lines : sequence of tuple of ndarray
        Lines to draw beneath the marks, each as its x and its y.
    """

    name: str
    x: str
    y: str
    marks: Sequence[Marks]
    interval: str = "y"
    extra: str = ""
    lines: Sequence[tuple[NDArray[Any], NDArray[Any]]] = field(default_factory=tuple)


@dataclass(frozen=True)
class Explorable:
    """A printed figure with the numbers of its explorable form, as a notebook shows it."""

    markup: str

    def __repr__(self) -> str:
        return "<figure>"

    def _repr_html_(self) -> str:
        return self.markup


def explorable(shown: ThemedFigure | ThemedTable, title: str, views: Sequence[View]) -> Explorable:
    """Put the numbers of some views beside a printed figure.

    Parameters
    ----------
    shown : ThemedFigure or ThemedTable
        The printed figure, or several of them stacked.
    title : str
        What there is to explore, in a few words.
    views : sequence of View
        In the order in which they are offered; views without marks are left out.

    Returns
    -------
    Explorable
        The printed figure alone where no view has marks. Numbers are rounded to two decimals.

    Raises
    ------
    ValueError
        If a mark has no symbol.

    Examples
    --------
    >>> marks = Marks("Standard", "#2F86C1", "o", ["resnet50"], np.array([76.1]), np.array([60.24]))
    >>> shown = explorable(ThemedFigure("<svg></svg>"), "Pose", [View("pose", "all, %", "pose, %", [marks])])
    >>> '"x":[76.1],"y":[60.24]' in shown.markup
    True
    """
    printed = shown._repr_html_()
    filled = [view for view in views if any(len(marks.names) for marks in view.marks)]
    if not filled:
        return Explorable(printed)
    names = list(dict.fromkeys(name for view in filled for marks in view.marks for name in marks.names))
    places = {name: place for place, name in enumerate(names)}
    data = {"title": title, "names": names, "views": [_view(view, places) for view in filled]}
    return Explorable(printed + data_element(DATA_CLASS, data))


def _view(view: View, places: dict[str, int]) -> dict[str, object]:
    described: dict[str, object] = {
        "name": view.name,
        "x": view.x,
        "y": view.y,
        "interval": view.interval,
        "lines": [[_rounded(x), _rounded(y)] for x, y in view.lines],
        "marks": [_marks(marks, places) for marks in view.marks if len(marks.names)],
    }
    return described | ({"extra": view.extra} if view.extra else {})


def _marks(marks: Marks, places: dict[str, int]) -> dict[str, object]:
    if marks.marker not in _SYMBOLS:
        raise ValueError(f"marker must be one of {', '.join(_SYMBOLS)}, not '{marks.marker}'")
    described: dict[str, object] = {
        "group": marks.group,
        "colour": marks.colour,
        "symbol": _SYMBOLS[marks.marker] + ("-open" if marks.hollow else ""),
        "names": [places[name] for name in marks.names],
        "x": _rounded(marks.x),
        "y": _rounded(marks.y),
    }
    beside = {"low": marks.low, "high": marks.high, "extra": marks.extra}
    return described | {name: _rounded(values) for name, values in beside.items() if values is not None}


def _rounded(values: NDArray[Any]) -> list[float | None]:
    """JSON knows no NaN; adding zero turns −0.0 into 0.0."""
    return [
        round(float(value), _DECIMALS) + 0.0 if np.isfinite(value) else None for value in np.asarray(values)
    ]
