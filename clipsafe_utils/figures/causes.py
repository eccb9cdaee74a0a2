"""The laboratory's own figures: the ladder from labels to captions, and dose and response of a knob."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from clipsafe_utils.figures.style import (
    GROUP_COLOURS,
    WIDTH,
    house_style,
    ink,
    legend_below,
    not_measured,
    source_look,
)
from clipsafe_utils.findings.properties import Property

LOSS_LOOKS = {
    "CLIP's contrastive loss": (GROUP_COLOURS["clip_zero_shot"], "D"),
    "cross-entropy on true labels": (GROUP_COLOURS["standard"], "o"),
}
"""Colour and marker of a loss: those of the groups that are trained with it."""

_APART = 0.16
_HALVES = 2


def ladder(tables: Mapping[Property, pd.DataFrame], rungs: Mapping[str, str]) -> Figure:
    """Draw properties along the ladder, a panel each.

    Parameters
    ----------
    tables : mapping of Property to DataFrame
        As `clipsafe_utils.findings.ladder.ladder` returns them.
    rungs : mapping of str to str
        Rungs and their names, from left to right.

    Returns
    -------
    matplotlib.figure.Figure
        Large marks: means over seeds with their intervals; small marks: single trainings. Without a table,
        one line that says so.
    """
    if not tables:
        return not_measured("the ladder")
    with house_style():
        figure = Figure(figsize=(WIDTH, 0.9 + 1.9 * len(tables)))
        grid = np.atleast_1d(figure.subplots(len(tables), 1, sharex=True))
        for axes, (panel, table) in zip(grid, tables.items(), strict=True):
            _draw_rungs(axes, panel, table, list(rungs))
        names = [_two_lines(f"{rung}: {name}") for rung, name in rungs.items()]
        grid[-1].set_xticks(range(len(rungs)), names)
        legend_below(figure, list(grid))
    return figure


def doses(
    tables: Mapping[Property, pd.DataFrame], axis: str, unit: float = 1.0, ratios: bool = False
) -> Figure:
    """Draw properties against the level of a knob, a panel each.

    Parameters
    ----------
    tables : mapping of Property to DataFrame
        As `clipsafe_utils.findings.ladder.dose` returns them.
    axis : str
        Name of the knob's axis.
    unit : float
        What the levels are multiplied by.
    ratios : bool
        Whether equal ratios of levels, not differences, are equal steps of the axis.

    Returns
    -------
    matplotlib.figure.Figure
        Large marks: means over seeds with their intervals; small marks: single trainings. Where no level was
        trained, one line that says so.
    """
    if all(table.empty for table in tables.values()):
        return not_measured(axis)
    with house_style():
        columns = min(_HALVES, len(tables))
        rows = -(-len(tables) // columns)
        figure = Figure(figsize=(WIDTH, 0.8 + 2.1 * rows))
        grid = figure.subplots(rows, columns, sharex=True, squeeze=False).ravel()
        for axes in grid[len(tables) :]:
            axes.set_visible(False)
        for axes, (panel, table) in zip(grid, tables.items(), strict=False):
            _draw_doses(axes, panel, table, unit)
            if ratios:
                _by_ratios(axes, unit * np.unique(table["level"].to_numpy(float)))
        legend_below(figure, list(grid), title=axis)
    return figure


def _draw_rungs(axes: Axes, panel: Property, table: pd.DataFrame, rungs: list[str]) -> None:
    sources = list(dict.fromkeys(table["source"]))
    for place, source in enumerate(sources):
        colour, marker, label = source_look(source)
        rows = table[table["source"] == source]
        x = np.array([rungs.index(rung) for rung in rows["rung"]]) + _APART * (place - (len(sources) - 1) / 2)
        _draw_means(axes, x, rows, panel, colour, marker, label)
    axes.set_title(panel.title)
    axes.set_ylabel(panel.axis)
    axes.grid(visible=True, axis="y")
    axes.set_xlim(-0.5, len(rungs) - 0.5)


def _draw_doses(axes: Axes, panel: Property, table: pd.DataFrame, unit: float) -> None:
    for loss, rows in table.groupby("loss", sort=True):
        colour, marker = LOSS_LOOKS.get(str(loss), (ink(), "s"))
        x = unit * rows["level"].to_numpy(float)
        axes.plot(x, panel.scale * rows["value"], color=colour, linewidth=1)
        _draw_means(axes, x, rows, panel, colour, marker, str(loss))
    axes.set_title(panel.title)
    axes.set_ylabel(panel.axis)
    axes.grid(visible=True)


def _by_ratios(axes: Axes, levels: np.ndarray) -> None:
    axes.set_xscale("log")
    axes.set_xticks(levels, [f"{level:g}" for level in levels])
    axes.minorticks_off()


def _draw_means(
    axes: Axes,
    x: np.ndarray,
    rows: pd.DataFrame,
    panel: Property,
    colour: str,
    marker: str,
    label: str,
) -> None:
    scale = panel.scale
    low, high = rows["low"].to_numpy(float), rows["high"].to_numpy(float)
    if panel.is_share:
        low, high = np.maximum(low, 0), np.minimum(high, 1)
    for place, seeds in zip(x, rows["seeds"], strict=True):
        axes.scatter([place] * len(seeds), scale * np.array(seeds), s=5, color=colour, alpha=0.6, linewidth=0)
    axes.vlines(x, scale * low, scale * high, color=colour, linewidth=1.2)
    axes.scatter(
        x, scale * rows["value"], s=26, color=colour, marker=marker, linewidth=0, zorder=3, label=label
    )


def _two_lines(text: str) -> str:
    """Break a name near its middle, so that four of them stand side by side on a phone."""
    words = text.split()
    breaks = [
        (abs(len(" ".join(words[:place])) - len(" ".join(words[place:]))), place)
        for place in range(1, len(words))
    ]
    if not breaks:
        return text
    place = min(breaks)[1]
    return " ".join(words[:place]) + "\n" + " ".join(words[place:])
