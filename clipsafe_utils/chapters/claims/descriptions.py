"""What the figures of the ledger and of its appendix show, for a reader who cannot see them."""

import pandas as pd

from clipsafe_utils.say import percent

_LARGEST = 1000.0


def describe_forest(table: pd.DataFrame) -> str:
    """Say what the figure of all effects shows."""
    if table.empty:
        return "No study has measured an effect."
    said = [
        f"{row['claim']}, {row['study']}: {row['value']:.2g}{_in(row['unit'])}, "
        f"{_span(row['low'], row['high'])}, {row['verdict']}."
        for row in table.to_dict("records")
    ]
    head = "Dot plot of every effect, in smallest effects that matter or the unit named; above 0: as claimed."
    return " ".join([head, *said])


def describe_rates(table: pd.DataFrame) -> str:
    """Say what the figure of false verdicts shows."""
    said = [
        f"{row['name']}, {row['families']} families, truth {row['truth']}: {percent(row['rate'])}."
        for row in table.to_dict("records")
    ]
    return " ".join(["Dot plot of the share of false verdicts.", *said])


def _span(low: float, high: float) -> str:
    if max(-low, high) > _LARGEST:
        return "interval unbounded"
    return f"interval {low:.2g} to {high:.2g}"


def _in(unit: str) -> str:
    return f" {unit}" if unit else ""
