"""Chapter 5 in the laboratory: what changes calibration, and what a temperature changes, as tables."""

from collections.abc import Callable, Mapping

import pandas as pd
import xarray as xr

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
from clipsafe_utils.say import Missing, Said, count, level, percent
from clipsafe_utils.show.shown import Shown
from clipsafe_utils.show.tables import folded, table

_COLUMNS = {
    TEMPERATURE: "Temperature",
    ERROR: "Debiased error, points",
    ERROR_OWN: "The same, own source",
    NLL: "NLL, nats",
}
_OF_GROUPS = ["Group", "Where", "Debiased error", "NLL, nats", "Brier", "NLL better", "NLL worse"]


def steps_table(studies: Mapping[str, Trainings], confidence: float) -> Shown:
    """Return, in a fold, what each step of the ladder and each knob does to calibration, by study."""
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
        rows[title] = {shown: _cell(trainings.step(name, upper, lower)) for name, shown in _COLUMNS.items()}
    for knob, title in KNOBS.items():
        responses = {name: dose_response(trainings, name, knob) for name in _COLUMNS}
        low, high = (written_level(knob, end) for end in (responses[ERROR].low, responses[ERROR].high))
        if not isinstance(low, Missing):
            cells = {_COLUMNS[name]: _cell(response.change) for name, response in responses.items()}
            rows[f"{title}: {low} to {high} (d, wit)"] = cells
    return rows


def _cell(change: Said) -> str:
    return str(change) if isinstance(change, Missing) else f"{change} ({change.interval})"


def groups_table(groups: Mapping[str, xr.Dataset]) -> Shown:
    """Return, in a fold, what temperature scaling does to each group of models, of `change_of_groups`."""
    rows = []
    for study, of_study in groups.items():
        conditions = of_study["condition"].values.tolist()
        places = {"in distribution": home(conditions), "mean of shifts": SHIFTS}
        for group in of_study["group"].values.tolist():
            for where, condition in places.items():
                if condition in conditions:
                    cells = _cells_of_group(of_study.sel(group=group, condition=condition))
                    name = GROUP_NAMES[group] + (f" ({study})" if len(groups) > 1 else "")
                    rows.append({"Group": name, "Where": where} | cells)
    shown = table(
        pd.DataFrame(rows, columns=_OF_GROUPS),
        "Before and after temperature scaling: means over the models of a group, and the number of models "
        "whose NLL the temperature made better or worse beyond the interval over images. The mean of shifts "
        "counts each kind of shift once.",
    )
    return folded(shown, "Before and after temperature scaling, by group of models")


def _cells_of_group(change: xr.Dataset) -> dict[str, str]:
    nll = change.sel(score="nll")
    return {
        "Debiased error": _arrow(change.sel(score="ece_debiased"), percent),
        "NLL, nats": _arrow(nll, "{:.3f}".format),
        "Brier": _arrow(change.sel(score="brier"), "{:.3f}".format),
        "NLL better": count(int(nll["better"]), int(nll["models"])),
        "NLL worse": count(int(nll["worse"]), int(nll["models"])),
    }


def _arrow(change: xr.Dataset, write: Callable[[float], str]) -> str:
    return " → ".join(write(change[name].item()) for name in ("before", "after"))
