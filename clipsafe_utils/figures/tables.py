"""Tables as a chapter publishes them: plain HTML with a caption, the same bytes every time."""

import html
import re
from dataclasses import dataclass

import pandas as pd

_NUMBER = re.compile(r"[+±−-]?[\d,.]+( %)?")


@dataclass(frozen=True)
class ThemedTable:
    """A table as a notebook shows it."""

    markup: str

    def __repr__(self) -> str:
        return "<table>"

    def _repr_html_(self) -> str:
        return self.markup


def table(frame: pd.DataFrame, caption: str) -> ThemedTable:
    """Turn a frame into a captioned table.

    Parameters
    ----------
    frame : pandas.DataFrame
        Columns are shown in their order, the index is not. Numbers should already be text: the
        caller knows their precision. Columns of numbers are set to the right.
    caption : str
        A sentence that can be read alone.

    Returns
    -------
    ThemedTable
        Its first column holds row headers. A wide table scrolls in its own box, under its caption.

    Examples
    --------
    >>> "<figcaption>Counts.</figcaption>" in table(pd.DataFrame({"factor": ["pose"]}), "Counts.").markup
    True
    """
    text = frame.astype(str)
    classes = [_alignment(text.iloc[:, position]) for position in range(text.shape[1])]
    head = "".join(
        f'<th scope="col"{style}>{html.escape(str(name))}</th>'
        for name, style in zip(text.columns, classes, strict=True)
    )
    rows = "".join(_row(list(cells), classes) for cells in text.itertuples(index=False, name=None))
    said = html.escape(caption)
    return ThemedTable(
        f'<figure class="themed-table"><figcaption>{said}</figcaption>'
        f'<div class="table-box" role="region" aria-label="{html.escape(caption, quote=True)}" tabindex="0">'
        f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div></figure>"
    )


def folded(shown: ThemedTable, summary: str) -> ThemedTable:
    """Put a table behind a line that opens it: for what few readers need.

    Examples
    --------
    >>> folded(ThemedTable("<table></table>"), "All pairs").markup
    '<details><summary>All pairs</summary><table></table></details>'
    """
    return ThemedTable(f"<details><summary>{html.escape(summary)}</summary>{shown.markup}</details>")


def _alignment(column: pd.Series) -> str:
    is_number = len(column) > 0 and column.map(lambda cell: _NUMBER.fullmatch(cell) is not None).all()
    return ' class="number"' if is_number else ""


def _row(cells: list[str], classes: list[str]) -> str:
    first, *others = (html.escape(cell) for cell in cells)
    tail = "".join(f"<td{style}>{cell}</td>" for cell, style in zip(others, classes[1:], strict=True))
    return f'<tr><th scope="row">{first}</th>{tail}</tr>'
