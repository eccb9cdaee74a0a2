"""Calibration as others tabulated it: what a row states, laid out as a cube without draws and bins."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import xarray as xr

from clipsafe_utils.cubes.schema import SCHEMAS
from clipsafe_utils.metrics.reliability import N_BINS
from clipsafe_utils.record.conditions import FACTS

SCALINGS = ("before", "after")
_NOT_STATED = "the table that the row is quoted from does not state it"


def lay_out(
    stated: Mapping[str, pd.DataFrame], temperature: pd.Series, image_size: pd.Series | None = None
) -> xr.Dataset:
    """Lay out what a table states on ImageNet's validation images, as a part of the cube `calibration`.

    Parameters
    ----------
    stated : mapping of str to DataFrame
        Variables of the cube: a row a network, the columns `SCALINGS`.
    temperature : Series
        By network, in the order of the rows.
    image_size : Series, optional
        By network: the side of its images.

    Returns
    -------
    xarray.Dataset
        Draw 0 alone, condition `id`; all that is not stated is NaN. `FACTS` stand beside it.
    """
    models = temperature.index
    sizes = {"draw": 1, "model": len(models), "condition": 1, "scaling": len(SCALINGS), "bin": N_BINS}
    schema = SCHEMAS["calibration"]
    variables = [*schema.variables, *(one for one in schema.optional if one.name in stated)]
    cube = xr.Dataset(
        {
            one.name: (
                one.dims,
                np.full([sizes[dim] for dim in one.dims], np.nan),
                {"not_measured": _NOT_STATED},
            )
            for one in variables
        },
        {
            "draw": [0],
            "model": models.to_numpy(),
            "condition": ["id"],
            "scaling": list(SCALINGS),
            "bin": np.arange(N_BINS),
        },
    )
    for name, table in stated.items():
        cube[name].values[0, :, 0] = table.loc[models, list(SCALINGS)]
    cube["temperature"].values[0] = temperature
    unknown = pd.Series(np.nan, models)
    facts = dict.fromkeys(FACTS, unknown) | ({} if image_size is None else {"image_size": image_size})
    return cube.assign(
        {name: ("model", fact.loc[models].to_numpy(dtype=float)) for name, fact in facts.items()}
    )
