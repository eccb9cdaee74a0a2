"""Chapter 4 in the laboratory: which trainings are compared, and the differences between them."""

from collections.abc import Mapping

import numpy as np
import xarray as xr

from clipsafe_utils.findings.ladder import cell, dose_difference, step
from clipsafe_utils.metrics.runs import mean_of_runs
from clipsafe_utils.say import Value

Place = tuple[str, str]
"""A cell of the ladder: rung and source."""

CONTROL, NAMES, CLIP_ON_WIT = ("a", "wit"), ("c", "wit"), ("d", "wit")

STEPS: Mapping[str, tuple[str, Place, Place]] = {
    "loss": ("CLIP's loss and names, not labels (c less a, wit)", NAMES, CONTROL),
    "captions": ("whole captions, not names (d less c, wit)", CLIP_ON_WIT, NAMES),
    "curated": ("images of wit, not of labels (a)", CONTROL, ("a", "labels")),
    "source": ("laion, not wit (d)", ("d", "laion"), CLIP_ON_WIT),
}
"""Steps on the ladder: what a table calls each, the upper cell, the lower."""

BATCH = "batch"
DOSES: Mapping[str, tuple[str, float, str]] = {
    "images": ("images, equal samples seen", 1.0, "{:,.0f}"),
    BATCH: ("batch", 1.0, "{:,.0f}"),
    "wrong": ("captions that are wrong", 100.0, "{:.0f}\N{NO-BREAK SPACE}%"),
}
"""Knobs: what a table calls each, what a level is multiplied by, and how it is written."""


def mean_at(cube: xr.Dataset, property_: str, place: Place, confidence: float) -> Value | None:
    """Return the mean of a property over the seeds of a cell of the ladder; None where it is missing."""
    if property_ not in cube["property"].values:
        return None
    draws = cell(cube, property_, *place)
    return mean_of_runs(draws, confidence) if draws.shape[1] else None


def step_of(cube: xr.Dataset, property_: str, name: str, confidence: float) -> Value | None:
    """Return the difference of a property over one of `STEPS`; None where a side is missing."""
    if property_ not in cube["property"].values:
        return None
    _, upper, lower = STEPS[name]
    return step(cube, property_, upper, lower, confidence)


def dose_of(
    cube: xr.Dataset, property_: str, knob: str, confidence: float
) -> tuple[float, float, Value | None]:
    """Return the lowest and the highest level of a knob for CLIPs, and the difference between them."""
    if property_ in cube["property"].values:
        for loss, found in dose_difference(cube, knob, property_, confidence).items():
            if "CLIP" in loss:
                return found
    return np.nan, np.nan, None


def written_level(knob: str, place: float) -> str:
    r"""Write the level of a knob.

    Examples
    --------
    >>> written_level("wrong", 0.2), written_level("images", 4096)
    ('20\xa0%', '4,096')
    """
    _, unit, shape = DOSES[knob]
    return shape.format(unit * place)
