"""Accuracy in distribution, which several statistics hold something against."""

from dataclasses import dataclass

import numpy as np
import xarray as xr

from clipsafe_utils.claims.reading import NotMeasuredError, Reader
from clipsafe_utils.cubes import GROUPS
from clipsafe_utils.cubes.selection import select_with_conditions
from clipsafe_utils.findings.shift.clouds import IN_DISTRIBUTION, in_distribution
from clipsafe_utils.metrics.arguments import Array


@dataclass(frozen=True)
class PlainAccuracy:
    """Accuracy in distribution of the models that have it, each network once."""

    shares: xr.DataArray  # Dims draw and model; one draw where a study has none.
    models: xr.Dataset
    error: xr.DataArray  # By model: the binomial standard error over images.

    def beside(self, models: xr.Dataset) -> tuple[xr.Dataset, Array]:
        """Cut models to those that have it, by any row of their checkpoint, and return theirs: draws, models.

        Detection and retrieval were seldom measured by those who measured accuracy.
        """
        checkpoints = self.models["checkpoint"].values.tolist()
        place = {checkpoint: number for number, checkpoint in enumerate(checkpoints)}
        known = models.isel(model=np.isin(models["checkpoint"].values, checkpoints))
        places = [place[checkpoint] for checkpoint in known["checkpoint"].values.tolist()]
        return known, np.asarray(self.shares.transpose("draw", "model").values[:, places], np.float64)


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
