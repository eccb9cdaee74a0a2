"""What came out of the miniature world: steps of the ladder, dose and response."""

from collections.abc import Sequence

import pandas as pd
import xarray as xr

from clipsafe_utils.cubes.panels import Panel, left_out, read_panels
from clipsafe_utils.cubes.studies import list_studies
from clipsafe_utils.findings.ladder import SOURCES, dose, ladder, step
from clipsafe_utils.findings.properties import Property
from clipsafe_utils.say import Value

STUDY = "miniature"
"""The study that a clone may lack: it is made by training."""

PROPERTIES = {
    "accuracy": "Accuracy",
    "accuracy_shifts": "Accuracy under shift",
    "shape_bias": "Shape bias",
    "auroc": "AUROC",
    "ece_debiased_before_natural": "Debiased error",
}
"""Properties of the cube `causes` that the page tabulates, and what it calls them."""

DRAWN = {
    "accuracy": Property("Accuracy, natural images", "right, %", is_share=True),
    "shape_bias": Property("Shape bias", "by shape, %", is_share=True),
    "auroc": Property("Detection of foreign images", "AUROC, %", is_share=True),
}
"""Properties that the figure of the ladder shows."""

IMAGES, NOISE, LOSS, CAPTIONS = "images", "noise", "loss", "captions"
STEPS = {
    IMAGES: ("other images, for those of labels (a)", "a", "a"),
    NOISE: ("labels read off captions, for true ones (b for a)", "b", "a"),
    LOSS: ("CLIP's loss and names, for labels (c for a)", "c", "a"),
    CAPTIONS: ("whole captions, for names (d for c)", "d", "c"),
}
"""One thing changed: its title, and the rungs whose difference tells."""

CURATED = "labels"
"""The source that the images of others are compared with."""


def results(studies: Sequence[str], groups: Sequence[str]) -> tuple[list[Panel], list[str]]:
    """Read the cube `causes` of each study that has one, and say which have none.

    Parameters
    ----------
    studies : sequence of str
        Names or folders. The study `miniature` may be missing.
    groups : sequence of str
        Groups of models to keep.

    Examples
    --------
    >>> results(["published"], ["standard"])[0]
    []
    """
    is_made = STUDY in [study.name for study in list_studies()]
    there = [study for study in studies if study != STUDY or is_made]
    sentences = left_out(there, "causes", groups)
    if len(there) < len(studies):
        sentences.append(f"The study `{STUDY}` was not made here: its panel is left out.")
    return read_panels(there, "causes", groups), sentences


def ladder_tables(panels: Sequence[Panel], confidence: float) -> dict[Property, pd.DataFrame]:
    """Tabulate properties along the ladder of the first study, as `figures.causes.ladder` draws them.

    Examples
    --------
    >>> [table.empty for table in ladder_tables([], 0.95).values()]
    [True, True, True]
    """
    return {
        drawn: ladder(panels[0].cube, name, confidence) if panels else pd.DataFrame(columns=["source"])
        for name, drawn in DRAWN.items()
    }


def steps(cube: xr.Dataset, confidence: float) -> dict[tuple[str, str, str], Value]:
    """Return the difference that each step of the ladder makes to each property.

    Parameters
    ----------
    cube : xarray.Dataset
        A cube `causes`.
    confidence : float
        Level of the intervals.

    Returns
    -------
    dict of (step, source, property) to Value
        Steps are those of `STEPS`; what the cube does not hold is left out.
    """
    found = {}
    for name, (_, upper, lower) in STEPS.items():
        for source in SOURCES:
            if name == IMAGES and source == CURATED:
                continue
            start = CURATED if name == IMAGES else source
            for property_ in PROPERTIES:
                one = step(cube, property_, (upper, source), (lower, start), confidence)
                if one is not None:
                    found[name, source, property_] = one
    return found


def texture_doses(cube: xr.Dataset, confidence: float) -> dict[str, pd.DataFrame]:
    """Tabulate shape bias by the share of typical textures, for each loss with more than one level.

    Returns
    -------
    dict of str to DataFrame
        By loss; columns as of `dose`, sorted by level.
    """
    table = dose(cube, "texture_correlation", "shape_bias", confidence)
    return {str(loss): rows for loss, rows in table.groupby("loss") if len(rows) > 1}
