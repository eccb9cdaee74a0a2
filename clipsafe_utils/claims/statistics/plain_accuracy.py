"""Accuracy in distribution, which several statistics hold something against."""

from dataclasses import dataclass

import xarray as xr

from clipsafe_utils.claims.reading import NotMeasuredError, Reader
from clipsafe_utils.cubes import GROUPS
from clipsafe_utils.cubes.selection import select_with_conditions
from clipsafe_utils.findings.shift.clouds import IN_DISTRIBUTION, in_distribution


@dataclass(frozen=True)
class PlainAccuracy:
    """Accuracy in distribution of the models that have it, each network once."""

    shares: xr.DataArray  # Dims draw and model; one draw where a study has none.
    models: xr.Dataset
    error: xr.DataArray  # By model: the binomial standard error over images.


def plain_accuracy(reader: Reader) -> PlainAccuracy:
    """Read it; NotMeasuredError where a study has none."""
    shifts = reader.cube("shifts")
    if shifts is None or not {*IN_DISTRIBUTION} & {*shifts["condition"].values.tolist()}:
        raise NotMeasuredError("no accuracy in distribution")
    condition = in_distribution(shifts)
    counts, models = select_with_conditions(shifts, reader.models, tuple(GROUPS), [condition])
    of_set = counts.isel(condition=0, drop=True)
    share = of_set["hits"] / of_set["images"]
    error = (share * (1 - share) / of_set["images"]) ** 0.5
    if "draw_hits" in of_set:
        return PlainAccuracy(of_set["draw_hits"] / of_set["draw_images"], models, error)
    return PlainAccuracy(share.expand_dims("draw"), models, error)
