"""Tables of chapter 4: networks on their whole set, and the classifier of digits."""

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

from clipsafe_utils.figures.tables import ThemedTable, folded, table
from clipsafe_utils.findings.calibration.digits import AFTER, BEFORE, change
from clipsafe_utils.findings.calibration.digits_result import Digits
from clipsafe_utils.findings.calibration.real import VARIANTS
from clipsafe_utils.findings.calibration.result import Calibration
from clipsafe_utils.findings.calibration.views import View, short_name
from clipsafe_utils.metrics.calibration import debiased_interval
from clipsafe_utils.metrics.draws import reflected_interval
from clipsafe_utils.registry.set_names import condition_name
from clipsafe_utils.say import NOT_MEASURED, level, number, percent, points
from clipsafe_utils.say import change as signed

_SCORES = {"nll": "NLL", "brier": "Brier", "ece_classwise": "Class-wise ECE"}


def variants_tables(found: Calibration) -> list[ThemedTable]:
    """Tabulate every variant of the calibration error, a table a study; all but the first are folded.

    Parameters
    ----------
    found : Calibration
        What the chapter found.
    """
    made = [_variants_table(found, view) for view in found.shown]
    names = [view.study for view in found.shown]
    rest = zip(made[1:], names[1:], strict=True)
    return [*made[:1], *(folded(one, f"The same table for the study {name}") for one, name in rest)]


def _variants_table(found: Calibration, shown: View) -> ThemedTable:
    of_study = [view for view in found.views if view.study == shown.study]
    confidence = found.chosen.confidence
    return table(
        pd.DataFrame([row for view in of_study for row in _rows_of_variants(view, confidence)]),
        f"Calibration on one set of images ({condition_name(shown.whole)}) with 15 bins; {level(confidence)} "
        "intervals over images. ECE, with bins of equal width or mass, is a mean absolute gap; RMS and the "
        "debiased error are root mean squares.",
    )


def _rows_of_variants(view: View, confidence: float) -> list[dict[str, str]]:
    whole = view.cube.sel(condition=view.whole).transpose("draw", "model", ...)
    ends = [
        reflected_interval(whole["ece"].values, confidence),
        debiased_interval(whole["ece_debiased"].values, confidence),
    ]
    estimate = whole.isel(draw=0)
    rows = []
    for place, name in enumerate(view.models["model"].values.tolist()):
        values = {
            key: float(estimate[key].values[place])
            for key in (*VARIANTS, *_SCORES, "ece_floor", "accuracy", "temperature")
        }
        ece, debiased = (interval_of_shares(low[place], high[place]) for low, high in ends)
        rows.append(
            {
                "Model": short_name(name),
                "Study": view.study,
                "Scaling": view.scaling,
                "Accuracy": percent(values["accuracy"]),
                "ECE": f"{percent(values['ece'])} ({ece})",
                "Floor": _or_not_measured(values["ece_floor"], percent),
                "Equal mass": percent(values["ece_equal_mass"]),
                "RMS": percent(values["ece_rms"]),
                "Debiased": f"{percent(max(values['ece_debiased'], 0.0))} ({debiased})",
            }
            | {title: _or_not_measured(values[key], _nats) for key, title in _SCORES.items()}
            | {"Temperature": _or_not_measured(values["temperature"], number)}
        )
    return rows


def interval_of_shares(low: float, high: float) -> str:
    r"""Write an interval of shares in percent; plain ECE may reach below 0, where 0 is shown.

    Examples
    --------
    >>> interval_of_shares(-0.001, 0.0234)
    '0.0 to 2.3\xa0%'
    """
    return f"{100 * max(low, 0.0):.1f} to {percent(max(high, 0.0))}"


def _or_not_measured(value: float, write: Callable[[float], str]) -> str:
    return NOT_MEASURED if np.isnan(value) else write(value)


def _nats(value: float) -> str:
    return number(value, 3)


def _change_of_nats(value: float) -> str:
    return signed(value, 3)


_ROWS: Mapping[str, tuple[str, Callable[[float], str], Callable[[float], str]]] = {
    "accuracy": ("Accuracy", percent, points),
    "overconfidence": ("Confidence less accuracy, points", points, points),
    "nll": ("NLL, nats", _nats, _change_of_nats),
    "brier": ("Brier score", _nats, _change_of_nats),
}


def digits_table(digits: Digits) -> ThemedTable:
    """Tabulate the scores on clean images before and after, with the paired interval of the change.

    Parameters
    ----------
    digits : Digits
        What was tried on digits.
    """
    confidence, clean = digits.confidence, digits.clean.trials
    values = digits.with_intervals.isel(shift=0, level=0)
    columns = ("Score", "Before", "After", "Change", f"{level(confidence)} interval of the change")
    rows: list[tuple[str, ...]] = []
    for score, (title, write, write_change) in _ROWS.items():
        cells = [write(values[score].sel(scaling=name).item()) for name in (BEFORE, AFTER)]
        difference, low, high = (write_change(value) for value in change(clean, score, confidence))
        rows.append((title, *cells, difference, f"{low} to {high}"))
    for score, title in (("ece", "ECE"), ("ece_floor", "Floor of ECE")):
        cells = [percent(values[score].sel(scaling=name).item()) for name in (BEFORE, AFTER)]
        rows.append((title, *cells, "no claim", "too few images"))
    rows.append(_row_of_debiased(digits))
    return table(
        pd.DataFrame(rows, columns=list(columns)),
        "The classifier of digits on clean test images, before and after temperature scaling. Intervals are "
        "paired over the test images, with the temperature held fixed.",
    )


def _row_of_debiased(digits: Digits) -> tuple[str, ...]:
    values = digits.with_intervals.isel(shift=0, level=0)
    cells = []
    for scaling in (BEFORE, AFTER):
        one = values.sel(scaling=scaling)
        ends = interval_of_shares(one["ece_debiased_low"].item(), one["ece_debiased_high"].item())
        cells.append(f"{percent(max(one['ece_debiased'].item(), 0.0))} ({ends})")
    _, low, high = change(digits.clean.trials, "ece_debiased", digits.confidence)
    judgement = "smaller" if high < 0 else "larger" if low > 0 else "undecided"
    return "Debiased error", *cells, judgement, "judged on squares"
