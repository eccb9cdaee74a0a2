"""Chapter 4 in the laboratory, in words and numbers."""

from collections.abc import Mapping, Sequence

import xarray as xr

from clipsafe_utils.chapters.causes.words import is_measured, moved
from clipsafe_utils.chapters.formats import NOT_MEASURED, complete, points
from clipsafe_utils.cubes.panels import Panel
from clipsafe_utils.findings.calibration.laboratory import CLIP, ERROR, NATURAL, OWN, TEMPERATURE, mean_gaps
from clipsafe_utils.findings.calibration.scaling_change import SHIFTS, home
from clipsafe_utils.findings.calibration.trainings import (
    BATCH,
    CLIP_ON_WIT,
    CONTROL,
    DOSES,
    NAMES,
    STEPS,
    dose_of,
    mean_at,
    step_of,
    written_level,
)
from clipsafe_utils.findings.ladder import dose
from clipsafe_utils.say import Value

_CELLS = {"control": CONTROL, "names": NAMES, "clip": CLIP_ON_WIT}
_START = "calibration-lab"

KEYS = (
    *(f"{_START}-temperature-{name}" for name in _CELLS),
    f"{_START}-sign",
    *(f"{_START}-{name}-error" for name in STEPS),
    f"{_START}-clip-gap-clean",
    f"{_START}-clip-gap-own",
    *(f"{_START}-{knob}-{what}" for knob in DOSES for what in ("from", "to", "error")),
    f"{_START}-batch-temperature",
    f"{_START}-batch-verdict",
    *(
        f"{_START}-scaling-{what}"
        for what in ("models", "home-better", "nll-better", "nll-worse", "brier-worse", "error-worse")
    ),
    *(f"{_START}-scaling-{what}" for what in ("clips", "clip-worse", "verdict")),
)
"""Every number that the prose glues about the laboratory; those of the first study that can answer."""


def numbers(
    causes: Mapping[str, xr.Dataset],
    panels: Sequence[Panel],
    changes: Mapping[str, xr.Dataset],
    confidence: float,
) -> dict[str, str]:
    """Return the numbers of the prose.

    Parameters
    ----------
    causes : mapping of str to xarray.Dataset
        As `read_causes` returns them.
    panels : sequence of Panel
        Of the cube `calibration`.
    changes : mapping of str to xarray.Dataset
        As `scaling_change` returns them.
    confidence : float
        Level of the intervals.

    Returns
    -------
    dict of str to str
        Every key of `KEYS`; "not measured" where a study lacks what it takes.

    Examples
    --------
    >>> set(numbers({}, [], {}, 0.95).values())
    {'not measured'}
    """
    found: dict[str, str] = {}
    for cube in causes.values():
        found |= _of_ladder(cube, confidence) | _of_knobs(cube, confidence) | found
    for panel in panels:
        if panel.study in changes and f"{_START}-scaling-models" not in found:
            found |= _of_gaps(panel) | _of_scaling(changes[panel.study])
    return complete(KEYS, found)


def _of_ladder(cube: xr.Dataset, confidence: float) -> dict[str, str]:
    found = {}
    for name, place in _CELLS.items():
        one = mean_at(cube, TEMPERATURE, place, confidence)
        if one is not None:
            found[f"{_START}-temperature-{name}"] = f"{one.estimate:.2f} ({one.low:.2f} to {one.high:.2f})"
            if name == "clip":
                found[f"{_START}-sign"] = _sign(one)
    return found | {f"{_START}-{name}-error": moved(step_of(cube, ERROR, name, confidence)) for name in STEPS}


def _of_knobs(cube: xr.Dataset, confidence: float) -> dict[str, str]:
    found: dict[str, str] = {}
    for knob in DOSES:
        lowest, highest, change = dose_of(cube, ERROR, knob, confidence)
        if change is not None:
            found |= {
                f"{_START}-{knob}-from": written_level(knob, lowest),
                f"{_START}-{knob}-to": written_level(knob, highest),
                f"{_START}-{knob}-error": moved(change),
            }
    _, _, change = dose_of(cube, TEMPERATURE, BATCH, confidence)
    if change is not None:
        rows = dose(cube, BATCH, TEMPERATURE, confidence)
        ends = rows[rows["loss"].str.contains("CLIP")]["value"]
        found[f"{_START}-batch-temperature"] = moved_number(change)
        found[f"{_START}-batch-verdict"] = batch_verdict(ends.iloc[0], ends.iloc[-1], change)
    return found


def batch_verdict(smallest: float, largest: float, change: Value) -> str:
    """Say whether larger batches bring the temperature of a CLIP nearer to 1.

    Parameters
    ----------
    smallest, largest : float
        Temperature at the smallest and at the largest batch.
    change : Value
        The second less the first.

    Examples
    --------
    >>> batch_verdict(0.5, 0.7, Value(0.2, 0.1, 0.3, units=3))
    'nearer to 1, which speaks for small batches as part of the cause'
    """
    if not is_measured(change):
        return NOT_MEASURED
    if not change.excludes(0):
        return "which speaks against small batches as the cause"
    if abs(largest - 1) < abs(smallest - 1):
        return "nearer to 1, which speaks for small batches as part of the cause"
    return "no nearer to 1, which speaks against small batches as the cause"


def moved_number(found: Value | None) -> str:
    """Say by how much the first of two numbers is above or below the second.

    Examples
    --------
    >>> moved_number(Value(-0.2, -0.25, -0.15, units=3)), moved_number(None)
    ('lower by 0.20 (0.15 to 0.25)', 'not measured')
    """
    if not is_measured(found):
        return NOT_MEASURED
    assert found is not None
    if not found.excludes(0):
        return f"no different beyond the interval ({signed(found.low)} to {signed(found.high)})"
    low, high = sorted((abs(found.low), abs(found.high)))
    direction = "higher" if found.estimate > 0 else "lower"
    return f"{direction} by {abs(found.estimate):.2f} ({low:.2f} to {high:.2f})"


def _of_gaps(panel: Panel) -> dict[str, str]:
    gaps = mean_gaps(panel, CLIP)
    places = {"clean": NATURAL, "own": OWN}
    return {
        f"{_START}-clip-gap-{where}": points(gaps[condition])
        for where, condition in places.items()
        if condition in gaps
    }


def _of_scaling(change: xr.Dataset) -> dict[str, str]:
    conditions = change["condition"].values.tolist()
    verdict = change["verdict"]
    at_home = verdict.sel(condition=home(conditions))
    found = {
        f"{_START}-scaling-models": str(change.sizes["model"]),
        f"{_START}-scaling-home-better": str(int((at_home.sel(score="nll") < 0).sum())),
    }
    if SHIFTS not in conditions:
        return found
    shifted = verdict.sel(condition=SHIFTS)
    worse = (shifted > 0).sum("model")
    better = int((shifted.sel(score="nll") < 0).sum())
    clips = shifted.sel(score="nll").isel(model=change["group"].values == CLIP)
    worse_nll = int(worse.sel(score="nll"))
    number = change.sizes["model"]
    if worse_nll > number / 2:
        said = "it makes most models worse there"
    else:
        said = (
            "it makes most models better there" if better > number / 2 else "it helps some and harms others"
        )
    return found | {
        f"{_START}-scaling-nll-worse": str(worse_nll),
        f"{_START}-scaling-nll-better": str(better),
        f"{_START}-scaling-brier-worse": str(int(worse.sel(score="brier"))),
        f"{_START}-scaling-error-worse": str(int(worse.sel(score="ece_debiased"))),
        f"{_START}-scaling-clips": str(clips.size),
        f"{_START}-scaling-clip-worse": str(int((clips > 0).sum())),
        f"{_START}-scaling-verdict": said,
    }


def _sign(temperature: Value) -> str:
    if not temperature.excludes(1):
        return "neither too sure nor too unsure beyond the interval"
    return "too unsure" if temperature.estimate < 1 else "too sure"


def signed(value: float) -> str:
    """Write a difference of temperatures or of nats with its sign and a true minus.

    Examples
    --------
    >>> signed(-0.2)
    '−0.20'
    """
    return f"{value:+.2f}".replace("-", "−")
