"""Chapter 4 in the laboratory: what changes calibration, and what a temperature changes, as tables."""

from collections.abc import Callable, Mapping

import pandas as pd
import xarray as xr

from clipsafe_utils.chapters.calibration.laboratory_words import signed
from clipsafe_utils.chapters.causes.words import cell_of, is_measured
from clipsafe_utils.chapters.formats import NOT_MEASURED, level, percent
from clipsafe_utils.figures.tables import ThemedTable, folded, table
from clipsafe_utils.findings.calibration.laboratory import ERROR, ERROR_OWN, NLL, TEMPERATURE
from clipsafe_utils.findings.calibration.scaling_change import SHIFTS, home
from clipsafe_utils.findings.calibration.trainings import DOSES, STEPS, dose_of, step_of, written_level
from clipsafe_utils.findings.calibration.views import GROUP_NAMES
from clipsafe_utils.say import Value

_COLUMNS = {
    TEMPERATURE: "Temperature",
    ERROR: "Debiased error, points",
    ERROR_OWN: "The same, own source",
    NLL: "NLL, nats",
}


def steps_table(causes: Mapping[str, xr.Dataset], confidence: float) -> ThemedTable:
    """Tabulate what each step of the ladder and each knob does to calibration.

    Parameters
    ----------
    causes : mapping of str to xarray.Dataset
        As `read_causes` returns them.
    confidence : float
        Level of the intervals.
    """
    rows = []
    for study, cube in causes.items():
        several = {"Study": study} if len(causes) > 1 else {}
        for step, (title, _, _) in STEPS.items():
            changes = {name: step_of(cube, name, step, confidence) for name in _COLUMNS}
            rows.append({"What changes": title} | several | _cells(changes))
        for knob, (title, _, _) in DOSES.items():
            found = {name: dose_of(cube, name, knob, confidence) for name in _COLUMNS}
            low, high, change = found[TEMPERATURE]
            if change is not None:
                ends = f"{written_level(knob, low)} to {written_level(knob, high)}"
                changes = {name: one[2] for name, one in found.items()}
                rows.append({"What changes": f"{title}: {ends} (d, wit)"} | several | _cells(changes))
    return table(
        pd.DataFrame(rows, columns=["What changes", *["Study"] * (len(causes) > 1), *_COLUMNS.values()]),
        "Differences between kinds of training, before scaling, on the clean test and on held-out images of "
        f"the model's own source; {level(confidence)} intervals over seeds and images. Knobs: the highest "
        "level less the lowest, for CLIPs on wit.",
    )


def groups_table(groups: Mapping[str, xr.Dataset]) -> ThemedTable:
    """Tabulate, in a fold, what temperature scaling does to each group of models.

    Parameters
    ----------
    groups : mapping of str to xarray.Dataset
        By study, as `change_of_groups` returns them.
    """
    rows = []
    for study, one in groups.items():
        conditions = one["condition"].values.tolist()
        places = {"at home": home(conditions), "mean of shifts": SHIFTS}
        for group in one["group"].values.tolist():
            for where, condition in places.items():
                if condition in conditions:
                    here = one.sel(group=group, condition=condition)
                    rows.append(
                        {
                            "Group": GROUP_NAMES[group],
                            "Study": study,
                            "Where": where,
                            "Debiased error": _arrow(here.sel(score="ece_debiased"), percent),
                            "NLL, nats": _arrow(here.sel(score="nll"), _three),
                            "Brier": _arrow(here.sel(score="brier"), _three),
                            "NLL better": str(int(here["better"].sel(score="nll"))),
                            "NLL worse": str(int(here["worse"].sel(score="nll"))),
                            "Models": str(int(here["models"])),
                        }
                    )
    columns = ["Group", "Study", "Where", "Debiased error", "NLL, nats", "Brier", "NLL better", "NLL worse"]
    shown = table(
        pd.DataFrame(rows, columns=[*columns, "Models"]),
        "Before and after temperature scaling: means over the models of a group, and the number of models "
        "whose NLL the temperature made better or worse beyond the interval over images. The mean of shifts "
        "counts each kind of shift once.",
    )
    return folded(shown, "Before and after temperature scaling, by group of models")


def _arrow(one: xr.Dataset, written: Callable[[float], str]) -> str:
    before, after = (written(one[name].item()) for name in ("before", "after"))
    return f"{before} → {after}"


def _three(value: float) -> str:
    return f"{value:.3f}"


def _cells(changes: Mapping[str, Value | None]) -> dict[str, str]:
    return {
        title: cell_of(changes[name]) if name in (ERROR, ERROR_OWN) else _cell_of_number(changes[name])
        for name, title in _COLUMNS.items()
    }


def _cell_of_number(found: Value | None) -> str:
    if not is_measured(found):
        return NOT_MEASURED
    assert found is not None
    return f"{signed(found.estimate)} ({signed(found.low)} to {signed(found.high)})"
