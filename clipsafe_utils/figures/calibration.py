"""How far confidence can be believed: reliability, as the student's laboratory draws it."""

from collections.abc import Mapping

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from clipsafe_utils.figures.style import GROUP_COLOURS, WIDTH, house_style, ink
from clipsafe_utils.metrics.intervals import wilson_interval

PERCENT = 100.0

_LARGEST_MARK = 110.0
_FEW = 4
"""Panels of a study that stand in two columns; more stand in three."""
_MANY = 3
_HEIGHT_OF_THREE = 1.75


def reliability(panels: xr.Dataset, confidence: float) -> Figure:
    """Draw the share of hits against confidence, a small panel a model.

    Parameters
    ----------
    panels : xarray.Dataset
        bin_count, bin_confidence and bin_hits; dims panel and bin. title and group by panel.
    confidence : float
        Level of the intervals.

    Returns
    -------
    matplotlib.figure.Figure
        Area of a mark: the bin's share of the images. Bars: Wilson's interval. Line: perfect calibration.
    """
    studies = panels["study"].values.tolist() if panels.sizes["panel"] else []
    with house_style():
        figure, grids = _grids({study: studies.count(study) for study in studies}, 2.25)
        for study, grid in grids.items():
            for row, axes in enumerate(grid):
                one = panels.isel(panel=[place for place, name in enumerate(studies) if name == study])
                _draw_reliability(axes, one.isel(panel=row), confidence)
        if grids:
            figure.supxlabel("confidence, %", fontsize=9)
            figure.supylabel("images named rightly, %", fontsize=9)
    return figure


def _grids(numbers: Mapping[str, int], height: float) -> tuple[Figure, dict[str, list[Axes]]]:
    """Lay out small panels, a block a study: two beside each other, or three where they are many."""
    shapes = {
        name: (-(-number // columns), columns)
        for name, number in numbers.items()
        for columns in [_columns(number)]
    }
    heights = [
        rows * _HEIGHT_OF_THREE if columns == _MANY else rows * height for rows, columns in shapes.values()
    ]
    figure = Figure(figsize=(WIDTH, 0.4 + max(sum(heights), height)))
    found = {}
    if shapes:
        blocks = figure.subfigures(len(shapes), 1, height_ratios=heights, squeeze=False)[:, 0]
        for block, (name, shape) in zip(blocks, shapes.items(), strict=True):
            grid = block.subplots(*shape, sharex=True, sharey=True, squeeze=False).ravel()
            for axes in grid[numbers[name] :]:
                axes.set_visible(False)
            if len(shapes) > 1:
                block.suptitle(f"Study: {name}", fontsize=9, x=0.02, ha="left", weight="bold")
            found[name] = grid[: numbers[name]].tolist()
    return figure, found


def _columns(number: int) -> int:
    return _MANY if number > _FEW else 2


def _draw_reliability(axes: Axes, panel: xr.Dataset, confidence: float) -> None:
    filled = panel.isel(bin=np.round(panel["bin_count"].values) > 0)
    # Cuts between bins of equal mass fall inside images; an interval needs whole ones.
    count = np.round(filled["bin_count"].values)
    hits = np.minimum(np.round(filled["bin_hits"].values), count)
    low, high = wilson_interval(hits, count, confidence)
    x, y = PERCENT * filled["bin_confidence"].values, PERCENT * hits / count
    colour = GROUP_COLOURS[panel["group"].item()]
    axes.plot([0, 100], [0, 100], color=ink(), linewidth=0.8, zorder=0)
    axes.vlines(x, PERCENT * low, PERCENT * high, color=colour, linewidth=1)
    sizes = 7 + _LARGEST_MARK * count / count.sum()
    axes.scatter(x, y, s=sizes, color=colour, linewidth=0, zorder=3, clip_on=False)
    axes.set_xlim(0, 102)
    axes.set_ylim(0, 102)
    axes.set_xticks([0, 50, 100])
    axes.set_yticks([0, 50, 100])
    axes.set_title(panel["title"].item())
    axes.grid(visible=True)
