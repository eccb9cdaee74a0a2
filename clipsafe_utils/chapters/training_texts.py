"""Alternative texts that several chapters share: figures of trainings that differ in one thing."""

from collections.abc import Mapping

import pandas as pd

from clipsafe_utils.findings.ladder import RUNGS
from clipsafe_utils.findings.properties import Property
from clipsafe_utils.say import number, percent

_OF_SHARES = 100.0


def describe_ladder(tables: Mapping[Property, pd.DataFrame]) -> str:
    """Say what a figure of the ladder shows."""
    sentences = []
    for panel, rows in tables.items():
        for source, of_source in rows.groupby("source", sort=False):
            cells = ", ".join(
                f"{rung} {_written(panel, value)}"
                for rung, value in zip(of_source["rung"], of_source["value"], strict=True)
            )
            sentences.append(f"{panel.title}, trained on {source}: {cells}.")
    if not sentences:
        return "No study has the cube of causes."
    rungs = "; ".join(f"{rung} {name}" for rung, name in RUNGS.items())
    return " ".join([f"Rungs of the ladder: {rungs}.", *sentences])


def _written(panel: Property, value: float) -> str:
    if panel.scale != _OF_SHARES:
        return number(value)
    return percent(value, 0 if panel.is_share else 1)
