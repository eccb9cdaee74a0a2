"""What a page quotes of another one: texts and figures of its last rendering."""

import base64
import html
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from clipsafe_utils.address import name_of
from clipsafe_utils.cubes.studies import REPOSITORY
from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.say import Text
from clipsafe_utils.show.frame import DEFAULTS, marks
from clipsafe_utils.show.publish import DATA_CLASS
from clipsafe_utils.show.shown import Shown

_DATA = re.compile(rf'<script type="application/json" class="{DATA_CLASS}">(.*?)</script>', re.DOTALL)
SOURCE = re.compile(r'<p class="figure-source">(.*?)</p>', re.DOTALL)
"""Where the numbers of a figure come from, and their terms; stands under it."""


def results_of(chapter: str) -> dict[str, Text]:
    """Read what a chapter published when it was last rendered.

    Parameters
    ----------
    chapter : str
        Its name, as in ``shape-bias``.

    Raises
    ------
    ClipsafeError
        If the chapter has published nothing, or the file is damaged.

    Examples
    --------
    >>> "clips_say" in results_of("shape-bias")
    True
    """
    path = REPOSITORY / "book" / "results" / f"{chapter}.json"
    try:
        return {name: Text(text) for name, text in json.loads(path.read_text(encoding="utf-8")).items()}
    except FileNotFoundError as error:
        raise ClipsafeError(f"{path}: not found; run `clipsafe render {chapter}` first.") from error
    except (OSError, ValueError, AttributeError) as error:
        raise ClipsafeError(f"{path}: expected texts by name.") from error


def figure_of(page: str, name: str) -> Shown:
    """Take a figure with its source as another page drew it when it was last rendered, without its data.

    Parameters
    ----------
    page : str
        File name of the page, as in ``02-shape-bias``.
    name : str
        Name of the figure, as in ``fig-shape-bias``.

    Raises
    ------
    ClipsafeError
        If the page is not rendered or has no such figure.

    Examples
    --------
    >>> figure_of("02-shape-bias", "fig-shape-bias").markup[:27]
    '<div class="themed-figure">'
    """
    markup, png = _output_of(page, name)
    drawing, _, beside = markup.partition("</svg>")
    source = SOURCE.search(beside)
    return Shown(f"{drawing}</svg></div>{source[0] if source else ''}", png)


@dataclass(frozen=True)
class Drawn:
    """What a page drew: its marks and lines, rounded as the page carries them.

    Attributes
    ----------
    frame : DataFrame
        The marks, as `clipsafe_utils.show.frame.marks` makes them.
    x : str
        Name of the horizontal axis; empty where its places are words.
    axes : mapping of str to str
        Name of the axis of values, by side or panel; under the empty key where all have one.
    lines : DataFrame
        The lines of a scatter; empty where there is none.
    source : str
        Where the numbers are from.
    """

    frame: pd.DataFrame
    x: str
    axes: Mapping[str, str]
    lines: pd.DataFrame
    source: str


def drawn_as(page: str, name: str) -> Drawn:
    """Return what a page drew in a figure when it was last rendered; page and name as for `figure_of`.

    Examples
    --------
    >>> drawn_as("03-distribution-shift", "fig-ood-clouds").x
    'accuracy in distribution, %'
    """
    markup, _ = _output_of(page, name)
    found, source = _DATA.search(markup), SOURCE.search(markup)
    if found is None:
        raise ClipsafeError(f"{page}: the figure {name} carries no data.")
    data = json.loads(found[1])
    axes = data["value"] if isinstance(data["value"], dict) else {"": data["value"]}
    rows = _table(data.get("drawn", data)["columns"])
    return Drawn(
        marks({str(name): value for name, value in row.items()} for row in rows.to_dict("records")),
        str(data.get("x", "")),
        axes,
        _table(data.get("lines", {})),
        "" if source is None else html.unescape(source[1]),
    )


def _table(columns: Mapping[str, Any]) -> pd.DataFrame:
    """Read columns as `show.publish.columns_data` writes them."""
    length = max((len(column) for column in map(_numbers, columns.values())), default=0)
    return pd.DataFrame({name: _values(name, column, length) for name, column in columns.items()})


def _numbers(column: Any) -> list[Any]:
    return list(column["at"]) if isinstance(column, dict) else list(column)


def _values(name: str, column: Any, length: int) -> list[Any]:
    if isinstance(column, dict):
        places = column["at"] or [0] * length
        return [column["words"][place] for place in places]
    if isinstance(DEFAULTS.get(name), bool):
        return [bool(value) for value in column]
    return [float("nan") if value is None else float(value) for value in column]


def _output_of(page: str, name: str) -> tuple[str, bytes]:
    path = REPOSITORY / "book" / f"{page}.ipynb"
    if not path.is_file():
        raise ClipsafeError(f"{path}: not found; run `clipsafe render {name_of(path)}` first.")
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        if cell["metadata"].get("mystnb", {}).get("figure", {}).get("name") == name and cell["outputs"]:
            data = cell["outputs"][0]["data"]
            return "".join(data["text/html"]), base64.b64decode(data.get("image/png", ""))
    raise ClipsafeError(f"{path}: no figure {name}.")
