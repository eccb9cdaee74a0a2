"""Means of cells of the laboratory, and differences between them, with intervals over seeds and images."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from clipsafe_utils.cubes.studies import find_study
from clipsafe_utils.metrics.runs import mean_of_runs

RUNGS = {
    "a": "labels",
    "b": "labels read off captions",
    "c": "CLIP, names only",
    "d": "CLIP, whole captions",
}
"""Rungs of the ladder and what each trains with."""

SOURCES = {"labels": "labels (curated)", "wit": "wit (web)", "laion": "laion (web)"}
"""Training sources of the ladder, as figures name them."""


class Knob(NamedTuple):
    """How a knob is shown, and where it stands in the ladder."""

    axis: str
    scale: float  # what levels are multiplied by on the axis
    usual: float  # in the source `wit`, at the usual quantity and batch


KNOBS = {
    "texture_correlation": Knob("images with the typical texture, %", 100.0, 0.5),
    "wrong": Knob("captions that name another object, %", 100.0, 0.05),
    "background_correlation": Knob("images before a typical background, %", 100.0, 0.3),
    "rotation_sd": Knob("standard deviation of the rotation, degrees", 1.0, 8.0),
    "images": Knob("images, thousands", 1 / 1024, 65536.0),
    "batch": Knob("batch", 1.0, 256.0),
}

LOSS_OF_RUNG = {"a": "cross-entropy on true labels", "d": "CLIP's contrastive loss"}
"""What a rung of the ladder minimises, as the tables of doses call it."""

RATIOS = ("images", "batch")  # knobs whose levels are multiples of each other

_USUAL_SOURCE = "wit"

MEAN_COLUMNS = ["value", "low", "high", "runs", "seeds"]
"""Of a mean over trainings, its interval, their number, and the list of their single values."""


def axis_of(knob: str) -> tuple[str, float]:
    """Return the name of a knob's axis, and what its levels are multiplied by there."""
    return KNOBS[knob].axis, KNOBS[knob].scale


def read_causes(studies: Sequence[str]) -> dict[str, xr.Dataset]:
    """Read the cube `causes` of every study that has it."""
    return {study.name: study.read("causes") for study in map(find_study, studies) if study.has("causes")}


def ladder(cube: xr.Dataset, property_: str, confidence: float) -> pd.DataFrame:
    """Tabulate a property on every rung and source that a cube `causes` has.

    Columns rung, source and `MEAN_COLUMNS`, in the order of `RUNGS` and `SOURCES`.
    """
    cells = {(rung, source): cell(cube, property_, rung, source) for rung in RUNGS for source in SOURCES}
    rows = [(*place, *_mean(draws, confidence)) for place, draws in cells.items() if draws.shape[1]]
    return pd.DataFrame(rows, columns=["rung", "source", *MEAN_COLUMNS])


def cell(cube: xr.Dataset, property_: str, rung: str, source: str) -> np.ndarray:
    """Return a property of all trainings of a rung on a source, shape (draws, runs)."""
    return draws_at(cube, property_, members(cube, rung, source))


def members(cube: xr.Dataset, rung: str, source: str) -> NDArray[np.bool_]:
    """Return a mask of the trainings of a rung on a source, shape (models,)."""
    first = np.array([str(name).split(",")[0] for name in cube["source"].values])
    return np.asarray((cube["rung"].values == rung) & (first == source))


def dose(cube: xr.Dataset, knob: str, property_: str, confidence: float) -> pd.DataFrame:
    """Tabulate a property at every level of a knob, the usual level from the ladder included.

    Columns loss, level and `MEAN_COLUMNS`; sorted by loss and level.
    """
    rows = [
        (loss, place, *_mean(draws_at(cube, property_, chosen), confidence))
        for loss, by_level in levels(cube, knob).items()
        for place, chosen in by_level.items()
    ]
    table = pd.DataFrame(rows, columns=["loss", "level", *MEAN_COLUMNS])
    return table.sort_values(["loss", "level"], ignore_index=True)


def levels(cube: xr.Dataset, knob: str) -> dict[str, dict[float, NDArray[np.bool_]]]:
    """Return a mask of the trainings at each level of a knob, by loss and level.

    The usual level is that of the ladder; a loss or a level without a training is left out.
    """
    turned = cube["knob"].values == knob
    loss, level = cube["loss"].values, cube["level"].values
    masks: dict[str, dict[float, NDArray[np.bool_]]] = {}
    for one_loss in np.unique(loss[turned]).tolist():
        of_loss = turned & (loss == one_loss)
        by_level = {float(place): of_loss & (level == place) for place in np.unique(level[of_loss])}
        for rung, its_loss in LOSS_OF_RUNG.items():
            usual = members(cube, rung, _USUAL_SOURCE)
            if its_loss == one_loss and usual.any():
                by_level[KNOBS[knob].usual] = usual
        masks[one_loss] = by_level
    return masks


def draws_of(cube: xr.Dataset, property_: str, models: Sequence[str]) -> np.ndarray:
    """Return a property of some models of a cube `causes`, shape (draws, models)."""
    value = cube["value"].sel(property=property_, model=list(models)).transpose("draw", "model")
    return np.asarray(value.values, np.float64)


def draws_at(cube: xr.Dataset, property_: str, chosen: np.ndarray) -> np.ndarray:
    """Return a property of the trainings of a mask, shape (draws, runs)."""
    value = cube["value"].sel(property=property_).transpose("draw", "model")
    return np.asarray(value.values[:, chosen], np.float64)


def _mean(draws: np.ndarray, confidence: float) -> tuple[object, ...]:
    """Return the entries of `MEAN_COLUMNS`."""
    mean = mean_of_runs(draws, confidence)
    return mean.estimate, mean.low, mean.high, mean.units, draws[0].tolist()
