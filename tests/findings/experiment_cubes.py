"""Cubes `causes` of experiments whose numbers can be worked out by hand."""

from collections.abc import Mapping

import numpy as np
import xarray as xr

from clipsafe_utils.findings.experiments.cells import Experiments
from tests.conftest import labelled

SEED_STEPS = (0.0, 0.01, -0.01)
REPLICATES = 20


def made_up(
    means: Mapping[str, Mapping[str, float]], study: str = "experiments", seeds: int = 3
) -> xr.Dataset:
    """Give each model `{name}` with `{seed}` in it a property its mean, moved by its seed; all draws agree.

    A name without `{seed}` is one model, with its mean as it is.
    """
    properties = list(dict.fromkeys(name for one in means.values() for name in one))
    rows = {
        f"{study}:{name.format(seed=seed)}": [
            one.get(property_, np.nan) + (SEED_STEPS[seed] if "{seed}" in name else 0.0)
            for property_ in properties
        ]
        for name, one in means.items()
        for seed in (range(seeds) if "{seed}" in name else [0])
    }
    values = np.tile(np.array(list(rows.values()), float), (1 + REPLICATES, 1, 1))
    texts = dict.fromkeys(("rung", "knob", "loss", "source"), "none")
    columns = {name: ("model", [text] * len(rows)) for name, text in texts.items()}
    columns |= {name: ("model", np.zeros(len(rows))) for name in ("level", "seed")}
    cube = xr.Dataset(
        {"value": (("draw", "model", "property"), values)} | columns,
        coords={"draw": range(1 + REPLICATES), "model": list(rows), "property": properties},
    )
    cube = labelled(cube, "causes")
    cube["value"].attrs["not_measured"] = "a study lacks it"
    return cube


def experiments(means: Mapping[str, Mapping[str, float]], seeds: int = 3) -> Experiments:
    """Read made-up trainings, at 95 %."""
    return Experiments([without_study(made_up(means, seeds=seeds))], 0.95)


def without_study(cube: xr.Dataset) -> xr.Dataset:
    """Name models as a finding does."""
    return cube.assign_coords(model=[name.split(":")[1] for name in cube["model"].values.tolist()])


def biases(means: Mapping[str, float], seeds: int = 3) -> Experiments:
    """Give trainings a shape bias."""
    return experiments({name: {"shape_bias": bias} for name, bias in means.items()}, seeds)
