"""Chapter 3: what the training source and the fine-tuning add at equal accuracy."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from clipsafe_utils.figures.style import (
    GROUP_COLOURS,
    WIDTH,
    house_style,
    ink,
    legend_below,
    mark_zero,
    source_look,
)
from clipsafe_utils.findings.shift.changes import PairChanges
from clipsafe_utils.findings.shift.study import UnderShift
from clipsafe_utils.registry.set_names import shift_title

POINTS = 100.0
"""Shares are drawn in percentage points."""

_ROOM = 0.06
"""Inches of height that a mark of one source needs."""

_TITLES = {"standard": "above standard networks", "other sources": "above CLIPs of other sources"}
_MEASURES = {
    "difference": ("accuracy", GROUP_COLOURS["clip_fine_tuned"], "o", 0.16),
    "at_equal": ("accuracy at equal accuracy in distribution", ink(), "D", -0.16),
}


def offsets(studies: Mapping[str, UnderShift]) -> Figure:
    """Draw how far the CLIPs of each source are off the line of standard networks, and of each other.

    Parameters
    ----------
    studies : mapping of str to UnderShift
        By study; those without a source are not drawn.

    Returns
    -------
    matplotlib.figure.Figure
        Marks: mean over families, with intervals over families. Grey: where a network of a new family of
        the line's own falls. Hollow marks: fewer than five families.
    """
    by_study = {
        study: _measured_sources(found.heights.table)
        for study, found in studies.items()
        if found.heights.has_sources
    }
    with house_style():
        sizes = [table.sizes["shift"] * _height_of_row(table.sizes["source"]) for table in by_study.values()]
        figure = Figure(figsize=(WIDTH, sum(sizes) + 0.45 * len(sizes) + 1.0))
        grid = figure.subplots(len(by_study), 2, sharey="row", squeeze=False, height_ratios=sizes)
        for pair, (study, table) in zip(grid, by_study.items(), strict=True):
            for axes, line in zip(pair, table["line"].values.tolist(), strict=True):
                _draw_offsets(axes, table.sel(line=line))
                axes.set_title(_TITLES[line])
                axes.set_xlabel("points")
            if len(by_study) > 1:
                pair[0].set_ylabel(study, fontweight="bold")
        legend_below(figure, list(grid[:, 0]))
    return figure


def _height_of_row(sources: int) -> float:
    """Return the inches that a shift needs for marks of so many sources; many are pressed together."""
    return max(0.3, 0.15 * min(sources, 6), _ROOM * sources)


def _measured_sources(table: xr.Dataset) -> xr.Dataset:
    return table.isel(source=table["mean"].notnull().any(["shift", "line"]).values)


def _draw_offsets(axes: Axes, table: xr.Dataset) -> None:
    rows = np.arange(table.sizes["shift"])[::-1]
    names = table["source"].values.tolist()
    mark_zero(axes)
    for position, name in enumerate(names):
        one = table.sel(source=name)
        y = rows - 0.8 * ((position + 0.5) / len(names) - 0.5)
        colour, marker, label = source_look(name)
        half = POINTS * one["half_width"].fillna(0).values
        height = 0.6 / len(names)
        axes.barh(y, 2 * half, left=-half, height=height, color=ink(), alpha=0.18, linewidth=0)
        _draw_interval(axes, y, one, colour)
        _draw_marks(axes, y, one, {"s": 18, "edgecolor": colour, "marker": marker}, colour, label)
    _finish(axes, rows, table)


def pairs(comparisons: Mapping[str, PairChanges]) -> Figure:
    """Draw what one change does to accuracy, pair by pair and in the mean.

    Parameters
    ----------
    comparisons : mapping of str to PairChanges
        By name of the change; those without a pair are not drawn.

    Returns
    -------
    matplotlib.figure.Figure
        One panel a change. Small marks: pairs. Large: means over families, with intervals over families;
        hollow where there are fewer than five families.
    """
    drawn = {name: pairs.table for name, pairs in comparisons.items() if pairs}
    with house_style():
        sizes = [table.sizes["shift"] for table in drawn.values()]
        figure = Figure(figsize=(WIDTH, 0.36 * sum(sizes) + 0.75 * len(drawn) + 0.5))
        grid = figure.subplots(len(drawn), 1, squeeze=False, height_ratios=sizes).ravel()
        for axes, (name, table) in zip(grid, drawn.items(), strict=True):
            _draw_pairs(axes, table)
            axes.set_title(name)
        grid[-1].set_xlabel("change in points")
        legend_below(figure, [grid[0]])
    return figure


def _draw_pairs(axes: Axes, table: xr.Dataset) -> None:
    rows = np.arange(table.sizes["shift"])[::-1]
    mark_zero(axes)
    for measure, (label, colour, marker, offset) in _MEASURES.items():
        one = table.sel(measure=measure)
        y = rows + offset
        each = POINTS * table[measure].transpose("shift", "pair").values
        axes.scatter(each, np.broadcast_to(y[:, None], each.shape), s=4, color=colour, alpha=0.5, linewidth=0)
        _draw_interval(axes, y, one, colour)
        _draw_marks(axes, y, one, {"s": 22, "edgecolor": colour, "marker": marker}, colour, label)
    _finish(axes, rows, table)


def _draw_interval(axes: Axes, y: np.ndarray, one: xr.Dataset, colour: str) -> None:
    low, high = (POINTS * one[end].values for end in ("low", "high"))
    bounded = np.isfinite(low)
    axes.hlines(y[bounded], low[bounded], high[bounded], color=colour, linewidth=1)


def _draw_marks(
    axes: Axes, y: np.ndarray, one: xr.Dataset, mark: dict[str, Any], colour: str, label: str
) -> None:
    mean, decided = POINTS * one["mean"].values, one["decided"].values.astype(bool)
    for here, face in ((decided, colour), (~decided, "none")):
        axes.scatter(mean[here], y[here], facecolor=face, zorder=3, **mark)
    axes.scatter([], [], facecolor=colour, label=label, **mark)


def _finish(axes: Axes, rows: np.ndarray, table: xr.Dataset) -> None:
    for row in rows[:-1]:
        axes.axhline(row - 0.5, color=ink(), linewidth=0.5, alpha=0.15)
    axes.set_yticks(rows, [shift_title(shift) for shift in table["shift"].values.tolist()])
    axes.set_ylim(-0.5, rows.size - 0.5)
    axes.grid(axis="x")
