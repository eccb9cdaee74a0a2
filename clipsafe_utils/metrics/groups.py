"""Means of groups of models, each family counted once."""

from collections.abc import Sequence

import numpy as np
import xarray as xr

from clipsafe_utils.cubes import families_between_groups
from clipsafe_utils.metrics.families import Estimate, jackknife_over_families, mean_over_families


def group_means(
    values: xr.DataArray, models: xr.Dataset, groups: Sequence[str], confidence: float = 0.95
) -> xr.Dataset:
    """Average a quantity over the families of each group; groups without a model are left out.

    Values have the dim model, in the order of the cube `models`, and at most one more. The result has mean,
    low and high over group and that dim (unbounded with one family), families and decided over group.
    """
    ordered = values.transpose(..., "model")
    family = families_between_groups(models)
    other = [dim for dim in ordered.dims if dim != "model"]
    parts = []
    for name in groups:
        in_group = (models["group"] == name).values
        if not in_group.any():
            continue
        mean = _mean_over_families(ordered.values[..., in_group], family[in_group], confidence)
        variables = {
            "mean": (other, mean.estimate),
            "low": (other, mean.low),
            "high": (other, mean.high),
            "families": mean.families,
            "decided": mean.decided,
        }
        part = xr.Dataset(variables, coords={dim: ordered[dim] for dim in other})
        parts.append(part.expand_dims(group=[name]))
    if not parts:
        raise ValueError(f"groups: expected at least one with a model, got {list(groups)!r}.")
    return xr.concat(parts, "group")


def _mean_over_families(values: np.ndarray, families: np.ndarray, confidence: float) -> Estimate:
    return jackknife_over_families(
        lambda keep: mean_over_families(values[..., keep], families[keep]), families, confidence=confidence
    )
