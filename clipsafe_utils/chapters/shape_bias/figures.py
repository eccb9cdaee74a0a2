"""Figures of chapter 2, each from the finding to a frame of marks."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from clipsafe_utils.chapters import training_figures
from clipsafe_utils.chapters.example_images import set_examples
from clipsafe_utils.cubes import GROUPS
from clipsafe_utils.cubes.selection import CLIP_GROUPS
from clipsafe_utils.cubes.source_lines import source_lines
from clipsafe_utils.findings.shape.evaluations import (
    PATCH,
    PROMPTS,
    READ_OUT,
    RESOLUTION,
    SIZE,
    SOURCE,
    TUNED,
    called_clip,
)
from clipsafe_utils.findings.shape.observers import is_suspect
from clipsafe_utils.findings.shape.result import ShapeBias
from clipsafe_utils.findings.shape.skill import SETS
from clipsafe_utils.registry.model_names import short_names
from clipsafe_utils.show.contact_sheets import Sheet
from clipsafe_utils.show.dot_plot import Scale, dots
from clipsafe_utils.show.encoding import group_look, yours_look
from clipsafe_utils.show.frame import ends_of, marks
from clipsafe_utils.show.scatter_plot import Axes2D, scatter
from clipsafe_utils.show.shown import Shown

NAMED_OBSERVERS = 40
"""More observers of a study share a row for each kind; then CLIPs alone have a row each ..."""

NAMED_CLIPS = 30
"""... unless they are more than this: then they share rows, too."""

COMPARED = ("human", "clip_zero_shot", "more_data", "standard")
"""Groups whose classes are drawn; the chart to explore has all."""

_PERCENT = 100.0
_SHARES = (0.0, 100.0)
_FIRST = ("human", *CLIP_GROUPS)  # in a crowd; the others follow in the order of `GROUPS`
_NETWORK, _ASKED = "another encoder or training source", "asked in another way"
_PANELS = {
    TUNED: "fine-tuned on ImageNet",
    **dict.fromkeys((SIZE, PATCH, RESOLUTION, SOURCE), _NETWORK),
    **dict.fromkeys((READ_OUT, PROMPTS), _ASKED),
}
_SIDES = {"shape bias": "shape bias, %", "decided": "decided, %"}


def examples() -> Sheet:
    """Show drawn images whose shape and texture disagree."""
    return set_examples(["natural", "cue_conflict"])


def observers(found: ShapeBias) -> Shown:
    """Draw the shape bias of every observer, beside the share of images that it decided."""
    return dots(
        observers_frame(found),
        _SIDES,
        "Dot plot of shape bias, and of the share of images decided by either cue.",
        what="decisions on cue-conflict images",
        scale=Scale(reference={"shape bias": 50.0}, limits=_SHARES, widths=(3, 1)),
        sources=_sources(found),
    )


def pairs(found: ShapeBias) -> Shown:
    """Draw how far shape bias moves between two evaluations of CLIPs that differ in one thing."""
    return dots(
        pairs_frame(found),
        "change of shape bias, points",
        "Dot plot of changes of shape bias between two CLIPs that differ in one thing.",
        what="decisions of two CLIPs that differ in one thing",
        sources=_sources(found),
    )


def skill(found: ShapeBias) -> Shown:
    """Draw accuracy on images that keep little but shape against shape bias, a panel a set."""
    panel = found.skill.panel
    return scatter(
        skill_frame(found),
        Axes2D("shape bias, %", "named correctly, %", x_limits=_SHARES, y_limits=_SHARES, shared=True),
        "Scatter of accuracy on images that keep little but shape against shape bias on conflict images.",
        what="accuracy on images that keep little but shape",
        sources=source_lines([] if panel is None else [panel.cube]),
    )


def by_class(found: ShapeBias) -> Shown:
    """Draw the shape bias of each kind of observer by class of the shape, in the order of the first group."""
    every = classes_frame(found)
    return dots(
        every[every["look"].isin([group_look(group) for group in COMPARED])].reset_index(drop=True),
        "shape bias, %",
        "Dot plot of shape bias by class of the shape.",
        what="decisions on cue-conflict images",
        scale=Scale(reference=50.0, limits=_SHARES),
        sources=_sources(found),
        every=every,
    )


def observers_frame(found: ShapeBias) -> pd.DataFrame:
    """Give a row an observer, the highest first; in a crowd a row each CLIP, and one any other kind."""
    return marks(
        mark
        for study, table in found.tables.items()
        for mark in (*_marks_of_observers(study, table, found.models[study]), *_marks_of_own(found, study))
    )


def pairs_frame(found: ShapeBias) -> pd.DataFrame:
    """Give a panel a kind of change, a row a pair; changes of prompts share a row, without intervals."""
    evaluations = found.evaluations
    names = dict(zip(evaluations.rows["model"], evaluations.rows["name"], strict=True))
    group = dict(zip(evaluations.rows["model"], evaluations.rows["group"], strict=True))
    rows = []
    for one, change in evaluations.comparisons:
        shared = {
            "study": evaluations.study,
            "panel": _PANELS[one.kind],
            "row": f"prompts: {one.change}" if one.kind == PROMPTS else one.change,
            "name": names[one.after],
            "look": group_look(group[one.after]),
            "value": _PERCENT * change.over_images.estimate,
            "decided": one.is_alike,
        }
        ends = {
            "low": _PERCENT * change.over_images.low,
            "high": _PERCENT * change.over_images.high,
            "band_low": _PERCENT * change.over_classes.low,
            "band_high": _PERCENT * change.over_classes.high,
        }
        rows.append(shared if one.kind == PROMPTS else {**shared, **ends})
    return marks(rows)


def skill_frame(found: ShapeBias) -> pd.DataFrame:
    """Give a mark a network and set; people have one, at their mean, over the range of all."""
    rows: list[dict[str, Any]] = []
    kinds = {group: place for place, group in enumerate([*_FIRST, *GROUPS])}
    frame = found.skill.frame.sort_values("group", key=lambda group: group.map(kinds), kind="stable")
    for name in dict.fromkeys(found.skill.frame["set"]):
        of_set = frame[frame["set"] == name]
        shared = {"study": str(found.skill.study), "panel": SETS.get(name, name)}
        for row in of_set[of_set["bias"].notna()].to_dict("records"):
            place = {"x": _PERCENT * row["bias"], "value": _PERCENT * row["accuracy"]}
            rows.append({**shared, "name": row["name"], "look": group_look(row["group"]), **place})
        people = _PERCENT * of_set.loc[of_set["group"] == "human", "accuracy"]
        if len(people) and np.isfinite(found.skill.people_bias):
            ends = {"low": people.min(), "high": people.max(), "is_range": True}
            place = {"x": _PERCENT * found.skill.people_bias, "value": people.mean()}
            rows.append({**shared, "name": "people", "look": group_look("human"), **place, **ends})
    return marks(rows)


def classes_frame(found: ShapeBias) -> pd.DataFrame:
    """Give a row a class, in the order of the standard networks, with a mark a group."""
    return marks(mark for study, table in found.classes.items() for mark in _marks_of_classes(study, table))


def ladder(found: ShapeBias) -> Shown:
    """Draw shape bias along the ladder from labels to captions."""
    return training_figures.ladder(found.ladder, source_lines(found.causes.values()))


def doses(found: ShapeBias) -> Shown:
    """Draw shape bias and accuracy against the share of typical textures."""
    axis = "training images with the typical texture, %"
    return training_figures.doses(found.doses, axis, source_lines(found.causes.values()), unit=_PERCENT)


def _sources(found: ShapeBias) -> list[str]:
    return source_lines(panel.cube for panel in found.panels)


def _marks_of_observers(study: str, table: xr.Dataset, models: xr.Dataset) -> Iterator[dict[str, Any]]:
    """Give an observer a row with its interval; in a crowd, some share one."""
    names = short_names(table["model"].values.tolist(), models["checkpoint"].values.tolist())
    group, bias = models["group"].values.tolist(), table["shape_bias"].values
    rows, is_shared = _rows_of(names, models)
    kinds = [*_FIRST, *(kind for kind in GROUPS if kind not in _FIRST)] if any(is_shared) else [*GROUPS]
    place = [kinds.index(kind) if any(is_shared) else 0 for kind in group]
    for at in np.lexsort((-bias, np.array(place))):
        values = {
            name: _PERCENT * table[name].values[at] for name in ("shape_bias", "share_decided", "low", "high")
        }
        shared = {
            "study": study,
            "panel": study,
            "row": rows[at],
            "name": names[at],
            "look": group_look(group[at]),
        }
        interval = {} if is_shared[at] else {"low": values["low"], "high": values["high"]}
        yield {**shared, "side": "shape bias", "value": values["shape_bias"], **interval}
        yield {**shared, "side": "decided", "value": values["share_decided"]}


def _marks_of_own(found: ShapeBias, study: str) -> Iterator[dict[str, Any]]:
    """Give each own model a row in the panel of the study of real models."""
    if found.real is None or study != found.real.study:
        return
    for number, one in enumerate(found.own):
        shared = {"study": study, "panel": study, "name": one.name, "look": yours_look(number)}
        shared["row"] = f"{one.name}, yours"
        yield {**shared, "side": "shape bias", **ends_of(one.bias, _PERCENT)}
        yield {**shared, "side": "decided", "value": _PERCENT * one.decided.estimate}


def _rows_of(names: list[str], models: xr.Dataset) -> tuple[list[str], list[bool]]:
    """Name the row of each observer, and say whether it shares it."""
    if len(names) <= NAMED_OBSERVERS:
        return names, [False] * len(names)
    group, source, family = (models[name].values.tolist() for name in ("group", "training_source", "family"))
    is_clip = np.isin(group, CLIP_GROUPS)
    if is_clip.sum() > NAMED_CLIPS:
        rows = [f"{GROUPS[kind]}: {one.replace('_', ' ')}" for kind, one in zip(group, source, strict=True)]
        return rows, [True] * len(names)
    clips = zip(models["checkpoint"].values.tolist(), models["fine_tuning"].values.tolist(), strict=True)
    called = [called_clip(checkpoint, tuning) for checkpoint, tuning in clips]
    rows = []
    for at, kind in enumerate(group):
        if is_clip[at]:
            rows.append(called[at] if called.count(called[at]) == 1 else f"{called[at]} ({source[at]})")
        else:
            rows.append(family[at] if kind == "other" else GROUPS[kind])
    rows = ["Suspect run" if wrong else row for row, wrong in zip(rows, is_suspect(models), strict=True)]
    return rows, [not is_one for is_one in is_clip.tolist()]


def _marks_of_classes(study: str, table: xr.Dataset) -> Iterator[dict[str, Any]]:
    groups = table["group"].values.tolist()
    reference = "standard" if "standard" in groups else groups[0]
    table = table.isel(cue_class=np.argsort(-table["mean"].sel(group=reference).values))
    for cue_class in table["cue_class"].values.tolist():
        for group in groups:
            one = table.sel(group=group, cue_class=cue_class)
            decided = bool(one["decided"])
            yield {
                "study": study,
                "panel": study,
                "row": cue_class,
                "look": group_look(group),
                "value": _PERCENT * one["mean"].item(),
                "low": _PERCENT * one["low"].item() if decided else np.nan,
                "high": _PERCENT * one["high"].item() if decided else np.nan,
                "decided": decided,
            }
