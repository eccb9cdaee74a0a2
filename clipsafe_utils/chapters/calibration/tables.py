"""Tables of chapter 5: networks on their whole set, and the classifier of digits."""

from collections.abc import Hashable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from clipsafe_utils.findings.calibration.alike import FEWEST_ALIKE, LIKE
from clipsafe_utils.findings.calibration.digits_result import Digits
from clipsafe_utils.findings.calibration.result import Calibration
from clipsafe_utils.findings.calibration.temperatures import Temperatures
from clipsafe_utils.metrics.bin_errors import BIN_ERRORS
from clipsafe_utils.registry.set_names import condition_name
from clipsafe_utils.say import NOT_MEASURED, level, number, percent
from clipsafe_utils.say import change as signed
from clipsafe_utils.show.shown import Shown
from clipsafe_utils.show.tables import folded, table

_MORE_ERRORS = {name: one for name, one in BIN_ERRORS.items() if name not in ("ece", "ece_debiased")}
"""Those without a column of their own."""
_NUMBERS = {
    "NLL": ("nll", 3),
    "Brier": ("brier", 3),
    "Class-wise ECE": ("ece_classwise", 3),
    "Temperature": ("temperature", 2),
}
"""Scores that a study may lack, and their digits."""
_NOBODY = "–"
_JUDGED = {"down": "smaller", "up": "larger", "neither": "undecided"}


def crossing_table(found: Temperatures) -> Shown:
    """Tabulate the temperatures of the widest fitter by source, with its quantity, and encoder."""
    images = found.of_widest.groupby("source", sort=False)["images"].first()
    temperatures = found.by_encoder.loc[images.index].to_dict("records")
    rows = [
        {"Training source": source, "Images, millions": f"{quantity / 1e6:,.0f}"}
        | {name: number(one) if np.isfinite(one) else _NOBODY for name, one in row.items()}
        for (source, quantity), row in zip(images.items(), temperatures, strict=True)
    ]
    return table(
        pd.DataFrame(rows),
        f"Temperature by training source, quantity and encoder together, {found.fitter}. {_NOBODY} : none, "
        "or of a run with a wrong activation.",
    )


def alike_table(found: Calibration) -> Shown:
    """Tabulate each zero-shot CLIP beside standard networks of like accuracy, the least accurate first."""
    beside = found.alike.beside
    rows = [
        {
            "CLIP": row["name"],
            "Accuracy": percent(row["accuracy"]),
            "Standard networks": row["alike"],
            **{
                heading: cell
                for scaling in ("before", "after")
                for heading, cell in (
                    (f"ECE {scaling}", percent(row[f"ece_{scaling}"])),
                    (f"Err more, {scaling}", row[f"worse_{scaling}"] if row["alike"] else _NOBODY),
                    (
                        f"Their median, {scaling}",
                        percent(row[f"median_{scaling}"]) if row["alike"] else _NOBODY,
                    ),
                )
            },
        }
        for row in beside.to_dict("records")
    ]
    return table(
        pd.DataFrame(rows),
        "Each zero-shot CLIP beside the standard networks whose accuracy is less than "
        f"{100 * LIKE:.0f} points away before scaling: how many there are, how many of these err more, and "
        f"their median ECE. Fewer than {FEWEST_ALIKE} say little.",
    )


def variants_tables(found: Calibration) -> list[Shown]:
    """Return every variant of the calibration error, a table a study; all but the first are folded.

    What needs the probability of the true class stands in a fold of its own, where a study has it.
    """
    confidence = level(found.chosen.confidence)
    tables: list[Shown] = []
    for view in found.shown:
        rows = found.variants[view.study].to_dict("records")
        where = f"study {view.study}, {condition_name(view.whole)}"
        errors = table(
            pd.DataFrame([_errors_of(row) for row in rows]),
            f"Calibration errors with 15 bins ({where}); {confidence} intervals over images. ECE, with bins "
            "of equal width or mass, is a mean absolute gap; RMS and the debiased error are root mean "
            "squares.",
        )
        tables.append(folded(errors, f"Calibration errors: {where}") if tables else errors)
        if not np.isnan([[row[name] for name, _ in _NUMBERS.values()] for row in rows]).all():
            scores = table(
                pd.DataFrame([_scores_of(row) for row in rows]),
                f"Proper scores, class-wise ECE and the temperature that was fitted ({where}).",
            )
            tables.append(folded(scores, f"Proper scores and temperature: {where}"))
    return tables


def _errors_of(row: Mapping[Hashable, Any]) -> dict[str, str]:
    ends = interval_of_shares(row["low"], row["high"])
    return {
        "Model": row["name"],
        "Scaling": row["scaling"],
        "Accuracy": percent(row["accuracy"]),
        "ECE": percent(row["ece"]),
        "Floor": NOT_MEASURED if np.isnan(row["ece_floor"]) else percent(row["ece_floor"]),
        "Equal mass": percent(row["ece_equal_mass"]),
        **{error.title: percent(row[name]) for name, error in _MORE_ERRORS.items() if name in row},
        "Debiased": f"{percent(max(row['ece_debiased'], 0.0))} ({ends})",
    }


def _scores_of(row: Mapping[Hashable, Any]) -> dict[str, str]:
    return {"Model": row["name"], "Scaling": row["scaling"]} | {
        title: NOT_MEASURED if np.isnan(row[name]) else number(row[name], digits)
        for title, (name, digits) in _NUMBERS.items()
    }


def interval_of_shares(low: float, high: float) -> str:
    """Return an interval of shares in percent; where it reaches below 0, 0 is shown."""
    return f"{100 * max(low, 0.0):.1f} to {percent(max(high, 0.0))}"


def digits_table(digits: Digits) -> Shown:
    """Return the scores on clean images before and after, with the paired interval of the change."""
    clean = digits.clean
    rows: list[tuple[str, ...]] = []
    for name, title in (("accuracy", "Accuracy"), ("gap", "Confidence less accuracy, points")):
        change = clean.change(name)
        rows.append((title, str(clean.before[name]), str(clean.after[name]), str(change), change.interval))
    for name, title in (("nll", "NLL, nats"), ("brier", "Brier score")):
        change = clean.change(name)
        ends = f"{signed(change.low, 3)} to {signed(change.high, 3)}"
        before, after = clean.before[name].number(3), clean.after[name].number(3)
        rows.append((title, before, after, change.change(3), ends))
    for name, title in (("ece", "ECE"), ("floor", "Floor of ECE")):
        cells = str(clean.before[name]), str(clean.after[name])
        rows.append((title, *cells, "no claim", "too few images"))
    errors = (
        f"{error} ({interval_of_shares(error.low, error.high)})"
        for error in (clean.before["error"], clean.after["error"])
    )
    rows.append(("Debiased error", *errors, _JUDGED[clean.change("error").side], "judged on squares"))
    columns = ("Score", "Before", "After", "Change", f"{level(digits.confidence)} interval of the change")
    return table(
        pd.DataFrame(rows, columns=list(columns)),
        "The classifier of digits on clean test images, before and after temperature scaling. Intervals are "
        "paired over the test images, with the temperature held fixed.",
    )
