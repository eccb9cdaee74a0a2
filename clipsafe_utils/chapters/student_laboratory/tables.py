"""Tables and numbers of the student's laboratory as the page shows them."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd
import xarray as xr

from clipsafe_utils.chapters.causes.words import cell_of, moved
from clipsafe_utils.chapters.formats import NOT_MEASURED, complete, level, percent
from clipsafe_utils.chapters.miniature_world.world_tables import knob_values
from clipsafe_utils.chapters.student_laboratory.analysis import (
    COMPARED,
    compare,
    unchanged_source,
)
from clipsafe_utils.cubes.yours import label_of
from clipsafe_utils.figures.tables import ThemedTable, table
from clipsafe_utils.findings.ladder import axis_of
from clipsafe_utils.lab.student.knobs import MEANINGS, OF_TRAINING, limits
from clipsafe_utils.lab.training.ledger import read_ledger
from clipsafe_utils.lab.training.recipe import Recipe
from clipsafe_utils.lab.world.world import World
from clipsafe_utils.say import Value

KEYS = (
    "student-laboratory-knob",
    "student-laboratory-low",
    "student-laboratory-high",
    "student-laboratory-at-low",
    "student-laboratory-at-high",
    "student-laboratory-training",
    "student-laboratory-classes",
    "student-laboratory-vocabulary",
    "student-laboratory-stands",
)
"""Every number that the page glues."""

UNCHANGED = "clip-resnet_xs-wit-64k-s0"
"""The shipped model whose training took as long as a student's."""


def stands_at(world: World, source: str, knob: str) -> str:
    """Write where a knob stands in a source, or in the recipe of every source.

    Examples
    --------
    >>> from clipsafe_utils.lab.world.world import load_world
    >>> stands_at(load_world(), "wit", "wrong"), stands_at(load_world(), "wit", "images")
    ('0.05', '65,536')
    """
    if knob in OF_TRAINING:
        return f"{getattr(Recipe('usual', 'resnet_xs', source, 'clip'), knob):,}"
    return knob_values(world, source, knob)


def knobs_table(world: World, sources: Sequence[str]) -> ThemedTable:
    """Tabulate every knob: what it is, how far it goes, and where it stands in some sources.

    Examples
    --------
    >>> from clipsafe_utils.lab.world.world import load_world
    >>> "share of line drawings" in knobs_table(load_world(), ["wit"]).markup
    True
    """
    rows = []
    for knob, meaning in MEANINGS.items():
        low, high = limits(knob)
        stands = {source: stands_at(world, source, knob) for source in sources}
        rows.append({"Knob": knob, "What it is": meaning, "Range": f"{low:,} to {high:,}", **stands})
    return table(pd.DataFrame(rows), "Every knob that --set takes, and where it stands in the sources.")


def comparison_rows(cube: xr.Dataset, model: str, confidence: float) -> list[dict[str, str]]:
    """Write `compare` as rows of a table, in percent and points."""
    source = unchanged_source(cube, model)
    return [
        {
            "property": COMPARED[row["property"]],
            "yours": _with_interval(row["yours"]),
            f"unchanged {source}": _with_interval(row["unchanged"]),
            "difference, points": cell_of(row["difference"]),
        }
        for row in compare(cube, model, confidence).to_dict("records")
    ]


def comparison_table(cube: xr.Dataset, model: str, confidence: float) -> ThemedTable:
    """Tabulate a model of one's own beside the unchanged recipe."""
    rows = comparison_rows(cube, model, confidence)
    return table(
        pd.DataFrame(rows),
        f"{label_of(model)}: one training, beside the mean of three of the unchanged recipe, in %, with "
        f"{level(confidence)} intervals over test images (and seeds, where there are three).",
    )


def numbers(
    world: World,
    knob: str,
    response: tuple[float, float, Value, Value] | None,
    stands: str,
    weights: Path,
) -> dict[str, str]:
    """Give every number of the prose by its key.

    Parameters
    ----------
    world : World
        The book's.
    knob : str
        The knob of the page.
    response : tuple or None
        As `clipsafe_utils.chapters.student_laboratory.analysis.response` returns it for shape bias.
    stands : str
        Where the knob stands in the sources.
    weights : Path
        Folder of the list of trained models.
    """
    values = {
        "student-laboratory-knob": knob,
        "student-laboratory-classes": str(world.classes),
        "student-laboratory-vocabulary": str(len(world.language.words)),
        "student-laboratory-stands": stands,
    }
    known = read_ledger(weights).get(UNCHANGED)
    if known is not None:
        values["student-laboratory-training"] = f"{known.seconds:.0f}\N{NO-BREAK SPACE}seconds"
    if response is not None:
        low, high, at_low, at_high = response
        scale = max(axis_of(knob)[1], 1.0)
        unit = "\N{NO-BREAK SPACE}%" if scale > 1 else ""
        values |= {
            "student-laboratory-low": f"{scale * low:,g}{unit}",
            "student-laboratory-high": f"{scale * high:,g}{unit}",
            "student-laboratory-at-low": _with_interval(at_low),
            "student-laboratory-at-high": _with_interval(at_high),
        }
    return complete(KEYS, values)


def verdicts(cubes: Mapping[str, xr.Dataset], models: Mapping[str, Sequence[str]], confidence: float) -> str:
    """Say of each model of one's own how its shape bias is against the unchanged recipe.

    Examples
    --------
    >>> verdicts({}, {}, 0.95)[:24]
    'No model of yours is amo'
    """
    said = []
    for study, names in models.items():
        for name in names:
            for row in compare(cubes[study], name, confidence).to_dict("records"):
                if row["property"] == "shape_bias":
                    said.append(f"the shape bias of *{label_of(name)}* is {moved(row['difference'])}")
    if said:
        return f"Against the unchanged recipe, {'; '.join(said)}."
    return (
        "No model of yours is among the studies: the figures show the shipped zoo, beside which your point "
        "will stand."
    )


def _with_interval(found: Value | None) -> str:
    if found is None:
        return NOT_MEASURED
    return f"{percent(found.estimate)} ({100 * found.low:.1f} to {100 * found.high:.1f})".replace("-", "−")
