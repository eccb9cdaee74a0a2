"""Dots with intervals: rows of words, a mark a look and row, panels below and beside each other."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from clipsafe_utils.say import correlation
from clipsafe_utils.show.dot_rows import draw_rows, height_of, name_rows
from clipsafe_utils.show.drawing import WIDTH, house_style, legend_above, not_measured, reference_line
from clipsafe_utils.show.encoding import LOOKS
from clipsafe_utils.show.frame import inside
from clipsafe_utils.show.publish import published
from clipsafe_utils.show.shown import Shown

_CORRELATIONS = (-0.3, 0.9998)
_CORRELATION_TICKS = (0, 0.9, 0.99, 0.999)
_NEAREST_TO_1 = 0.9999  # On Fisher's scale 1 itself is infinitely far.


@dataclass(frozen=True)
class Scale:
    """The axis of values of a dot plot: what is possible on it, and what stands beside the marks.

    Parameters
    ----------
    reference : float or mapping of str to float
        Where the line of no difference stands; by `side`, where only some have one.
    limits : tuple of float, optional
        What is possible: the axis goes from end to end where both are finite. Intervals that leave it are cut
        there, with an arrow.
    widths : sequence of float, optional
        Of the sides, in proportion; equal where it is left out.
    columns : int, optional
        Sides beside each other; further sides of a panel stand below. All where it is left out.
    own_axes : bool
        Whether each study has an axis of its own, its line of no difference under that of the others.
    correlations : bool
        Whether the values are correlations: on Fisher's scale, where those near 1 can be told apart.
    through : mapping of str to float
        Values to follow through all rows, as dotted lines in the colour of a look.
    """

    reference: float | Mapping[str, float] = 0.0
    limits: tuple[float, float] | None = None
    widths: Sequence[float] | None = None
    columns: int | None = None
    own_axes: bool = False
    correlations: bool = False
    through: Mapping[str, float] = field(default_factory=dict)


def dots(
    frame: pd.DataFrame,
    axis: str | Mapping[str, str],
    lead: str,
    scale: Scale = Scale(),
    *,
    what: str = "",
    sources: Sequence[str] = (),
    every: pd.DataFrame | None = None,
) -> Shown:
    """Draw a mark with its interval for each row of a frame.

    Parameters
    ----------
    frame : DataFrame
        As `clipsafe_utils.show.frame.marks` makes it; rows and panels in the order of their first mark. Marks
        of one look in one row that are many are spread over lanes.
    axis : str or mapping of str to str
        Name of the axis of values, with its unit; by `side` where sides differ.
    lead : str
        First sentence of the alternative text.
    scale : Scale
        The axis of values.
    what : str
        Of a figure without marks: what is not measured.
    sources : sequence of str
        Sources and licences of the numbers.
    every : DataFrame, optional
        What the chart to explore shows, where it is more than what is drawn.

    Examples
    --------
    >>> from clipsafe_utils.show.frame import marks
    >>> dots(marks([{"row": "pose", "value": 1.0, "low": 0.0, "high": 2.0}]), "points", "Residuals.")
    <figure>
    """
    line = dict(scale.reference) if isinstance(scale.reference, Mapping) else scale.reference
    chart = {"reference": line, **({"scale": "fisher"} if scale.correlations else {})}
    write = correlation if scale.correlations else None
    figure = _draw(frame, axis, scale) if len(frame) else not_measured(what)
    return published(figure, frame, axis, lead, sources, every, place="row", axes=chart, write=write)


def _draw(frame: pd.DataFrame, axis: str | Mapping[str, str], scale: Scale) -> Figure:
    panels, sides = (list(dict.fromkeys(frame[name])) for name in ("panel", "side"))
    columns = min(scale.columns or len(sides), len(sides))
    lines = [(panel, sides[at : at + columns]) for panel in panels for at in range(0, len(sides), columns)]
    heights = [height_of(frame[frame["panel"] == panel]) for panel, _ in lines]
    is_folded = columns < len(sides)
    with house_style():
        figure = Figure(figsize=(WIDTH, 0.75 + sum(heights) + 0.6 * len(lines)))
        grid = figure.subplots(
            len(lines),
            columns,
            sharex=False if is_folded or scale.own_axes else "col",
            sharey="row",
            squeeze=False,
            height_ratios=heights,
            width_ratios=scale.widths,
        )
        for line, (panel, beside) in zip(grid, lines, strict=True):
            _draw_line(line, frame, panel, beside, scale)
            heading = panel if beside[0] == sides[0] else ""
            _head(line, heading, [] if isinstance(axis, Mapping) else beside)
        for line, (_, beside) in zip(grid, lines, strict=True) if is_folded else [(grid[-1], lines[-1])]:
            for axes, side in zip(line, beside, strict=False):
                axes.set_xlabel(axis if isinstance(axis, str) else axis[side])
        legend_above(figure, frame[frame["mark"] != "single"])
    return figure


def _draw_line(
    line: Sequence[Axes], frame: pd.DataFrame, panel: str, sides: Sequence[str], scale: Scale
) -> None:
    """Draw the sides of a panel beside each other, over the same rows."""
    of_panel = frame[frame["panel"] == panel]
    rows = list(dict.fromkeys(of_panel["row"]))
    for axes in line[len(sides) :]:
        axes.set_visible(False)
    for axes, side in zip(line, sides, strict=False):
        of_side = of_panel[of_panel["side"] == side]
        at = scale.reference.get(side) if isinstance(scale.reference, Mapping) else scale.reference
        ranges = _ranges(frame[frame["side"] == side], scale, at)
        axes.set_xlim(ranges[of_panel["study"].iloc[0] if scale.own_axes else ""])
        axes.tick_params(labelbottom=True)
        if at is not None:
            reference_line(axes, at)
        for key, value in scale.through.items():
            axes.axvline(value, color=LOOKS[key].light, linewidth=1.0, linestyle=":", zorder=1)
        if scale.correlations:
            of_side = of_side.assign(value=of_side["value"].clip(*_CORRELATIONS))
            axes.set_xscale("function", functions=(_fisher_z, np.tanh))
            axes.set_xticks(_CORRELATION_TICKS, [f"{tick:g}" for tick in _CORRELATION_TICKS])
            axes.minorticks_off()
        draw_rows(axes, of_side, rows)
    name_rows(line[0], rows)


def _ranges(of_side: pd.DataFrame, scale: Scale, at: float | None) -> dict[str, tuple[float, float]]:
    """Give the range of the axis, or one for each study with the line at the same place of it."""
    limits = _CORRELATIONS if scale.correlations else scale.limits
    if not scale.own_axes:
        return {"": _range(of_side, limits)}
    ranges = {str(study): _range(rows, limits) for study, rows in of_side.groupby("study")}
    if at is None or (limits is not None and np.isfinite(limits).all()):
        return ranges
    beside = {study: (max(at - low, 0.0), max(high - at, 0.0)) for study, (low, high) in ranges.items()}
    left, right = (max(0.02, *(ends[place] / sum(ends) for ends in beside.values())) for place in (0, 1))
    units = {study: max(below / left, above / right) for study, (below, above) in beside.items()}
    return {study: (at - left * unit, at + right * unit) for study, unit in units.items()}


def _range(of_side: pd.DataFrame, limits: tuple[float, float] | None) -> tuple[float, float]:
    whole = limits is not None and np.isfinite(limits).all()
    return limits if limits is not None and whole else inside(of_side, limits)


def _head(line: Sequence[Axes], panel: str, sides: Sequence[str]) -> None:
    """Write the name of the panels of a line, and over each side its own where the axes do not say it."""
    for axes, side in zip(line, sides, strict=False):
        axes.set_title(side)
    if panel:
        line[0].set_title(f"{panel}\n{sides[0]}" if any(sides) else panel, fontweight="bold")
    for axes in line[1:]:
        axes.tick_params(axis="y", length=0)


def _fisher_z(correlation_: np.ndarray) -> np.ndarray:
    return np.asarray(np.arctanh(np.clip(correlation_, -_NEAREST_TO_1, _NEAREST_TO_1)))
