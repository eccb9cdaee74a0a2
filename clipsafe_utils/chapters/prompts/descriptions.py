"""Chapter 5: what its figures show, for a reader who cannot see them."""

from collections.abc import Mapping

import pandas as pd

from clipsafe_utils.findings.properties import Property
from clipsafe_utils.say import change, points

_NO_PROMPTS = "No study has CLIPs under other prompts."
_NO_SUBSETS = "No study has kept the embeddings of single templates."


def describe_numbers(tables: Mapping[Property, pd.DataFrame]) -> str:
    """Return in words what the figure of the number of templates shows."""
    head = "Line plots of the change from the usual set against the number of templates."
    return " ".join([head, *_largest(tables, "templates")]) if tables else _NO_PROMPTS


def describe_wordings(tables: Mapping[Property, pd.DataFrame]) -> str:
    """Return in words what the figure of other wordings shows."""
    head = "Dot plots of the change from the usual set under each other wording."
    return " ".join([head, *_largest(tables, "wording")]) if tables else _NO_PROMPTS


def describe_subsets(tables: Mapping[Property, pd.DataFrame]) -> str:
    """Return in words what the figure of random subsets shows."""
    sentences = []
    for panel, table in tables.items():
        for source, rows in table.groupby("source", sort=False):
            size = rows["templates"].min()
            values = rows.loc[rows["templates"] == size, "value"]
            ends = " to ".join(_written(value, panel) for value in (values.min(), values.max()))
            sentences.append(f"{panel.title}, {source}: subsets of {size} lie from {ends}.")
    head = "Dot plots of the change from the usual set against the size of a random subset."
    return " ".join([head, *sentences]) if sentences else _NO_SUBSETS


def _largest(tables: Mapping[Property, pd.DataFrame], column: str) -> list[str]:
    sentences = []
    for panel, table in tables.items():
        for source, rows in table.groupby("source", sort=False):
            largest = rows.iloc[int(rows["value"].abs().to_numpy().argmax())]
            value, where = float(largest["value"]), largest[column]
            place = f"{where} templates" if column == "templates" else where
            sentences.append(f"{panel.title}, {source}: largest change {_written(value, panel)} ({place}).")
    return sentences


def _written(value: float, panel: Property) -> str:
    return f"{points(value, 2)} points" if panel.scale > 1 else change(value, 3)
