"""Tables as a chapter publishes them: plain HTML with a caption, the same bytes every time."""

import html
import re
from collections.abc import Iterable, Mapping

import pandas as pd

from clipsafe_utils.show.shown import Shown

_NUMBER = re.compile(r"[+±−-]?[\d,.]+( %)?")
_INTERVAL = re.compile(r" (\([^()]*\d[^()]*\))$")
_SHORT, _FEW = 16, 6
"""Cells of so many characters stay on one line, in tables of so many columns."""

_SENTENCE = 8
"""Words from which on a cell is read as prose, and its column has room for that on a phone."""


def table(frame: pd.DataFrame, caption: str) -> Shown:
    """Turn a frame into a captioned table.

    Parameters
    ----------
    frame : pandas.DataFrame
        Columns are shown in their order, the index is not. Numbers should already be text: the
        caller knows their precision. Columns of numbers are set to the right, and an interval in brackets at
        the end of a cell stays on one line.
    caption : str
        A sentence that can be read alone.

    Returns
    -------
    Shown
        Its first column holds row headers. A wide table scrolls in its own box, under its caption.

    Examples
    --------
    >>> "<figcaption>Counts.</figcaption>" in table(pd.DataFrame({"factor": ["pose"]}), "Counts.").markup
    True
    """
    text = frame.astype(str)
    classes = [_kind(text.iloc[:, position]) for position in range(text.shape[1])]
    head = "".join(
        f'<th scope="col"{style}>{html.escape(str(name))}</th>'
        for name, style in zip(text.columns, classes, strict=True)
    )
    short = text.shape[1] <= _FEW
    rows = "".join(
        _row(list(cells), classes, short=short) for cells in text.itertuples(index=False, name=None)
    )
    said = html.escape(caption)
    return Shown(
        f'<figure class="themed-table"><figcaption>{said}</figcaption>'
        f'<div class="table-box" role="region" aria-label="{html.escape(caption, quote=True)}" tabindex="0">'
        f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div></figure>"
    )


def folded(shown: Shown, summary: str) -> Shown:
    """Put a table or a figure behind a line that opens it: for what few readers need.

    Examples
    --------
    >>> folded(Shown("<table></table>"), "All pairs").markup
    '<details><summary>All pairs</summary><table></table></details>'
    """
    return Shown(f"<details><summary>{html.escape(summary)}</summary>{shown._repr_html_()}</details>")


def stacked(shown: Iterable[Shown]) -> Shown:
    """Put tables or figures below each other as one output, which one caption can speak of.

    Examples
    --------
    >>> stacked([Shown("<table></table>")] * 2).markup
    '<table></table><table></table>'
    """
    return Shown("".join(one._repr_html_() for one in shown))


def first_open(shown: Mapping[str, Shown], what: str) -> Shown:
    """Stack what is shown of each study, all but the first in a fold that says what it holds.

    Examples
    --------
    >>> first_open({"published": Shown("<table></table>"), "mine": Shown("<ol></ol>")}, "Pairs").markup
    '<table></table><details><summary>Pairs, mine</summary><ol></ol></details>'
    """
    first = next(iter(shown), None)
    return stacked(one if study == first else folded(one, f"{what}, {study}") for study, one in shown.items())


def _kind(column: pd.Series) -> str:
    if len(column) > 0 and column.map(lambda cell: _NUMBER.fullmatch(cell) is not None).all():
        return ' class="number"'
    return ' class="prose"' if max(map(len, map(str.split, column)), default=0) >= _SENTENCE else ""


def _row(cells: list[str], classes: list[str], *, short: bool) -> str:
    first, *others = cells
    tail = "".join(
        f"<td{style}>{_cell(cell, short=short)}</td>" for cell, style in zip(others, classes[1:], strict=True)
    )
    return f'<tr><th scope="row">{html.escape(first)}</th>{tail}</tr>'


def _cell(text: str, *, short: bool) -> str:
    said = html.escape(text)
    if short and " " in text and len(text) <= _SHORT:
        return f'<span class="together">{said}</span>'
    return _INTERVAL.sub(r' <span class="together">\1</span>', said)
