"""What the laboratory says in chapter 4: the ladder, the knobs, and a temperature under shift."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import xarray as xr

from clipsafe_utils.cubes.panels import Panel
from clipsafe_utils.findings.calibration.bins import mean_gap, stored_bins
from clipsafe_utils.findings.calibration.scaling_change import SCORES, SHIFTS, home
from clipsafe_utils.findings.ladder import LOSS_OF_RUNG
from clipsafe_utils.findings.properties import Property
from clipsafe_utils.findings.trainings import Cell, DoseResponse, Trainings
from clipsafe_utils.say import Missing, Said, Text, Value, count, nothing, percent

NATURAL, OWN = "natural", "own_source"
"""The clean test set, and held-out images of a model's own source."""

TEMPERATURE = "temperature"
ERROR, ERROR_OWN = "ece_debiased_before_natural", "ece_debiased_before_own_source"
NLL = "nll_before_natural"

PROPERTIES = {
    TEMPERATURE: Property("Temperature: below 1, too unsure", "temperature", 1.0),
    ERROR: Property("Debiased error, clean test", "%"),
    ERROR_OWN: Property("Debiased error, own source", "%"),
}
"""What the figure of the ladder shows."""

CONTROL, NAMES, CLIP_ON_WIT = ("a", "wit"), ("c", "wit"), ("d", "wit")
LOSS, CAPTIONS, CURATED, SOURCE = "loss", "captions", "curated", "source"
STEPS: Mapping[str, tuple[str, Cell, Cell]] = {
    LOSS: ("CLIP's loss and names, not labels (c less a, wit)", NAMES, CONTROL),
    CAPTIONS: ("whole captions, not names (d less c, wit)", CLIP_ON_WIT, NAMES),
    CURATED: ("images of wit, not of labels (a)", CONTROL, ("a", "labels")),
    SOURCE: ("laion, not wit (d)", ("d", "laion"), CLIP_ON_WIT),
}
"""Steps on the ladder: what a table calls each, the upper cell, the lower."""

KNOBS = {"images": "images, equal samples seen", "batch": "batch", "wrong": "captions that are wrong"}
"""Knobs that are turned for CLIPs, and what a table calls each."""

CLIP = "clip_zero_shot"


@dataclass(frozen=True)
class Temperatures:
    """The temperature that fits clean images, of networks trained on `wit`."""

    control: Said
    names: Said
    captions: Said
    sure: str | Missing
    """CLIPs with whole captions: `too unsure`, `too sure`, or `neither` beyond the interval."""


@dataclass(frozen=True)
class Errors:
    """What steps on the ladder do to the debiased error on the clean test."""

    loss: Said
    captions: Said
    curated: Said
    source: Said


@dataclass(frozen=True)
class Knob:
    """What turning a knob does to a CLIP."""

    low: Text
    high: Text
    error: Said
    temperature: Said


@dataclass(frozen=True)
class Gaps:
    """Mean confidence less accuracy of the zero-shot CLIPs before scaling."""

    clean: Said
    own: Said


@dataclass(frozen=True)
class Scaling:
    """In how many models a temperature from clean images makes a score better or worse.

    Attributes
    ----------
    home_better : Text
        NLL on other clean images, of how many.
    better, worse, brier_worse, error_worse : Text
        NLL, Brier and the debiased error on the mean of shifts.
    clips_worse : Text
        Zero-shot CLIPs with a worse NLL there, of how many.
    worse_of : Text
        Models with a worse NLL there, of how many.
    most : str or Missing
        Whether NLL gets `worse` or `better` for most models; else `mixed` where it gets each for some, or
        `neither`.
    """

    home_better: Text
    better: Text
    worse: Text
    clips_worse: Text
    brier_worse: Text
    error_worse: Text
    worse_of: Text
    most: str | Missing


@dataclass(frozen=True)
class Laboratory:
    """What is said of the laboratory."""

    temperature: Temperatures
    error: Errors
    batch: Knob
    images: Knob
    wrong: Knob
    nearer: str | Missing
    """Where larger batches bring the temperature: see `nearer_to_one`."""
    gap: Gaps
    scaling: Scaling


def laboratory_of(trainings: Trainings, panel: Panel | None, change: xr.Dataset | None) -> Laboratory:
    """Gather what the laboratory says.

    Parameters
    ----------
    trainings : Trainings
        Those that differ in one thing.
    panel : Panel or None
        Its cube `calibration`.
    change : xarray.Dataset or None
        As in `scaling_change`, of the same study.

    Examples
    --------
    >>> laboratory_of(Trainings(None, 0.95), None, None).scaling.worse_of
    not measured
    """
    errors = (trainings.step(ERROR, upper, lower) for _, upper, lower in STEPS.values())
    return Laboratory(
        _temperatures(trainings),
        Errors(*errors),
        _knob(trainings, "batch"),
        _knob(trainings, "images"),
        _knob(trainings, "wrong"),
        _nearer(trainings),
        Gaps(*(_gap(panel, condition) for condition in (NATURAL, OWN))),
        nothing(Scaling, "no drawn study has both scalings") if change is None else _scaling(change),
    )


def dose_response(trainings: Trainings, property_: str, knob: str) -> DoseResponse:
    """Return what turning a knob does to a property of CLIPs."""
    return trainings.dose_response(property_, knob, LOSS_OF_RUNG["d"])


def written_level(knob: str, place: Said) -> Text:
    r"""Write the level of a knob.

    Examples
    --------
    >>> written_level("images", Value(4096)), str(written_level("wrong", Value(0.2)))
    (4,096, '20\xa0%')
    """
    if isinstance(place, Missing):
        return place
    return percent(place.estimate, 0) if knob == "wrong" else Text(f"{place.estimate:,.0f}")


def _temperatures(trainings: Trainings) -> Temperatures:
    control, names, captions = (trainings.mean(TEMPERATURE, cell) for cell in (CONTROL, NAMES, CLIP_ON_WIT))
    sure: str | Missing = Missing("no CLIP was trained")
    if isinstance(captions, Value):
        side = "too unsure" if captions.estimate < 1 else "too sure"
        sure = side if captions.excludes(1) else "neither"
    return Temperatures(control, names, captions, sure)


def _knob(trainings: Trainings, knob: str) -> Knob:
    error, temperature = (dose_response(trainings, name, knob) for name in (ERROR, TEMPERATURE))
    return Knob(
        written_level(knob, error.low), written_level(knob, error.high), error.change, temperature.change
    )


def _nearer(trainings: Trainings) -> str | Missing:
    change = dose_response(trainings, TEMPERATURE, "batch").change
    if isinstance(change, Missing):
        return change
    rows = trainings.doses(TEMPERATURE, "batch")
    ends = rows.loc[rows["loss"] == LOSS_OF_RUNG["d"], "value"]
    return nearer_to_one(ends.iloc[0], ends.iloc[-1], change)


def nearer_to_one(smallest: float, largest: float, change: Value) -> str:
    """Say whether larger batches bring the temperature nearer to 1: `nearer`, `no nearer`, or `no`.

    Parameters
    ----------
    smallest, largest : float
        Temperature at the smallest and at the largest batch.
    change : Value
        The second less the first; `no` where its interval holds 0.

    Examples
    --------
    >>> nearer_to_one(0.5, 0.7, Value(0.2, 0.1, 0.3, units=3))
    'nearer'
    """
    if not change.excludes(0):
        return "no"
    return "nearer" if abs(largest - 1) < abs(smallest - 1) else "no nearer"


def _gap(panel: Panel | None, condition: str) -> Said:
    none = Missing("no drawn study has confidences of zero-shot CLIPs before scaling")
    if panel is None or not {"before"} <= {*panel.cube["scaling"].values.tolist()}:
        return none
    is_clip = panel.models["group"].values == CLIP
    if not is_clip.any() or condition not in panel.cube["condition"].values:
        return none
    cube = panel.cube.isel(model=is_clip).sel(scaling="before", condition=condition)
    gaps = mean_gap(stored_bins(cube.transpose("model", "bin", ...)))
    return Value(float(np.mean(gaps)), scale="difference")


def _scaling(change: xr.Dataset) -> Scaling:
    conditions, models = change["condition"].values.tolist(), change.sizes["model"]
    at_home = change["verdict"].sel(condition=home(conditions), score="nll")
    home_better = count(int((at_home < 0).sum()), models)
    if SHIFTS not in conditions:
        return Scaling(home_better, *[Missing("no shift was measured")] * 7)
    shifted = change["verdict"].sel(condition=SHIFTS)
    better = int((shifted.sel(score="nll") < 0).sum())
    worse = {score: int((shifted.sel(score=score) > 0).sum()) for score in SCORES}
    clips = shifted.sel(score="nll").isel(model=change["group"].values == CLIP)
    none = Missing("no zero-shot CLIP is shown")
    return Scaling(
        home_better,
        Text(better),
        Text(worse["nll"]),
        count(int((clips > 0).sum()), clips.size) if clips.size else none,
        Text(worse["brier"]),
        Text(worse["ece_debiased"]),
        count(worse["nll"], models),
        _most(better, worse["nll"], models),
    )


def _most(better: int, worse: int, models: int) -> str:
    if 2 * max(better, worse) > models:
        return "worse" if worse > better else "better"
    return "mixed" if better and worse else "neither"
