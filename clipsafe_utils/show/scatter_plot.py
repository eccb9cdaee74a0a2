"""Scatters: a value of each model against another, with the line that it is held against; reliability."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch
from matplotlib.path import Path
from matplotlib.ticker import MaxNLocator
from scipy.special import ndtr, ndtri

from clipsafe_utils.show.drawing import (
    WIDTH,
    draw_intervals,
    draw_marks,
    house_style,
    legend_above,
    not_measured,
)
from clipsafe_utils.show.encoding import INK, LOOKS, Look
from clipsafe_utils.show.frame import inside
from clipsafe_utils.show.publish import columns_data, published
from clipsafe_utils.show.shown import Shown

_TICKS = np.array([1, 5, 10, 20, 30, 40, 50, 60, 70, 80, 90, 95, 99])
_FEWEST_TICKS, _MOST_TICKS = 2, 5
_OVER_STANDARD = 3 + 0.1 * LOOKS["group/standard"].rank + 0.05  # A crowd hides no line, a line no other mark.
_LETTERS = 54  # Of a title that is as wide as the figure.
_CROWD = 60
"""More marks of a look in a panel are drawn small, and beside them the others smaller."""


@dataclass(frozen=True)
class Axes2D:
    """The two axes of a scatter: their names with units, their scale, what is possible on them."""

    x: str
    y: str
    scale: Literal["linear", "probit"] = "linear"  # Probit: of percentages, on which lines are straight.
    x_limits: tuple[float, float] | None = None
    y_limits: tuple[float, float] | None = None
    equal: bool = False  # A diagonal where both are the same, and both from 0 to 100.
    shared: bool = False  # One range for all panels of a study, so that they can be compared.


def scatter(
    frame: pd.DataFrame,
    axes: Axes2D,
    lead: str,
    *,
    lines: pd.DataFrame | None = None,
    what: str = "",
    columns: int = 2,
    sources: Sequence[str] = (),
    every: pd.DataFrame | None = None,
    every_lines: pd.DataFrame | None = None,
) -> Shown:
    """Draw models as marks, a small panel each for the panels of every study.

    Parameters
    ----------
    frame : DataFrame
        As `clipsafe_utils.show.frame.marks` makes it, `x` and `value` in the units of the axes. A block for
        each study, under its name where there are several.
    axes : Axes2D
        The two axes.
    lead : str
        First sentence of the alternative text.
    lines : DataFrame, optional
        Columns study, panel, x, value, and low and high of the band into which a new family falls.
    what : str
        Of a figure without marks: what is not measured.
    columns : int
        Panels side by side.
    sources : sequence of str
        Sources and licences of the numbers.
    every, every_lines : DataFrame, optional
        What the chart to explore shows, where it is more than what is drawn.

    Examples
    --------
    >>> from clipsafe_utils.show.frame import marks
    >>> frame = marks([{"x": 60.0, "value": 50.0, "name": "ViT-B-32.openai", "look": "group/clip_zero_shot"}])
    >>> scatter(frame, Axes2D("in distribution, %", "under shift, %", "probit"), "Accuracy under shift.")
    <figure>
    """
    if frame.empty:
        return published(not_measured(what), frame, "", lead, sources, place="name")
    with house_style():
        figure = _draw(frame, axes, lines, columns)
    chart = {"x": axes.x, "scale": axes.scale, "diagonal": axes.equal}
    charted = every_lines if every_lines is not None else lines
    if charted is not None and len(charted):
        chart["lines"] = columns_data(charted)
    return published(figure, frame, axes.y, lead, sources, every, place="name", axes=chart)


def reliability(frame: pd.DataFrame, lead: str, *, sources: Sequence[str] = (), what: str = "") -> Shown:
    """Draw the share of hits against confidence, a small panel a model.

    Parameters
    ----------
    frame : DataFrame
        One row a bin; `x` is its mean confidence, `value` its hits, both in %, `weight` its share of the
        images, `panel` the model.
    lead, sources, what
        As for `scatter`.
    """
    named = frame.assign(name=[f"confidence {x:.0f} %" for x in frame["x"]])
    axes = Axes2D("confidence, %", "images named correctly, %", equal=True)
    return scatter(named, axes, lead, sources=sources, what=what, columns=3 if len(frame) > 60 else 2)


def _draw(frame: pd.DataFrame, axes: Axes2D, lines: pd.DataFrame | None, columns: int) -> Figure:
    studies = list(dict.fromkeys(frame["study"]))
    panels = {study: list(dict.fromkeys(frame["panel"][frame["study"] == study])) for study in studies}
    columns = min(columns, max(map(len, panels.values())))
    shapes = [_shape(len(names), columns) for names in panels.values()]
    titles = {
        name: _wrapped(name, _LETTERS // across)
        for names, (_, across) in zip(panels.values(), shapes, strict=True)
        for name in names
    }
    height = 1.75 if columns > 1 else 2.7
    heights = [
        0.35 + lines * (height + 0.15 * max(titles[name].count("\n") for name in names))
        for names, (lines, _) in zip(panels.values(), shapes, strict=True)
    ]
    looks = {frozenset(frame["look"][frame["study"] == study]) for study in studies}
    shared = len(looks) == 1
    figure = Figure(figsize=(WIDTH, sum(heights) + 0.6 * len(looks)))
    blocks = figure.subfigures(len(studies), 1, squeeze=False, height_ratios=heights)[:, 0]
    for block, (study, names), shape in zip(blocks, panels.items(), shapes, strict=True):
        grid = block.subplots(*shape, squeeze=False, sharex=axes.equal, sharey=axes.equal).ravel()
        for one in grid[len(names) :]:
            one.set_visible(False)
        of_study = frame[frame["study"] == study]
        for one, name in zip(grid, names, strict=False):
            line = None if lines is None else lines[(lines["study"] == study) & (lines["panel"] == name)]
            part = of_study[of_study["panel"] == name]
            _set_ranges(one, of_study if axes.shared else part, axes)
            _draw_panel(one, part, axes, line)
            one.set_title(titles[name])
        block.supxlabel(axes.x, fontsize=9)
        block.supylabel(axes.y, fontsize=9)
        if not shared:
            legend_above(block, of_study, title=study)
        elif len(studies) > 1 and study:
            block.suptitle(study, fontsize=9, fontweight="bold", x=0.02, ha="left")
    if shared:
        legend_above(figure, frame)
    return figure


def _shape(panels: int, columns: int) -> tuple[int, int]:
    """Give lines and columns of a block: no more lines than needed, and these as even as can be."""
    lines = -(-panels // columns)
    return lines, -(-panels // lines)


def _wrapped(name: str, letters: int) -> str:
    """Break the lines of a name after a space, a hyphen or a line, as the names of checkpoints need it."""
    lines = []
    for line in name.split("\n"):
        lines.append("")
        for part in re.findall(r"[^-_ ]*[-_ ]|[^-_ ]+", line):
            if lines[-1] and len(lines[-1] + part.rstrip()) > letters:
                lines.append("")
            lines[-1] += part
    return "\n".join(lines)


def _draw_panel(axes: Axes, part: pd.DataFrame, both: Axes2D, line: pd.DataFrame | None) -> None:
    place = _place(both)
    scaled = _scaled(part, both)
    if line is not None and len(line):
        _draw_line(axes, line, place)
    groups = scaled.groupby(["look", "label"], sort=False)
    for (key, _), rows in sorted(groups, key=lambda pair: LOOKS[str(pair[0][0])].rank):
        look = LOOKS[str(key)]
        draw_intervals(axes, rows["x"], rows, look, upright=True)
        if len(rows) > _CROWD and look.marker == "o" and rows["decided"].all():
            _draw_dots(axes, rows, look)
        else:
            size = 7 if len(rows) > _CROWD else 13 if len(part) > _CROWD else 20
            draw_marks(axes, rows["x"], rows["value"], rows, look, size=size)
    if both.scale == "probit":
        _percent_ticks(axes)
    axes.grid(visible=True)


def _draw_dots(axes: Axes, rows: pd.DataFrame, look: Look) -> None:
    """Draw a crowd of dots as one path of strokes without a length: as marks a thousand are heavy."""
    starts = rows[["x", "value"]].to_numpy(float)
    ends = starts + np.array([1e-3 * np.diff(axes.get_xlim())[0], 0.0])
    path = Path(np.stack([starts, ends], axis=1).reshape(-1, 2), [Path.MOVETO, Path.LINETO] * len(starts))
    path.should_simplify = False
    dots = {"linewidth": 2.2, "capstyle": "round", "clip_on": False, "zorder": 3 + 0.1 * look.rank}
    axes.add_patch(PathPatch(path, fill=False, edgecolor=look.light, **dots))


def _set_ranges(axes: Axes, marks: pd.DataFrame, both: Axes2D) -> None:
    if both.equal:
        axes.plot([0, 100], [0, 100], color=INK, linewidth=0.8, zorder=0.5)
        axes.set(xlim=(0, 100), ylim=(0, 100), xticks=[0, 50, 100], yticks=[0, 50, 100])
    else:
        scaled = _scaled(marks, both)
        horizontal = scaled.assign(value=scaled["x"], low=np.nan, high=np.nan)
        axes.set_xlim(inside(horizontal, _limits(both.x_limits, _place(both))))
        axes.set_ylim(inside(scaled, _limits(both.y_limits, _place(both))))


def _place(both: Axes2D) -> Callable[[np.ndarray], np.ndarray]:
    return _probit if both.scale == "probit" else np.asarray


def _scaled(marks: pd.DataFrame, both: Axes2D) -> pd.DataFrame:
    place = _place(both)
    return marks.assign(
        **{name: place(marks[name].to_numpy(float)) for name in ("x", "value", "low", "high")}
    )


def _draw_line(axes: Axes, line: pd.DataFrame, place: Callable[[np.ndarray], np.ndarray]) -> None:
    x, y, low, high = (place(line[name].to_numpy(float)) for name in ("x", "value", "low", "high"))
    axes.fill_between(x, low, high, color=INK, alpha=0.14, linewidth=0, zorder=0.4)
    axes.plot(x, y, color=INK, linewidth=0.9, zorder=_OVER_STANDARD)


def _probit(percent: np.ndarray) -> np.ndarray:
    return np.asarray(ndtri(np.clip(percent / 100, 1e-4, 1 - 1e-4)))


def _limits(
    limits: tuple[float, float] | None, place: Callable[[np.ndarray], np.ndarray]
) -> tuple[float, float] | None:
    if limits is None:
        return None
    first, last = place(np.array(limits, dtype=float)).tolist()
    return first, last


def _percent_ticks(axes: Axes) -> None:
    for axis, ends in ((axes.xaxis, axes.get_xlim()), (axes.yaxis, axes.get_ylim())):
        low, high = (100 * ndtr(end) for end in ends)
        finer = MaxNLocator(_MOST_TICKS - 1).tick_values(low, high)
        round_ones, between = (ticks[(ticks >= low) & (ticks <= high)] for ticks in (_TICKS, finer))
        kept = round_ones if round_ones.size >= _FEWEST_TICKS else between
        kept = kept[:: -(-kept.size // _MOST_TICKS)]
        axis.set_ticks(ndtri(kept / 100), [f"{percent:g}" for percent in kept])
