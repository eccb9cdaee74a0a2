"""Chapter 4: what temperature scaling changes, by set of images and by group of models."""

from collections.abc import Mapping

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from clipsafe_utils.figures.calibration import PERCENT
from clipsafe_utils.figures.style import (
    GROUP_COLOURS,
    GROUP_MARKERS,
    WIDTH,
    house_style,
    legend_below,
    mark_zero,
)
from clipsafe_utils.findings.calibration.views import GROUP_NAMES
from clipsafe_utils.registry.set_names import condition_name

_AXES = {"ece_debiased": ("debiased error, points", PERCENT), "nll": ("NLL, nats", 1.0)}
"""Scores that are drawn, with the name of the axis and what values are multiplied by."""

_ROW = 0.36


def scaling_changes(groups: Mapping[str, xr.Dataset]) -> Figure:
    """Draw after less before temperature scaling, by condition and group.

    Parameters
    ----------
    groups : mapping of str to xarray.Dataset
        By study, as `clipsafe_utils.findings.calibration.scaling_change.change_of_groups` returns them.

    Returns
    -------
    matplotlib.figure.Figure
        Marks: means over the models of a group; lines: from the lowest to the highest model. Right of the
        zero line scaling made things worse.
    """
    rows = [one.sizes["condition"] for one in groups.values()]
    with house_style():
        figure = Figure(figsize=(WIDTH, 1.3 + _ROW * max(sum(rows), 3)))
        if rows:
            grid = figure.subplots(
                len(rows), len(_AXES), sharex="col", sharey="row", squeeze=False, height_ratios=rows
            )
            for row, (study, one) in zip(grid, groups.items(), strict=True):
                for axes, score in zip(row, _AXES, strict=True):
                    _draw_changes(axes, one, score)
                if len(rows) > 1:
                    row[0].set_title(f"Study: {study}")
            legend_below(figure, grid.ravel().tolist())
    return figure


def _draw_changes(axes: Axes, groups: xr.Dataset, score: str) -> None:
    title, scale = _AXES[score]
    conditions = groups["condition"].values.tolist()
    rows = np.arange(len(conditions), dtype=float)[::-1]
    number = groups.sizes["group"]
    mark_zero(axes)
    for place, group in enumerate(groups["group"].values.tolist()):
        one = groups.sel(group=group, score=score)
        y = rows - 0.7 * ((place + 0.5) / number - 0.5)
        colour = GROUP_COLOURS[group]
        axes.hlines(y, scale * one["lowest"].values, scale * one["highest"].values, color=colour, lw=1)
        moved = scale * (one["after"] - one["before"]).values
        marker, label = GROUP_MARKERS[group], GROUP_NAMES[group]
        axes.scatter(moved, y, s=18, marker=marker, color=colour, lw=1, zorder=3, label=label)
    axes.set_yticks(rows, [condition_name(name) for name in conditions])
    axes.set_ylim(-0.6, len(conditions) - 0.4)
    axes.set_xlabel(title)
    axes.grid(axis="x")
