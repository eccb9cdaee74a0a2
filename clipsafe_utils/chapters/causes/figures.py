"""Figures of chapter 7, each from the finding to a frame of marks."""

from collections.abc import Iterator
from textwrap import fill
from typing import Any

import pandas as pd

from clipsafe_utils.chapters import training_figures
from clipsafe_utils.cubes.source_lines import source_lines
from clipsafe_utils.findings.causes.effects import HEADLINE
from clipsafe_utils.findings.causes.in_laboratory import InLaboratory
from clipsafe_utils.findings.causes.in_record import InRecord
from clipsafe_utils.findings.causes.latent import READ
from clipsafe_utils.findings.causes.record import MEASURES
from clipsafe_utils.findings.retrieval import TASKS, Retrieval
from clipsafe_utils.registry.model_names import short_names
from clipsafe_utils.say import Missing
from clipsafe_utils.show.dot_plot import Scale, dots
from clipsafe_utils.show.encoding import source_look, yours
from clipsafe_utils.show.frame import marks
from clipsafe_utils.show.heat_table import matrix
from clipsafe_utils.show.scatter_plot import Axes2D, scatter
from clipsafe_utils.show.shown import Shown

_POINTS = 100.0
_AXES = {title: f"{fill(title, 15)},\npoints" for title in MEASURES.values()}


def effects(lab: InLaboratory) -> Shown:
    """Draw what each cause does to each property in the laboratory, a row a cause."""
    return matrix(
        effects_frame(lab),
        "change, points (temperature: hundredths)",
        "Table of the change of each property under each cause, in points.",
        what="what each cause does",
        sources=_sources(lab),
    )


def one_axis(lab: InLaboratory) -> Shown:
    """Draw how each property goes with the first axis of all."""
    return dots(
        one_axis_frame(lab),
        "correlation with the first axis",
        "Dot plot of the correlation of each property with the first principal axis of all.",
        Scale(reference=0.0, limits=(-1.0, 1.0)),
        what="how properties go together",
        sources=_sources(lab),
    )


def ladder(lab: InLaboratory) -> Shown:
    """Draw the chosen property along the ladder from labels to captions."""
    return training_figures.ladder(lab.ladder, _sources(lab))


def doses(lab: InLaboratory) -> Shown:
    """Draw each property against the chosen knob."""
    axis, unit, ratios = lab.axis
    return training_figures.doses(lab.doses, axis, _sources(lab), unit=unit, ratios=ratios)


def record_changes(record: InRecord) -> Shown:
    """Draw what each cause does to accuracy in the record, pair by pair and in the mean."""
    return dots(
        record_frame(record),
        _AXES,
        "Dot plots of the change of the accuracy of zero-shot CLIPs of the record under each cause.",
        what="one cause alone",
        sources=source_lines(record.clouds.values()),
    )


def retrieval(found: Retrieval) -> Shown:
    """Draw recall at 1 against accuracy in distribution, a panel a set and direction."""
    return scatter(
        retrieval_frame(found),
        Axes2D("accuracy in distribution, %", "recall at 1, %"),
        "Scatter plots, one for each set and direction, of recall at 1 against accuracy in distribution.",
        what="retrieval of zero-shot CLIPs",
        sources=found.source_lines,
    )


def retrieval_frame(found: Retrieval) -> pd.DataFrame:
    """Give a mark a CLIP in a panel for each set and direction; sources with CLIPs enough come first.

    A reader's own come last.
    """
    order = [*found.sources, ""]
    rows = [
        {
            "study": found.study,
            "panel": row["task"],
            "look": source_look(row["source"] if row["source"] in found.sources else ""),
            "name": short_names([row["checkpoint"]], [row["checkpoint"]])[0],
            "x": _POINTS * row["accuracy"],
            "value": _POINTS * row["recall"],
        }
        for source in order
        for row in found.table.to_dict("records")
        if (row["source"] if row["source"] in found.sources else "") == source
    ]
    rows += [
        {
            "study": found.study,
            "panel": row["task"],
            **yours(own.name, number),
            "x": _POINTS * row["accuracy"],
            "value": _POINTS * row["recall"],
        }
        for number, own in enumerate(found.own_recalls)
        for row in own.rows.to_dict("records")
    ]
    panels = list(TASKS.values())
    return marks(sorted(rows, key=lambda row: panels.index(row["panel"])))


def effects_frame(lab: InLaboratory) -> pd.DataFrame:
    """Give a cell a cause and property; decided where the interval leaves zero out."""
    return marks(
        {
            "study": lab.study,
            "panel": row["kind"],
            "row": row["cause"],
            "side": HEADLINE[row["property"]].heading,
            **{end: _POINTS * row[end] for end in ("value", "low", "high")},
            "decided": row["moves"],
        }
        for row in lab.effects.to_dict("records")
    )


def one_axis_frame(lab: InLaboratory) -> pd.DataFrame:
    """Give a row a property, the one that goes with the axis most first."""
    loadings = lab.one_axis.loadings
    rows = [] if isinstance(loadings, Missing) else loadings.to_dict("records")
    return marks(
        {"study": lab.study, "row": READ[row["property"]].title, "look": "ink"}
        | {end: row[end] for end in ("value", "low", "high")}
        for row in rows
    )


def record_frame(record: InRecord) -> pd.DataFrame:
    """Give a row a cause, with a mark a measure, and a small one a pair."""
    return marks(
        mark
        | {
            "study": record.study,
            "panel": row["kind"],
            "row": row["cause"],
            "side": MEASURES[row["property"]],
        }
        for row in record.zero_shot.to_dict("records")
        for mark in _mean_and_pairs(row)
    )


def _mean_and_pairs(row: dict[Any, Any]) -> Iterator[dict[str, Any]]:
    """Give the mean; where too few families decide, it has no interval."""
    look = "ink/equal" if row["property"] == "at_equal" else "ink"
    ends = {end: _POINTS * row[end] for end in ("low", "high")} if row["decided"] else {}
    yield {"value": _POINTS * row["value"], **ends, "decided": row["decided"], "look": look}
    yield from ({"value": _POINTS * pair, "mark": "single", "look": look} for pair in row["each"])


def _sources(lab: InLaboratory) -> list[str]:
    return [] if lab.laboratory is None else source_lines([lab.laboratory.causes])
