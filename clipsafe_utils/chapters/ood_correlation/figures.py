"""Figures of detection and of the laboratory, each from the finding to a frame of marks."""

from collections.abc import Iterator
from typing import Any

import pandas as pd

from clipsafe_utils.chapters import training_figures
from clipsafe_utils.chapters.example_images import UNKNOWN, set_examples
from clipsafe_utils.chapters.model_clouds import marks_of_models
from clipsafe_utils.cubes.source_lines import source_lines
from clipsafe_utils.findings.shift.controlled import Change, Controlled
from clipsafe_utils.findings.shift.detection import Detection
from clipsafe_utils.findings.shift.result import OodCorrelation
from clipsafe_utils.show.contact_sheets import Sheet
from clipsafe_utils.show.dot_plot import dots
from clipsafe_utils.show.frame import marks
from clipsafe_utils.show.scatter_plot import Axes2D, scatter
from clipsafe_utils.show.shown import Shown

_PERCENT = _POINTS = 100.0

_MEASURES = {
    "accuracy": "in distribution",
    "accuracy_shifts": "under shift",
    "shifts_at_equal": "under shift",
    "auroc": "AUROC",
    "auroc_at_equal": "AUROC",
}
"""The column in which each measure of a change stands."""


def examples() -> Sheet:
    """Show drawn images of known things, and of each set of unknown ones."""
    return set_examples(UNKNOWN)


def detection(found: OodCorrelation) -> Shown:
    """Draw the mean AUROC of detection against accuracy in distribution, a panel a study."""
    return scatter(
        detection_frame(found),
        Axes2D("accuracy in distribution, %", "mean AUROC over the OOD sets, %", "probit"),
        "Scatter plot of mean AUROC against accuracy in distribution.",
        what="detection of unknown images",
        columns=1,
        sources=source_lines(one.cloud for one in found.detected.values()),
        every=detection_frame(found, everyone=True),
    )


def ladder(found: OodCorrelation) -> Shown:
    """Draw detection and accuracies along the ladder from labels to captions."""
    return training_figures.ladder(found.lab.ladder, _sources_of_laboratory(found.lab))


def procedures(found: OodCorrelation) -> Shown:
    """Draw what each way of making a model from a zero-shot CLIP changes."""
    return dots(
        procedures_frame(found.lab),
        "change, points",
        "Changes from the zero-shot CLIP, a row a procedure.",
        what="what was made of zero-shot CLIPs",
        sources=_sources_of_laboratory(found.lab),
    )


def detection_frame(found: OodCorrelation, *, everyone: bool = False) -> pd.DataFrame:
    """Give every model with its interval; without `everyone` those of the groups and sources printed."""
    return marks(
        mark for study, one in found.detected.items() for mark in _marks_of_detection(study, one, everyone)
    )


def procedures_frame(lab: Controlled) -> pd.DataFrame:
    """Give a row a procedure, with the mean change and every pair's, a column a measure."""
    return marks(
        mark
        for procedure, change in lab.by_procedure.items()
        for mark in _marks_of_change(f"{procedure} ({change.pairs})", change)
    )


def _sources_of_laboratory(lab: Controlled) -> list[str]:
    return source_lines([lab.laboratory.causes] if lab.laboratory else [])


def _marks_of_detection(study: str, one: Detection, everyone: bool) -> Iterator[dict[str, Any]]:
    shared = {"study": study, "panel": f"detection, study {study}"}
    low, high = (_PERCENT * one.cloud[end].values for end in ("low", "high"))
    for at, mark in marks_of_models(one.cloud, one.sources, everyone=everyone):
        yield shared | mark | {"low": low[at], "high": high[at]}


def _marks_of_change(row: str, change: Change) -> Iterator[dict[str, Any]]:
    for measure, side in _MEASURES.items():
        if measure not in change.measures:
            continue
        mean, each = change.measures[measure]
        shared = {
            "row": row,
            "side": side,
            **({"look": "ink/equal"} if measure.endswith("_at_equal") else {"label": "as it is"}),
        }
        ends = {"low": _POINTS * mean.low, "high": _POINTS * mean.high} if mean.units > 1 else {}
        yield {**shared, "value": _POINTS * mean.estimate, **ends, "decided": mean.units > 1}
        for value in each:
            yield {**shared, "value": _POINTS * value, "mark": "single"}
