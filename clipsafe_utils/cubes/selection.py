"""Choosing models: by group, and each network once."""

from collections.abc import Sequence

import numpy as np
import xarray as xr

CLIP_GROUPS = ("clip_zero_shot", "clip_fine_tuned")


def is_real(cube: xr.Dataset) -> bool:
    """Say whether a cube speaks of real models; a proxy stands in for them, and so does what does not say."""
    return bool(cube.attrs.get("evidence") == "measured")


def select_models(
    cube: xr.Dataset, models: xr.Dataset, groups: Sequence[str]
) -> tuple[xr.Dataset, xr.Dataset]:
    """Keep the models of some groups, and of several rows of one checkpoint only the first.

    Parameters
    ----------
    cube : xarray.Dataset
        Any cube with the dim ``model``.
    models : xarray.Dataset
        The cube `models` of the same study. Its order is the order of preference: the
        `published` study lists image-level records before tables.
    groups : sequence of str
        Groups to keep.

    Returns
    -------
    cube, models : tuple of xarray.Dataset
        Both with the same models in the same order, that of `models`.

    Examples
    --------
    >>> models = xr.Dataset(
    ...     {"group": ("model", ["standard"] * 2), "checkpoint": ("model", ["resnet50"] * 2)},
    ...     coords={"model": ["images:resnet50", "table:resnet50"]},
    ... )
    >>> cube, _ = select_models(models[["group"]], models, ["standard"])
    >>> cube["model"].values.tolist()
    ['images:resnet50']
    """
    is_there = models.indexes["model"].isin(cube.indexes["model"])
    present = models.isel(model=is_there & np.isin(models["group"], list(groups)))
    _, first = np.unique(present["checkpoint"], return_index=True)
    kept = present.isel(model=np.sort(first))
    return cube.sel(model=kept["model"].values), kept


def select_with_conditions(
    shifts: xr.Dataset, models: xr.Dataset, groups: Sequence[str], conditions: Sequence[str]
) -> tuple[xr.Dataset, xr.Dataset]:
    """Keep the models of some groups that report some conditions, each network once.

    Rows that lack a condition are dropped first: `select_models` keeps the first row of a network even where
    another reports more.
    """
    asked = shifts.sel(condition=list(conditions))
    reported = asked["hits"].notnull().all("condition").values
    return select_models(asked.isel(model=reported), models, groups)


def clip_models(models: xr.Dataset) -> xr.Dataset:
    """Keep the CLIPs of a cube `models`, zero-shot before fine-tuned; there may be none.

    Parameters
    ----------
    models : xarray.Dataset
        The cube.

    Examples
    --------
    >>> clip_models(xr.Dataset({"group": ("model", ["standard"])}, coords={"model": ["a"]})).sizes["model"]
    0
    """
    group = models["group"].values
    order = [np.flatnonzero(group == name) for name in CLIP_GROUPS]
    return models.isel(model=np.concatenate(order))


def families_between_groups(models: xr.Dataset) -> np.ndarray:
    """Return the unit of independence for comparing groups: one for all CLIPs of a training source.

    Within a training source, lines of architecture are told apart by `family`. Between groups they
    share their data, so the source counts once.

    Parameters
    ----------
    models : xarray.Dataset
        The cube `models`: `group`, `family` and `training_source` are used.

    Returns
    -------
    ndarray of str, shape (models,)
        The training source of a CLIP, the family of any other model.

    Examples
    --------
    >>> models = xr.Dataset(
    ...     {
    ...         "group": ("model", ["clip_zero_shot", "standard"]),
    ...         "family": ("model", ["CLIP (WIT) ViT-B", "VGG"]),
    ...         "training_source": ("model", ["WIT", "IN-1k"]),
    ...     }
    ... )
    >>> families_between_groups(models).tolist()
    ['CLIP (WIT)', 'VGG']
    """
    of_clip = np.char.add(np.char.add("CLIP (", models["training_source"].values.astype(str)), ")")
    return np.where(np.isin(models["group"].values, CLIP_GROUPS), of_clip, models["family"].values)


def of_source(models: xr.Dataset, source: str) -> np.ndarray:
    """Return a mask of the zero-shot CLIPs of a training source."""
    return of_any_source(models, [source])


def of_any_source(models: xr.Dataset, sources: Sequence[str]) -> np.ndarray:
    """Return a mask of the zero-shot CLIPs of some training sources."""
    return np.asarray((models["group"] == "clip_zero_shot") & models["training_source"].isin(list(sources)))
