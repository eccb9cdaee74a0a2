"""Chapter 1: what is computed from the residuals of CLIP models on visual factors."""

from collections.abc import Mapping
from itertools import product
from typing import Any

import numpy as np
import xarray as xr

from clipsafe_utils.cubes import HEADLINE_FACTORS, OVERALL, clip_models
from clipsafe_utils.cubes.panels import Panel
from clipsafe_utils.cubes.selection import CLIP_GROUPS
from clipsafe_utils.metrics.baseline import predict_baseline
from clipsafe_utils.metrics.groups import group_means
from clipsafe_utils.metrics.intervals import holm
from clipsafe_utils.metrics.labelled import effective_robustness

CHOICES: Mapping[str, tuple[str, ...]] = {
    "selection": ("top", "multi"),
    "axes": ("raw", "probit"),
    "reference": ("overall", "without_factor"),
    "fit": ("huber", "least_squares", "local"),
}
"""What an analyst has to choose; the figure of every choice crosses all of them."""

COMPARED_GROUPS = ("contrastive", "more_data", "robust_intervention", *CLIP_GROUPS)

GRID = 50
"""Points at which a line is drawn."""

ALPHA = 0.05
"""Level of the verdict on one factor after Holm's correction over all CLIPs and factors shown."""


def verdicts(result: xr.Dataset, models: xr.Dataset) -> xr.DataArray:
    """Say of each CLIP and factor whether it stands above or below what new standard families do.

    Parameters
    ----------
    result : xarray.Dataset
        `clipsafe_utils.metrics.labelled.effective_robustness`.
    models : xarray.Dataset
        The cube `models` in the same order.

    Returns
    -------
    xarray.DataArray
        "above", "below", "within" or "not measured", with the dims model and factor. P-values are
        Holm's over all CLIPs and factors of the chapter; unsupported residuals take no part.
    """
    clips = result.sel(model=clip_models(models)["model"].values)
    measured = clips["measured"].values
    adjusted = np.ones(measured.shape)
    if measured.any():
        adjusted[measured] = holm(clips["p_value"].values[measured])
    direction = np.where(clips["residual"].values > 0, "above", "below")
    words = np.where(adjusted < ALPHA, direction, "within")
    return clips["residual"].copy(data=np.where(measured, words, "not measured")).rename("verdict")


def baseline_lines(result: xr.Dataset, models: xr.Dataset, baseline_group: str) -> xr.DataArray:
    """Read the baseline's fit of each factor on a grid, for drawing.

    Parameters
    ----------
    result : xarray.Dataset
        `effective_robustness`; its attributes name the fit and the axes.
    models : xarray.Dataset
        The cube `models` in the same order.
    baseline_group : str
        Group that the line is fitted to.

    Returns
    -------
    xarray.DataArray
        Predicted accuracy, dims factor and at; the coordinate `reference_accuracy` spans the group.
    """
    baseline = result.isel(model=(models["group"] == baseline_group).values).transpose("factor", "model")
    x, y = baseline["reference_accuracy"].values, baseline["accuracy"].values
    grid = np.linspace(x.min(axis=1), x.max(axis=1), GRID, axis=1)
    predicted = predict_baseline(x, y, grid, result.attrs["fit"], result.attrs["axes"])
    return xr.DataArray(
        predicted,
        coords={"factor": baseline["factor"].values, "reference_accuracy": (("factor", "at"), grid)},
        dims=("factor", "at"),
    )


def group_residuals(
    results: Mapping[str, xr.Dataset], models: Mapping[str, xr.Dataset], confidence: float
) -> dict[str, xr.Dataset]:
    """Average the supported residuals over the families of each group, by study.

    Examples
    --------
    >>> group_residuals({}, {}, 0.95)
    {}
    """
    means = {}
    for study, result in results.items():
        supported = (
            result["measured"].all("factor").values & models[study]["group"].isin(COMPARED_GROUPS).values
        )
        if supported.any():
            means[study] = group_means(
                result["residual"].isel(model=supported),
                models[study].isel(model=supported),
                COMPARED_GROUPS,
                confidence,
            )
    return means


def every_choice(panel: Panel, factor_names: list[str], baseline_group: str) -> xr.Dataset:
    """Judge every CLIP of a study under every combination of `CHOICES`.

    Parameters
    ----------
    panel : Panel
        The study's counts and models.
    factor_names : list of str
        Factors to judge.
    baseline_group : str
        Group that the line is fitted to.

    Returns
    -------
    xarray.Dataset
        `residual` with the dims model, factor and one a choice; `group`, `checkpoint` and
        `architecture` by model.
    """
    clips = clip_models(panel.models)
    names = clips["model"].values
    parts = []
    for values in product(*CHOICES.values()):
        choice: dict[str, Any] = dict(zip(CHOICES, values, strict=True))
        result = effective_robustness(
            panel.cube, panel.models, factor_names=factor_names, baseline_group=baseline_group, **choice
        )
        labels = {name: [value] for name, value in choice.items()}
        parts.append(result[["residual"]].sel(model=names).expand_dims(labels))
    combined = xr.combine_by_coords(parts, combine_attrs="drop")
    assert isinstance(combined, xr.Dataset)
    combined = combined.sel(model=names, factor=list(factor_names))
    return combined.assign({name: clips[name] for name in ("group", "checkpoint", "architecture")})


def shares_of_images(panel: Panel) -> xr.DataArray:
    """Return each top factor's share of all images of the first model's evaluation."""
    images = panel.cube["images"].sel(selection="top").isel(model=0)
    return images.sel(factor=list(HEADLINE_FACTORS)) / images.sel(factor=OVERALL)


def contributions(panel: Panel, result: xr.Dataset) -> xr.DataArray:
    """Weigh the CLIPs' residuals by the images of each factor; by arithmetic they add up to about zero."""
    names = clip_models(panel.models)["model"].values
    return result["residual"].sel(model=names, factor=list(HEADLINE_FACTORS)) * shares_of_images(panel)
