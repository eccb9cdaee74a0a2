"""Figures of chapter 6, each from the finding to a frame of marks."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd

from clipsafe_utils.cubes.source_lines import source_lines
from clipsafe_utils.findings.prompts.changes import PROPERTIES, TITLES
from clipsafe_utils.findings.prompts.content import CONTENT, SAME, Contents
from clipsafe_utils.findings.prompts.own_clips import OwnClip
from clipsafe_utils.findings.prompts.real import CONDITIONS, FEWER, RealPrompts
from clipsafe_utils.findings.prompts.result import OtherPrompts
from clipsafe_utils.metrics.families import FEWEST_UNITS
from clipsafe_utils.registry.model_names import short_names
from clipsafe_utils.say import Missing
from clipsafe_utils.show.dose_curves import Panel, curves
from clipsafe_utils.show.dot_plot import Scale, dots
from clipsafe_utils.show.encoding import group_look, source_look, yours
from clipsafe_utils.show.frame import ends_of, marks
from clipsafe_utils.show.shown import Shown

_POINTS = 100.0
_UNITS = {name: panel.axis.removeprefix("change").lstrip(", ") for name, panel in PROPERTIES.items()}


def by_number(found: OtherPrompts) -> Shown:
    """Draw changes against the number of templates, a curve a training source."""
    return curves(
        number_frame(found),
        "templates",
        _panels(found.by_number),
        "Changes from the usual set against the number of templates.",
        what="the number of templates",
        ratios=True,
        reference=0.0,
        sources=_sources(found),
    )


def by_wording(found: OtherPrompts) -> Shown:
    """Draw changes under each other wording, a row each."""
    return dots(
        wording_frame(found),
        {title: ", ".join(filter(None, (title, _UNITS[name]))) for name, title in TITLES.items()},
        "Dot plots of the change from the usual set under each other wording.",
        what="other wordings",
        scale=Scale(columns=2),
        sources=_sources(found),
    )


def by_subset(found: OtherPrompts) -> Shown:
    """Draw changes under random subsets of the templates against their size, with lowest and highest."""
    return curves(
        subset_frame(found),
        "templates in a subset",
        _panels(found.by_subset),
        "Changes from the usual set under random subsets of the templates, mean (lowest to highest subset).",
        what="random subsets of the templates",
        ratios=True,
        reference=0.0,
        columns=1,
        joined=False,
        sources=source_lines(panel.cube for panel in found.kept),
    )


def by_content(found: OtherPrompts) -> Shown:
    """Draw changes under subsets of templates that differ in what they say, and of the same words."""
    names = dict.fromkeys(found.contents.changes["property"])
    return curves(
        content_frame(found.contents),
        "templates in a subset",
        {PROPERTIES[name].title: Panel(PROPERTIES[name].axis, small=_small(name)) for name in names},
        "Changes from the usual set under subsets of two pools of templates, mean (small marks: subsets).",
        what="templates that differ in what they say",
        ratios=True,
        reference=0.0,
        columns=1,
        sources=[] if found.contents.cube is None else source_lines([found.contents.cube]),
    )


def real(found: OtherPrompts) -> Shown:
    """Draw what fewer templates change in the accuracy of real CLIPs, a row a training source."""
    frame = real_frame(found.real, found.own_clips)
    room = 0.7  # Of a mark, in points; all sets of images have one axis, so that they can be compared.
    ends = (frame["value"].min() - room, max(frame["value"].max(), 0) + room)
    return dots(
        frame,
        {side: f"change on\n{side},\npoints" for side in CONDITIONS.values()},
        "Dot plots of the change of accuracy of real CLIPs with fewer than eighty templates.",
        Scale(limits=ends),
        what="real CLIPs under other prompts",
        sources=found.real.source_lines,
    )


def real_frame(found: RealPrompts, own: Sequence[OwnClip] = ()) -> pd.DataFrame:
    """Give a row a training source, a small mark a CLIP; over all rows, the mean over families.

    A reader's own have a row below those of one template on ImageNet.
    """
    return marks(
        {"study": found.study, "panel": f"{prompt_set} in place of eighty", "side": title} | mark
        for prompt_set in FEWER
        for condition, title in CONDITIONS.items()
        for mark in (
            *_marks_of_real(found, prompt_set, condition),
            *(_marks_of_own(own) if (prompt_set, condition) == (FEWER[0], "id") else ()),
        )
    )


def _marks_of_real(found: RealPrompts, prompt_set: str, condition: str) -> Iterator[dict[str, Any]]:
    mean = found.change(prompt_set, condition)
    if isinstance(mean, Missing):
        return
    yield {
        "row": "all CLIPs",
        "look": group_look("clip_zero_shot"),
        **ends_of(mean, _POINTS),
        "decided": mean.units >= FEWEST_UNITS,
    }
    for source in found.sources:
        rows = found.of_source(prompt_set, condition, source)
        for checkpoint, value in zip(rows["checkpoint"], rows["change"], strict=True):
            name = short_names([checkpoint], [checkpoint])[0]
            yield {"row": source, "look": "ink", "name": name, "value": _POINTS * value}


def _marks_of_own(own: Sequence[OwnClip]) -> Iterator[dict[str, Any]]:
    for number, one in enumerate(own):
        yield {"row": "your models", **yours(one.name, number), **ends_of(one.change, _POINTS)}


def number_frame(found: OtherPrompts) -> pd.DataFrame:
    """Give a mark a source and number of templates."""
    table = found.by_number
    headings = _headings(table)
    return marks(
        {**_change(row), "panel": headings[row["study"], row["property"]], "x": float(row["templates"])}
        for row in table.to_dict("records")
    )


def wording_frame(found: OtherPrompts) -> pd.DataFrame:
    """Give a row a wording, with a mark a source."""
    several = found.by_wording["study"].nunique() > 1
    return marks(
        {
            **_change(row),
            "panel": row["study"] if several else "",
            "side": TITLES[row["property"]],
            "row": row["wording"],
            "band_low": -_small(row["property"]),
            "band_high": _small(row["property"]),
        }
        for row in found.by_wording.to_dict("records")
    )


def subset_frame(found: OtherPrompts) -> pd.DataFrame:
    """Give the mean over the subsets of a size, its range, and a small mark a subset."""
    return marks(_marks_of_subsets(found.by_subset))


def content_frame(contents: Contents) -> pd.DataFrame:
    """Give the mean over subsets of a size with its interval, and a small mark a subset."""
    return marks(_marks_of_contents(contents))


_POOLS = {
    CONTENT: (group_look("clip_zero_shot"), "they differ in what they say"),
    SAME: ("ink", "same words"),
}


def _marks_of_contents(contents: Contents) -> Iterator[dict[str, Any]]:
    for row in contents.changes.to_dict("records"):
        look, label = _POOLS[row["pool"]]
        panel, change = PROPERTIES[row["property"]], row["change"]
        shared = {"panel": panel.title, "x": float(row["templates"]), "look": look, "label": label}
        yield shared | ends_of(change, panel.scale)
        if len(row["singles"]) > 1:
            for value in row["singles"]:
                yield shared | {"value": panel.scale * value, "mark": "single"}


def _marks_of_subsets(table: pd.DataFrame) -> Iterator[dict[str, Any]]:
    headings = _headings(table)
    for place, rows in table.groupby(["study", "property", "source", "templates"], sort=False):
        study, name, source = map(str, place[:3])
        values = PROPERTIES[name].scale * rows["value"].to_numpy(float)
        shared = {
            "study": study,
            "panel": headings[study, name],
            "x": float(rows["templates"].iloc[0]),
            "look": source_look(source),
        }
        ends = {"low": values.min(), "high": values.max()} if values.size > 1 else {}
        yield {**shared, "value": values.mean(), **ends, "is_range": True}
        if values.size > 1:
            yield from ({**shared, "value": value, "mark": "single"} for value in values)


def _change(row: dict[Any, Any]) -> dict[str, Any]:
    """Give the mark of a change; where too few families decide, it has no interval."""
    scale = PROPERTIES[row["property"]].scale
    low, high = (scale * row[end] if row["decided"] else np.nan for end in ("low", "high"))
    return {
        "study": row["study"],
        "look": source_look(row["source"]),
        "value": scale * row["value"],
        "low": low,
        "high": high,
        "decided": row["decided"],
    }


def _headings(table: pd.DataFrame) -> dict[tuple[str, str], str]:
    """Name the panel of each study and property; the study is named where there are several."""
    several = table["study"].nunique() > 1
    pairs = dict.fromkeys(zip(table["study"], table["property"], strict=True))
    return {
        (study, name): f"{PROPERTIES[name].title} ({study})" if several else PROPERTIES[name].title
        for study, name in pairs
    }


def _panels(table: pd.DataFrame) -> dict[str, Panel]:
    return {
        heading: Panel(PROPERTIES[name].axis, small=_small(name))
        for (_, name), heading in _headings(table).items()
    }


def _small(name: str) -> float:
    return PROPERTIES[name].scale * PROPERTIES[name].smallest


def _sources(found: OtherPrompts) -> list[str]:
    return source_lines(one.cube for one in found.tested)
