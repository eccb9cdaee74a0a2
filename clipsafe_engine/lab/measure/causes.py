"""One number a property of each model, in every draw: what a ladder or a knob is read by."""

from collections.abc import Mapping

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from clipsafe_engine.lab.measure.sets import KINDS_OF_OOD, KINDS_OF_SHIFT, NATURAL, OWN_SOURCE, SEQUENCES
from clipsafe_engine.lab.world.sets import TEXTURES
from clipsafe_engine.measure.model import DECIDED, OUTCOMES
from clipsafe_utils.cubes.schema import HEADLINE_FACTORS

Draws = NDArray[np.float64]

SCORE = "maximum_softmax"
"""Of the properties `auroc_*`: the score that every model has."""

CALIBRATION = ("ece", "ece_debiased", "nll")
SCALINGS = ("before", "after")
SHIFTED = "shifts"
"""The mean over kinds of shift, in names of properties."""

MEANINGS = (
    "accuracy: on the natural images that fit no temperature; accuracy_<shift>; accuracy_shifts: mean over "
    "kinds of shift; accuracy_<factor>_<texture>: on a one-factor set, plain_<texture> is what the others "
    "start from; relative_<factor>_<texture>: divided by accuracy on the plain set; shape_bias; cue_decided: "
    "share of conflict images named by shape or texture; <error>_<scaling>_<natural, own_source, shifts>: "
    "before or after temperature scaling; temperature; auroc_<set>: by maximum softmax probability; auroc: "
    "mean over kinds of set"
)
"""What the names of properties stand for."""


def properties(tables: Mapping[str, xr.Dataset]) -> xr.Dataset:
    """Take the properties of one model from its tables.

    Parameters
    ----------
    tables : mapping of str to Dataset
        `outcomes`, `decided`, `calibration` and `ood`, as of `measure_model`.

    Returns
    -------
    Dataset, dims (draw, model, property)
        The variable value. A relative accuracy is NaN where none of the plain images is right, a shape bias
        where no image is decided by shape or texture.
    """
    one = {name: table.isel(model=0, drop=True).transpose("draw", ...) for name, table in tables.items()}
    found = {
        **_accuracies(one[OUTCOMES]),
        **_shape_bias(one[DECIDED]),
        **_calibration(one["calibration"]),
        **_detection(one["ood"]),
    }
    model = tables[OUTCOMES]["model"].values
    values = np.stack(list(found.values()), axis=-1)[:, None]
    return xr.Dataset(
        {"value": (("draw", "model", "property"), values)},
        coords={"draw": one[OUTCOMES]["draw"].values, "model": model, "property": list(found)},
    )


def _accuracies(outcomes: xr.Dataset) -> dict[str, Draws]:
    share = (outcomes["hits"] / outcomes["images"]).to_dataset("outcome")
    accuracy = {str(name): values.values for name, values in share.items()}
    shifts = [outcome for outcomes in KINDS_OF_SHIFT.values() for outcome in outcomes]
    found = {"accuracy": accuracy[NATURAL], f"accuracy_{OWN_SOURCE}": accuracy[OWN_SOURCE]}
    found |= {f"accuracy_{name}": accuracy[name] for name in shifts}
    found[f"accuracy_{SHIFTED}"] = mean_over_kinds(accuracy, KINDS_OF_SHIFT)
    for texture in TEXTURES:
        plain = accuracy[f"plain_{texture}"]
        found[f"accuracy_plain_{texture}"] = plain
        for factor in HEADLINE_FACTORS:
            moved = accuracy[f"{factor}_{texture}"]
            found[f"accuracy_{factor}_{texture}"] = moved
            found[f"relative_{factor}_{texture}"] = _ratio(moved, plain)
    return found


def _shape_bias(decided: xr.Dataset) -> dict[str, Draws]:
    count = decided["count"].astype(float)
    shape, texture = (count.sel(decision=name).values for name in ("shape", "texture"))
    images = count.sum("decision").values
    return {"shape_bias": _ratio(shape, shape + texture), "cue_decided": (shape + texture) / images}


def _calibration(calibration: xr.Dataset) -> dict[str, Draws]:
    # Calibration is measured on frames, not on whole sequences.
    kinds = {**KINDS_OF_SHIFT, SEQUENCES: (SEQUENCES,)}
    found = {}
    for error in CALIBRATION:
        for scaling in SCALINGS:
            here = calibration[error].sel(scaling=scaling)
            values = {str(name): here.sel(condition=name).values for name in here["condition"].values}
            values[SHIFTED] = mean_over_kinds(values, kinds)
            for condition in (NATURAL, OWN_SOURCE, SHIFTED):
                found[f"{error}_{scaling}_{condition}"] = values[condition]
    return {**found, "temperature": calibration["temperature"].values}


def _detection(ood: xr.Dataset) -> dict[str, Draws]:
    area = ood["auroc"].sel(score=SCORE)
    values = {str(name): area.sel(ood_set=name).values for name in area["ood_set"].values}
    found = {f"auroc_{name}": of_set for name, of_set in values.items()}
    return {**found, "auroc": mean_over_kinds(values, KINDS_OF_OOD)}


def mean_over_kinds(values: Mapping[str, Draws], kinds: Mapping[str, tuple[str, ...]]) -> Draws:
    """Average over sets such that each kind counts once.

    Examples
    --------
    >>> values = {"a": np.array([0.1]), "b": np.array([0.3]), "c": np.array([0.6])}
    >>> mean_over_kinds(values, {"first": ("a", "b"), "second": ("c",)})
    array([0.4])
    """
    by_kind = [np.mean([values[name] for name in names], axis=0) for names in kinds.values()]
    return np.asarray(np.mean(by_kind, axis=0))


def _ratio(part: Draws, whole: Draws) -> Draws:
    return np.divide(part, whole, out=np.full_like(part, np.nan), where=whole > 0)
