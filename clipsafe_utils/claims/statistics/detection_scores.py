"""What the statistics of detection read: AUROC, averaged over kinds of set."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import xarray as xr

from clipsafe_utils.claims.choices import Choices
from clipsafe_utils.claims.reading import NotMeasuredError, Reader
from clipsafe_utils.cubes import GROUPS, select_models
from clipsafe_utils.findings.shift.detection import mean_over_kinds, measured_together
from clipsafe_utils.metrics.arguments import Array
from clipsafe_utils.metrics.ood import auroc_error

CUBE = "ood"
_OTHER_REFERENCE = {"labels": "wit", "wit": "labels"}


@dataclass(frozen=True)
class Areas:
    """Mean AUROC over sets that were measured together, each network once."""

    values: xr.DataArray  # Dims draw and model.
    models: xr.Dataset
    errors: xr.DataArray | None  # By model, where there are no draws.

    def of(self, models: xr.Dataset) -> Array:
        """Return the estimates of some models, by any row of their checkpoint; NaN where there is none."""
        checkpoints = self.models["checkpoint"].values.tolist()
        found = dict(zip(checkpoints, self.values.isel(draw=0).values.tolist(), strict=True))
        return np.array([found.get(name, np.nan) for name in models["checkpoint"].values.tolist()])


def areas_together(reader: Reader, choices: Choices) -> list[Areas]:
    """Average AUROC over each group of sets that were measured together, that of most models first.

    A network counts by its first row that was measured on these sets, even where a source that comes before
    measured it on others.
    """
    reader.needed(CUBE)
    cube = reader.cube(CUBE)
    assert cube is not None  # It is needed above.
    names = _sets(cube, choices)
    found = []
    for together in measured_together(cube["auroc"].sel(score=choices.score, ood_set=names)):
        of_sets = cube.sel(ood_set=together)
        area = mean_auroc(of_sets, replace(choices, filtered_by="both"))
        measured = of_sets.isel(model=area.notnull().all("draw").values)
        if not measured.sizes["model"]:
            continue
        kept, models = select_models(measured, reader.models, tuple(GROUPS))
        own = area.sel(model=kept["model"].values)
        found.append(Areas(own, models, auroc_errors(kept, replace(choices, filtered_by="both"))))
    if not found:
        raise NotMeasuredError("no network whose detection is known")
    return found


def mean_auroc(cube: xr.Dataset, choices: Choices) -> xr.DataArray:
    """Average AUROC over kinds of set: without the dims score and ood_set.

    Of sets that two references chose, `filtered_by` says whose version counts.
    """
    names = _sets(cube, choices)
    return mean_over_kinds(cube[["auroc"]].sel(score=choices.score, ood_set=names))["auroc"]


def auroc_errors(cube: xr.Dataset, choices: Choices) -> xr.DataArray | None:
    """Return the standard error of `mean_auroc` by model, from numbers of images; None with draws.

    As if all sets erred together, since their in-distribution images are the same.
    """
    if cube.sizes["draw"] > 1 or "id_images" not in cube:
        return None
    of_sets = cube[["auroc"]].isel(draw=[0])
    error = auroc_error(of_sets["auroc"], cube["id_images"], cube["ood_images"])
    squares = of_sets.assign(auroc=of_sets["auroc"].copy(data=error**2))
    return mean_auroc(squares, choices).isel(draw=0) ** 0.5


def _sets(cube: xr.Dataset, choices: Choices) -> list[str]:
    if choices.score not in cube["score"].values:
        raise NotMeasuredError(f"no detection by the score {choices.score}")
    names = _without_the_other(cube["ood_set"].values.tolist(), choices.filtered_by)
    if not names:
        raise NotMeasuredError("no set that was chosen by both references")
    return names


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
