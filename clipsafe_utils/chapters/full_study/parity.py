"""What the study `field` says: the engine does what timm does, and the shape bias of three networks."""

from collections.abc import Sequence

import pandas as pd

from clipsafe_utils.chapters.formats import NOT_MEASURED, percent
from clipsafe_utils.cubes.panels import Panel, left_out, read_panels
from clipsafe_utils.figures.tables import ThemedTable, table
from clipsafe_utils.findings.shape.observers import chosen_panels
from clipsafe_utils.metrics.labelled import shape_bias_table

PARITY = "parity"
"""Attribute of a cube that says what was compared with a loop by timm."""


RULE = "mean"
"""Decisions are for the cue class of the largest mean probability."""


def results(studies: Sequence[str], groups: Sequence[str]) -> tuple[list[Panel], list[str]]:
    """Read the cube `shape_bias` of each study that has one, and say which have none.

    Examples
    --------
    >>> [panel.study for panel in results(["field"], ["standard"])[0]]
    ['field']
    """
    sentences = left_out(studies, "shape_bias", groups)
    panels, more = chosen_panels(read_panels(studies, "shape_bias", groups), ["all"], RULE)
    if not panels:
        more.append("No study has decisions on cue conflict: the table is empty.")
    return panels, sentences + more


def decisions_table(panels: Sequence[Panel], confidence: float) -> ThemedTable:
    """Tabulate the shape bias of every model.

    Parameters
    ----------
    panels : sequence of Panel
        As of `results`.
    confidence : float
        Level of the intervals.

    Examples
    --------
    >>> "Shape bias" in decisions_table([], 0.95).markup
    True
    """
    rows = [row for panel in panels for row in _rows(panel, confidence)]
    columns = ["Study", "Model", "Shape bias", "Interval", "Decided", "Conflict images"]
    return table(
        pd.DataFrame(rows, columns=columns),
        "Shape bias: of the decisions for shape or texture, the share for shape, with its interval over "
        "classes and the share of images that were decided either way.",
    )


def parity_sentence(panels: Sequence[Panel]) -> str:
    """Return what the first study with such a comparison says of it.

    Examples
    --------
    >>> parity_sentence([])
    'not measured'
    """
    found = (str(panel.cube.attrs[PARITY]) for panel in panels if PARITY in panel.cube.attrs)
    return next(found, NOT_MEASURED)


def _rows(panel: Panel, confidence: float) -> list[dict[str, str]]:
    measured = shape_bias_table(panel.cube, confidence=confidence)
    return [
        {
            "Study": panel.study,
            "Model": str(one["model"].item()),
            "Shape bias": percent(one["shape_bias"].item()),
            "Interval": f"{percent(one['low'].item())} to {percent(one['high'].item())}",
            "Decided": percent(one["share_decided"].item()),
            "Conflict images": f"{one['images'].item():,}",
        }
        for one in (measured.isel(model=place) for place in range(measured.sizes["model"]))
    ]
