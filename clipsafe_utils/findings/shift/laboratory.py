"""Chapters 3 and 4 in the laboratory: the cube, and what one change does within pairs, all else held."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr

from clipsafe_utils.cubes import find_study
from clipsafe_utils.findings.clip_pairs import LABEL_TRAINED, Pairs
from clipsafe_utils.findings.ladder import draws_of
from clipsafe_utils.metrics.arguments import Array
from clipsafe_utils.metrics.heights import heights_above_line
from clipsafe_utils.metrics.runs import mean_of_runs
from clipsafe_utils.say import Value

ACCURACY, SHIFTS, DETECTION = "accuracy", "accuracy_shifts", "auroc"
AT_EQUAL = {"shifts_at_equal": SHIFTS, "auroc_at_equal": DETECTION}
"""Differences of the heights above the line of networks trained on labels."""

MEASURES = {
    ACCURACY: "in distribution",
    SHIFTS: "under shift",
    "shifts_at_equal": "under shift, at equal accuracy",
    DETECTION: "AUROC",
    "auroc_at_equal": "AUROC, at equal accuracy",
}
"""What a change is read by, in points: properties of the cube `causes`, and the two at equal accuracy."""

OOD_SETS = ("auroc_unseen_glyphs", "auroc_textures", "auroc_scenes_unseen")
"""Sets by which exposure is read: `labels_wide_near` shows relatives of what is in the first alone."""

Changes = dict[str, tuple[Value, Array]]
"""By measure: the mean over pairs, and the difference of each pair."""


@dataclass(frozen=True)
class Laboratory:
    """The cube `causes` of a study, and who its models are, in the same order."""

    causes: xr.Dataset  # its models are named without their study
    models: xr.Dataset

    def has(self, *properties: str) -> bool:
        """Whether the cube has some properties."""
        return set(properties) <= set(self.causes["property"].values.tolist())

    def draws(self, property_: str, models: Sequence[str]) -> Array:
        """Return a property of some models, shape (draws, models)."""
        return draws_of(self.causes, property_, models)

    def mean(self, parts: Sequence[str], models: Sequence[str]) -> Array:
        """Return the mean of some properties of some models, shape (draws, models)."""
        return np.asarray(np.mean([self.draws(part, models) for part in parts], axis=0))


def read_laboratory(studies: Sequence[str]) -> Laboratory | None:
    """Read the first study that changes one cause at a time; None where there is none."""
    for study in map(find_study, studies):
        if study.has("causes"):
            causes = study.read("causes")
            models = study.read("models").sel(model=causes["model"].values)
            names = [str(name).split(":", 1)[-1] for name in causes["model"].values]
            return Laboratory(causes.assign_coords(model=names), models.assign_coords(model=names))
    return None


def changes(laboratory: Laboratory, pairs: Pairs, confidence: float) -> Changes:
    """Say what a change from the first of each pair to the second does, by measure.

    Of `MEASURES` and `OOD_SETS` those that can be read, with intervals over pairs and images. A pair without
    a line at its accuracy is left out of the differences at equal accuracy.
    """
    if not pairs:
        return {}
    before, after = ([pair[end] for pair in pairs] for end in (0, 1))
    by_measure: Changes = {}
    for measure in (*MEASURES, *OOD_SETS):
        property_ = AT_EQUAL.get(measure, measure)
        if not laboratory.has(property_, ACCURACY):
            continue
        read = _residuals if measure in AT_EQUAL else Laboratory.draws
        difference = read(laboratory, property_, after) - read(laboratory, property_, before)
        difference = difference[:, np.isfinite(difference).all(axis=0)]
        if difference.shape[1]:
            by_measure[measure] = mean_of_runs(difference, confidence, "difference"), difference[0]
    return by_measure


def _residuals(laboratory: Laboratory, property_: str, models: Sequence[str]) -> Array:
    """Return heights above the line of networks trained on labels, shape (draws, models); NaN without one."""
    described = laboratory.models
    everyone = described["model"].values.tolist()
    x, y = (laboratory.draws(name, everyone) for name in (ACCURACY, property_))
    baseline = np.isin(described["group"].values, LABEL_TRAINED)
    heights = heights_above_line(x, y, described["family"].values, baseline)
    return heights[:, [everyone.index(name) for name in models]]
