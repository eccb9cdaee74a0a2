"""The student's laboratory: chapters 1, 2 and 4 in small, with one's own models marked."""

import textwrap
from collections.abc import Mapping, Sequence

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from clipsafe_utils.cubes import GROUPS
from clipsafe_utils.cubes.selection import CLIP_GROUPS
from clipsafe_utils.cubes.yours import is_yours, label_of
from clipsafe_utils.figures import calibration
from clipsafe_utils.figures.style import (
    GROUP_COLOURS,
    GROUP_MARKERS,
    WIDTH,
    house_style,
    ink,
    legend_below,
    mark_zero,
    not_measured,
)
from clipsafe_utils.figures.yours import YOURS_COLOUR, mark_yours

PERCENT = 100.0
_LANES = 5
_TICK_WIDTH, _LEGEND_WIDTH = 18, 30
"""Letters of a line of one's own model's name."""
_ROW = 0.33
_OWN_ROW = 0.6


def with_level(figure: Figure, level: float, points: Mapping[str, Sequence[tuple[str, float]]]) -> Figure:
    """Mark on a figure of dose and response where a knob is put, and what came of it.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        As `clipsafe_utils.figures.causes.doses` returns it.
    level : float
        Place on the axis of the knob.
    points : mapping of str to sequence of (str, float)
        By title of a panel, name and value of each of the reader's models, in the panel's unit.

    Returns
    -------
    matplotlib.figure.Figure
        The same one, with a dotted line in each panel and a mark a model.

    Examples
    --------
    >>> with_level(not_measured("a knob"), 0.9, {}).axes
    []
    """
    with house_style():
        for axes in figure.axes:
            if axes.get_visible():
                axes.axvline(level, color=YOURS_COLOUR, linewidth=1, linestyle=":", zorder=0)
                for number, (name, value) in enumerate(points.get(axes.get_title(loc="left"), ())):
                    mark_yours(axes, [level], [value], name, number)
    return figure


def factors(result: xr.Dataset | None, models: xr.Dataset) -> Figure:
    """Draw the residual of every CLIP on every factor, one's own models marked: chapter 1 in small.

    Parameters
    ----------
    result : xarray.Dataset or None
        As `clipsafe_utils.findings.student.in_small.residuals` returns it.
    models : xarray.Dataset
        The cube `models` in the same order.

    Returns
    -------
    matplotlib.figure.Figure
        Grey bars: where a network of a new standard family falls. Small marks: CLIPs, those that are not
        measured left out. Large marks: one's own, with the interval over images, hollow where not measured.

    Examples
    --------
    >>> factors(None, xr.Dataset()).texts[0].get_text()
    'not measured yet: residuals on visual factors'
    """
    if result is None:
        return not_measured("residuals on visual factors")
    with house_style():
        figure = Figure(figsize=(WIDTH, 1.1 + _ROW * result.sizes["factor"]))
        axes = figure.subplots()
        rows = np.arange(result.sizes["factor"])[::-1]
        mine = is_yours(models)
        judged = result["half_width"].isel(model=mine if mine.any() else slice(None))
        half = PERCENT * judged.max("model").values
        axes.barh(rows, 2 * half, left=-half, height=0.62, color=ink(), alpha=0.18, linewidth=0)
        mark_zero(axes)
        for group, offset in zip(CLIP_GROUPS, (0.15, -0.15), strict=True):
            _draw_group(axes, result.isel(model=(models["group"] == group).values), group, rows + offset)
        mark_residuals(axes, result, models, rows)
        axes.set_yticks(rows, [name.replace("_", " ") for name in result["factor"].values])
        axes.set_xlabel("accuracy above (+) or below (−) the line of standard models, in points")
        axes.grid(axis="x")
        legend_below(figure, [axes])
    return figure


def _draw_group(axes: Axes, result: xr.Dataset, group: str, rows: np.ndarray) -> None:
    measured = result["measured"].transpose("model", "factor").values
    residual = PERCENT * result["residual"].transpose("model", "factor").values
    if measured.any():
        axes.scatter(
            residual[measured],
            np.broadcast_to(rows, measured.shape)[measured],
            color=GROUP_COLOURS[group],
            marker=GROUP_MARKERS[group],
            s=10,
            alpha=0.55,
            linewidth=0,
            label=GROUPS[group],
        )


def mark_residuals(axes: Axes, result: xr.Dataset, models: xr.Dataset, rows: np.ndarray) -> None:
    """Mark the residuals of the reader's models, hollow where they are not measured.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        Where to draw.
    result, models : xarray.Dataset
        As for `factors`; the interval over images is drawn where the result has one.
    rows : ndarray, shape (factors,)
        Where each factor stands.
    """
    for number, place in enumerate(np.flatnonzero(is_yours(models))):
        one = result.isel(model=place)
        measured, residual = one["measured"].values, PERCENT * one["residual"].values
        if "image_low" in one:
            low, high = (PERCENT * one[name].values for name in ("image_low", "image_high"))
            axes.hlines(rows, low, high, color=YOURS_COLOUR, linewidth=1.2, zorder=4)
        for here, hollow in ((measured, False), (~measured, True)):
            mark_yours(axes, residual[here], rows[here], _label(one, _LEGEND_WIDTH), number, hollow=hollow)


def shape_bias(table: xr.Dataset | None, models: xr.Dataset) -> Figure:
    """Draw the shape bias of every model, a row a group, one's own marked: chapter 2 in small.

    Parameters
    ----------
    table : xarray.Dataset or None
        As `clipsafe_utils.findings.student.in_small.shape_biases` returns it.
    models : xarray.Dataset
        The cube `models` in the same order.

    Returns
    -------
    matplotlib.figure.Figure
        Small marks: models of the zoo. Large marks: one's own, with the interval over classes, and a line
        down through the rows.

    Examples
    --------
    >>> shape_bias(None, xr.Dataset()).texts[0].get_text()
    'not measured yet: shape bias'
    """
    if table is None:
        return not_measured("shape bias")
    group, mine = models["group"].values.astype(str), is_yours(models)
    shown = [name for name in GROUPS if (here := (group == name) & ~mine).any() and here.any()]
    with house_style():
        top = int(mine.sum())
        figure = Figure(figsize=(WIDTH, 1.0 + _ROW * len(shown) + _OWN_ROW * top))
        axes = figure.subplots()
        for row, name in enumerate(shown):
            _draw_lane(axes, table["shape_bias"].values[(group == name) & ~mine], name, row)
        for number, place in enumerate(np.flatnonzero(mine)):
            _draw_bias_of_yours(axes, table.isel(model=place), number, top)
        labels = [_label(table.isel(model=place), _TICK_WIDTH) for place in np.flatnonzero(mine)]
        axes.set_yticks([*range(len(shown)), *range(-top, 0)], [*(_short(name) for name in shown), *labels])
        axes.set_ylim(len(shown) - 0.4, -top - 0.6)
        axes.set_xlim(0, 100)
        axes.axvline(50, color=ink(), linewidth=0.8, zorder=0)
        axes.set_xlabel("shape bias, %")
        axes.grid(axis="x")
    return figure


def _draw_lane(axes: Axes, values: np.ndarray, group: str, row: int) -> None:
    values = np.sort(PERCENT * values)
    # Neighbours stand on different lines of the row, so that marks do not hide each other.
    y = row + 0.13 * (np.arange(values.size) % _LANES - _LANES // 2) * (values.size > 1)
    marker = GROUP_MARKERS[group]
    axes.scatter(values, y, color=GROUP_COLOURS[group], marker=marker, s=13, linewidth=0.8, zorder=3)


def _draw_bias_of_yours(axes: Axes, one: xr.Dataset, number: int, top: int) -> None:
    value, low, high = (PERCENT * one[name].item() for name in ("shape_bias", "low", "high"))
    row = number - top
    axes.axvline(value, color=YOURS_COLOUR, linewidth=1, linestyle=":", zorder=1)
    axes.hlines(row, low, high, color=YOURS_COLOUR, linewidth=1.2, zorder=4)
    mark_yours(axes, [value], [row], _label(one, _LEGEND_WIDTH), number)


def reliability(panels: xr.Dataset, confidence: float) -> Figure:
    """Draw the share of hits against confidence, one's own models in their colour: chapter 4 in small.

    Parameters
    ----------
    panels : xarray.Dataset
        As `clipsafe_utils.findings.student.in_small.reliability` returns it.
    confidence : float
        Level of the intervals.

    Returns
    -------
    matplotlib.figure.Figure
        As of `clipsafe_utils.figures.calibration.reliability`; one line where there is no panel.

    Examples
    --------
    >>> reliability(xr.Dataset({"title": ("panel", [])}), 0.95).texts[0].get_text()
    'not measured yet: reliability'
    """
    if not panels.sizes["panel"]:
        return not_measured("reliability")
    wrapped = [textwrap.fill(title, _LEGEND_WIDTH) for title in panels["title"].values.tolist()]
    figure = calibration.reliability(panels.assign(title=("panel", wrapped)), confidence)
    for axes, group in zip(figure.axes, panels["group"].values.tolist(), strict=False):
        if group == "other":
            for drawn in axes.collections:
                drawn.set_color(YOURS_COLOUR)
    return figure


def _label(one: xr.Dataset, width: int) -> str:
    return textwrap.fill(label_of(str(one["model"].item())), width)


def _short(group: str) -> str:
    return GROUPS[group].split(" (", 1)[0]
