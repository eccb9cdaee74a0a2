"""Chapter 4: how far confidence can be believed."""

from collections.abc import Mapping

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from clipsafe_utils.figures.style import GROUP_COLOURS, WIDTH, house_style, ink, legend_below
from clipsafe_utils.metrics.intervals import wilson_interval
from clipsafe_utils.registry.set_names import condition_name

PERCENT = 100.0
MARKERS = ("o", "^", "s", "D", "v", "P", "X", "h")
"""One a model, in the order of the cube: two models of one group share their colour."""

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


def conditions(judged: Mapping[str, xr.Dataset]) -> Figure:
    """Draw ECE with its floor, and the debiased error with its interval, by condition.

    Parameters
    ----------
    judged : mapping of str to xarray.Dataset
        By view, as `clipsafe_utils.findings.calibration.errors.judge_view` returns them.

    Returns
    -------
    matplotlib.figure.Figure
        Two panels a view. Grey: the floor. Hollow marks: too few images for a claim.
    """
    # Fewer than three rows would leave no room for the titles and labels of a view.
    rows = [max(one.sizes["condition"], 3) for one in judged.values()]
    with house_style():
        figure = Figure(figsize=(WIDTH, 1.0 + 0.36 * max(sum(rows), 3)))
        if rows:
            grid = figure.subplots(
                len(rows), 2, sharex="row", sharey="row", squeeze=False, height_ratios=rows
            )
            for (plain, debiased), (title, one) in zip(grid, judged.items(), strict=True):
                _draw_conditions(plain, debiased, one.isel(condition=np.argsort(one["images"].values)))
                if len(judged) > 1:
                    plain.set_title(title)
                plain.set_xlim(left=0)
            legend_below(figure, grid[:, 1].tolist())
    return figure


def _draw_conditions(plain: Axes, debiased: Axes, judged: xr.Dataset) -> None:
    rows = np.arange(judged.sizes["condition"], dtype=float)
    claimed = judged["claimed"].values
    number = judged.sizes["model"]
    for position in range(number):
        one = judged.isel(model=position)
        y = rows - 0.7 * ((position + 0.5) / number - 0.5)
        plain.barh(
            y, PERCENT * one["floor"].values, height=0.6 / number, color=ink(), alpha=0.18, linewidth=0
        )
        _draw_marks(plain, PERCENT * one["ece"].values, y, claimed, one, position)
        colour = GROUP_COLOURS[one["group"].item()]
        debiased.hlines(y, PERCENT * one["low"].values, PERCENT * one["high"].values, color=colour, lw=1)
        _draw_marks(debiased, PERCENT * one["error"].values, y, claimed, one, position)
    names = [
        f"{condition_name(name)} ({int(images):,})"
        for name, images in zip(judged["condition"].values, judged["images"].values, strict=True)
    ]
    plain.set_yticks(rows, names)
    plain.set_ylim(-0.6, rows.size - 0.4)
    plain.set_xlabel("ECE, %; grey: floor")
    debiased.set_xlabel("debiased error, %")
    for axes in (plain, debiased):
        axes.grid(axis="x")
        if claimed.any() and not claimed.all():
            axes.axhline(rows[~claimed].max() + 0.5, color=ink(), linewidth=0.8, linestyle=":")


def _draw_marks(
    axes: Axes, x: np.ndarray, y: np.ndarray, filled: np.ndarray, model: xr.Dataset, position: int
) -> None:
    colour, marker = GROUP_COLOURS[model["group"].item()], MARKERS[position % len(MARKERS)]
    faces = [colour if is_filled else "none" for is_filled in filled]
    axes.scatter(
        x, y, s=16, marker=marker, facecolor=faces, edgecolor=colour, lw=0.8, zorder=3, clip_on=False
    )
    axes.scatter([], [], s=16, marker=marker, color=colour, label=model["name"].item())


def against_accuracy(judged: Mapping[str, xr.Dataset], ranks: Mapping[str, xr.Dataset]) -> Figure:
    """Draw the debiased error of each model on parts of the images against its accuracy there.

    Parameters
    ----------
    judged : mapping of str to xarray.Dataset
        By view, as for `conditions`; without the whole sets.
    ranks : mapping of str to xarray.Dataset
        By view, as `clipsafe_utils.findings.calibration.errors.rank_correlations` returns them.

    Returns
    -------
    matplotlib.figure.Figure
        One small panel a model. Hollow marks: too few images for a claim.
    """
    with house_style():
        figure, grids = _grids({view: one.sizes["model"] for view, one in judged.items()}, 2.35)
        for view, grid in grids.items():
            for row, axes in enumerate(grid):
                one = judged[view].isel(model=row)
                _draw_against_accuracy(axes, one, row)
                axes.set_title(
                    f"{one['name'].item()}\n{_rank_line(ranks[view].isel(model=row))}", fontsize=8.5
                )
            grid[0].set_ylim(bottom=0)
        if grids:
            figure.supxlabel("accuracy on the images of the factor or shift, %", fontsize=9)
            figure.supylabel("debiased error, %", fontsize=9)
    return figure


def _draw_against_accuracy(axes: Axes, one: xr.Dataset, position: int) -> None:
    x, y = PERCENT * one["accuracy"].values, PERCENT * one["error"].values
    colour = GROUP_COLOURS[one["group"].item()]
    claimed = one["claimed"].values
    low, high = PERCENT * one["low"].values, PERCENT * one["high"].values
    axes.vlines(x[~claimed], low[~claimed], high[~claimed], color=colour, linewidth=0.8, alpha=0.45)
    axes.vlines(x[claimed], low[claimed], high[claimed], color=colour, linewidth=1.4)
    _draw_marks(axes, x, y, claimed, one, position)
    axes.grid(visible=True)


def _rank_line(ranks: xr.Dataset) -> str:
    said: dict[int, str] = {}
    for choice, rho, parts in zip(
        ranks["choice"].values, ranks["rho"].values, ranks["parts"].values, strict=True
    ):
        if np.isfinite(rho):
            said.setdefault(int(parts), f"{choice} {int(parts)}: ρ {rho:+.2f}".replace("-", "−"))
    return ", ".join(said.values()) or "too few parts for ρ"
