"""What the statistics of detection read: AUROC, averaged over kinds of set."""

from collections.abc import Sequence

import xarray as xr

from clipsafe_utils.claims.choices import Choices
from clipsafe_utils.claims.reading import NotMeasuredError
from clipsafe_utils.findings.shift.detection import mean_over_kinds
from clipsafe_utils.metrics.ood import auroc_error

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
