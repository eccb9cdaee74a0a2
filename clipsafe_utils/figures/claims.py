"""Chapter 7's own figure: all effects side by side."""

import textwrap
from collections.abc import Hashable, Mapping
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.transforms import blended_transform_factory

from clipsafe_utils.figures.style import (
    WIDTH,
    house_style,
    ink,
    legend_below,
    not_measured,
    study_look,
)

REACH = 100.0
"""How far the shared axis goes to both sides, in smallest effects that matter."""

FAMILY_MARKERS = {5: ("^", "5 families"), 8: ("o", "8 families"), 15: ("s", "15 families")}
PERCENT = 100
_NAME_WIDTH = 27

TICKS = (-100, -10, -3, -1, 0, 1, 3, 10, 100)

_ROW = 0.2
_HEADING = 0.24
_DECIDED = ("supported", "contradicted")
_ONE = (1.0,)
_BOTH = (-1.0, 1.0)


def forest(table: pd.DataFrame) -> Figure:
    """Draw every effect with its interval, under the sentence of its claim.

    Parameters
    ----------
    table : pandas.DataFrame
        As `clipsafe_utils.claims.summary.forest` returns it.

    Returns
    -------
    matplotlib.figure.Figure
        One panel for claims that have a smallest effect, in units of it, and one for each other unit. The
        shared axis is linear up to 1 and logarithmic beyond; what lies past its end is an arrow there.
        Filled: decided; hollow: undecided; the sign of the verdict at the right.
    """
    if table.empty:
        return not_measured("an effect")
    parts = [part for _, part in table.groupby("unit", sort=True)]
    heights = [_height(part) for part in parts]
    with house_style():
        figure = Figure(figsize=(WIDTH, 0.5 + 0.55 * len(parts) + sum(heights)))
        grid = figure.subplots(len(parts), 1, squeeze=False, height_ratios=heights).ravel()
        for axes, part in zip(grid, parts, strict=True):
            _draw(axes, part)
        legend_below(figure, grid.tolist())
    return figure


def _height(part: pd.DataFrame) -> float:
    return _HEADING * part["claim"].nunique() + _ROW * len(part)


def _draw(axes: Axes, part: pd.DataFrame) -> None:
    shared = part["unit"].iloc[0] == ""
    reach = REACH if shared else 1.1 * float(part[["value", "low", "high"]].abs().clip(upper=100).max().max())
    beside = blended_transform_factory(axes.transAxes, axes.transData)
    y = 0.0
    for name, rows in part.groupby("claim", sort=False):
        y += _HEADING
        sentence = f"{name}  {rows['sentence'].iloc[0]}"
        axes.text(0, y - 0.06, sentence, transform=beside, va="center")
        bottom = y + _ROW * len(rows)
        axes.vlines(0, y, bottom, color=ink(), linewidth=0.8, zorder=0)
        if shared:
            ends = _ONE if rows["direction"].iloc[0] in ("up", "down") else _BOTH
            axes.vlines(ends, y, bottom, color=ink(), linewidth=0.8, linestyle=(0, (2, 2)))
        for row in rows.to_dict("records"):
            y += _ROW
            _draw_effect(axes, row, y - _ROW / 2, reach)
            axes.text(1.02, y - _ROW / 2, row["mark"], transform=beside, va="center")
    axes.set_ylim(y + 0.04, 0)
    if shared:
        axes.set_xscale("symlog", linthresh=1.0, linscale=0.6)
        axes.set_xticks(TICKS, [f"{tick}".replace("-", "−") for tick in TICKS])
        axes.minorticks_off()
    axes.set_xlim(-reach, reach)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.grid(axis="x")
    axes.set_xlabel("smallest effects that matter; right: as claimed" if shared else part["unit"].iloc[0])


def _draw_effect(axes: Axes, row: Mapping[Hashable, Any], y: float, reach: float) -> None:
    colour, marker = study_look(row["study"])
    face = colour if row["verdict"] in _DECIDED else "none"
    low, high = max(row["low"], -reach), min(row["high"], reach)
    if low < high:
        axes.hlines(y, low, high, color=colour, linewidth=1.2)
    for end, beyond, arrow in ((-reach, row["low"] < -reach, "<"), (reach, row["high"] > reach, ">")):
        if beyond:
            axes.scatter(end, y, color=colour, marker=arrow, s=14, clip_on=False, zorder=3)
    if abs(row["value"]) <= reach:
        axes.scatter(row["value"], y, edgecolor=colour, facecolor=face, marker=marker, s=24, zorder=4)
    axes.scatter([], [], color=colour, marker=marker, s=24, label=row["study"])


def rates(table: pd.DataFrame, bound: float) -> Figure:
    """Draw the shares of false verdicts that a simulation found, with its own intervals.

    Parameters
    ----------
    table : pandas.DataFrame
        As `clipsafe_utils.claims.simulation.Simulation` has it.
    bound : float
        What the shares are meant to stay below.

    Returns
    -------
    matplotlib.figure.Figure
        A panel for each truth, a row for each statistic, a mark for each number of families.
    """
    names = list(dict.fromkeys(table["name"]))
    with house_style():
        figure = Figure(figsize=(WIDTH, 1.0 + 0.27 * len(names)))
        grid = figure.subplots(1, table["truth"].nunique(), sharex=True, sharey=True, squeeze=False).ravel()
        for axes, (truth, part) in zip(grid, table.groupby("truth", sort=False), strict=True):
            _draw_rates(axes, part, names)
            axes.axvline(PERCENT * bound, color=ink(), linewidth=0.8, linestyle=(0, (2, 2)), zorder=0)
            axes.set_title(f"truth: {truth}")
            axes.set_xlabel("false verdicts, %")
            axes.grid(axis="x")
        grid[0].set_yticks(
            range(len(names)), [textwrap.fill(name, _NAME_WIDTH) for name in names], fontsize=7.5
        )
        grid[0].set_ylim(len(names) - 0.4, -0.6)
        legend_below(figure, grid.tolist())
    return figure


def _draw_rates(axes: Axes, part: pd.DataFrame, names: list[str]) -> None:
    for place, (families, rows) in enumerate(part.groupby("families", sort=True)):
        marker, label = FAMILY_MARKERS.get(int(str(families)), ("x", "no families"))
        y = rows["name"].map(names.index).to_numpy() + 0.22 * (place - 1.5)
        axes.hlines(y, PERCENT * rows["low"], PERCENT * rows["high"], color=ink(), linewidth=0.8, alpha=0.6)
        axes.scatter(PERCENT * rows["rate"], y, color=ink(), marker=marker, s=12, label=label, zorder=3)
    axes.set_xlim(left=0)
