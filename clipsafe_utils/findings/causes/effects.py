"""Chapter 7 in the laboratory: what each cause does to each property."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from clipsafe_utils.cubes import find_study
from clipsafe_utils.cubes.schema import HEADLINE_FACTORS
from clipsafe_utils.findings.causes.contrasts import FEWEST_RUNS, contrasts
from clipsafe_utils.findings.properties import relative_accuracy
from clipsafe_utils.findings.shift.laboratory import Laboratory, read_laboratory
from clipsafe_utils.say import Value


@dataclass(frozen=True)
class Need:
    """What a cause can move."""

    title: str
    parts: tuple[str, ...]  # properties of the cube `causes` of which it is the mean
    better: Literal["↑", "↓", ""] = ""  # whether more or less of it is better, where one of them is

    @property
    def heading(self) -> str:
        """The title with the arrow that says what is better."""
        return f"{self.title} {self.better}".rstrip()


HEADLINE: Mapping[str, Need] = {
    "accuracy": Need("accuracy", ("accuracy",), "↑"),
    "accuracy_shifts": Need("accuracy under shift", ("accuracy_shifts",), "↑"),
    "factors": Need("factor robustness", tuple(map(relative_accuracy, HEADLINE_FACTORS)), "↑"),
    "shape_bias": Need("shape bias", ("shape_bias",)),
    "auroc": Need("detection (AUROC)", ("auroc",), "↑"),
    "ece_debiased_before_natural": Need("calibration error", ("ece_debiased_before_natural",), "↓"),
    "ece_debiased_after_shifts": Need("error scaled, under shift", ("ece_debiased_after_shifts",), "↓"),
    "temperature": Need("temperature × 100", ("temperature",)),
}
"""Properties of the headline figure: shares in points, and the temperature in hundredths."""

NEEDS: Mapping[str, Need] = {
    "accuracy": Need("accuracy", ("accuracy",)),
    "accuracy_shifts": Need("accuracy under shift", ("accuracy_shifts",)),
    **{
        factor: Need(f"robustness: {factor.replace('_', ' ')}", (relative_accuracy(factor),))
        for factor in HEADLINE_FACTORS
    },
    "shape_bias": Need("shape bias", ("shape_bias",)),
    "auroc": Need("OOD detection (AUROC)", ("auroc",)),
    "error": Need("calibration out of the box", ("ece_debiased_before_natural",)),
    "error_shifts": Need("calibration out of the box, under shift", ("ece_debiased_before_shifts",)),
    "scaled": Need("calibration after scaling", ("ece_debiased_after_natural",)),
    "scaled_shifts": Need("calibration after scaling, under shift", ("ece_debiased_after_shifts",)),
}
"""What a user may need."""


def read_laboratories(studies: Sequence[str]) -> dict[str, Laboratory]:
    """Read every study that changes one cause at a time, by its name."""
    every = {find_study(study).name: read_laboratory([study]) for study in studies}
    return {study: laboratory for study, laboratory in every.items() if laboratory is not None}


_COLUMNS = ["kind", "cause", "property", "value", "low", "high", "runs", "moves", "sure"]


def effects(laboratory: Laboratory | None, properties: Mapping[str, Need], confidence: float) -> pd.DataFrame:
    """Say what each cause does to each property, where the cube has it.

    Columns kind, cause, property (its key), value, low, high, runs, `moves` (whether the interval leaves zero
    out) and `sure` (whether one does that holds for all causes of the property at once). Causes with fewer
    than `FEWEST_RUNS` trainings a side are left out, and effects that are not finite.
    """
    if laboratory is None:
        return pd.DataFrame(columns=_COLUMNS)
    known = {key: need for key, need in properties.items() if laboratory.has(*need.parts)}
    causes = [cause for cause in contrasts(laboratory) if cause.runs >= FEWEST_RUNS]
    wide = at_once(confidence, len(causes))
    rows = []
    for cause in causes:
        for key, need in known.items():
            sides = cause.sides(laboratory, need.parts)
            change, sure = (cause.difference(*sides, level) for level in (confidence, wide))
            if np.isfinite([change.estimate, change.low, change.high]).all():
                row = (cause.kind, cause.title, key, change.estimate, change.low, change.high, cause.runs)
                rows.append((*row, change.excludes(0), sure.excludes(0)))
    return pd.DataFrame(rows, columns=_COLUMNS)


def at_once(confidence: float, comparisons: int) -> float:
    """Return the level at which as many intervals hold together as often as one does alone (Bonferroni)."""
    return 1 - (1 - confidence) / max(1, comparisons)


def strongest(table: pd.DataFrame, property_: str, judged: str = "moves") -> pd.DataFrame:
    """Return the effects on a property whose interval leaves zero out, the largest first."""
    return _largest_first(table[(table["property"] == property_) & table[judged].astype(bool)])


def hidden_from_accuracy(table: pd.DataFrame, within: float, hidden: Sequence[str]) -> pd.DataFrame:
    """Return effects of causes that move accuracy by no more than `within`, the largest first.

    Rows of `effects` whose interval leaves zero out, with the column `accuracy`: what the cause does to it.
    """
    accuracy = table[table["property"] == "accuracy"].set_index("cause")["value"]
    small = accuracy[accuracy.abs() <= within]
    kept = table[
        table["cause"].isin(small.index) & table["property"].isin(list(hidden)) & table["moves"].astype(bool)
    ]
    return _largest_first(kept.assign(accuracy=kept["cause"].map(small)))


def _largest_first(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.sort_values("value", key=lambda value: value.abs(), ascending=False, ignore_index=True)


def estimate_of(row: pd.Series) -> Value:
    """Return the change of a row of `effects`, in points (that of a temperature in hundredths)."""
    value, low, high = (float(row[column]) for column in ("value", "low", "high"))
    return Value(value, low, high, "difference", units=int(row["runs"]), unit="run")
