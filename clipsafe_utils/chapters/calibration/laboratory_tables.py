"""Chapter 4 in the laboratory: what changes calibration, and what a temperature changes, as tables."""

from collections.abc import Callable, Mapping

import pandas as pd
import xarray as xr

from clipsafe_utils.figures.tables import ThemedTable, folded, table
from clipsafe_utils.findings.calibration.laboratory import (
    ERROR,
    ERROR_OWN,
    KNOBS,
    NLL,
    STEPS,
    TEMPERATURE,
    dose_response,
    written_level,
)
from clipsafe_utils.findings.calibration.scaling_change import SHIFTS, home
from clipsafe_utils.findings.calibration.views import GROUP_NAMES
from clipsafe_utils.findings.trainings import Trainings
from clipsafe_utils.say import Missing, Said, level, percent

_COLUMNS = {
    TEMPERATURE: "Temperature",
    ERROR: "Debiased error, points",
    ERROR_OWN: "The same, own source",
    NLL: "NLL, nats",
}


def steps_table(studies: Mapping[str, Trainings], confidence: float) -> ThemedTable:
    """Tabulate, in a fold, what each step of the ladder and each knob does to calibration.

    Parameters
    ----------
    studies : mapping of str to Trainings
        Those that differ in one thing.
    confidence : float
        Level of the intervals.
    """
    rows = []
    for study, trainings in studies.items():
        several = {"Study": study} if len(studies) > 1 else {}
        rows += [{"What changes": title} | several | cells for title, cells in _rows(trainings).items()]
    shown = table(
        pd.DataFrame(rows, columns=["What changes", *["Study"] * (len(studies) > 1), *_COLUMNS.values()]),
        "Differences between kinds of training, before scaling, on the clean test and on held-out images of "
        f"the model's own source; {level(confidence)} intervals over seeds and images. Knobs: the highest "
        "level less the lowest, for CLIPs on wit.",
    )
    return folded(shown, "Each step of the ladder and each knob, with temperature and NLL")


def _rows(trainings: Trainings) -> dict[str, dict[str, str]]:
    rows = {}
    for title, upper, lower in STEPS.values():
        rows[title] = _cells({name: trainings.step(name, upper, lower) for name in _COLUMNS})
    for knob, title in KNOBS.items():
        responses = {name: dose_response(trainings, name, knob) for name in _COLUMNS}
        low, high = (written_level(knob, end) for end in (responses[ERROR].low, responses[ERROR].high))
        if not isinstance(low, Missing):
            cells = _cells({name: response.change for name, response in responses.items()})
            rows[f"{title}: {low} to {high} (d, wit)"] = cells
    return rows


def _cells(changes: Mapping[str, Said]) -> dict[str, str]:
    return {title: _cell(changes[name]) for name, title in _COLUMNS.items()}


def _cell(change: Said) -> str:
    return str(change) if isinstance(change, Missing) else f"{change} ({change.interval})"


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
