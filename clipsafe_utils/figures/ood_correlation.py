"""Chapter 3: accuracy in distribution against what happens outside it, and how closely both go together."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from scipy.special import ndtri

from clipsafe_utils.cubes import GROUPS
from clipsafe_utils.cubes.selection import of_source
from clipsafe_utils.figures.style import (
    GROUP_COLOURS,
    GROUP_MARKERS,
    WIDTH,
    house_style,
    ink,
    legend_below,
    source_look,
)
from clipsafe_utils.findings.shift.detection import Detection
from clipsafe_utils.findings.shift.study import UnderShift
from clipsafe_utils.registry.set_names import shift_title

_TICKS = np.array([1, 5, 10, 20, 30, 40, 50, 60, 70, 80, 90, 95, 99])
_MOST_TICKS = 6
_SHARP = 160
"""Pixels an inch of what is drawn as pixels."""

_CORRELATIONS = np.array([0, 0.5, 0.9, 0.99, 0.999])
_LEAST, _MOST = -0.3, 0.9998
_LOOKS_OF_SETS = {
    "these sources together": (GROUP_COLOURS["clip_fine_tuned"], "*"),
    "LAION grid": (GROUP_COLOURS["human"], "p"),
    "standard networks": (GROUP_COLOURS["standard"], GROUP_MARKERS["standard"]),
}


def clouds(studies: Mapping[str, UnderShift]) -> Figure:
    """Draw accuracy under each shift against accuracy in distribution, on probit axes.

    Parameters
    ----------
    studies : mapping of str to UnderShift
        By study.

    Returns
    -------
    matplotlib.figure.Figure
        One small panel a shift, under the name of its study where there are several.
    """
    rows = {study: -(-len(found.clouds) // 2) for study, found in studies.items()}
    with house_style():
        # The dots of the standard networks are pixels, a thousand marks would be heavy; the rest is vector.
        figure = Figure(figsize=(WIDTH, 1.85 * sum(rows.values()) + 0.5 * len(rows) + 0.7), dpi=_SHARP)
        parts = figure.subfigures(len(rows), 1, squeeze=False, height_ratios=list(rows.values())).ravel()
        drawn: list[Axes] = []
        for part, (study, found) in zip(parts, studies.items(), strict=True):
            grid = list(part.subplots(rows[study], 2, sharex=True, squeeze=False).ravel())
            for axes in grid[len(found.clouds) :]:
                axes.set_visible(False)
            drawn += _draw_study(grid[: len(found.clouds)], found)
            part.supylabel("accuracy under the shift, %", fontsize=9)
            if len(studies) > 1:
                part.suptitle(study, fontsize=9, fontweight="bold", x=0.02, ha="left")
        legend_below(figure, drawn)
    return figure


def _draw_study(grid: list[Axes], found: UnderShift) -> list[Axes]:
    for axes, (shift, cloud) in zip(grid, found.clouds.items(), strict=True):
        _draw_cloud(axes, cloud, found.sources)
        line = found.lines[shift]
        axes.plot(ndtri(line["x"].values), ndtri(line.values), color=ink(), linewidth=0.9)
        axes.set_title(shift_title(shift))
    _percent_ticks(grid)
    for axes in grid[-2:]:
        axes.tick_params(labelbottom=True)
        axes.set_xlabel("accuracy in distribution, %")
    return grid


def detection(by_study: Mapping[str, Detection]) -> Figure:
    """Draw the mean AUROC of detection against accuracy in distribution, one panel a study.

    Parameters
    ----------
    by_study : mapping of str to Detection
        By study.

    Returns
    -------
    matplotlib.figure.Figure
        Bars: intervals over images.
    """
    with house_style():
        figure = Figure(figsize=(WIDTH, 2.9 * len(by_study) + 0.9), dpi=_SHARP)
        grid = figure.subplots(len(by_study), 1, squeeze=False).ravel()
        for axes, (study, found) in zip(grid, by_study.items(), strict=True):
            cloud = found.cloud
            drawn = np.isfinite(cloud["low"].values)
            ends = (ndtri(np.clip(cloud[name].values[drawn], 1e-6, 1 - 1e-6)) for name in ("low", "high"))
            axes.vlines(ndtri(cloud["x"].values[drawn]), *ends, color=ink(), linewidth=0.8, alpha=0.4)
            _draw_cloud(axes, cloud, found.sources)
            axes.set_title(study)
            _percent_ticks([axes])
        grid[-1].set_xlabel("accuracy in distribution, %")
        figure.supylabel("mean AUROC over the OOD sets, %", fontsize=9)
        legend_below(figure, list(grid))
    return figure


def within(studies: Mapping[str, UnderShift]) -> Figure:
    """Draw the rank correlation, and the correlation at fixed quantity, within each training source.

    Parameters
    ----------
    studies : mapping of str to UnderShift
        By study.

    Returns
    -------
    matplotlib.figure.Figure
        Left: rank correlation. Right: correlation on probit axes at a fixed number of samples seen.
        Hollow marks: fewer than five families. An interval that leaves everything open is not drawn.
    """
    by_study = {study: found.correlations.table for study, found in studies.items()}
    with house_style():
        sizes = [table.sizes["shift"] * _height_of_row(len(_sets(table))) for table in by_study.values()]
        figure = Figure(figsize=(WIDTH, sum(sizes) + 0.25 * len(sizes) + 1.3))
        grid = figure.subplots(len(by_study), 2, sharey="row", squeeze=False, height_ratios=sizes)
        for pair, (study, table) in zip(grid, by_study.items(), strict=True):
            for axes, name in zip(pair, ("rank", "fixed"), strict=True):
                _draw_correlations(axes, table, name)
            pair[0].set_title(f"{study}: rank correlation" if len(by_study) > 1 else "rank correlation")
            pair[1].set_title("at a fixed quantity")
        legend_below(figure, list(grid[:, 0]))
    return figure


def _draw_cloud(axes: Axes, cloud: xr.Dataset, sources: Sequence[str]) -> None:
    x, y, group = ndtri(cloud["x"].values), ndtri(cloud["y"].values), cloud["group"].values
    for name, size, alpha, rasterized in (("standard", 6, 0.5, True), ("clip_fine_tuned", 20, 0.85, False)):
        here = group == name
        if here.any():
            look: dict[str, Any] = {
                "color": GROUP_COLOURS[name],
                "marker": GROUP_MARKERS[name],
                "linewidth": 0,
            }
            axes.scatter(x[here], y[here], s=size, alpha=alpha, rasterized=rasterized, **look)
            axes.scatter([], [], s=17, label=GROUPS[name], **look)
    for source in sources:
        here = of_source(cloud, source)
        if here.any():
            colour, marker, label = source_look(source)
            axes.scatter(x[here], y[here], s=17, color=colour, marker=marker, linewidth=0, label=label)
    axes.grid(visible=True)


def _percent_ticks(grid: Sequence[Axes]) -> None:
    for axes in grid:
        for axis, (low, high) in ((axes.xaxis, axes.get_xlim()), (axes.yaxis, axes.get_ylim())):
            inside = _TICKS[(ndtri(_TICKS / 100) >= low) & (ndtri(_TICKS / 100) <= high)]
            kept = inside[:: -(-inside.size // _MOST_TICKS)] if inside.size else inside
            axis.set_ticks(ndtri(kept / 100), [str(percent) for percent in kept])


def _draw_correlations(axes: Axes, table: xr.Dataset, name: str) -> None:
    rows = np.arange(table.sizes["shift"])[::-1]
    sets = _sets(table)
    for position, member in enumerate(sets):
        one = table.sel(set=member)
        y = rows - 0.8 * ((position + 0.5) / len(sets) - 0.5)
        colour, marker = _look_of_set(member)
        low, high = (one[f"{name}{end}"].values for end in ("_low", "_high"))
        bounded = np.isfinite(low) & ((low > _LEAST) | (high < _MOST))
        axes.hlines(y[bounded], _on_scale(low[bounded]), _on_scale(high[bounded]), color=colour, linewidth=1)
        families = int(one["families"].max())
        counted = f"{member} ({families} {'family' if families == 1 else 'families'})"
        # Sets that several studies have are named once.
        label = member if member in _LOOKS_OF_SETS else counted
        mark: dict[str, Any] = {"s": 18, "edgecolor": colour, "marker": marker}
        decided = one[f"{name}_decided"].values
        for here, face in ((decided, colour), (~decided, "none")):
            axes.scatter(_on_scale(one[name].values[here]), y[here], facecolor=face, zorder=3, **mark)
        axes.scatter([], [], facecolor=colour, label=label, **mark)
    for row in rows[:-1]:
        axes.axhline(row - 0.5, color=ink(), linewidth=0.5, alpha=0.15)
    axes.set_yticks(rows, [shift_title(shift) for shift in table["shift"].values.tolist()])
    axes.set_ylim(-0.5, rows.size - 0.5)
    axes.set_xlim(float(_on_scale(np.array(_LEAST))), float(_on_scale(np.array(1.0))) + 0.2)
    axes.set_xticks(_on_scale(_CORRELATIONS), [f"{value:g}" for value in _CORRELATIONS])
    axes.grid(axis="x")


def _sets(table: xr.Dataset) -> list[str]:
    """Return the sets that have a correlation under any shift."""
    return [str(name) for name in table["set"].values[table["rank"].notnull().any("shift").values]]


def _height_of_row(sets: int) -> float:
    """Return the inches that a shift needs for marks of so many sets."""
    return max(0.3, 0.11 * sets)


def _on_scale(correlation: np.ndarray) -> np.ndarray:
    """Fisher's z scale, on which correlations near 1 can be told apart; cut off where the figure ends."""
    return np.asarray(np.arctanh(np.clip(correlation, _LEAST, _MOST)))


def _look_of_set(name: str) -> tuple[str, str]:
    return _LOOKS_OF_SETS[name] if name in _LOOKS_OF_SETS else source_look(name)[:2]
