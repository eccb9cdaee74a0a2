"""Tables as a chapter publishes them: plain HTML with a caption, the same bytes every time."""

import html
from dataclasses import dataclass

import pandas as pd


@dataclass(frozen=True)
class ThemedTable:
    """A table as a notebook shows it."""

    markup: str

    def _repr_html_(self) -> str:
        return f'<div class="themed-table">{self.markup}</div>'


def table(frame: pd.DataFrame, caption: str) -> ThemedTable:
    """Turn a frame into a captioned table.

    Parameters
    ----------
    frame : pandas.DataFrame
        Columns are shown in their order, the index is not. Numbers should already be text: the
        caller knows their precision.
    caption : str
        A sentence that can be read alone.

    Returns
    -------
    ThemedTable
        Its first column holds row headers.

    Examples
    --------
    >>> "<caption>Counts.</caption>" in table(pd.DataFrame({"factor": ["pose"]}), "Counts.").markup
    True
    """
    head = "".join(f'<th scope="col">{html.escape(str(name))}</th>' for name in frame.columns)
    rows = "".join(_row([str(value) for value in row]) for row in frame.itertuples(index=False))
    return ThemedTable(
        f"<table><caption>{html.escape(caption)}</caption><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
    )


def _row(cells: list[str]) -> str:
    first, *others = (html.escape(cell) for cell in cells)
    return f'<tr><th scope="row">{first}</th>' + "".join(f"<td>{cell}</td>" for cell in others) + "</tr>"
