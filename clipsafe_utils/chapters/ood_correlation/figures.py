"""Figures of detection and of the laboratory, each from the finding to a frame of marks."""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pandas as pd
from scipy.special import ndtri

from clipsafe_utils.chapters import training_figures
from clipsafe_utils.chapters.example_images import UNKNOWN, set_examples
from clipsafe_utils.chapters.model_clouds import marks_of_models
from clipsafe_utils.cubes.schema import ID_SET
from clipsafe_utils.cubes.source_lines import source_lines
from clipsafe_utils.findings.shift.controlled import Change, Controlled
from clipsafe_utils.findings.shift.counted import Counted
from clipsafe_utils.findings.shift.detection import Detection
from clipsafe_utils.findings.shift.detection_record import PLAIN, ByScore, Changed, FirstSeen, in_words
from clipsafe_utils.findings.shift.own_detection import OwnDetection
from clipsafe_utils.findings.shift.result import OodCorrelation
from clipsafe_utils.findings.shift.sources import EVERYONE, FINE_TUNED, STANDARD
from clipsafe_utils.metrics.families import FEWEST_UNITS
from clipsafe_utils.say import number
from clipsafe_utils.show.contact_sheets import Sheet
from clipsafe_utils.show.dose_curves import Panel, curves
from clipsafe_utils.show.dot_plot import Scale, dots
from clipsafe_utils.show.encoding import group_look, source_look, yours
from clipsafe_utils.show.frame import ends_of, marks
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

LIKE = "standard, of similar accuracy"
_MEMBERS = {STANDARD: group_look("standard"), EVERYONE: "ink", LIKE: "ink/equal"}
"""The looks of sets of models beside the training sources."""


def examples() -> Sheet:
    """Show drawn images of known things, and of each set of unknown ones."""
    return set_examples(UNKNOWN)


def detection(found: OodCorrelation) -> Shown:
    """Draw the mean AUROC of real models against accuracy; without any, of those of drawn worlds.

    An own model is a star in a panel of the sets that the record has, too.
    """
    return _detection(found.first_shown, found.own)


def detection_drawn(found: OodCorrelation) -> Shown:
    """Draw the mean AUROC against accuracy in drawn worlds."""
    return _detection(found.in_drawn_worlds)


def by_score(found: OodCorrelation) -> Shown:
    """Draw the correlation of AUROC with accuracy by score, within a source and beside it."""
    return dots(
        by_score_frame(found.by_score),
        "rank correlation of AUROC with accuracy",
        "Rank correlation of AUROC with accuracy in distribution, one row for each score.",
        Scale(limits=(-1, 1)),
        what="the correlation by score",
        sources=_sources_of_record(found),
    )


def first_seen(found: OodCorrelation) -> Shown:
    """Draw what ImageNet-12k before ImageNet-1k changes in AUROC, a row a set."""
    return dots(
        first_seen_frame(found.first_seen, found.confidence),
        "change of AUROC, points",
        "Change of AUROC by ImageNet-12k before ImageNet-1k, one row for each set of unknown images.",
        what="what ImageNet-12k first changes",
        sources=_sources_of_record(found),
    )


def changed(found: OodCorrelation) -> Shown:
    """Draw the AUROC of zero-shot CLIPs and of what was made of them, a panel a set."""
    return dots(
        changed_frame(found.changed),
        "AUROC, %",
        "AUROC of zero-shot CLIPs and of models made from them, one row for each way of making them.",
        Scale(reference={}),
        what="models made from zero-shot CLIPs of the record",
        sources=_sources_of_record(found),
    )


def histogram(found: OodCorrelation) -> Shown:
    """Draw how many images of known and of unknown classes have which score, a panel a network."""
    counted = found.counted
    factor = _factor(counted)
    return curves(
        histogram_frame(counted),
        f"{in_words(counted.score)}, times {factor:,}",
        {name: Panel("images of the set, %", (0, 100)) for name in counted.networks},
        _thresholds_in_words(counted),
        what="scores of single images",
        sources=_sources_of_record(found),
    )


def _factor(counted: Counted) -> int:
    # Three digits before the point, so that the axis needs none behind it.
    highest = max((float(ends[-1]) for ends in counted.ends.values()), default=1.0)
    return int(10 ** max(0, 2 - math.floor(math.log10(highest)))) if highest > 0 else 1


def _thresholds_in_words(counted: Counted) -> str:
    said = ["Histograms of the scores of single images."]
    for name in counted.networks:
        passed, failed = counted.thresholds(name, counted.hardest)
        factor = _factor(counted)
        said.append(
            f"{name}: 95 % of ImageNet lie from {number(factor * passed, 1)} on, 95 % of "
            f"{in_words(counted.hardest)} below {number(factor * failed, 1)}."
        )
    return " ".join(said)


def _sources_of_record(found: OodCorrelation) -> list[str]:
    return source_lines([found.record.cloud] if found.record.by_set else [])


def _detection(studies: Mapping[str, Detection], own: Sequence[OwnDetection] = ()) -> Shown:
    return scatter(
        detection_frame(studies, own),
        Axes2D("accuracy in distribution, %", "mean AUROC over the OOD sets, %", "probit"),
        "Scatter plot of mean AUROC against accuracy in distribution.",
        what="detection of unknown images",
        columns=1,
        sources=source_lines(one.cloud for one in studies.values()),
        every=detection_frame(studies, own, everyone=True),
    )


def ladder(found: OodCorrelation) -> Shown:
    """Draw detection and accuracies along the ladder from labels to captions."""
    return training_figures.ladder(found.lab.ladder, _sources_of_laboratory(found.lab))


def procedures(found: OodCorrelation) -> Shown:
    """Draw what each way of making a model from a zero-shot CLIP changes."""
    return dots(
        procedures_frame(found.lab),
        "change, points",
        "Changes from the zero-shot CLIP, one row for each procedure.",
        what="models made from zero-shot CLIPs",
        sources=_sources_of_laboratory(found.lab),
    )


def detection_frame(
    studies: Mapping[str, Detection], own: Sequence[OwnDetection] = (), *, everyone: bool = False
) -> pd.DataFrame:
    """Give every model with its interval; without `everyone` those of the groups and sources printed."""
    panels = {f"detection, study {study}": (study, one) for study, one in studies.items()}
    panels |= {_panel_of(one): (one.beside, one.record) for one in own}
    drawn = (
        mark
        for panel, (study, one) in panels.items()
        for mark in _marks_of_detection(study, panel, one, everyone)
    )
    return marks([*drawn, *(_mark_of_own(one, number) for number, one in enumerate(own))])


def by_score_frame(found: ByScore) -> pd.DataFrame:
    """Give a row a score, with the correlation in each set of models; hollow by too few families."""
    in_range = {(score, LIKE): rank for score, rank in found.in_range.items()}
    return marks(
        {
            "row": in_words(score),
            **ends_of(rank),
            "look": _MEMBERS.get(member) or source_look(member),
            "label": member if member in (EVERYONE, LIKE) else "",
            "decided": rank.units >= FEWEST_UNITS,
        }
        for (score, member), rank in (found.ranks | in_range).items()
        if member != FINE_TUNED
    )


def first_seen_frame(found: FirstSeen, confidence: float) -> pd.DataFrame:
    """Give a row a set, with the change of each pair and its interval over images."""
    reach = float(ndtri((1 + confidence) / 2))
    return marks(
        {
            "row": in_words(row["ood_set"]),
            "value": _POINTS * row["gain"],
            "low": _POINTS * (row["gain"] - reach * row["error"]),
            "high": _POINTS * (row["gain"] + reach * row["error"]),
            "look": source_look(row["source"]),
            "name": f"CLIP of {row['source']}",
        }
        for row in found.table.to_dict("records")
    )


def changed_frame(found: Changed) -> pd.DataFrame:
    """Give a row a way of making a network, a panel a set and a column an encoder."""
    rows = found.table.to_dict("records")
    sets = list(dict.fromkeys(row["ood_set"] for row in rows))
    return marks(
        {
            "panel": in_words(row["ood_set"]),
            "side": row["encoder"],
            "row": row["method"],
            "value": _PERCENT * row["auroc"],
            "low": _PERCENT * row["low"],
            "high": _PERCENT * row["high"],
            "look": group_look("clip_zero_shot") if row["method"] == PLAIN else "ink",
            "label": "" if row["method"] == PLAIN else "what was made of it",
        }
        for row in sorted(rows, key=lambda row: sets.index(row["ood_set"]))
    )


def histogram_frame(counted: Counted) -> pd.DataFrame:
    """Give a row a bin, a look a set; the row of a threshold has an upright line."""
    return marks(mark for name in counted.networks for mark in _marks_of_heaps(counted, name))


def procedures_frame(lab: Controlled) -> pd.DataFrame:
    """Give a row a procedure, with the mean change and every pair's, a column a measure."""
    return marks(
        mark
        for procedure, change in lab.by_procedure.items()
        for mark in _marks_of_change(f"{procedure} ({change.pairs})", change)
    )


def _sources_of_laboratory(lab: Controlled) -> list[str]:
    return source_lines([lab.laboratory.causes] if lab.laboratory else [])


def _marks_of_heaps(counted: Counted, network: str) -> Iterator[dict[str, Any]]:
    heaps = {image_set: counted.heap(network, image_set) for image_set in (ID_SET, counted.hardest)}
    top = max(_PERCENT * shares.max() for _, shares in heaps.values())
    looks = (
        ("images/known", "ImageNet; line: 95 % to its right"),
        ("images/unknown", f"{in_words(counted.hardest)}; dotted: 95 % to its left"),
    )
    thresholds = counted.thresholds(network, counted.hardest)
    factor = _factor(counted)
    for (middles, shares), threshold, (look, label) in zip(heaps.values(), thresholds, looks, strict=True):
        shared = {"panel": network, "look": look, "label": label}
        for middle, share in zip(middles, shares, strict=True):
            yield shared | {"x": factor * middle, "value": _PERCENT * share}
        line = {"low": 0.0, "high": top, "mark": "none", "is_range": look == "images/unknown"}
        yield shared | line | {"x": factor * threshold}


def _marks_of_detection(study: str, panel: str, one: Detection, everyone: bool) -> Iterator[dict[str, Any]]:
    low, high = (_PERCENT * one.cloud[end].values for end in ("low", "high"))
    for at, mark in marks_of_models(one.cloud, one.sources, everyone=everyone):
        yield {"study": study, "panel": panel} | mark | {"low": low[at], "high": high[at]}


def _panel_of(one: OwnDetection) -> str:
    return f"detection on {one.sets}, study {one.beside}"


def _mark_of_own(one: OwnDetection, number: int) -> dict[str, Any]:
    return {
        "study": one.beside,
        "panel": _panel_of(one),
        **yours(one.name, number),
        "x": _PERCENT * one.accuracy,
        "value": _PERCENT * one.auroc.estimate,
        "low": _PERCENT * one.auroc.low,
        "high": _PERCENT * one.auroc.high,
    }


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
