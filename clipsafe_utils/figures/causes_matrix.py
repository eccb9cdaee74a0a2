"""Chapter 6: causes against properties, a row a cause and a panel a property."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from clipsafe_utils.figures.style import WIDTH, house_style, ink, legend_below, mark_zero, not_measured

POINTS = 100.0
"""Shares are drawn in percentage points, numbers in hundredths."""

COLUMNS = 4
"""Panels side by side."""

_FAINT = 0.45
_ROW = 0.165
"""Inches of height of a row."""


def effects(table: pd.DataFrame, titles: Mapping[str, str]) -> Figure:
    """Draw what each cause does to each property, with what the interval leaves open drawn hollow.

    Parameters
    ----------
    table : DataFrame
        As `clipsafe_utils.findings.causes.effects.effects` returns it.
    titles : mapping of str to str
        Properties and the titles of their panels.

    Returns
    -------
    matplotlib.figure.Figure
        Marks with intervals; filled where the interval leaves zero out. One line of words where there is
        nothing to draw.
    """
    if table.empty:
        return not_measured("what each cause does")
    shown = {key: title for key, title in titles.items() if key in set(table["property"])}
    with house_style():
        columns = min(COLUMNS, len(shown))
        strips = -(-len(shown) // columns)
        places = _places(table)
        figure = Figure(figsize=(WIDTH, strips * (_ROW * len(places) + 0.75) + 0.5))
        grid = figure.subplots(strips, columns, sharey=True, squeeze=False).ravel()
        for axes in grid[len(shown) :]:
            axes.set_visible(False)
        for axes, (key, title) in zip(grid, shown.items(), strict=False):
            _draw_effects(axes, table[table["property"] == key], places)
            axes.set_title(title)
        _name_rows(list(grid), places)
        _legend(figure, grid[0], "the interval leaves zero out", "it holds zero")
    return figure


def record(table: pd.DataFrame, titles: Mapping[str, str]) -> Figure:
    """Draw what each cause does to accuracy in the record, pair by pair and in the mean.

    Parameters
    ----------
    table : DataFrame
        As `clipsafe_utils.findings.causes.record.record_effects` returns it.
    titles : mapping of str to str
        Measures and the titles of their panels.

    Returns
    -------
    matplotlib.figure.Figure
        Small marks: pairs. Large: means over families, with intervals over families; hollow and without an
        interval where there are fewer than five families.
    """
    if table.empty:
        return not_measured("one cause alone")
    with house_style():
        places = _places(table)
        figure = Figure(figsize=(WIDTH, 0.2 * len(places) + 1.2))
        grid = figure.subplots(1, len(titles), sharey=True, squeeze=False).ravel()
        for axes, (key, title) in zip(grid, titles.items(), strict=True):
            rows = table[table["property"] == key]
            _draw_pairs(axes, rows, places)
            _draw_marks(axes, rows, places, rows["decided"])
            axes.set_title(title)
            axes.grid(axis="x")
        _name_rows(list(grid), places)
        _legend(figure, grid[0], "five families or more", "fewer: undecided")
    return figure


def _places(table: pd.DataFrame) -> dict[tuple[str, str | None], int]:
    """Give every kind and every cause a row, from the top."""
    names: list[tuple[str, str | None]] = []
    for kind, rows in table.groupby("kind", sort=False):
        names.append((str(kind), None))
        names += [(str(kind), str(cause)) for cause in dict.fromkeys(rows["cause"])]
    return {name: len(names) - 1 - place for place, name in enumerate(names)}


def _rows_of(rows: pd.DataFrame, places: Mapping[tuple[str, str | None], int]) -> np.ndarray:
    return np.array([places[kind, cause] for kind, cause in zip(rows["kind"], rows["cause"], strict=True)])


def _draw_effects(axes: Axes, rows: pd.DataFrame, places: Mapping[tuple[str, str | None], int]) -> None:
    _draw_marks(axes, rows, places, rows["moves"])
    y = _rows_of(rows, places)
    moves = rows["moves"].to_numpy(bool)
    for here, alpha in ((moves, 1.0), (~moves, _FAINT)):
        low, high = (POINTS * rows[end].to_numpy(float)[here] for end in ("low", "high"))
        axes.hlines(y[here], low, high, color=ink(), linewidth=1.1, alpha=alpha)
    axes.grid(axis="x")
    axes.locator_params(axis="x", nbins=3)


def _draw_marks(
    axes: Axes, rows: pd.DataFrame, places: Mapping[tuple[str, str | None], int], filled: pd.Series
) -> None:
    mark_zero(axes)
    x, y = POINTS * rows["value"].to_numpy(float), _rows_of(rows, places)
    full = filled.to_numpy(bool)
    axes.scatter(x[full], y[full], s=16, color=ink(), linewidth=0, zorder=3)
    axes.scatter(x[~full], y[~full], s=14, facecolor="none", edgecolor=ink(), linewidth=0.8, zorder=3)


def _draw_pairs(axes: Axes, rows: pd.DataFrame, places: Mapping[tuple[str, str | None], int]) -> None:
    for y, row in zip(_rows_of(rows, places), rows.to_dict("records"), strict=True):
        each = POINTS * np.array(row["each"])
        axes.scatter(each, np.full(each.size, y - 0.25), s=4, color=ink(), alpha=_FAINT, linewidth=0)
        if row["decided"]:
            axes.hlines(y, POINTS * row["low"], POINTS * row["high"], color=ink(), linewidth=1.1)


def _name_rows(grid: Sequence[Axes], places: Mapping[tuple[str, str | None], int]) -> None:
    for axes in grid:
        axes.set_yticks(list(places.values()), [cause or kind for kind, cause in places])
        axes.set_ylim(-0.6, len(places) - 0.4)
        axes.tick_params(axis="y", length=0)
        # Panels that share an axis have no labels but those of the first.
        for label, (_, cause) in zip(axes.get_yticklabels(), places, strict=False):
            label.set_fontweight("normal" if cause else "bold")


def _legend(figure: Figure, axes: Axes, filled: str, hollow: str) -> None:
    axes.scatter([], [], s=16, color=ink(), linewidth=0, label=filled)
    axes.scatter([], [], s=14, facecolor="none", edgecolor=ink(), linewidth=0.8, label=hollow)
    legend_below(figure, [axes], title="change in points")
