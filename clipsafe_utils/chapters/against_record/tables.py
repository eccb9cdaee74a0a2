"""The tables of the laboratory against the record."""

import pandas as pd

from clipsafe_utils.claims.worlds.result import AgainstRecord, Compared
from clipsafe_utils.say import Missing, Said, level, points
from clipsafe_utils.show.shown import Shown
from clipsafe_utils.show.tables import folded, table

_UNITS = {"of the logarithm of temperature": "logarithm", "factors of ten above five": "factors above five"}

_ROUNDED_TO_ZERO = 0.0005


def outcomes(r: AgainstRecord) -> Shown:
    """Tabulate the predictions with what each world says, and what comes of them."""
    rows = [
        (
            row.prediction.sentence,
            _UNITS.get(row.prediction.unit, row.prediction.unit),
            _effect(row.predicted),
            _effect(row.real),
            row.outcome,
            _sizes(row),
            row.prediction.first,
        )
        for row in r.ordered
    ]
    names = ["Prediction", "Unit", "Laboratory", "Real models", "Outcome", "Ratio", "Known first"]
    return table(
        pd.DataFrame(rows, columns=names),
        f"What the laboratory ({r.laboratory}) predicts and what real models ({r.record}) say, with "
        f"{level(r.confidence)} intervals. Ratio: where both agree, the real effect over the laboratory's; "
        "apart, where the two intervals do not meet. Known first: whose number was in this book before the "
        "other was read.",
    )


def differences(r: AgainstRecord) -> Shown:
    """Tabulate who was counted in each world, and where the worlds differ."""
    rows = [
        (
            row.prediction.topic,
            _counted(row.laboratory),
            _counted(row.record),
            row.prediction.differs,
        )
        for row in r.ordered
    ]
    names = ["Prediction", "Counted in the laboratory", "Counted among real models", "What differs"]
    shown = table(
        pd.DataFrame(rows, columns=names), "What each number is about, and where the two worlds differ."
    )
    return folded(shown, "What was counted, and what differs between the worlds")


def left_out(r: AgainstRecord) -> Shown:
    """Tabulate what is not compared, and why."""
    rows = [(one.what, one.why, one.because) for one in r.left_out]
    return table(
        pd.DataFrame(rows, columns=["Not compared", "Why", "In full"]),
        "Predictions of the laboratory that are not compared, and why.",
    )


def _effect(value: Said) -> str:
    if isinstance(value, Missing) or value.scale != "difference" or not value.is_bounded:
        return str(value if isinstance(value, Missing) else value.with_interval)
    # An end that would be written as 0.0 decides on which side of zero an effect lies.
    digits = 2 if min(abs(value.low), abs(value.high)) < _ROUNDED_TO_ZERO else 1
    return f"{value.points(digits)} ({points(value.low, digits)} to {points(value.high, digits)})"


def _sizes(row: Compared) -> str:
    if isinstance(row.ratio, Missing):
        return "apart" if row.are_apart else "–"
    return f"× {row.ratio}"


def _counted(measured: object) -> str:
    if isinstance(measured, Missing):
        return f"nothing: {measured.reason}"
    return str(getattr(measured, "counted", ""))
