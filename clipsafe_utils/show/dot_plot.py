"""Dots with intervals: rows of words, a mark a look and row, panels below and beside each other."""

import textwrap
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from clipsafe_utils.say import correlation
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

_NEAREST_TO_1 = 0.9999  # On Fisher's scale 1 itself is infinitely far.
_CORRELATIONS = (-0.3, 0.9998)
_CORRELATION_TICKS = (0, 0.9, 0.99, 0.999)


def dots(
    frame: pd.DataFrame,
    axis: str | Mapping[str, str],
    lead: str,
    *,
    what: str = "",
    reference: float | Mapping[str, float] = 0.0,
    limits: tuple[float, float] | None = None,
    widths: Sequence[float] | None = None,
    through: Mapping[str, float] | None = None,
    correlations: bool = False,
    columns: int | None = None,
    sources: Sequence[str] = (),
    every: pd.DataFrame | None = None,
) -> Shown:
    """Draw a mark with its interval for each row of a frame.

    Parameters
    ----------
    frame : DataFrame
        As `clipsafe_utils.show.frame.marks` makes it; rows and panels in the order of their first mark. Marks
        of one look in one row that are many are spread over lanes. A grey bar without a mark and an interval
        is as high as its row.
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
    through : mapping of str to float, optional
        Values to follow through all rows, as dotted lines in the colour of a look.
    correlations : bool
        Whether the values are correlations: on Fisher's scale, where those near 1 can be told apart.
    columns : int, optional
        Sides beside each other; further sides of a panel stand below. All where it is left out.
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
    figure = not_measured(what)
    if len(frame):
        drawn = frame.assign(value=frame["value"].clip(*_CORRELATIONS)) if correlations else frame
        possible = _CORRELATIONS if correlations else limits
        figure = _draw(drawn, axis, reference, possible, widths, columns, through or {})
        if correlations:
            _set_fisher_scale(figure)
    line = dict(reference) if isinstance(reference, Mapping) else reference
    return published(
        figure,
        frame,
        axis,
        lead,
        sources,
        every,
        place="row",
        axes={"reference": line, **({"scale": "fisher"} if correlations else {})},
        write=correlation if correlations else None,
    )


def _draw(
    frame: pd.DataFrame,
    axis: str | Mapping[str, str],
    reference: float | Mapping[str, float],
    limits: tuple[float, float] | None,
    widths: Sequence[float] | None,
    columns: int | None,
    through: Mapping[str, float],
) -> Figure:
    panels = list(dict.fromkeys(frame["panel"]))
    sides = list(dict.fromkeys(frame["side"]))
    columns = min(columns or len(sides), len(sides))
    is_folded = columns < len(sides)
    lines = [(panel, sides[at : at + columns]) for panel in panels for at in range(0, len(sides), columns)]
    heights = [_height(frame[frame["panel"] == panel]) for panel, _ in lines]
    with house_style():
        figure = Figure(figsize=(WIDTH, 0.75 + sum(heights) + 0.6 * len(lines)))
        grid = figure.subplots(
            len(lines),
            columns,
            sharex=False if is_folded else "col",
            sharey="row",
            squeeze=False,
            height_ratios=heights,
            width_ratios=widths,
        )
        for line, (panel, beside) in zip(grid, lines, strict=True):
            of_panel = frame[frame["panel"] == panel]
            rows = list(dict.fromkeys(of_panel["row"]))
            for axes in line[len(beside) :]:
                axes.set_visible(False)
            for axes, side in zip(line, beside, strict=False):
                axes.set_xlim(_range(frame[frame["side"] == side], limits))
                at = reference.get(side) if isinstance(reference, Mapping) else reference
                if at is not None:
                    reference_line(axes, at)
                for key, value in through.items():
                    axes.axvline(value, color=LOOKS[key].light, linewidth=1.0, linestyle=":", zorder=1)
                _draw_panel(axes, of_panel[of_panel["side"] == side], rows)
            _name_rows(line[0], rows)
            heading = str(panel) if beside[0] == sides[0] else ""
            _head(line, heading, [] if isinstance(axis, Mapping) else beside)
        for line, (_, beside) in zip(grid, lines, strict=True) if is_folded else [(grid[-1], lines[-1])]:
            for axes, side in zip(line, beside, strict=False):
                axes.set_xlabel(axis if isinstance(axis, str) else axis[side])
        for axes in grid.flat:
            axes.tick_params(labelbottom=True)
        legend_above(figure, frame[frame["mark"] != "single"])
    return figure


def _set_fisher_scale(figure: Figure) -> None:
    for axes in figure.axes:
        axes.set_xscale("function", functions=(_fisher_z, np.tanh))
        axes.set_xticks(_CORRELATION_TICKS, [f"{tick:g}" for tick in _CORRELATION_TICKS])
        axes.minorticks_off()


def _fisher_z(correlation_: np.ndarray) -> np.ndarray:
    return np.asarray(np.arctanh(np.clip(correlation_, -_NEAREST_TO_1, _NEAREST_TO_1)))


def _range(of_side: pd.DataFrame, limits: tuple[float, float] | None) -> tuple[float, float]:
    whole = limits is not None and np.isfinite(limits).all()
    return limits if limits is not None and whole else inside(of_side, limits)


def _height(of_panel: pd.DataFrame) -> float:
    names = of_panel["row"].unique()
    lines = 0.15 * max(len(_wrapped(name).split("\n")) for name in names) + 0.05
    crowd = 0.3 if _is_crowd(of_panel) else 0.0
    return len(names) * max(_ROW, lines, crowd, _MARK * _looks_in_a_row(of_panel))


def _looks_in_a_row(part: pd.DataFrame) -> int:
    named = part[["row", "look", "label"]][~_is_ground(part)].drop_duplicates()
    return int(named["row"].value_counts().max()) if len(named) else 1


def _is_ground(part: pd.DataFrame) -> pd.Series:
    """Say which marks are a grey bar alone: it is no look of the row, but lies under all of them."""
    return (part["mark"] == "none") & part["low"].isna()


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
    is_ground = _is_ground(of_side)
    ground = of_side[is_ground]
    _draw_bands(axes, ground["row"].map(rows.index).to_numpy(float), ground, looks=1)
    marked = of_side[~is_ground]
    number = _looks_in_a_row(of_side)
    shift = _SPREAD * ((_lines(marked, number) + 0.5) / number - 0.5)
    for (key, _), part in marked.groupby(["look", "label"], sort=False):
        look = LOOKS[str(key)]
        y = part["row"].map(rows.index).to_numpy(float) + shift[part.index] + _lanes(part, number)
        _draw_bands(axes, y, part, number)
        draw_intervals(axes, y, part, look)
        draw_marks(axes, part["value"], y, part, look, size=13 if _is_crowd(part) else 24)
    axes.grid(axis="x")
    axes.set_ylim(len(rows) - 0.45, -0.55)


def _lines(marked: pd.DataFrame, number: int) -> pd.Series:
    """Give each mark the line of its look: the same in every row where all looks fit, else from its first."""
    look = marked[["look", "label"]].agg(tuple, axis=1)
    position = pd.Series(pd.factorize(look)[0], marked.index, dtype=float)
    if number == 1 or position.max() < number:
        return position.clip(upper=number - 1)
    return position.groupby(marked["row"]).rank("dense") - 1


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
