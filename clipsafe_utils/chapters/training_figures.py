"""Figures of trainings that differ in one thing, for several chapters: the ladder, dose and response."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from clipsafe_utils.findings.ladder import LOSS_OF_RUNG, RUNGS
from clipsafe_utils.findings.properties import Property
from clipsafe_utils.show.dose_curves import Panel, curves
from clipsafe_utils.show.encoding import source_look
from clipsafe_utils.show.frame import marks
from clipsafe_utils.show.shown import Shown

Tables = Mapping[Property, pd.DataFrame]

_LOOK_OF_LOSS = {LOSS_OF_RUNG["d"]: "loss/clip", LOSS_OF_RUNG["a"]: "loss/cross_entropy"}


def ladder(tables: Tables, sources: Sequence[str]) -> Shown:
    """Draw properties along the ladder, a mark a source of images, a panel a property."""
    return curves(
        ladder_frame(tables),
        "rung of the ladder",
        _panels(tables),
        "The ladder from labels to captions.",
        what="the ladder",
        rungs=[f"{rung}: {name}" for rung, name in RUNGS.items()],
        columns=1,
        sources=sources,
    )


def doses(
    tables: Tables,
    axis: str,
    sources: Sequence[str],
    unit: float = 1.0,
    ratios: bool = False,
    level: float | None = None,
    yours: Sequence[Mapping[str, Any]] = (),
) -> Shown:
    """Draw properties against the level of a knob, a curve a loss.

    `level`, on the axis, is where a reader put it; `yours` are marks of what came of it.
    """
    marked = "" if level is None else f"; {level:g} is marked"
    return curves(
        doses_frame(tables, unit, yours),
        axis,
        _panels(tables),
        f"Dose and response, against {axis}{marked}.",
        what=axis,
        ratios=ratios,
        mark_x=level,
        sources=sources,
    )


def ladder_frame(tables: Tables) -> pd.DataFrame:
    """Give each cell of the ladder a mark at its rung, and each training behind it a small one."""
    places = list(RUNGS)
    return marks(
        mark | {"x": float(places.index(row["rung"])), "look": source_look(row["source"])}
        for panel, table in tables.items()
        for row in table.to_dict("records")
        for mark in _mean_and_seeds(panel, row)
    )


def doses_frame(tables: Tables, unit: float = 1.0, yours: Sequence[Mapping[str, Any]] = ()) -> pd.DataFrame:
    """Give each level of a knob a mark under each loss, and each training behind it a small one."""
    rows = [
        mark | {"x": unit * row["level"], **_look_of_loss(row["loss"])}
        for panel, table in tables.items()
        for row in table.to_dict("records")
        for mark in _mean_and_seeds(panel, row)
    ]
    return marks([*rows, *yours])


def _look_of_loss(loss: str) -> dict[str, str]:
    look = _LOOK_OF_LOSS.get(loss, "ink")
    return {"look": look, "label": "" if loss in _LOOK_OF_LOSS else loss}


def _panels(tables: Tables) -> dict[str, Panel]:
    return {panel.title: Panel(panel.axis, _possible(panel)) for panel in tables}


def _possible(panel: Property) -> tuple[float, float] | None:
    if panel.is_share:
        return 0.0, panel.scale
    return (0.0, np.inf) if panel.is_positive else None


def _mean_and_seeds(panel: Property, row: Mapping[Any, Any]) -> list[dict[str, Any]]:
    """Give the mark of a mean with its interval, and one of each training behind it."""
    first, last = _possible(panel) or (-np.inf, np.inf)
    ends = {end: np.clip(panel.scale * row[end], first, last) for end in ("value", "low", "high")}
    single = [{"value": np.clip(panel.scale * seed, first, last), "mark": "single"} for seed in row["seeds"]]
    return [{"panel": panel.title, **mark} for mark in (ends, *single)]
