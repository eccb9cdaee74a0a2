"""Dots with intervals: rows of words, a mark a look and row, panels below and beside each other."""

import textwrap
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from clipsafe_utils.show.drawing import (
    WIDTH,
    Shown,
    draw_intervals,
    draw_marks,
    house_style,
    legend_above,
    not_measured,
    reference_line,
)
from clipsafe_utils.show.encoding import INK, LOOKS
from clipsafe_utils.show.frame import inside
from clipsafe_utils.show.publish import published

_ROW, _MARK = 0.2, 0.075  # Inches of height of a row, and of each of several looks in it.
_SPREAD = 0.75  # Share of a row over which its looks are spread.
_NAME = 24  # Letters of a line of a row's name.
_LANES = 5


def dots(
    frame: pd.DataFrame,
    axis: str | Mapping[str, str],
    lead: str,
    *,
    what: str = "",
    reference: float | Mapping[str, float] = 0.0,
    limits: tuple[float, float] | None = None,
    widths: Sequence[float] | None = None,
    own_axes: bool = False,
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
    what : str
        Of a figure without marks: what is not measured.
    reference : float or mapping of str to float
        Where the line of no difference stands; by `side`, where only some have one.
    limits : tuple of float, optional
        What is possible: the axis goes from end to end where both are finite. Intervals that leave it are cut
        there, with an arrow.
    widths : sequence of float, optional
        Of the sides, in proportion; equal where it is left out.
    own_axes : bool
        Whether each study has an axis of its own, its line of no difference under that of the others.
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
    drawn = len(frame) > 0
    figure = _draw(frame, axis, reference, limits, widths, own_axes) if drawn else not_measured(what)
    return published(figure, frame, axis, lead, sources, every, place="row")


def _draw(
    frame: pd.DataFrame,
    axis: str | Mapping[str, str],
    reference: float | Mapping[str, float],
    limits: tuple[float, float] | None,
    widths: Sequence[float] | None,
    own_axes: bool,
) -> Figure:
    panels = list(dict.fromkeys(frame["panel"]))
    sides = list(dict.fromkeys(frame["side"]))
    heights = [_height(frame[frame["panel"] == panel]) for panel in panels]
    with house_style():
        beside = 0.6 if own_axes else 0.45
        figure = Figure(figsize=(WIDTH, 0.9 + sum(heights) + beside * len(panels)))
        grid = figure.subplots(
            len(panels),
            len(sides),
            sharex=False if own_axes else "col",
            sharey="row",
            squeeze=False,
            height_ratios=heights,
            width_ratios=widths,
        )
        for line, panel in zip(grid, panels, strict=True):
            of_panel = frame[frame["panel"] == panel]
            rows = list(dict.fromkeys(of_panel["row"]))
            for axes, side in zip(line, sides, strict=True):
                at = reference.get(side) if isinstance(reference, Mapping) else reference
                ranges = _ranges(frame[frame["side"] == side], limits, at, own_axes)
                axes.set_xlim(ranges[of_panel["study"].iloc[0] if own_axes else ""])
                if at is not None:
                    reference_line(axes, at)
                _draw_panel(axes, of_panel[of_panel["side"] == side], rows)
            _name_rows(line[0], rows)
            _head(line, str(panel), [] if isinstance(axis, Mapping) else sides)
        for axes, side in zip(grid[-1], sides, strict=True):
            axes.set_xlabel(axis if isinstance(axis, str) else axis[side])
        legend_above(figure, frame[frame["mark"] != "single"])
    return figure


def _ranges(
    of_side: pd.DataFrame, limits: tuple[float, float] | None, at: float | None, own_axes: bool
) -> dict[str, tuple[float, float]]:
    """Give the range of the axis, or one for each study with the line at the same place of it."""
    if not own_axes:
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


def _height(of_panel: pd.DataFrame) -> float:
    names = of_panel["row"].unique()
    lines = 0.15 * max(len(_wrapped(name).split("\n")) for name in names) + 0.05
    crowd = 0.3 if _is_crowd(of_panel) else 0.0
    return len(names) * max(_ROW, lines, crowd, _MARK * _looks_in_a_row(of_panel))


def _looks_in_a_row(part: pd.DataFrame) -> int:
    return int(part[["row", "look", "label"]].drop_duplicates()["row"].value_counts().max())


def _head(line: Sequence[Axes], panel: str, sides: Sequence[str]) -> None:
    """Write the name of the panels of a line, and over each side its own where the axes do not say it."""
    for axes, side in zip(line, sides, strict=False):
        axes.set_title(side)
    if panel:
        line[0].set_title(f"{panel}\n{sides[0]}" if any(sides) else panel, fontweight="bold")
    for axes in line[1:]:
        axes.tick_params(axis="y", length=0)


def _draw_panel(axes: Axes, of_side: pd.DataFrame, rows: Sequence[str]) -> None:
    # Looks stand on lines of their own only where they share a row.
    looks = of_side.groupby(["look", "label"], sort=False)
    number = _looks_in_a_row(of_side) if len(of_side) else 1
    bands = of_side.dropna(subset=["band_low"]).drop_duplicates(["row", "band_low", "band_high"])
    of_rows = bands[~bands["row"].duplicated(keep=False)]
    _draw_bands(axes, of_rows["row"].map(rows.index).to_numpy(float), of_rows, 1)
    for position, ((key, _), part) in enumerate(looks):
        look = LOOKS[str(key)]
        shift = _SPREAD * ((position + 0.5) / number - 0.5) if number > 1 else 0.0
        y = part["row"].map(rows.index).to_numpy(float) + shift + _lanes(part, number)
        apart = ~part["row"].isin(of_rows["row"]).to_numpy()
        _draw_bands(axes, y[apart], part[apart], number)
        draw_intervals(axes, y, part, look)
        draw_marks(axes, part["value"], y, part, look, size=13 if _is_crowd(part) else 24)
    axes.grid(axis="x")
    axes.set_ylim(len(rows) - 0.45, -0.55)


def _is_crowd(part: pd.DataFrame) -> bool:
    """Say whether a row has several means of one look: they are small, and stand on lanes."""
    means = part[part["mark"] == "mean"]
    return bool(means.duplicated(["row", "look", "label", "side"]).any())


def _lanes(part: pd.DataFrame, looks: int) -> np.ndarray:
    """Neighbours of one row stand on different lines of it, so that marks do not hide each other."""
    if not _is_crowd(part):
        return np.zeros(len(part))
    rank = part.groupby("row")["value"].rank(method="first").fillna(0).to_numpy()
    alone = part.groupby("row")["value"].transform("size").to_numpy() == 1
    return np.where(alone, 0.0, 0.5 * _SPREAD / max(looks, 1) * ((rank % _LANES) / (_LANES - 1) - 0.5))


def _draw_bands(axes: Axes, y: np.ndarray, part: pd.DataFrame, looks: int) -> None:
    first, last = axes.get_xlim()
    low, high = (part[end].to_numpy(float).clip(first, last) for end in ("band_low", "band_high"))
    here = ~np.isnan(low)
    height = 0.9 * _SPREAD / looks
    axes.barh(y[here], (high - low)[here], left=low[here], height=height, color=INK, alpha=0.16, linewidth=0)


def _name_rows(axes: Axes, rows: Sequence[str]) -> None:
    """Name the rows; a thin line between them leads the eye from a name to its marks."""
    axes.set_yticks(range(len(rows)), [_wrapped(row) for row in rows])
    axes.tick_params(axis="y", length=0)
    for beside in axes.get_shared_y_axes().get_siblings(axes):
        for place in range(len(rows) - 1):
            beside.axhline(place + 0.5, color=INK, linewidth=0.5, alpha=0.18, zorder=0)


def _wrapped(name: str) -> str:
    return name if "\n" in name else textwrap.fill(name, _NAME)
