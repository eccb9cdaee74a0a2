"""Figures of chapter 2, each from the finding to a frame of marks."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from clipsafe_utils.chapters import training_figures
from clipsafe_utils.chapters.example_images import set_examples
from clipsafe_utils.cubes import GROUPS
from clipsafe_utils.cubes.source_lines import source_lines
from clipsafe_utils.findings.shape.result import ShapeBias
from clipsafe_utils.registry.model_names import short_names
from clipsafe_utils.show.contact_sheets import Sheet
from clipsafe_utils.show.dot_plot import Scale, dots
from clipsafe_utils.show.encoding import group_look
from clipsafe_utils.show.frame import marks
from clipsafe_utils.show.shown import Shown

NAMED_OBSERVERS = 40  # More observers of a study share a row for each group and training source.

_PERCENT = 100.0
_SHARES = (0.0, 100.0)
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


def by_class(found: ShapeBias) -> Shown:
    """Draw the shape bias of each kind of observer by class of the shape, in the order of the first group."""
    return dots(
        classes_frame(found),
        "shape bias, %",
        "Dot plot of shape bias by class of the shape.",
        what="decisions on cue-conflict images",
        scale=Scale(reference=50.0, limits=_SHARES),
        sources=_sources(found),
    )


def observers_frame(found: ShapeBias) -> pd.DataFrame:
    """Give a row an observer, the highest first; in a crowd, a row for each group and training source."""
    return marks(
        mark
        for study, table in found.tables.items()
        for mark in _marks_of_observers(study, table, found.models[study])
    )


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
    """Give an observer a row with its interval; in a crowd, a place in the row of its group and source."""
    names = short_names(table["model"].values.tolist(), models["checkpoint"].values.tolist())
    group, source = (models[name].values.tolist() for name in ("group", "training_source"))
    crowded = table.sizes["model"] > NAMED_OBSERVERS
    place = [list(GROUPS).index(name) for name in group] if crowded else -table["shape_bias"].values
    for at in np.argsort(place, kind="stable"):
        row = f"{GROUPS[group[at]]}: {source[at].replace('_', ' ')}" if crowded else names[at]
        values = {
            name: _PERCENT * table[name].values[at] for name in ("shape_bias", "share_decided", "low", "high")
        }
        shared = {
            "study": study,
            "panel": study,
            "row": row,
            "name": names[at],
            "look": group_look(group[at]),
        }
        interval = {} if crowded else {"low": values["low"], "high": values["high"]}
        yield {**shared, "side": "shape bias", "value": values["shape_bias"], **interval}
        yield {**shared, "side": "decided", "value": values["share_decided"]}


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
