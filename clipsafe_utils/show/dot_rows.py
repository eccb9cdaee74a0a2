"""The rows of a dot plot: their names, and the marks, intervals and grey bars in them."""

import textwrap
from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from clipsafe_utils.show.drawing import draw_intervals, draw_marks
from clipsafe_utils.show.encoding import INK, LOOKS

_ROW, _MARK = 0.2, 0.075  # Inches of height of a row, and of each of several looks in it.
_SPREAD = 0.75  # Share of a row over which its looks are spread.
_NAME = 24  # Letters of a line of a row's name.
_LANES = 5


def height_of(of_panel: pd.DataFrame) -> float:
    """Return the inches of height that the rows of a panel need."""
    names = of_panel["row"].unique()
    lines = 0.15 * max(len(_wrapped(name).split("\n")) for name in names) + 0.05
    crowd = 0.3 if _is_crowd(of_panel) else 0.0
    return len(names) * max(_ROW, lines, crowd, _MARK * _looks_in_a_row(of_panel))


def _looks_in_a_row(part: pd.DataFrame) -> int:
    named = part[["row", "look", "label"]][~_is_bar_alone(part)].drop_duplicates()
    return int(named["row"].value_counts().max()) if len(named) else 1


def _is_bar_alone(part: pd.DataFrame) -> pd.Series:
    """Say which marks are a grey bar alone: it is no look of the row, but lies under all of them."""
    return (part["mark"] == "none") & part["low"].isna()


def draw_rows(axes: Axes, of_side: pd.DataFrame, rows: Sequence[str]) -> None:
    """Draw the marks of a panel in its rows, over their grey bars."""
    # Looks stand on lines of their own only where they share a row; one bar of all looks fills it.
    bars = of_side.dropna(subset=["band_low"]).drop_duplicates(["row", "band_low", "band_high"])
    of_rows = bars[~bars["row"].duplicated(keep=False)]
    _draw_bars(axes, of_rows["row"].map(rows.index).to_numpy(float), of_rows, 1)
    marked = of_side[~_is_bar_alone(of_side)]
    number = _looks_in_a_row(of_side)
    shift = _SPREAD * ((_lines(marked, number) + 0.5) / number - 0.5)
    for (key, _), part in marked.groupby(["look", "label"], sort=False):
        look = LOOKS[str(key)]
        y = part["row"].map(rows.index).to_numpy(float) + shift[part.index] + _lanes(part, number)
        apart = ~part["row"].isin(of_rows["row"]).to_numpy()
        _draw_bars(axes, y[apart], part[apart], number)
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


def _draw_bars(axes: Axes, y: np.ndarray, part: pd.DataFrame, looks: int) -> None:
    first, last = axes.get_xlim()
    low, high = (part[end].to_numpy(float).clip(first, last) for end in ("band_low", "band_high"))
    here = ~np.isnan(low)
    height = 0.9 * _SPREAD / looks
    axes.barh(y[here], (high - low)[here], left=low[here], height=height, color=INK, alpha=0.16, linewidth=0)


def name_rows(axes: Axes, rows: Sequence[str]) -> None:
    """Name the rows; a thin line between them leads the eye from a name to its marks."""
    axes.set_yticks(range(len(rows)), [_wrapped(row) for row in rows])
    axes.tick_params(axis="y", length=0)
    for beside in axes.get_shared_y_axes().get_siblings(axes):
        for place in range(len(rows) - 1):
            beside.axhline(place + 0.5, color=INK, linewidth=0.5, alpha=0.18, zorder=0)


def _wrapped(name: str) -> str:
    return name if "\n" in name else textwrap.fill(name, _NAME)
