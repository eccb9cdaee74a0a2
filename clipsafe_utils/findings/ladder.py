"""Means of cells of the laboratory, and differences between them, with intervals over seeds and images."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from clipsafe_utils.cubes.studies import find_study
from clipsafe_utils.metrics.runs import difference_of_runs, mean_of_runs
from clipsafe_utils.say import Value

RUNGS = {
    "a": "labels",
    "b": "labels read off captions",
    "c": "CLIP, names only",
    "d": "CLIP, whole captions",
}
"""Rungs of the ladder and what each trains with."""

SOURCES = {"labels": "labels (curated)", "wit": "wit (web)", "laion": "laion (web)"}
"""Training sources of the ladder, as figures name them."""

KNOBS = {
    "texture_correlation": "images with the typical texture, %",
    "wrong": "captions that name another object, %",
    "background_correlation": "images before a typical background, %",
    "rotation_sd": "standard deviation of the rotation, degrees",
    "images": "images, thousands",
    "batch": "batch",
}
"""Knobs and the axis that shows them."""

USUAL_LEVELS = {
    "texture_correlation": 0.5,
    "wrong": 0.05,
    "background_correlation": 0.3,
    "rotation_sd": 8.0,
    "images": 65536.0,
    "batch": 256.0,
}
"""Where the knobs stand in the ladder: in the source `wit`, at the usual quantity and batch."""

LOSS_OF_RUNG = {"a": "cross-entropy on true labels", "d": "CLIP's contrastive loss"}
"""What a rung of the ladder minimises, as the tables of doses call it."""

RATIOS = ("images", "batch")
"""Knobs whose levels are multiples of each other."""

_USUAL_SOURCE = "wit"
_SHARE_KNOBS = ("texture_correlation", "wrong", "background_correlation")


def axis_of(knob: str) -> tuple[str, float]:
    """Return the name of a knob's axis, and what its levels are multiplied by there.

    Examples
    --------
    >>> axis_of("wrong"), axis_of("images")
    (('captions that name another object, %', 100.0), ('images, thousands', 0.0009765625))
    """
    if knob in _SHARE_KNOBS:
        return KNOBS[knob], 100.0
    return KNOBS[knob], 1 / 1024 if knob == "images" else 1.0


def read_causes(studies: Sequence[str]) -> dict[str, xr.Dataset]:
    """Read the cube `causes` of every study that has it.

    Examples
    --------
    >>> read_causes(["published"])
    {}
    """
    return {study.name: study.read("causes") for study in map(find_study, studies) if study.has("causes")}


def ladder(cube: xr.Dataset, property_: str, confidence: float) -> pd.DataFrame:
    """Tabulate a property on every rung and source.

    Parameters
    ----------
    cube : xarray.Dataset
        A cube `causes`.
    property_ : str
        One of its properties.
    confidence : float
        Level of the intervals.

    Returns
    -------
    DataFrame
        Columns rung, source, value, low, high, runs and seeds (the values of the single trainings), in the
        order of `RUNGS` and `SOURCES`; cells that the cube lacks are left out.
    """
    rows = []
    for rung in RUNGS:
        for source in SOURCES:
            draws = cell(cube, property_, rung, source)
            if draws.shape[1]:
                rows.append({"rung": rung, "source": source, **_row(draws, confidence)})
    return pd.DataFrame(rows, columns=["rung", "source", "value", "low", "high", "runs", "seeds"])


def cell(cube: xr.Dataset, property_: str, rung: str, source: str) -> np.ndarray:
    """Return a property of all trainings of a rung on a source, shape (draws, runs)."""
    return _draws(cube, property_, members(cube, rung, source))


def members(cube: xr.Dataset, rung: str, source: str) -> NDArray[np.bool_]:
    """Return a mask of the trainings of a rung on a source, shape (models,)."""
    return np.asarray((cube["rung"].values == rung) & (_first_source(cube) == source))


def dose(cube: xr.Dataset, knob: str, property_: str, confidence: float) -> pd.DataFrame:
    """Tabulate a property at every level of a knob, the usual level from the ladder included.

    Returns
    -------
    DataFrame
        Columns loss, level, value, low, high, runs and seeds; sorted by loss and level.
    """
    rows = [
        {"loss": loss, "level": place, **_row(_draws(cube, property_, chosen), confidence)}
        for loss, by_level in levels(cube, knob).items()
        for place, chosen in by_level.items()
    ]
    table = pd.DataFrame(rows, columns=["loss", "level", "value", "low", "high", "runs", "seeds"])
    return table.sort_values(["loss", "level"], ignore_index=True)


def dose_difference(
    cube: xr.Dataset, knob: str, property_: str, confidence: float
) -> dict[str, tuple[float, float, Value]]:
    """Return, by loss, the lowest and the highest level of a knob and the difference between them."""
    found = {}
    for loss, by_level in levels(cube, knob).items():
        low, high = min(by_level), max(by_level)
        if low < high:
            lower, upper = (_draws(cube, property_, by_level[place]) for place in (low, high))
            found[loss] = (low, high, difference_of_runs(upper, lower, confidence))
    return found


def knobs_of(cube: xr.Dataset) -> list[str]:
    """Return the knobs that a cube varies, in the order of `KNOBS`."""
    turned = set(cube["knob"].values.tolist())
    return [knob for knob in KNOBS if knob in turned]


def levels(cube: xr.Dataset, knob: str) -> dict[str, dict[float, NDArray[np.bool_]]]:
    """Return a mask of the trainings at each level of a knob, by loss and level.

    The usual level is that of the ladder; a loss or a level without a training is left out.
    """
    turned = cube["knob"].values == knob
    loss, level = cube["loss"].values, cube["level"].values
    found: dict[str, dict[float, NDArray[np.bool_]]] = {}
    for one_loss in np.unique(loss[turned]).tolist():
        here = turned & (loss == one_loss)
        by_level = {float(place): here & (level == place) for place in np.unique(level[here])}
        for rung, its_loss in LOSS_OF_RUNG.items():
            usual = members(cube, rung, _USUAL_SOURCE)
            if its_loss == one_loss and usual.any():
                by_level[USUAL_LEVELS[knob]] = usual
        found[one_loss] = by_level
    return found


def draws_of(cube: xr.Dataset, property_: str, models: Sequence[str]) -> np.ndarray:
    """Return a property of some models of a cube `causes`, shape (draws, models)."""
    value = cube["value"].sel(property=property_, model=list(models)).transpose("draw", "model")
    return np.asarray(value.values, np.float64)


def _draws(cube: xr.Dataset, property_: str, chosen: np.ndarray) -> np.ndarray:
    value = cube["value"].sel(property=property_).transpose("draw", "model")
    return np.asarray(value.values[:, chosen], np.float64)


def _first_source(cube: xr.Dataset) -> np.ndarray:
    return np.array([str(source).split(",")[0] for source in cube["source"].values])


def _row(draws: np.ndarray, confidence: float) -> dict[str, object]:
    found = mean_of_runs(draws, confidence)
    return {
        "value": found.estimate,
        "low": found.low,
        "high": found.high,
        "runs": found.units,
        "seeds": draws[0].tolist(),
    }
