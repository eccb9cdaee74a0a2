"""What the statistics of detection read: mean AUROC, accuracy in distribution, and both in one cloud."""

from collections.abc import Sequence

import numpy as np
import xarray as xr

from clipsafe_utils.claims.choices import Choices
from clipsafe_utils.claims.reading import NotMeasuredError, Reader
from clipsafe_utils.cubes.selection import select_with_conditions
from clipsafe_utils.findings.shift.clouds import IN_DISTRIBUTION, in_distribution, make_cloud
from clipsafe_utils.findings.shift.detection import mean_over_kinds

_OTHER_REFERENCE = {"labels": "wit", "wit": "labels"}


def mean_auroc(cube: xr.Dataset, choices: Choices) -> xr.DataArray:
    """Average AUROC over kinds of set: without the dims score and ood_set.

    Of sets that two references chose, `filtered_by` says whose version counts.
    """
    if choices.score not in cube["score"].values:
        raise NotMeasuredError(f"no detection by the score {choices.score}")
    names = _without_the_other(cube["ood_set"].values.tolist(), choices.filtered_by)
    if not names:
        raise NotMeasuredError("no set that was chosen by both references")
    return mean_over_kinds(cube[["auroc"]].sel(score=choices.score, ood_set=names))["auroc"]


def accuracy_in_distribution(reader: Reader) -> tuple[xr.DataArray, xr.Dataset]:
    """Return accuracy in distribution and the models that have it, each network once.

    Dims draw and model, one draw where a study has none.
    """
    shifts = _shifts(reader)
    counts, models = select_with_conditions(shifts, reader.models, reader.groups, [in_distribution(shifts)])
    of_set = counts.isel(condition=0)
    if "draw_hits" in of_set:
        return of_set["draw_hits"] / of_set["draw_images"], models
    return (of_set["hits"] / of_set["images"]).expand_dims("draw"), models


def detection_cloud(reader: Reader, choices: Choices) -> xr.Dataset:
    """Return mean AUROC against accuracy in distribution, as `make_cloud` has them."""
    panel, shifts = reader.needed("ood"), _shifts(reader)
    area = mean_auroc(panel.cube.isel(draw=0), choices)
    cloud = make_cloud(shifts, reader.models, reader.groups, in_distribution(shifts))
    inside = area["model"].values[((area > 0) & (area < 1)).values]
    cloud = cloud.isel(model=np.isin(cloud["model"].values, inside))
    height = area.sel(model=cloud["model"].values).values.astype(np.float64)
    return cloud.assign(y=("model", height))


def _shifts(reader: Reader) -> xr.Dataset:
    shifts = reader.cube("shifts")
    if shifts is None or not {*IN_DISTRIBUTION} & {*shifts["condition"].values.tolist()}:
        raise NotMeasuredError("no accuracy in distribution")
    return shifts


def _without_the_other(names: Sequence[str], reference: str) -> list[str]:
    """Drop the sets that the other reference chose; empty where no set stands in both versions."""
    if reference not in _OTHER_REFERENCE:
        return list(names)
    ending = f"_{_OTHER_REFERENCE[reference]}"
    twice = [
        name
        for name in names
        if name.endswith(ending) and f"{name.removesuffix(ending)}_{reference}" in names
    ]
    return [name for name in names if name not in twice] if twice else []
