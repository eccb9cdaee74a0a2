"""Trainings that differ in one thing: the one place that says what each thing does.

A chapter asks for a property on a cell of the ladder (rung, source), for the step between two cells, or for
what turning a knob does, and gets values and tidy frames.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from clipsafe_utils.findings.ladder import cell, dose, dose_difference, knobs_of, ladder
from clipsafe_utils.findings.properties import Property
from clipsafe_utils.metrics.runs import difference_of_runs, mean_of_runs
from clipsafe_utils.say import Missing, Said, Scale, Side, Value

Cell = tuple[str, str]
"""A rung of the ladder and a source of images."""

_NOT_SHARES = ("temperature", "nll")
_PROPORTIONS = ("accuracy", "shape_bias", "cue_decided", "auroc")
_NO_STUDY = "no study has trainings that differ in one thing"
_NO_TRAINING = "the same training, or none"
_NO_NUMBER = "the study has no number of one of the trainings"


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
    """The trainings of one study.

    Attributes
    ----------
    cube : xarray.Dataset or None
        Its cube `causes`; None where no study has one, and everything is missing.
    confidence : float
        Level of the intervals, over seeds and images.

    Examples
    --------
    >>> Trainings(None, 0.95).step("accuracy", ("d", "wit"), ("a", "wit")).moved
    not measured
    """

    cube: xr.Dataset | None
    confidence: float

    @cached_property
    def properties(self) -> frozenset[str]:
        """What is known of each training."""
        return frozenset() if self.cube is None else frozenset(self.cube["property"].values.tolist())

    @cached_property
    def knobs(self) -> frozenset[str]:
        """What is turned in some training."""
        return frozenset() if self.cube is None else frozenset(knobs_of(self.cube))

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
        return _known(mean_of_runs(draws, self.confidence, _scale(property_)))

    def step(self, property_: str, upper: Cell, lower: Cell) -> Said:
        """Return a property of one cell less that of another."""
        above, below = (self.draws(property_, place) for place in (upper, lower))
        if upper == lower or not (above.shape[1] and below.shape[1]):
            return self._missing
        return _known(difference_of_runs(above, below, self.confidence, _scale_of_change(property_)))

    def dose_response(self, property_: str, knob: str, loss: str) -> DoseResponse:
        """Return what turning a knob does to a property of the trainings under a loss."""
        if self.cube is not None and property_ in self.properties:
            responses = dose_difference(self.cube, knob, property_, self.confidence)
            if loss in responses:
                low, high, change = responses[loss]
                rows = self.doses(property_, knob)
                at_low, *_, at_high = (
                    _end(row, property_) for row in rows[rows["loss"] == loss].itertuples()
                )
                moved = _known(replace(change, scale=_scale_of_change(property_)))
                return DoseResponse(Value(low), Value(high), moved, at_low, at_high)
        return DoseResponse(*[Missing(f"{knob} was not varied")] * 5)

    def ladder(self, property_: str) -> pd.DataFrame:
        """Tabulate a property along the ladder; see `findings.ladder.ladder`."""
        if self.cube is None or property_ not in self.properties:
            return pd.DataFrame(columns=["rung", "source", "value", "low", "high", "runs", "seeds"])
        return ladder(self.cube, property_, self.confidence)

    def doses(self, property_: str, knob: str) -> pd.DataFrame:
        """Tabulate a property against a knob; see `findings.ladder.dose`."""
        if self.cube is None or property_ not in self.properties:
            return pd.DataFrame(columns=["loss", "level", "value", "low", "high", "runs", "seeds"])
        return dose(self.cube, knob, property_, self.confidence)

    @property
    def _missing(self) -> Missing:
        return Missing(_NO_STUDY if self.cube is None else _NO_TRAINING)


def tables_of_studies(
    studies: Mapping[str, Trainings],
    shown: Mapping[str, Property],
    tabulate: Callable[[Trainings, str], pd.DataFrame],
) -> dict[Property, pd.DataFrame]:
    """Tabulate properties of every study, as `figures.causes` draws them.

    Parameters
    ----------
    studies : mapping of str to Trainings
        Without one, each property has its panel, and nothing in it.
    shown : mapping of str to Property
        Properties, and their panels.
    tabulate : callable
        `Trainings.ladder` or `Trainings.doses`, of one property.

    Returns
    -------
    dict of Property to DataFrame
        A panel for each study and property; its title names the study where there are several.

    Examples
    --------
    >>> shown = {"accuracy": Property("Accuracy", "right, %")}
    >>> [table.empty for table in tables_of_studies({}, shown, Trainings.ladder).values()]
    [True]
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
    """Return the side of zero on which the intervals of all steps lie.

    Examples
    --------
    >>> common_side([Value(0.2, 0.1, 0.3), Value(0.4, 0.2, 0.6)]), common_side([Missing("no such training")])
    ('up', not measured)
    """
    sides = [step.side for step in steps]
    missing = next((side for side in sides if isinstance(side, Missing)), None)
    if missing is not None or not sides:
        return missing or Missing(_NO_TRAINING)
    return sides[0] if len(set(sides)) == 1 else "neither"


def _end(row: Any, property_: str) -> Said:
    """Give a row of a table of doses as a value, an interval of a proportion within 0 and 1."""
    low, high = row.low, row.high
    if property_.startswith(_PROPORTIONS):
        low, high = max(low, 0.0), min(high, 1.0)
    return _known(Value(row.value, low, high, _scale(property_), units=row.runs, unit="run"))


def _known(value: Value) -> Said:
    return value if np.isfinite([value.estimate, value.low, value.high]).all() else Missing(_NO_NUMBER)


def _is_share(property_: str) -> bool:
    return not property_.startswith(_NOT_SHARES)


def _scale(property_: str) -> Scale:
    return "share" if _is_share(property_) else "number"


def _scale_of_change(property_: str) -> Scale:
    return "difference" if _is_share(property_) else "change"
