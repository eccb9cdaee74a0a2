"""Figures of the student's laboratory: chapters 1, 2 and 5 in small, with the reader's own models marked."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from clipsafe_engine.lab.findings.student.in_small import Charted
from clipsafe_engine.lab.findings.student.result import StudentLaboratory
from clipsafe_utils.chapters import training_figures
from clipsafe_utils.cubes import GROUPS
from clipsafe_utils.cubes.selection import CLIP_GROUPS
from clipsafe_utils.cubes.yours import is_yours, label_of
from clipsafe_utils.metrics.intervals import wilson_interval
from clipsafe_utils.registry.model_names import short_names
from clipsafe_utils.show.dot_plot import Scale, dots
from clipsafe_utils.show.encoding import group_look, is_own, yours_look
from clipsafe_utils.show.frame import marks
from clipsafe_utils.show.scatter_plot import reliability as reliability_plot
from clipsafe_utils.show.shown import Shown

_PERCENT = 100.0

Mark = dict[str, Any]


def dose(r: StudentLaboratory) -> Shown:
    """Draw what the knob does, its level on the page, and what came of it in the reader's models."""
    axis, unit = r.axis
    level = unit * r.chosen.level
    return training_figures.doses(
        r.doses, axis, r.sources("causes"), unit, r.is_count, level, marks_at_dose(r)
    )


def marks_at_dose(r: StudentLaboratory) -> list[Mark]:
    """Give a mark each of the reader's models and panel, where the knob stands at the level of the page."""
    return [
        {"panel": panel.title, "x": r.axis[1] * r.chosen.level, "value": value, **_own(number, label)}
        for panel in r.doses
        for number, (label, value) in enumerate(r.marks[panel.title])
    ]


def factors(r: StudentLaboratory) -> Shown:
    """Draw the residual of every CLIP on every factor: chapter 1 in small."""
    return dots(
        factors_frame(r.factors),
        "points above (+) or below (−) the line\nof standard networks",
        "Dot plot of the residuals of CLIPs by factor.",
        what="residuals on visual factors",
        sources=r.sources("factors"),
    )


def factors_frame(found: Charted) -> pd.DataFrame:
    """Give a row a factor: how far a new standard family goes, measured CLIPs, the reader's models."""
    if found.table is None:
        return marks([])
    return marks(
        mark
        for factor in found.table["factor"].values.tolist()
        for mark in _marks_of_factor(found.table.sel(factor=factor), found.models, factor.replace("_", " "))
    )


def shape_bias(r: StudentLaboratory) -> Shown:
    """Draw the shape bias of every model, a row a group: chapter 2 in small."""
    frame = shape_bias_frame(r.shape_bias)
    own = frame[frame["look"].map(is_own)]
    return dots(
        frame,
        "shape bias, %",
        "Dot plot of shape bias by group.",
        what="shape bias",
        scale=Scale(
            reference=50.0, limits=(0.0, _PERCENT), through=dict(zip(own["look"], own["value"], strict=True))
        ),
        sources=r.sources("shape_bias"),
    )


def shape_bias_frame(found: Charted) -> pd.DataFrame:
    """Give a row each of the reader's models, with its interval, then a row a group."""
    if found.table is None:
        return marks([])
    table, models, mine = found.table, found.models, is_yours(found.models)
    value, low, high = (_PERCENT * table[name].values for name in ("shape_bias", "low", "high"))
    rows: list[Mark] = []
    for number, place in enumerate(np.flatnonzero(mine)):
        label = _label(table.isel(model=place))
        own = {"row": label, "value": value[place], "low": low[place], "high": high[place]}
        rows.append({**own, "look": yours_look(number), "name": label})
    names = _names(models)
    for group, title in GROUPS.items():
        for place in np.flatnonzero((models["group"].values == group) & ~mine):
            of_group = {"row": title.split(" (", 1)[0], "look": group_look(group)}
            rows.append({**of_group, "name": names[place], "value": value[place]})
    return marks(rows)


def reliability(r: StudentLaboratory) -> Shown:
    """Draw the share of hits against confidence, a panel a model: chapter 5 in small."""
    return reliability_plot(
        reliability_frame(r.reliability, r.chosen.confidence),
        "Reliability on clean images.",
        sources=r.sources("calibration"),
        what="reliability",
    )


def reliability_frame(panels: xr.Dataset, confidence: float) -> pd.DataFrame:
    """Give a mark a bin that holds images, with its Wilson interval; the reader's models stand first."""
    rows: list[Mark] = []
    for place in range(panels.sizes["panel"]):
        one = panels.isel(panel=place)
        title, group = str(one["title"].item()), str(one["group"].item())
        count, mean, hits = (one[f"bin_{name}"].values for name in ("count", "confidence", "hits"))
        low, high = wilson_interval(hits, np.maximum(count, 1), confidence)
        look = yours_look(place) if group == "other" else group_look(group)
        for at in np.flatnonzero(count):
            ends = {"value": hits[at] / count[at], "low": low[at], "high": high[at], "x": mean[at]}
            in_percent = {name: _PERCENT * share for name, share in ends.items()}
            rows.append({"panel": title, "look": look, **in_percent, "weight": count[at] / count.sum()})
    return marks(rows)


def _marks_of_factor(of_factor: xr.Dataset, models: xr.Dataset, row: str) -> Iterator[Mark]:
    mine, names = is_yours(models), _names(models)
    residual, measured = _PERCENT * of_factor["residual"].values, of_factor["measured"].values
    judged = mine if mine.any() else np.isin(models["group"].values, CLIP_GROUPS)
    half = _PERCENT * of_factor["half_width"].values[judged & measured].max(initial=0)
    if half:
        yield {"row": row, "mark": "none", "band_low": -half, "band_high": half}
    for group in CLIP_GROUPS:
        for place in np.flatnonzero((models["group"].values == group) & measured & ~mine):
            yield {"row": row, "look": group_look(group), "name": names[place], "value": residual[place]}
    for number, place in enumerate(np.flatnonzero(mine)):
        one = of_factor.isel(model=place)
        ends = {"low": "image_low", "high": "image_high"} if "image_low" in one else {}
        interval = {end: _PERCENT * one[name].item() for end, name in ends.items()}
        own = _own(number, _label(one))
        yield {"row": row, "value": residual[place], "decided": bool(measured[place]), **interval, **own}


def _own(number: int, label: str) -> Mark:
    return {"look": yours_look(number), "label": label, "name": label}


def _label(one: xr.Dataset) -> str:
    return label_of(str(one["model"].item()))


def _names(models: xr.Dataset) -> list[str]:
    return short_names(models["model"].values.tolist(), models["checkpoint"].values.tolist())
