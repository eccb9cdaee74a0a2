"""Chapter 3 for readers who cannot see its figures."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from clipsafe_utils.cubes.selection import of_any_source, of_source
from clipsafe_utils.findings.properties import Property
from clipsafe_utils.findings.shift.changes import PairChanges
from clipsafe_utils.findings.shift.controlled import Change
from clipsafe_utils.findings.shift.detection import Detection
from clipsafe_utils.findings.shift.laboratory import MEASURES
from clipsafe_utils.findings.shift.sources import FINE_TUNED, STANDARD, of_set
from clipsafe_utils.findings.shift.study import UnderShift
from clipsafe_utils.registry.set_names import shift_title
from clipsafe_utils.say import correlation, percent, points

Studies = Mapping[str, UnderShift]


def describe_clouds(studies: Studies) -> str:
    """Say what the figure of accuracies shows."""
    plots = "small scatter plots, one a shift, of accuracy under it against accuracy in distribution."
    sentences = []
    for study, under_shift in studies.items():
        sentences.append(f"Study {study}: {plots}")
        for shift, cloud in under_shift.clouds.items():
            masks = {
                "zero-shot CLIPs": of_any_source(cloud, under_shift.sources),
                **{name: of_set(cloud, name) for name in (FINE_TUNED, STANDARD)},
            }
            parts = [
                f"{name} {_range(cloud['y'].values[mask])}" for name, mask in masks.items() if mask.any()
            ]
            sentences.append(f"{shift_title(shift)}: {', '.join(parts)}.")
    return " ".join(sentences)


def describe_detection(detected: Mapping[str, Detection]) -> str:
    """Say what the figure of detection shows."""
    sentences = []
    for one in detected.values():
        sentences.append("Scatter plot of mean AUROC against accuracy in distribution.")
        areas = {source: one.cloud["y"].values[of_source(one.cloud, source)] for source in one.sources}
        sentences += [f"{source}: AUROC {_range(area)}." for source, area in areas.items() if area.size]
    return " ".join(sentences)


def describe_within(studies: Studies) -> str:
    """Say what the figure of correlations shows."""
    sentences = []
    for study, under_shift in studies.items():
        sentences.append(f"Study {study}: correlations by shift and training source, ranges over shifts.")
        within = under_shift.correlations.table
        for member in within["set"].values.tolist():
            one = within.sel(set=member)
            parts = [
                f"{name} {correlation(np.nanmin(values))} to {correlation(np.nanmax(values))}"
                for name, values in (
                    ("rank correlation", one["rank"].values),
                    ("at fixed quantity", one["fixed"].values),
                )
                if np.isfinite(values).any()
            ]
            if parts:
                sentences.append(f"{member}, families: {int(one['families'].max())}, {', '.join(parts)}.")
    return " ".join(sentences)


def describe_offsets(studies: Studies) -> str:
    """Say what the figure of offsets shows."""
    what = "mean residuals in points by source, from standard networks and from other CLIPs."
    sentences = []
    for study, under_shift in studies.items():
        if not under_shift.heights.has_sources:
            continue
        sentences.append(f"Study {study}: {what}")
        means = under_shift.heights.table["mean"].transpose("shift", "source", "line")
        for shift in means["shift"].values.tolist():
            known = means.sel(shift=shift).dropna("source").to_pandas()
            parts = [f"{source} {points(a)} and {points(b)}" for source, a, b in known.itertuples()]
            if parts:
                sentences.append(f"{shift_title(shift)}: {', '.join(parts)}.")
    return " ".join(sentences)


def describe_pairs(comparisons: Mapping[str, PairChanges]) -> str:
    """Say what the figure of pairs shows."""
    sentences = ["Mean change of accuracy in points within pairs, and at equal accuracy in distribution."]
    for name, pairs in comparisons.items():
        at_equal = pairs.changes("at_equal")
        for title, change in pairs.changes("difference").items():
            both = [change, at_equal[title]] if title in at_equal else [change]
            sentences.append(f"{name}, {title}: {', '.join(one.with_interval for one in both)}.")
    return " ".join(sentences)


def describe_procedures(by_procedure: Mapping[str, Change]) -> str:
    """Say what the figure of procedures shows."""
    sentences = ["Dot plot of changes in points from the zero-shot CLIP, one row a procedure."]
    for name, change in by_procedure.items():
        measured = {said: change[measure] for measure, said in MEASURES.items() if measure in change.measures}
        parts = [f"{said} {mean.with_interval}" for said, mean in measured.items()]
        sentences.append(f"{name}: {', '.join(parts)}.")
    return " ".join(sentences)


def describe_ladder(tables: Mapping[Property, pd.DataFrame]) -> str:
    """Say what the figure of the ladder shows."""
    sentences = ["Means over seeds along the ladder, by rung and source."]
    for panel, shown in tables.items():
        rows = shown.to_dict("records")
        parts = [f"{row['rung']} on {row['source']} {percent(row['value'])}" for row in rows]
        sentences.append(f"{panel.title}: {', '.join(parts)}.")
    return " ".join(sentences)


def _range(shares: np.ndarray) -> str:
    return f"{percent(shares.min(), 0)} to {percent(shares.max(), 0)}"
