"""Figures of chapter 5: what the number of templates, their wording and the choice among them change."""

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from clipsafe_utils.figures.style import (
    WIDTH,
    house_style,
    ink,
    legend_below,
    mark_zero,
    not_measured,
    source_look,
)
from clipsafe_utils.findings.properties import Property

Tables = Mapping[Property, pd.DataFrame]
"""What is drawn in each panel; columns source and value, others as each figure says."""

_HALVES = 2
_APART = 0.24
_RATIO = 1.06
_ROOM = 1.6


def by_number(tables: Tables) -> Figure:
    """Draw changes against the number of templates.

    Parameters
    ----------
    tables : mapping of Property to DataFrame
        Columns source, templates, value, low, high and decided.

    Returns
    -------
    matplotlib.figure.Figure
        One curve a training source. Marks that decide nothing are hollow and have no interval. Without a
        table, one line that says so.
    """
    return _in_halves(tables, _draw_numbers, 1.7, "the number of templates", "templates")


def by_wording(tables: Tables) -> Figure:
    """Draw changes under each other wording, a row each.

    Parameters
    ----------
    tables : mapping of Property to DataFrame
        Columns source, wording, value, low, high and decided.

    Returns
    -------
    matplotlib.figure.Figure
        Marks as in `by_number`.
    """
    return _in_halves(tables, _draw_wordings, 2.2, "other wordings", None)


def by_subset(tables: Tables) -> Figure:
    """Draw changes under random subsets of the templates, against their size.

    Parameters
    ----------
    tables : mapping of Property to DataFrame
        Columns source, templates and value; one row a subset.

    Returns
    -------
    matplotlib.figure.Figure
        Small marks are subsets, large ones their means; bars reach from the lowest subset to the highest.
    """
    if not tables:
        return not_measured("random subsets of the templates")
    with house_style():
        figure = Figure(figsize=(WIDTH, 0.8 + 1.6 * len(tables)))
        grid = np.atleast_1d(figure.subplots(len(tables), 1))
        for axes, (panel, table) in zip(grid, tables.items(), strict=True):
            _draw_subsets(axes, table, panel.scale)
            _finish(axes, panel)
        legend_below(figure, list(grid), title="templates in a subset")
    return figure


def _in_halves(
    tables: Tables,
    draw: Callable[[Axes, pd.DataFrame, float], None],
    height: float,
    what: str,
    shared_axis: str | None,
) -> Figure:
    """Draw panels in two columns; the title of the legend stands for an axis that all share."""
    if not tables or all(table.empty for table in tables.values()):
        return not_measured(what)
    with house_style():
        rows = -(-len(tables) // _HALVES)
        figure = Figure(figsize=(WIDTH, 0.8 + height * rows))
        grid = figure.subplots(rows, _HALVES, squeeze=False, sharey=False if shared_axis else "row")
        for axes in grid.ravel()[len(tables) :]:
            axes.set_visible(False)
        for axes, (panel, table) in zip(grid.ravel(), tables.items(), strict=False):
            draw(axes, table, panel.scale)
            _finish(axes, panel, upright=shared_axis is not None)
        legend_below(figure, grid.ravel().tolist(), title=shared_axis)
    return figure


def _draw_numbers(axes: Axes, table: pd.DataFrame, scale: float) -> None:
    sources = list(dict.fromkeys(table["source"]))
    numbers = np.unique(table["templates"].to_numpy(float))
    for place, source in enumerate(sources):
        rows = table[table["source"] == source].sort_values("templates")
        x = rows["templates"].to_numpy(float) * _RATIO ** (place - (len(sources) - 1) / 2)
        axes.plot(x, scale * rows["value"].to_numpy(float), color=source_look(source)[0], linewidth=1)
        _draw_marks(axes, x, rows, scale, source, axes.vlines)
    axes.set_xscale("log")
    axes.set_xticks(numbers, [f"{number:g}" for number in numbers])
    axes.minorticks_off()


def _draw_wordings(axes: Axes, table: pd.DataFrame, scale: float) -> None:
    sources, names = (list(dict.fromkeys(table[column])) for column in ("source", "wording"))
    for place, source in enumerate(sources):
        rows = table[table["source"] == source]
        y = np.array([names.index(name) for name in rows["wording"]], float)
        y += _APART * (place - (len(sources) - 1) / 2)
        _draw_marks(axes, y, rows, scale, source, axes.hlines)
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(len(names) - 0.5, -0.5)


def _draw_marks(
    axes: Axes,
    place: np.ndarray,
    rows: pd.DataFrame,
    scale: float,
    source: str,
    lines: Callable[..., object],
) -> None:
    colour, marker, label = source_look(source)
    value, low, high = (scale * rows[name].to_numpy(float) for name in ("value", "low", "high"))
    decided = rows["decided"].to_numpy(bool)
    lines(place[decided], low[decided], high[decided], color=colour, linewidth=1.2)
    x, y = (place, value) if lines == axes.vlines else (value, place)
    face = colour if decided.any() else "none"
    axes.scatter(x, y, s=24, marker=marker, facecolor=face, edgecolor=colour, zorder=3, label=label)


def _draw_subsets(axes: Axes, table: pd.DataFrame, scale: float) -> None:
    sources = list(dict.fromkeys(table["source"]))
    numbers = sorted(dict.fromkeys(table["templates"]))
    for place, source in enumerate(sources):
        colour, marker, label = source_look(source)
        rows = table[table["source"] == source]
        x = np.array([numbers.index(number) for number in rows["templates"]], float)
        x += _APART * (place - (len(sources) - 1) / 2)
        values = scale * rows["value"].to_numpy(float)
        axes.scatter(x, values, s=6, color=colour, alpha=0.6, linewidth=0)
        of_size = [values[x == one] for one in np.unique(x)]
        axes.vlines(
            np.unique(x), [one.min() for one in of_size], [one.max() for one in of_size], color=colour
        )
        means = [one.mean() for one in of_size]
        axes.scatter(
            np.unique(x), means, s=26, color=colour, marker=marker, linewidth=0, zorder=3, label=label
        )
    axes.set_xticks(range(len(numbers)), [f"{number:g}" for number in numbers])


def _finish(axes: Axes, panel: Property, upright: bool = True) -> None:
    """Give a panel its names, the line of no change, and the band of changes that are too small."""
    reach = panel.scale * panel.smallest
    axes.set_title(panel.title)
    if upright:
        axes.axhline(0, color=ink(), linewidth=0.8, zorder=0)
        axes.axhspan(-reach, reach, color=ink(), alpha=0.1, linewidth=0, zorder=0)
        low, high = axes.get_ylim()
        axes.set_ylim(min(low, -_ROOM * reach), max(high, _ROOM * reach))
        axes.set_ylabel(panel.axis)
    else:
        mark_zero(axes)
        axes.axvspan(-reach, reach, color=ink(), alpha=0.1, linewidth=0, zorder=0)
        axes.set_xlabel(panel.axis)
    axes.grid(visible=True, axis="y" if upright else "x")
