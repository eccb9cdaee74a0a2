"""Chapter 7 in the laboratory: what its sentences say of causes that were changed one at a time."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import ClassVar, Literal

import numpy as np
import pandas as pd

from clipsafe_utils.findings.causes import contrasts
from clipsafe_utils.findings.causes.contrasts import CLIP_LOSS, KNOB_STEPS
from clipsafe_utils.findings.causes.effects import (
    HEADLINE,
    effects,
    estimate_of,
    hidden_from_accuracy,
    strongest,
)
from clipsafe_utils.findings.causes.latent import OneAxis, one_axis
from clipsafe_utils.findings.ladder import RATIOS, axis_of, levels
from clipsafe_utils.findings.properties import Property
from clipsafe_utils.findings.shift.laboratory import ACCURACY, Laboratory
from clipsafe_utils.findings.trainings import Trainings, tables_of_studies
from clipsafe_utils.metrics.runs import difference_of_runs
from clipsafe_utils.say import Missing, Said, Text, Value, count, listed, nothing, number, percent

PANELS: Mapping[str, Property] = {
    "accuracy": Property("accuracy, natural images", "named correctly, %", is_share=True),
    "accuracy_shifts": Property("accuracy under shift", "named correctly, %", is_share=True),
    "shape_bias": Property("shape bias", "decided by shape, %", is_share=True),
    "auroc": Property("detection", "AUROC, %", is_share=True),
    "ece_debiased_before_natural": Property("calibration error, clean", "debiased error, %"),
    "temperature": Property("temperature", "temperature", 1.0),
}
"""What the curves show, and the choices of the parameter `property`."""

KNOB_TITLES = {knob: title for knob, (_, title, _, _) in KNOB_STEPS.items()}
TITLES = (*contrasts.STEPS, *contrasts.ENCODERS, *contrasts.PROCEDURES, *KNOB_TITLES.values())
"""Causes of the laboratory, those of knobs without their ends."""

_LARGEST = 3
_NONE = Missing("no study has the cube `causes`")


@dataclass(frozen=True)
class Counts:
    """How many effects there are."""

    causes: Text
    effects: Text
    moves: Text  # effects whose interval leaves zero out
    chance: Text  # how many would by chance
    sure: Text  # left with intervals that hold for all causes of a property at once


@dataclass(frozen=True)
class Hidden:
    """Causes that accuracy hardly shows."""

    causes: Text  # how many move it by no more than `InLaboratory.within`
    moving: Text  # how many of these move some other property by `large` or more
    extreme: Text  # the cause that moves another property most
    other: Text  # that property
    accuracy: Said  # what that cause does to both
    effect: Said

    @property
    def differ(self) -> Literal["all", "some", "none"] | Missing:
        """How many of them move another property much; missing where no cause leaves accuracy alone."""
        if isinstance(self.moving, Missing) or self.causes.startswith("0 "):
            return Missing("no cause leaves accuracy alone")
        if self.causes.startswith(f"{self.moving} "):
            return "all"
        return "none" if self.moving == "0" else "some"


@dataclass(frozen=True)
class Textures:
    """Typical textures: the shares, the shape bias of a CLIP at each, and how far the shares lie apart."""

    levels: Text
    biases: Text
    reach: Said


@dataclass(frozen=True, eq=False)
class InLaboratory:
    """What the first study of trainings says."""

    study: str  # empty where there is none, and everything is missing
    laboratory: Laboratory | None
    shown: str  # the property that a reader has chosen
    knob: str  # and the knob
    confidence: float

    within: ClassVar[Value] = Value(0.01, scale="difference")  # of accuracy: can hardly be seen
    large: ClassVar[Value] = Value(0.1, scale="difference")  # of another property: what the prose calls much

    @property
    def name(self) -> Text:
        """Name of the study."""
        return Text(f"`{self.study}`") if self.study else _NONE

    @cached_property
    def effects(self) -> pd.DataFrame:
        """What each cause does to each property of `HEADLINE` in the laboratory."""
        return effects(self.laboratory, HEADLINE, self.confidence)

    @cached_property
    def ladder(self) -> dict[Property, pd.DataFrame]:
        """The chosen property on every rung of the ladder."""
        return self._panels({self.shown: PANELS[self.shown]}, Trainings.ladder)

    @property
    def ladder_ends(self) -> Text:
        """Where on the ladder the chosen property is lowest, and where it is highest."""
        for panel, table in self.ladder.items():
            write = number if panel.scale == 1 else percent
            lowest, highest = (
                f"on `{row['source']}` at rung {row['rung']} ({write(row['value'])})"
                for _, row in table.sort_values("value").iloc[[0, -1]].iterrows()
            )
            return Text(f"lowest {lowest} and highest {highest}")
        return Missing("no rung of the ladder has the property")

    @cached_property
    def doses(self) -> dict[Property, pd.DataFrame]:
        """Each of `PANELS` against the chosen knob."""
        return self._panels(PANELS, lambda one, name: one.doses(name, self.knob))

    @property
    def axis(self) -> tuple[str, float, bool]:
        """Name of the knob's axis, what levels are multiplied by, and whether ratios are equal steps."""
        return (*axis_of(self.knob), self.knob in RATIOS)

    @property
    def absent(self) -> Text:
        """Causes that the laboratory has too few trainings for."""
        return _NONE if self.laboratory is None else listed(contrasts.absent(self.laboratory))

    @property
    def draws(self) -> Text:
        """Paired draws of the test images."""
        return _NONE if self.laboratory is None else Text(self.laboratory.causes.sizes["draw"])

    def effect(self, cause: str, property_: str) -> Said:
        """Return what a cause of `TITLES` does to a property of `HEADLINE`; another is a KeyError."""
        if cause not in TITLES or property_ not in HEADLINE:
            raise KeyError(f"{cause}: {property_}")
        rows = self.effects[(self.effects["property"] == property_) & self._is_of(cause)]
        return estimate_of(rows.iloc[0]) if len(rows) else Missing(f"there are too few trainings for {cause}")

    @property
    def ends(self) -> dict[str, Text]:
        """Between which levels each knob was turned."""
        ends: dict[str, Text] = {}
        for knob, title in KNOB_TITLES.items():
            causes = self.effects["cause"][self._is_of(title)]
            none = Missing(f"{title}: not varied")
            ends[knob] = Text(causes.iloc[0].removeprefix(f"{title} ")) if len(causes) else none
        return ends

    @property
    def counts(self) -> Counts:
        """How many effects there are."""
        table = self.effects
        if table.empty:
            return nothing(Counts, _NONE.reason)
        return Counts(
            Text(table["cause"].nunique()),
            Text(len(table)),
            Text(int(table["moves"].sum())),
            Text(f"{(1 - self.confidence) * len(table):.0f}"),
            Text(int(table["sure"].sum())),
        )

    @cached_property
    def hidden(self) -> Hidden:
        """What accuracy does not show."""
        accuracy = self.effects[self.effects["property"] == "accuracy"]
        if accuracy.empty:
            return nothing(Hidden, _NONE.reason)
        others = [key for key in HEADLINE if key not in ("accuracy", "temperature")]
        kept = hidden_from_accuracy(self.effects, self.within.estimate, others)
        quiet = count(int((accuracy["value"].abs() <= self.within.estimate).sum()), len(accuracy))
        moving = Text(kept[kept["value"].abs() >= self.large.estimate]["cause"].nunique())
        if kept.empty:
            return Hidden(quiet, moving, *[Missing("accuracy hides nothing")] * 4)
        first = kept.iloc[0]
        return Hidden(
            quiet,
            moving,
            Text(first["cause"]),
            Text(HEADLINE[first["property"]].title),
            Value(float(first["accuracy"]), scale="difference"),
            estimate_of(first),
        )

    @cached_property
    def one_axis(self) -> OneAxis:
        """How much of all properties is one thing."""
        return one_axis(self.laboratory, self.confidence)

    @property
    def shown_title(self) -> Text:
        """What the chosen property is called."""
        return Text(PANELS[self.shown].title)

    @property
    def moving_shown(self) -> Text:
        """How many causes move the chosen property."""
        tried = int((self.effects["property"] == self.shown).sum())
        return count(len(strongest(self.effects, self.shown)), tried) if tried else _NONE

    @property
    def largest_shown(self) -> Text:
        """The causes that move the chosen property most."""
        rows = strongest(self.effects, self.shown).head(_LARGEST)
        largest = [f"{row['cause']} ({estimate_of(row)})" for _, row in rows.iterrows()]
        return Text("; ".join(largest)) if largest else Missing("no cause moves it beyond its interval")

    @property
    def turned(self) -> Text:
        """The chosen knob, and between which levels it was turned."""
        ends = self.ends[self.knob]
        return ends if isinstance(ends, Missing) else Text(f"{KNOB_TITLES[self.knob]} {ends}")

    @property
    def knob_changes(self) -> Text:
        """What the chosen knob changes from end to end."""
        cells = [f"{HEADLINE[key].title} {change}" for key, change in self._of_knob.items()]
        return Text("; ".join(cells)) if cells else Missing(f"{self.knob}: not varied")

    @property
    def knob_moves(self) -> Text:
        """How many properties it moves beyond the interval."""
        moved = [change.side != "neither" for change in self._of_knob.values()]
        return count(sum(moved), len(moved)) if moved else Missing(f"{self.knob}: not varied")

    @property
    def _of_knob(self) -> dict[str, Value]:
        changes = {key: self.effect(KNOB_TITLES[self.knob], key) for key in HEADLINE if key in PANELS}
        return {key: change for key, change in changes.items() if isinstance(change, Value)}

    @cached_property
    def textures(self) -> Textures:
        """What each dose of typical textures makes of a CLIP."""
        rows = self._trainings.doses("shape_bias", "texture_correlation")
        rows = rows[rows["loss"] == CLIP_LOSS]
        if rows.empty:
            return nothing(Textures, "the share of typical textures was not varied")
        shares, biases = (listed([percent(value, 0) for value in rows[name]]) for name in ("level", "value"))
        return Textures(shares, biases, Value(float(np.ptp(rows["level"]))))

    @cached_property
    def image_steps(self) -> dict[str, Value]:
        """What each step to more images does to the accuracy of CLIPs, at equal samples seen."""
        if self.laboratory is None or not self.laboratory.has(ACCURACY):
            return {}
        names = self.laboratory.causes["model"].values
        draws = {
            level: self.laboratory.draws(ACCURACY, names[chosen].tolist())
            for level, chosen in sorted(levels(self.laboratory.causes, "images").get(CLIP_LOSS, {}).items())
            if chosen.sum() >= contrasts.FEWEST_RUNS
        }
        return {
            f"{low / 1024:.0f}k to {high / 1024:.0f}k": difference_of_runs(
                draws[high], draws[low], self.confidence
            )
            for low, high in pairwise(draws)
        }

    @property
    def image_steps_text(self) -> Text:
        """The same in words."""
        return listed([f"{change.with_interval} from {ends}" for ends, change in self.image_steps.items()])

    def _panels(
        self, shown: Mapping[str, Property], tabulate: Callable[[Trainings, str], pd.DataFrame]
    ) -> dict[Property, pd.DataFrame]:
        tables = tables_of_studies({self.study: self._trainings}, shown, tabulate)
        return {panel: table for panel, table in tables.items() if len(table)}

    def _is_of(self, title: str) -> pd.Series:
        """Say which effects are of a cause; titles of knobs are followed by their ends."""
        causes = self.effects["cause"]
        return (causes == title) | causes.str.startswith(f"{title} ")

    @property
    def _trainings(self) -> Trainings:
        return Trainings(None if self.laboratory is None else self.laboratory.causes, self.confidence)
