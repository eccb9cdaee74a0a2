"""Running the full study: what it costs, and what was run here of it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd

from clipsafe_utils.cubes.panels import Panel, left_out, read_panels
from clipsafe_utils.cubes.studies import REPOSITORY
from clipsafe_utils.findings.shape.observers import chosen_panels
from clipsafe_utils.metrics.labelled import shape_bias_table
from clipsafe_utils.parameters import CheckedParameters
from clipsafe_utils.say import Missing, Text, Value

PLANS = REPOSITORY / "benchmarks" / "plan.json"
"""What `benchmarks/plan.py` made: the plans, and the rates behind them."""

PARITY = "parity"
"""Attribute of a cube that says what was compared with a loop by timm."""

RULE = "mean"
"""Decisions are for the cue class of the largest mean probability."""

_DAY = 24.0


@dataclass(frozen=True)
class Costs:
    """What the full study costs, if a GPU is as fast as assumed."""

    models: Text
    images: Text
    passes: Text
    storage: Text
    one_gpu: Text
    many_gpus: Text
    speed: Text  # How many times as fast a GPU is as two cores, by assumption.
    cores: Text


@dataclass(frozen=True, eq=False)
class FullStudy:
    """What the page of the full study says, for its sentences and tables."""

    plans: dict[str, Any]  # As `PLANS` holds them.
    panels: Sequence[Panel]  # Decisions on cue conflict of each study.
    left_out: Sequence[str]  # In words, what is not shown.
    confidence: float

    @cached_property
    def costs(self) -> Costs:
        """What the full study costs."""
        plans, assumed = self.plans["plans"], self.plans["gpu_assumed"]
        laptop = plans["laptop"]
        return Costs(
            models=Text(laptop["models"]),
            images=Text(f"{laptop['images']:,}"),
            passes=Text(f"{laptop['passes'] / 1e6:.0f} million"),
            storage=Text(f"{laptop['storage'] / 1e9:.0f}"),
            one_gpu=duration(plans["one GPU"]["hours"]),
            many_gpus=duration(plans["64 GPUs"]["hours"]),
            speed=Text(f"{assumed['speed']:.0f}"),
            cores=Text(assumed["cores"]),
        )

    @property
    def compared(self) -> Text:
        """The first study whose predictions were compared with those of a loop by timm."""
        return next((Text(panel.study) for panel in self._with_parity), Missing("no study was compared"))

    @property
    def parity(self) -> Text:
        """What its cubes state of the comparison."""
        stated = (Text(panel.cube.attrs[PARITY]) for panel in self._with_parity)
        return next(stated, Missing("no study was compared"))

    @cached_property
    def decisions(self) -> pd.DataFrame:
        """Shape bias of every model: columns study, model, bias and decided (`Value`), and images."""
        rows = [row for panel in self.panels for row in _decisions_of(panel, self.confidence)]
        return pd.DataFrame(rows, columns=["study", "model", "bias", "decided", "images"])

    @property
    def _with_parity(self) -> list[Panel]:
        return [panel for panel in self.panels if PARITY in panel.cube.attrs]


def full_study(chosen: CheckedParameters) -> FullStudy:
    """Find what the full study costs, and what was run here of it."""
    panels, sentences = chosen_panels(read_panels(chosen.studies, "shape_bias", chosen.groups), ["all"], RULE)
    lacking = left_out(chosen.studies, "shape_bias", chosen.groups) + sentences
    plans: dict[str, Any] = json.loads(PLANS.read_text(encoding="utf-8"))
    return FullStudy(plans, panels, lacking, chosen.confidence)


def duration(hours: float) -> Text:
    """Write hours so that a person can picture them."""
    days = hours / _DAY
    if hours < 1:
        return Text(f"{60 * hours:.0f} minutes")
    if days < 2:
        return Text(f"{hours:.1f} hours")
    return Text(f"{days:.1f} days" if days < 365 else f"{days / 365:.1f} years")


def _decisions_of(panel: Panel, confidence: float) -> list[dict[str, object]]:
    measured = shape_bias_table(panel.cube, confidence=confidence)
    return [
        {
            "study": panel.study,
            "model": str(row["model"].item()),
            "bias": Value(*(row[name].item() for name in ("shape_bias", "low", "high"))),
            "decided": Value(row["share_decided"].item()),
            "images": int(row["images"].item()),
        }
        for row in (measured.isel(model=place) for place in range(measured.sizes["model"]))
    ]
