"""Means of groups of models, each family counted once: labelled."""

from collections.abc import Sequence

import numpy as np
import xarray as xr

from clipsafe_utils.cubes import families_between_groups
from clipsafe_utils.metrics.families import jackknife_over_families, mean_over_families


def group_means(
    values: xr.DataArray, models: xr.Dataset, groups: Sequence[str], confidence: float = 0.95
) -> xr.Dataset:
    """Average a quantity over the families of each group.

    Parameters
    ----------
    values : xarray.DataArray
        One number a model, with the dim model and at most one more.
    models : xarray.Dataset
        The cube `models` in the same order. Families are those of `families_between_groups`.
    groups : sequence of str
        Groups to report; those without a model are left out.
    confidence : float
        Share of such intervals that hold the true mean.

    Returns
    -------
    xarray.Dataset
        `mean`, `low`, `high` with the dim group and that of the values; `families` and `decided` by
        group. With one family the interval is unbounded; with fewer than five nothing is decided.

    Raises
    ------
    ValueError
        If a value is missing.

    Examples
    --------
    >>> models = xr.Dataset(
    ...     {
    ...         "group": ("model", ["standard"] * 3),
    ...         "family": ("model", ["VGG", "VGG", "ResNet"]),
    ...         "training_source": ("model", ["IN-1k"] * 3),
    ...     },
    ...     coords={"model": ["vgg11", "vgg16", "resnet50"]},
    ... )
    >>> gain = xr.DataArray([1.0, 3.0, 8.0], coords={"model": models["model"]})
    >>> group_means(gain, models, ["standard"])["mean"].item()
    5.0
    """
    ordered = values.transpose(..., "model")
    family = families_between_groups(models)
    other = [dim for dim in ordered.dims if dim != "model"]
    parts = []
    for name in groups:
        here = (models["group"] == name).values
        if not here.any():
            continue
        of_group, families = ordered.values[..., here], family[here]

        def mean(keep: np.ndarray, kept: np.ndarray = of_group, labels: np.ndarray = families) -> np.ndarray:
            return mean_over_families(kept[..., keep], labels[keep])

        found = jackknife_over_families(mean, families, confidence=confidence)
        coordinates = {dim: ordered[dim] for dim in other}
        part = xr.Dataset(
            {
                "mean": (other, found.estimate),
                "low": (other, found.low),
                "high": (other, found.high),
                "families": found.families,
                "decided": found.decided,
            },
            coords=coordinates,
        )
        parts.append(part.expand_dims(group=[name]))
    if not parts:
        raise ValueError(f"groups: expected at least one with a model, got {list(groups)!r}.")
    return xr.concat(parts, "group")
