"""Eighty templates that differ in what they say: what their number changes, by the frozen questions."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
import pandas as pd
import xarray as xr

from clipsafe_utils.cubes.studies import find_study
from clipsafe_utils.findings.prompts.changes import PROPERTIES
from clipsafe_utils.metrics.arguments import Array
from clipsafe_utils.metrics.runs import mean_of_runs
from clipsafe_utils.say import Missing, Said, Text, Value

SAME, CONTENT = "same words", "other content"
"""Pools of templates, as the cube calls them."""

FEWEST, MOST = "1", "80"
"""Templates of the smallest subsets, and of the pool."""

_NOBODY = Missing("no study has CLIPs under templates that differ in what they say")


@dataclass(frozen=True, eq=False)
class Contents:
    """CLIPs under subsets of two pools of templates; changes are from few to many."""

    cube: xr.Dataset | None  # the cube `templates`
    confidence: float

    def __bool__(self) -> bool:
        return self.cube is not None

    @property
    def clips(self) -> Text:
        """How many CLIPs."""
        return _NOBODY if self.cube is None else Text(self.cube.sizes["model"])

    def gain(self, property_: str, pool: str = CONTENT) -> Said:
        """Return a property under all templates of a pool less its mean under single ones."""
        return self._mean(self._draws(property_, pool, MOST) - self._draws(property_, pool, FEWEST))

    def by_content(self, property_: str) -> Said:
        """Return the gain of templates that differ in what they say less that of the others."""
        content, same = (
            self._draws(property_, pool, MOST) - self._draws(property_, pool, FEWEST)
            for pool in (CONTENT, SAME)
        )
        return self._mean(content - same)

    def beside_usual(self, property_: str) -> Said:
        """Return a property under all of other content less that under the usual set."""
        return self._mean(self._draws(property_, CONTENT, MOST) - self._usual(property_))

    def spread(self, property_: str, pool: str = CONTENT) -> Said:
        """Return the standard deviation over single templates, mean over CLIPs."""
        if self.cube is None:
            return _NOBODY
        single = self.cube["subset_value"].sel(property=property_, pool=pool, size=FEWEST)
        return Value(float(single.std("subset", ddof=1).mean()), scale="difference")

    @property
    def helps(self) -> Literal["yes", "no"] | Missing:
        """Whether eighty are more accurate than one by as much as matters, beyond the interval."""
        gain = self.gain("accuracy")
        if isinstance(gain, Missing):
            return gain
        is_gain = gain.side == "up" and gain.estimate > PROPERTIES["accuracy"].smallest
        return "yes" if is_gain else "no"

    @property
    def needs_content(self) -> Literal["yes", "no"] | Missing:
        """Whether they gain more accuracy than templates of the same words, beyond the interval."""
        more = self.by_content("accuracy")
        return more if isinstance(more, Missing) else "yes" if more.side == "up" else "no"

    @property
    def fewer(self) -> Literal["better", "worse", "neither"] | Missing:
        """Whether one template gives better detection and calibration than eighty, or worse ones, in both."""
        areas, errors = self.gain("auroc"), self.gain("ece")
        if isinstance(areas, Missing) or isinstance(errors, Missing):
            return _NOBODY
        if not all(
            abs(one.estimate) >= PROPERTIES[name].smallest
            for name, one in (("auroc", areas), ("ece", errors))
        ):
            return "neither"
        sides = (areas.side, errors.side)
        return "better" if sides == ("down", "up") else "worse" if sides == ("up", "down") else "neither"

    @property
    def beats_usual(self) -> Literal["up", "down", "neither"] | Missing:
        """Whether eighty are more accurate than the ten that captions are made with, less, or neither."""
        change = self.beside_usual("accuracy")
        return change if isinstance(change, Missing) else change.side

    @property
    def worst(self) -> Text:
        """The single template with the lowest accuracy, mean over CLIPs."""
        if self.cube is None:
            return _NOBODY
        single = self.cube["subset_value"].sel(property="accuracy", pool=CONTENT, size=FEWEST).mean("model")
        return Text(str(self.cube["template"].sel(pool=CONTENT).values[int(single.values.argmin())]))

    @cached_property
    def changes(self) -> pd.DataFrame:
        """Changes from the usual set: columns pool, property, templates, change, and singles (by subset)."""
        if self.cube is None:
            return pd.DataFrame(columns=["pool", "property", "templates", "change", "singles"])
        rows = []
        for pool in (CONTENT, SAME):
            for name in self.cube["property"].values.astype(str).tolist():
                usual = self._usual(name)
                for size in self.cube["size"].values.astype(str).tolist():
                    change = self._mean(self._draws(name, pool, size) - usual)
                    each = self.cube["subset_value"].sel(pool=pool, property=name, size=size)
                    singles = each.mean("model").dropna("subset").values - usual[0].mean()
                    rows.append((pool, name, int(size), change, singles.tolist()))
        return pd.DataFrame(rows, columns=["pool", "property", "templates", "change", "singles"])

    def _draws(self, property_: str, pool: str, size: str) -> Array:
        if self.cube is None:
            return np.empty((0, 0))
        mean = self.cube["mean"].sel(property=property_, pool=pool, size=size)
        return np.asarray(mean.transpose("draw", "model").values, np.float64)

    def _usual(self, property_: str) -> Array:
        if self.cube is None:
            return np.empty((0, 0))
        usual = self.cube["usual"].sel(property=property_)
        return np.asarray(usual.transpose("draw", "model").values, np.float64)

    def _mean(self, draws: Array) -> Said:
        return mean_of_runs(draws, self.confidence, "difference") if draws.size else _NOBODY


def read_contents(studies: Sequence[str], groups: Sequence[str], confidence: float) -> Contents:
    """Read the first study that has the cube `templates`."""
    if "clip_zero_shot" in groups:
        for study in map(find_study, studies):
            if study.has("templates"):
                return Contents(study.read("templates"), confidence)
    return Contents(None, confidence)
