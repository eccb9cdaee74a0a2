"""What the laboratory says in chapter 5: the ladder, the knobs, and a temperature under shift."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import xarray as xr

from clipsafe_utils.cubes.panels import Panel
from clipsafe_utils.findings.calibration.bins import mean_gap, stored_bins
from clipsafe_utils.findings.calibration.scaling_change import SCORES, SHIFTS, home
from clipsafe_utils.findings.ladder import LOSS_OF_RUNG
from clipsafe_utils.findings.properties import Property
from clipsafe_utils.findings.trainings import Cell, DoseResponse, Trainings
from clipsafe_utils.say import Missing, Said, Text, Value, count, nothing, percent

TEMPERATURE = "temperature"
ERROR, ERROR_OWN = "ece_debiased_before_natural", "ece_debiased_before_own_source"
NLL = "nll_before_natural"

PROPERTIES = {
    TEMPERATURE: Property("Temperature: below 1, too unsure", "temperature", 1.0, is_positive=True),
    ERROR: Property("Debiased error, clean test", "debiased error, %", is_share=True),
    ERROR_OWN: Property("Debiased error, own source", "debiased error, %", is_share=True),
}
"""What the figure of the ladder shows."""

CELLS: Mapping[str, Cell] = {"labels": ("a", "wit"), "names": ("c", "wit"), "captions": ("d", "wit")}
"""What networks on `wit` are trained with, and where they stand on the ladder."""
STEPS: Mapping[str, tuple[str, Cell, Cell]] = {
    "loss": ("CLIP's loss and names, not labels (c less a, wit)", CELLS["names"], CELLS["labels"]),
    "captions": ("whole captions, not names (d less c, wit)", CELLS["captions"], CELLS["names"]),
    "curated": ("images of wit, not of labels (a)", CELLS["labels"], ("a", "labels")),
    "source": ("laion, not wit (d)", ("d", "laion"), CELLS["captions"]),
}
"""Steps on the ladder: what a table calls each, the upper cell, the lower."""

KNOBS = {"images": "images, equal samples seen", "batch": "batch", "wrong": "captions that are wrong"}
"""Knobs that are turned for CLIPs, and what a table calls each."""

CLIP = "clip_zero_shot"


@dataclass(frozen=True)
class Knob:
    """What turning a knob does to a CLIP."""

    low: Text
    high: Text
    error: Said
    temperature: Said


@dataclass(frozen=True)
class Scaling:
    """In how many models a temperature from clean images makes a score better or worse."""

    home_better: Text  # NLL on other clean images; of how many
    better: Text  # NLL on the mean of shifts, as all that follows
    worse: Text
    worse_of: Text  # the same, of how many
    clips_worse: Text  # of how many zero-shot CLIPs
    brier_worse: Text
    error_worse: Text
    most: str | Missing  # NLL: `worse` or `better` for most models, `mixed` (each for some) or `neither`


@dataclass(frozen=True, eq=False)
class Laboratory:
    """What is said of the laboratory."""

    trainings: Trainings  # that differ in one thing
    panel: Panel | None  # the cube `calibration` of a drawn study
    change: xr.Dataset | None  # as of `scaling_change`, of the same study

    def temperature(self, trained_with: str) -> Said:
        """Return the temperature that fits clean images, of one of `CELLS`."""
        return self.trainings.mean(TEMPERATURE, CELLS[trained_with])

    @property
    def sure(self) -> str | Missing:
        """CLIPs with whole captions: `too unsure`, `too sure`, or `neither` beyond the interval."""
        temperature = self.temperature("captions")
        if isinstance(temperature, Missing):
            return temperature
        if not temperature.excludes(1):
            return "neither"
        return "too unsure" if temperature.estimate < 1 else "too sure"

    def error(self, step: str) -> Said:
        """Return what one of `STEPS` does to the debiased error on the clean test."""
        _, upper, lower = STEPS[step]
        return self.trainings.step(ERROR, upper, lower)

    def knob(self, name: str) -> Knob:
        """Return what turning one of `KNOBS` does to a CLIP."""
        error, temperature = (dose_response(self.trainings, each, name) for each in (ERROR, TEMPERATURE))
        low, high = (written_level(name, end) for end in (error.low, error.high))
        return Knob(low, high, error.change, temperature.change)

    @property
    def nearer(self) -> str | Missing:
        """Where larger batches bring the temperature; see `nearer_to_one`."""
        response = dose_response(self.trainings, TEMPERATURE, "batch")
        low, high, change = response.at_low, response.at_high, response.change
        if isinstance(low, Missing) or isinstance(high, Missing) or isinstance(change, Missing):
            return Missing("batch was not varied")
        return nearer_to_one(low.estimate, high.estimate, change)

    def gap(self, condition: str) -> Said:
        """Return mean confidence less accuracy of the zero-shot CLIPs before scaling."""
        none = Missing("no drawn study has confidences of zero-shot CLIPs before scaling")
        if self.panel is None or condition not in self.panel.cube["condition"].values:
            return none
        is_clip = self.panel.models["group"].values == CLIP
        if not is_clip.any():
            return none
        cube = self.panel.cube.isel(model=is_clip).sel(scaling="before", condition=condition)
        gaps = mean_gap(stored_bins(cube.transpose("model", "bin", ...)))
        return Value(float(np.mean(gaps)), scale="difference")

    @cached_property
    def scaling(self) -> Scaling:
        """What a temperature from clean images does to the models."""
        if self.change is None:
            return nothing(Scaling, "no drawn study has both scalings")
        change = self.change
        conditions, models = change["condition"].values.tolist(), change.sizes["model"]
        at_home = change["verdict"].sel(condition=home(conditions), score="nll")
        home_better = count(int((at_home < 0).sum()), models)
        if SHIFTS not in conditions:
            return replace(nothing(Scaling, "no shift was measured"), home_better=home_better)
        verdicts = change["verdict"].sel(condition=SHIFTS)
        better = int((verdicts.sel(score="nll") < 0).sum())
        worse = {score: int((verdicts.sel(score=score) > 0).sum()) for score in SCORES}
        clips = verdicts.sel(score="nll").isel(model=change["group"].values == CLIP)
        none = Missing("no zero-shot CLIP is shown")
        return Scaling(
            home_better,
            Text(better),
            Text(worse["nll"]),
            count(worse["nll"], models),
            count(int((clips > 0).sum()), clips.size) if clips.size else none,
            Text(worse["brier"]),
            Text(worse["ece_debiased"]),
            _most(better, worse["nll"], models),
        )


def dose_response(trainings: Trainings, property_: str, knob: str) -> DoseResponse:
    """Return what turning a knob does to a property of CLIPs."""
    return trainings.dose_response(property_, knob, LOSS_OF_RUNG["d"])


def written_level(knob: str, place: Said) -> Text:
    """Return the level of a knob in words."""
    if isinstance(place, Missing):
        return place
    return percent(place.estimate, 0) if knob == "wrong" else Text(f"{place.estimate:,.0f}")


def nearer_to_one(smallest: float, largest: float, change: Value) -> str:
    """Return `nearer` or `no nearer`: where a change brings a temperature as to 1; `no` if it is none."""
    if not change.excludes(0):
        return "no"
    return "nearer" if abs(largest - 1) < abs(smallest - 1) else "no nearer"


def _most(better: int, worse: int, models: int) -> str:
    if 2 * max(better, worse) > models:
        return "worse" if worse > better else "better"
    return "mixed" if better and worse else "neither"
