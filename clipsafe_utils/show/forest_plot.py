"""A forest: every effect with its interval under the sentence of its claim, a row a study."""

import math
import textwrap
from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.transforms import blended_transform_factory

from clipsafe_utils.show.drawing import WIDTH, draw_intervals, draw_marks, house_style, not_measured
from clipsafe_utils.show.encoding import INK, LOOKS
from clipsafe_utils.show.publish import published
from clipsafe_utils.show.shown import Shown

REACH = 100.0
"""How far the axes go to both sides: in smallest effects that matter, or in points."""

SCALE = "symlog"
"""Linear up to 1 and logarithmic beyond: what `chart.js` calls the axis of print."""

NO_BOUND = "no bound"

_TICKS = (-100, -10, -1, 0, 1, 10, 100)
_ROW, _LINE, _ABOVE = 0.2, 0.16, 0.1  # Inches: of an effect, of a line of a heading, above a heading.
_HEADING = 60  # Letters of a line of a heading.


def forest(
    frame: pd.DataFrame, axes: Mapping[str, str], lead: str, *, what: str = "", sources: Sequence[str] = ()
) -> Shown:
    """Draw every effect with its interval, a row each under its heading.

    Parameters
    ----------
    frame : DataFrame
        As `clipsafe_utils.show.frame.marks` makes it: `panel` is the unit, `heading` the claim, `row` the
        study, `note` its verdict; `band_low` and `band_high` are the smallest effects that matter.
    axes : mapping of str to str
        By unit, the name of its axis: linear up to 1 and logarithmic beyond; what lies past its end is an
        arrow there. An interval without any bound is said in words, not drawn.
    lead : str
        First sentence of the alternative text.
    what : str
        Of a forest without effects: what is not measured.
    sources : sequence of str
        Sources and licences of the numbers.

    Examples
    --------
    >>> from clipsafe_utils.show.frame import marks
    >>> frame = marks([{"heading": "F1  CLIP is better", "row": "published", "value": 2.0}])
    >>> forest(frame, {"": "smallest effects that matter"}, "Effects.")
    <figure>
    """
    figure = _draw(frame, axes) if len(frame) else not_measured(what)
    chart = {"reference": 0.0, "scale": SCALE}
    return published(figure, _in_words(frame), axes, lead, sources, place="row", axes=chart)


def _in_words(frame: pd.DataFrame) -> pd.DataFrame:
    """Say in the note which intervals have no bound, so that no chart draws them as a line."""
    ends = frame[["low", "high"]]
    is_open = ends.abs().eq(math.inf).all(axis=1)
    note = frame["note"].where(~is_open, frame["note"].astype(str) + f"; interval: {NO_BOUND}")
    return frame.assign(note=note, **ends.mask(is_open))


def _draw(frame: pd.DataFrame, axes: Mapping[str, str]) -> Figure:
    parts = {str(unit): part for unit, part in frame.groupby("panel", sort=True)}
    heights = [
        _ROW * len(part) + sum(map(_height, part["heading"].drop_duplicates())) for part in parts.values()
    ]
    with house_style():
        figure = Figure(figsize=(WIDTH, 0.5 + 0.55 * len(parts) + sum(heights)))
        grid = figure.subplots(len(parts), 1, squeeze=False, height_ratios=heights).ravel()
        for one, (unit, part) in zip(grid, parts.items(), strict=True):
            _draw_unit(one, part)
            one.set_xlabel(axes[unit])
    return figure


def _draw_unit(axes: Axes, part: pd.DataFrame) -> None:
    axes.set_xscale(SCALE, linthresh=1.0, linscale=0.6)
    axes.set_xticks(_TICKS, [f"{tick}".replace("-", "−") for tick in _TICKS])
    axes.minorticks_off()
    axes.set_xlim(-REACH, REACH)
    beside = blended_transform_factory(axes.transAxes, axes.transData)
    over_all = blended_transform_factory(axes.figure.transFigure, axes.transData)
    places, labels, y = [], [], 0.0
    for heading, rows in part.groupby("heading", sort=False):
        y += _height(str(heading))
        said = axes.text(0.01, y - 0.03, _wrapped(str(heading)), transform=over_all, fontweight="bold")
        said.set_in_layout(False)  # It may be wider than the axes, and must not narrow them.
        _draw_rules(axes, rows, y, y + _ROW * len(rows))
        for row in rows.to_dict("records"):
            y += _ROW
            _draw_effect(axes, row, y - _ROW / 2)
            colour = LOOKS[row["look"]].light
            axes.text(1.02, y - _ROW / 2, row["note"], transform=beside, va="center", color=colour)
            places.append(y - _ROW / 2)
            labels.append(row["row"])
    axes.set_yticks(places, labels)
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(y + 0.04, 0)
    axes.spines["left"].set_visible(False)


def _wrapped(heading: str) -> str:
    return textwrap.fill(heading, _HEADING)


def _height(heading: str) -> float:
    return _ABOVE + _LINE * (_wrapped(heading).count("\n") + 1)


def _draw_rules(axes: Axes, rows: pd.DataFrame, top: float, bottom: float) -> None:
    """Draw the grid, zero and the smallest effects that matter beside effects, not through their heading."""
    axes.vlines(axes.get_xticks(), top, bottom, color=INK, linewidth=0.8, alpha=0.15, zorder=0)
    axes.vlines(0, top, bottom, color=INK, linewidth=0.8, zorder=0)
    ends = rows[["band_low", "band_high"]].iloc[0].dropna()
    axes.vlines(ends, top, bottom, color=INK, linewidth=0.8, linestyle=(0, (2, 2)))


def _draw_effect(axes: Axes, row: Mapping[Hashable, Any], y: float) -> None:
    one, look = pd.DataFrame([row]), LOOKS[row["look"]]
    first, last = axes.get_xlim()
    if math.isinf(row["low"]) and math.isinf(row["high"]):
        _say_no_bound(axes, row, y)
    else:
        draw_intervals(axes, [y], one, look)
    if first <= row["value"] <= last:
        draw_marks(axes, one["value"], [y], one, look, size=24)


def _say_no_bound(axes: Axes, row: Mapping[Hashable, Any], y: float) -> None:
    """Write it on the other side of zero than the mark, beyond the rules, where nothing is drawn."""
    side, end = (-1, row["band_low"]) if row["value"] > 0 else (1, row["band_high"])
    axes.annotate(
        NO_BOUND,
        (0.0 if math.isnan(end) else end, y),
        (5 * side, 0),
        textcoords="offset points",
        ha="left" if side > 0 else "right",
        va="center",
        alpha=0.75,
    )
