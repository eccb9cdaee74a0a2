"""Shape bias of models and of classes, from the cube `shape_bias`, where each checkpoint stands once."""

from collections.abc import Sequence

import numpy as np
import xarray as xr

from clipsafe_utils.metrics.arguments import counts
from clipsafe_utils.metrics.cue_decisions import shape_bias, shape_bias_interval, share_decided
from clipsafe_utils.metrics.labelled.naming import described, interval_over_images, refuse_unknown

_LONG_NAMES = {
    "shape_bias": "Shape bias",
    "low": "Shape bias, low end over {over}",
    "high": "Shape bias, high end over {over}",
    "share_decided": "Share decided by shape or texture",
    "shape_hits": "Decisions for the class of the shape",
    "texture_hits": "Decisions for the class of the texture",
    "images": "Images with a conflict",
}


def shape_bias_table(
    cube: xr.Dataset, cue_classes: Sequence[str] | None = None, confidence: float = 0.95
) -> xr.Dataset:
    """Shape bias of each model over classes, with its interval and the share of images it rests on.

    Parameters
    ----------
    cube : Dataset
        The cube `shape_bias`: count over model, cue_class and decision.
    cue_classes : sequence of str, optional
        The classes to pool; all of them where it is left out.
    confidence : float
        Of the interval over classes (`shape_bias_interval`).

    Returns
    -------
    Dataset, dim model
        shape_bias, low, high, share_decided; shape_hits, texture_hits and images, pooled.

    Raises
    ------
    ValueError
        If a class is not in the cube, a count is missing, or a model decided nothing.

    Examples
    --------
    >>> cube = xr.Dataset(
    ...     {"count": (("model", "cue_class", "decision"), [[[30, 40, 5], [20, 50, 5]]])},
    ...     {"model": ["alexnet"], "cue_class": ["cat", "dog"], "decision": ["shape", "texture", "other"]})
    >>> table = shape_bias_table(cube)
    >>> f"{table.shape_bias.item():.3f} on {table.share_decided.item():.0%} of {table.images.item()}"
    '0.357 on 93% of 150'
    """
    if cue_classes is not None:
        refuse_unknown("cue_classes", cue_classes, cube["cue_class"].values)
        cube = cube.sel(cue_class=list(cue_classes))
    shape, texture, images = _decisions(cube)
    low, high = xr.apply_ufunc(
        shape_bias_interval,
        shape,
        texture,
        kwargs={"confidence": confidence},
        input_core_dims=[["cue_class"], ["cue_class"]],
        output_core_dims=[[], []],
    )
    shape, texture, images = (hits.sum("cue_class") for hits in (shape, texture, images))
    columns = {
        "shape_bias": xr.apply_ufunc(shape_bias, shape, texture),
        "low": low,
        "high": high,
        "share_decided": xr.apply_ufunc(share_decided, shape, texture, images),
        "shape_hits": shape,
        "texture_hits": texture,
        "images": images,
    }
    return _table(columns, "classes", confidence)


def shape_bias_by_class(cube: xr.Dataset, confidence: float = 0.95) -> xr.Dataset:
    """Shape bias of each model in each class, with intervals over images.

    Parameters
    ----------
    cube : Dataset
        The cube `shape_bias`.
    confidence : float
        Of the interval (`wilson_interval`).

    Returns
    -------
    Dataset, dims (model, cue_class)
        shape_bias, low, high, share_decided. The first three are NaN where a model decided nothing.

    Raises
    ------
    ValueError
        If a count is missing.

    Examples
    --------
    >>> cube = xr.Dataset(
    ...     {"count": (("model", "cue_class", "decision"), [[[30, 30, 15], [0, 0, 75]]])},
    ...     {"model": ["alexnet"], "cue_class": ["cat", "dog"], "decision": ["shape", "texture", "other"]})
    >>> shape_bias_by_class(cube).shape_bias.values
    array([[0.5, nan]])
    """
    shape, texture, images = _decisions(cube)
    decided = shape + texture
    low, high = interval_over_images(shape, decided.clip(min=1), confidence)
    known = decided > 0
    columns = {
        "shape_bias": shape / decided.where(known),
        "low": low.where(known),
        "high": high.where(known),
        "share_decided": xr.apply_ufunc(share_decided, shape, texture, images),
    }
    return _table(columns, "images", confidence)


def _table(columns: dict[str, xr.DataArray], over: str, confidence: float) -> xr.Dataset:
    named = {name: described(array, _LONG_NAMES[name].format(over=over)) for name, array in columns.items()}
    return xr.Dataset(named, attrs={"confidence": confidence})


def _decisions(cube: xr.Dataset) -> tuple[xr.DataArray, xr.DataArray, xr.DataArray]:
    count = cube["count"].copy(data=counts("count", cube["count"].values).astype(np.int64))
    shape, texture = (count.sel(decision=name, drop=True) for name in ("shape", "texture"))
    return shape, texture, count.sum("decision")
