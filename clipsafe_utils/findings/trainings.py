"""Trainings that differ in one thing: the one place that says what each thing does."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd
import xarray as xr

from clipsafe_utils.findings.ladder import KNOBS, MEAN_COLUMNS, cell, dose, draws_at, ladder, levels
from clipsafe_utils.findings.properties import Property
from clipsafe_utils.metrics.runs import difference_of_runs, mean_of_runs
from clipsafe_utils.say import Missing, Said, Scale, Side, Value, nothing

Cell = tuple[str, str]  # a rung of the ladder and a source of images

_NOT_SHARES = ("temperature", "nll")
_PROPORTIONS = ("accuracy", "shape_bias", "cue_decided", "auroc")
_NO_TRAINING = "the same training, or none"


@dataclass(frozen=True)
class DoseResponse:
    """What turning a knob does: its lowest and highest level, the change between them, and what is there."""

    low: Said
    high: Said
    change: Said
    at_low: Said
    at_high: Said


@dataclass(frozen=True, eq=False)
class Trainings:
    """The trainings of one study."""

    cube: xr.Dataset | None  # the cube `causes`; where no study has one, everything is missing
    confidence: float  # level of the intervals, over seeds and images

    @cached_property
    def properties(self) -> frozenset[str]:
        """What is known of each training."""
        return frozenset() if self.cube is None else frozenset(self.cube["property"].values.tolist())

    @cached_property
    def knobs(self) -> frozenset[str]:
        """What is turned in some training."""
        turned = [] if self.cube is None else self.cube["knob"].values.tolist()
        return frozenset(KNOBS).intersection(turned)

    def draws(self, property_: str, place: Cell) -> np.ndarray:
        """Return a property of the trainings of a cell, shape (draws, runs); no runs where there are none."""
        if self.cube is None or property_ not in self.properties:
            return np.empty((0, 0))
        return cell(self.cube, property_, *place)

    def mean(self, property_: str, place: Cell) -> Said:
        """Return the mean of a property over the seeds of a cell."""
        draws = self.draws(property_, place)
        if not draws.shape[1]:
            return self._missing
        return _known(mean_of_runs(draws, self.confidence, _scales(property_)[0]))

    def step(self, property_: str, upper: Cell, lower: Cell) -> Said:
        """Return a property of one cell less that of another."""
        above, below = (self.draws(property_, place) for place in (upper, lower))
        if upper == lower or not (above.shape[1] and below.shape[1]):
            return self._missing
        return _known(difference_of_runs(above, below, self.confidence, _scales(property_)[1]))

    def dose_response(self, property_: str, knob: str, loss: str) -> DoseResponse:
        """Return what turning a knob does to a property of the trainings under a loss."""
        by_level = {} if self.cube is None else levels(self.cube, knob).get(loss, {})
        if self.cube is None or property_ not in self.properties or len(by_level) < 2:
            return nothing(DoseResponse, f"{knob} was not varied")
        scale, scale_of_change = _scales(property_)
        low, high = min(by_level), max(by_level)
        lower, upper = (draws_at(self.cube, property_, by_level[end]) for end in (low, high))
        change = difference_of_runs(upper, lower, self.confidence, scale_of_change)
        means = (mean_of_runs(draws, self.confidence, scale) for draws in (lower, upper))
        at_low, at_high = (_known(_bounded(mean, property_)) for mean in means)
        return DoseResponse(Value(low), Value(high), _known(change), at_low, at_high)

    def ladder(self, property_: str) -> pd.DataFrame:
        """Tabulate a property along the ladder; see `findings.ladder.ladder`."""
        if self.cube is None or property_ not in self.properties:
            return pd.DataFrame(columns=["rung", "source", *MEAN_COLUMNS])
        return ladder(self.cube, property_, self.confidence)

    def doses(self, property_: str, knob: str) -> pd.DataFrame:
        """Tabulate a property against a knob; see `findings.ladder.dose`."""
        if self.cube is None or property_ not in self.properties:
            return pd.DataFrame(columns=["loss", "level", *MEAN_COLUMNS])
        return dose(self.cube, knob, property_, self.confidence)

    @property
    def _missing(self) -> Missing:
        none = "no study has trainings that differ in one thing" if self.cube is None else _NO_TRAINING
        return Missing(none)


def tables_of_studies(
    studies: Mapping[str, Trainings],
    shown: Mapping[str, Property],
    tabulate: Callable[[Trainings, str], pd.DataFrame],
) -> dict[Property, pd.DataFrame]:
    """Tabulate properties of every study by panel, as `figures.causes` draws them.

    The title of a panel names its study where there are several; without a study all panels are empty.
    """
    if not studies:
        return {panel: tabulate(Trainings(None, 0.95), name) for name, panel in shown.items()}
    return {
        replace(panel, title=f"{panel.title} ({study})") if len(studies) > 1 else panel: tabulate(
            trainings, name
        )
        for study, trainings in studies.items()
        for name, panel in shown.items()
        if name in trainings.properties
    }


def common_side(steps: Sequence[Said]) -> Side | Missing:
    """Return the side of zero on which the intervals of all steps lie."""
    sides = [step.side for step in steps]
    missing = next((side for side in sides if isinstance(side, Missing)), None)
    if missing is not None or not sides:
        return missing or Missing(_NO_TRAINING)
    return sides[0] if len(set(sides)) == 1 else "neither"


def _bounded(mean: Value, property_: str) -> Value:
    """Cut the interval of a proportion at 0 and 1."""
    if not property_.startswith(_PROPORTIONS):
        return mean
    return replace(mean, low=max(mean.low, 0.0), high=min(mean.high, 1.0))


def _known(value: Value) -> Said:
    if np.isfinite([value.estimate, value.low, value.high]).all():
        return value
    return Missing("the study has no number of one of the trainings")


def _scales(property_: str) -> tuple[Scale, Scale]:
    """Return how a property is written, and a change of it."""
    return ("number", "change") if property_.startswith(_NOT_SHARES) else ("share", "difference")
