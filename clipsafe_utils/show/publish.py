"""What stands with a figure: its source, and the data that its page's script charts, saves and searches."""

import html
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from clipsafe_utils.show.alt import describe
from clipsafe_utils.show.drawing import publish_figure
from clipsafe_utils.show.encoding import INK, LOOKS
from clipsafe_utils.show.frame import DEFAULTS
from clipsafe_utils.show.page_data import data_element
from clipsafe_utils.show.shown import Shown

DATA_CLASS = "figure-data"
"""Class of the element with the data of a figure; the compiled page gets the script that reads it."""

_DECIMALS, _DECIMALS_BELOW_1 = 2, 5


def published(
    figure: Figure,
    frame: pd.DataFrame,
    axis: str | Mapping[str, str],
    lead: str,
    sources: Sequence[str],
    every: pd.DataFrame | None = None,
    *,
    place: str,
    axes: Mapping[str, Any] | None = None,
    write: Callable[[float], str] | None = None,
) -> Shown:
    """Publish a drawn figure with its alternative text, its source and its data.

    `place` is the column that says where a mark stands beside its value, `axis` the name of the axis of
    values, by side or panel where they differ, `axes` what the chart needs to know beyond: the name of the
    horizontal axis, its scale, lines. `write` writes a value in the alternative text.
    """
    if frame.empty:
        return publish_figure(figure, f"{lead} Nothing is measured.")
    values = axis.replace("\n", " ") if isinstance(axis, str) else _on_one_line(axis)
    data = {"place": place, "value": values, **(axes or {}), **_columns(frame if every is None else every)}
    if every is not None:
        data["drawn"] = _columns(frame)
    return publish_figure(
        figure,
        describe(frame, lead, place, write=write),
        _source_line(sources) + data_element(DATA_CLASS, data),
    )


def _on_one_line(names: Mapping[str, str]) -> dict[str, str]:
    return {place: name.replace("\n", " ") for place, name in names.items()}


def _source_line(sources: Sequence[str]) -> str:
    said = html.escape("; ".join(dict.fromkeys(sources)))
    return f'<p class="figure-source">Source: {said}</p>' if said else ""


def _columns(frame: pd.DataFrame) -> dict[str, Any]:
    """Give the columns that are not all at their default; words as places in a list of words."""
    said = [name for name in frame.columns if not _is_default(frame[name], DEFAULTS.get(name))]
    looks = {key: _look(key) for key in dict.fromkeys(frame["look"])}
    return {"looks": looks, "rows": len(frame), "columns": columns_data(frame[said])}


def columns_data(frame: pd.DataFrame) -> dict[str, Any]:
    """Give columns as a chart reads them: numbers rounded, words as places in a list of words."""
    return {str(name): _column(frame[name]) for name in frame.columns}


def _is_default(column: pd.Series, default: Any) -> bool:
    if isinstance(default, float):
        return bool(column.isna().all())
    return bool((column == default).all())


def _look(key: str) -> dict[str, str | int]:
    look = LOOKS[key]
    colour = "" if look.light == INK else look.light
    return {
        "label": look.label,
        "colour": colour,
        "marker": look.marker,
        "line": look.line,
        "rank": look.rank,
    }


def _column(column: pd.Series) -> Any:
    if column.dtype == bool:
        return [int(value) for value in column]
    if pd.api.types.is_numeric_dtype(column):
        return [_number(float(value)) for value in column]
    words = list(dict.fromkeys(map(str, column)))
    places = {word: place for place, word in enumerate(words)}
    # Where there is one word, its place need not be said thousands of times.
    return {"words": words, "at": [places[str(word)] for word in column] if len(words) > 1 else []}


def _number(value: float) -> float | str | None:
    """JSON knows neither NaN nor infinity; adding zero turns −0.0 into 0.0."""
    if math.isnan(value):
        return None
    if math.isinf(value):
        return "inf" if value > 0 else "-inf"
    return round(value, _DECIMALS_BELOW_1 if abs(value) < 1 else _DECIMALS) + 0.0
