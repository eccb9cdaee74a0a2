"""The laboratory of chapter 7: the ladder and the knobs of numbers that can be worked out by hand."""

import numpy as np
import xarray as xr

from clipsafe_utils.cubes.schema import HEADLINE_FACTORS
from clipsafe_utils.findings.properties import relative_accuracy
from clipsafe_utils.findings.shift.laboratory import Laboratory
from tests.chapters.synthetic_causes import synthetic_causes

START = {"accuracy": 0.5, "shape_bias": 0.2, "temperature": 0.8, "auroc": 0.4}


def ladder_and_knobs() -> Laboratory:
    """Give every property its start, the ten factors from 0.1 to 1."""
    factors = {relative_accuracy(factor): 0.1 * place for place, factor in enumerate(HEADLINE_FACTORS, 1)}
    cube = synthetic_causes(START | factors)
    return Laboratory(cube, _described(cube))


def _described(cube: xr.Dataset) -> xr.Dataset:
    """Describe every model of a cube as a control."""
    names = cube["model"].values
    text = {"group": "control", "training_source": "wit", "architecture": "resnet_xs"}
    columns = {name: ("model", [value] * names.size) for name, value in text.items()}
    columns |= {name: ("model", np.full(names.size, 65536.0)) for name in ("training_images", "samples_seen")}
    columns["checkpoint"] = ("model", names)
    return xr.Dataset(columns, coords={"model": names})
