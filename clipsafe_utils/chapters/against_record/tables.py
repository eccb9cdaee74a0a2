"""The tables of the laboratory against the record."""

import pandas as pd

from clipsafe_utils.claims.worlds.result import AgainstRecord
from clipsafe_utils.say import Missing, Said, level
from clipsafe_utils.show.shown import Shown
from clipsafe_utils.show.tables import folded, table

_UNITS = {"of the logarithm of temperature": "logarithm", "factors of ten above five": "factors above five"}


def outcomes(r: AgainstRecord) -> Shown:
    """Tabulate the predictions with what each world says, and what comes of them."""
    rows = [
        (
            row.prediction.sentence,
            _UNITS.get(row.prediction.unit, row.prediction.unit),
            _effect(row.predicted),
            _effect(row.real),
            row.outcome,
            "–" if isinstance(row.ratio, Missing) else row.ratio,
            row.prediction.first,
        )
        for row in r.ordered
    ]
    names = ["Prediction", "Unit", "Laboratory", "Real models", "Outcome", "Real / laboratory", "First here"]
    return table(
        pd.DataFrame(rows, columns=names),
        f"What the laboratory ({r.laboratory}) predicts and what real models ({r.record}) say, with "
        f"{level(r.confidence)} intervals. The ratio of the sizes stands where both agree. First here: whose "
        "number stood in this book before the other was read.",
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
    names = ["Prediction", "Counted in the laboratory", "Counted of real models", "What differs"]
    shown = table(
        pd.DataFrame(rows, columns=names), "Whom each number speaks of, and where the two worlds differ."
    )
    return folded(shown, "Who was counted, and what differs between the worlds")


def left_out(r: AgainstRecord) -> Shown:
    """Tabulate what is not compared, and why."""
    rows = [(one.what, one.why, one.because) for one in r.left_out]
    return table(
        pd.DataFrame(rows, columns=["Not compared", "Why", "In full"]),
        "Predictions of the laboratory that are not compared, and why.",
    )


def _effect(value: Said) -> str:
    return str(value if isinstance(value, Missing) else value.with_interval)


def _counted(measured: object) -> str:
    if isinstance(measured, Missing):
        return f"nothing: {measured.reason}"
    return str(getattr(measured, "counted", ""))
