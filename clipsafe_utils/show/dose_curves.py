"""Curves: values against a number that was turned, or along the rungs of a ladder; a panel a property."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from clipsafe_utils.show.drawing import (
    WIDTH,
    draw_intervals,
    draw_marks,
    house_style,
    legend_above,
    not_measured,
    reference_line,
    two_lines,
)
from clipsafe_utils.show.encoding import INK, LOOKS, Look, is_own
from clipsafe_utils.show.frame import inside
from clipsafe_utils.show.publish import published
from clipsafe_utils.show.shown import Shown

_MOST_LEVELS = 4
"""More levels of a logarithmic axis are not all written at it."""


@dataclass(frozen=True)
class Panel:
    """What a panel of curves says beside its marks."""

    axis: str  # Name of the axis of values, with its unit.
    limits: tuple[float, float] | None = None  # What is possible.
    x_axis: str = ""  # Name of a horizontal axis of its own, where panels do not share one.
    small: float = 0.0  # Changes up to this size do not matter: a grey band around zero.


def curves(
    frame: pd.DataFrame,
    x_axis: str,
    panels: Mapping[str, Panel],
    lead: str,
    *,
    what: str = "",
    rungs: Sequence[str] = (),
    ratios: bool = False,
    reference: float | None = None,
    mark_x: float | None = None,
    columns: int = 2,
    joined: bool = True,
    sources: Sequence[str] = (),
) -> Shown:
    """Draw values along a horizontal axis, a curve a look, a panel a property.

    Parameters
    ----------
    frame : DataFrame
        As `clipsafe_utils.show.frame.marks` makes it; `x` is the level, or the number of the rung.
    x_axis : str
        Name of the horizontal axis, with its unit.
    panels : mapping of str to Panel
        By heading, as in the column `panel`.
    lead : str
        First sentence of the alternative text.
    what : str
        Of a figure without marks: what is not measured.
    rungs : sequence of str
        Names of the places 0, 1, ... of the horizontal axis, where it counts no numbers.
    ratios : bool
        Whether equal ratios of levels, not differences, are equal steps.
    reference : float, optional
        Where the line of no difference stands.
    mark_x : float, optional
        A level to mark with a dotted line.
    columns : int
        Panels side by side.
    joined : bool
        Whether marks of one look are joined by a line.
    sources : sequence of str
        Sources and licences of the numbers.

    Examples
    --------
    >>> from clipsafe_utils.show.frame import marks
    >>> frame = marks([{"panel": "Accuracy", "x": x, "value": x} for x in (1.0, 2.0)])
    >>> curves(frame, "images", {"Accuracy": Panel("right, %")}, "Dose and response.")
    <figure>
    """
    if frame.empty:
        return published(not_measured(what), frame, "", lead, sources, place="x")
    shown = {name: panel for name, panel in panels.items() if (frame["panel"] == name).any()}
    with house_style():
        columns = min(columns, len(shown))
        lines = -(-len(shown) // columns)
        figure = Figure(figsize=(WIDTH, 0.9 + (2.0 if columns > 1 else 1.8) * lines))
        shared = not any(panel.x_axis for panel in shown.values())
        grid = figure.subplots(lines, columns, sharex=shared, squeeze=False).ravel()
        for axes in grid[len(shown) :]:
            axes.set_visible(False)
        for axes, (name, panel) in zip(grid, shown.items(), strict=False):
            part = frame[frame["panel"] == name]
            _draw_panel(axes, part, panel, joined and not rungs, ratios)
            axes.set_title(name)
            _set_places(axes, frame if shared else part, rungs, ratios)
            axes.set_xlabel(panel.x_axis)
            if reference is not None:
                reference_line(axes, reference, upright=False)
            if mark_x is not None:
                reference_line(axes, mark_x, line=":")
        for axes in grid[max(len(shown) - columns, 0) : len(shown)]:
            axes.tick_params(labelbottom=True)
        if shared:
            figure.supxlabel(x_axis, fontsize=9)
        legend_above(figure, frame[frame["mark"] != "single"], lines=joined and not rungs)
    axes_of_chart = {
        "x": x_axis,
        "rungs": list(rungs),
        "ratios": ratios,
        "joined": joined and not rungs,
        "reference": reference,
    }
    values = {name: panel.axis for name, panel in shown.items()}
    return published(
        figure,
        _with_rungs(frame, rungs),
        values,
        lead,
        sources,
        place="row" if rungs else "x",
        axes=axes_of_chart,
    )


def _with_rungs(frame: pd.DataFrame, rungs: Sequence[str]) -> pd.DataFrame:
    return frame.assign(row=[rungs[int(x)] for x in frame["x"]]) if rungs else frame


def _draw_panel(axes: Axes, part: pd.DataFrame, panel: Panel, joined: bool, ratios: bool) -> None:
    axes.set_ylim(inside(part, panel.limits))
    if panel.small:
        first, last = axes.get_ylim()
        axes.set_ylim(min(first, -1.6 * panel.small), max(last, 1.6 * panel.small))
        axes.axhspan(-panel.small, panel.small, color=INK, alpha=0.1, linewidth=0, zorder=0)
    # What a reader brought stands where it was put; the others make room for each other.
    looks = part.groupby(["look", "label"], sort=False)
    others = [place for place, _ in looks if not is_own(str(place[0]))]
    every = part["x"].to_numpy(float)
    for place, rows in looks:
        look = LOOKS[str(place[0])]
        x = rows["x"].to_numpy(float)
        if rows["band_low"].notna().any():
            _draw_band(axes, rows, look)
        elif place in others:
            x = _beside(x, every, others.index(place), len(others), ratios)
        of_means = (rows["mark"] != "single").to_numpy()
        if joined:
            axes.plot(
                x[of_means], rows["value"][of_means], color=look.light, linestyle=look.line, linewidth=1
            )
        x = np.where(of_means, x, _beside(x, every, 1, 2, ratios))
        draw_intervals(axes, x, rows, look, upright=True)
        draw_marks(axes, x, rows["value"], rows, look)
    axes.set_ylabel(panel.axis)
    axes.grid(visible=True, axis="y")


def _draw_band(axes: Axes, rows: pd.DataFrame, look: Look) -> None:
    """Shade the range in which values lie; its edges tell bands apart that lie over each other."""
    x, low, high = (rows[name].to_numpy(float) for name in ("x", "band_low", "band_high"))
    axes.fill_between(x, low, high, color=look.light, alpha=0.16, linewidth=0, zorder=0.4)
    for end in (low, high):
        axes.plot(x, end, color=look.light, linestyle=look.line, linewidth=0.6, zorder=0.5)


def _beside(x: np.ndarray, every: np.ndarray, position: int, number: int, ratios: bool) -> np.ndarray:
    """Move marks of several looks apart, so that their intervals do not hide each other."""
    shift = _step(every, ratios) * (position - (number - 1) / 2)
    return x * np.exp(shift) if ratios else x + shift


def _step(every: np.ndarray, ratios: bool) -> float:
    places = np.unique(np.log(every) if ratios else every)
    return 0.14 * float(np.diff(places).min()) if places.size > 1 else 0.1


def _set_places(axes: Axes, frame: pd.DataFrame, rungs: Sequence[str], ratios: bool) -> None:
    levels = np.unique(frame["x"].to_numpy(float))
    if rungs:
        axes.set_xticks(range(len(rungs)), [two_lines(rung) for rung in rungs])
        axes.set_xlim(-0.5, len(rungs) - 0.5)
    elif ratios:
        axes.set_xscale("log")
        levels = levels[:: -(-levels.size // _MOST_LEVELS)]
        axes.set_xticks(levels, [f"{level:,g}" for level in levels])
        axes.minorticks_off()
