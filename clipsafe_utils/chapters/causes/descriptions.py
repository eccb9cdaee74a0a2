"""Chapter 6: what its figures show, for a reader who cannot see them."""

from collections.abc import Mapping

import pandas as pd

from clipsafe_utils.findings.causes.effects import estimate_of
from clipsafe_utils.findings.properties import Property
from clipsafe_utils.say import points


def describe_rows(tables: Mapping[Property, pd.DataFrame], place: str, curve: str, unit: float = 1.0) -> str:
    """Say what curves show: each curve from its first place to its last."""
    sentences = []
    for panel, table in tables.items():
        for name, rows in table.groupby(curve, sort=False):
            ends = [rows.iloc[0], rows.iloc[-1]]
            parts = [f"{panel.scale * row['value']:.3g} at {_written(row[place], unit)}" for row in ends]
            sentences.append(f"{panel.title}, {name}: {', '.join(dict.fromkeys(parts))}.")
    return " ".join(sentences) or "Nothing is measured."


def describe_effects(table: pd.DataFrame, titles: Mapping[str, str]) -> str:
    """Say what the figures of causes and properties show: every mean, with its interval, in points."""
    sentences = []
    for key, title in titles.items():
        rows = table[table["property"] == key]
        if len(rows):
            name = title.replace("\n", " ")
            parts = [f"{row['cause']} {_cell(row)}" for _, row in rows.iterrows()]
            sentences.append(f"Change of {name} in points: {'; '.join(parts)}.")
    return " ".join(sentences) or "Nothing is measured."


def _cell(row: pd.Series) -> str:
    return (
        estimate_of(row).with_interval if row.get("decided", True) else f"{points(row['value'])} (undecided)"
    )


def _written(place: object, unit: float) -> str:
    return f"{unit * place:g}" if isinstance(place, float) else str(place)
