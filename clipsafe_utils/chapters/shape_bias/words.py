"""Chapter 2 in words and numbers."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import xarray as xr

from clipsafe_utils.chapters.formats import complete, interval, level, percent, points
from clipsafe_utils.cubes import GROUPS
from clipsafe_utils.figures.tables import ThemedTable, table
from clipsafe_utils.findings.shape.observers import stylised_pairs
from clipsafe_utils.metrics.families import difference_of_groups
from clipsafe_utils.metrics.groups import group_means

KEYS = (
    "shape-bias-people",
    "shape-bias-people-lowest",
    "shape-bias-standard-lowest",
    "shape-bias-standard-highest",
    "shape-bias-stylised-gain",
    "shape-bias-stylised-interval",
    "shape-bias-stylised-decided",
    "shape-bias-standard-decided",
    "shape-bias-people-worst-class",
    "shape-bias-standard-worst-class",
    "shape-bias-standard-best-class",
    "shape-bias-alexnet-caffe",
    "shape-bias-alexnet",
    "shape-bias-vgg16-caffe",
    "shape-bias-vgg16",
    "shape-bias-implementation-gap",
)
"""Every number of the record that the prose glues; those of the laboratory are in `laboratory_words`."""

_IMPLEMENTATIONS = ("alexnet-caffe", "alexnet", "vgg16-caffe", "vgg16")


def numbers(
    tables: Mapping[str, xr.Dataset], models: Mapping[str, xr.Dataset], classes: Mapping[str, xr.Dataset]
) -> dict[str, str]:
    """Return the numbers of the prose that speak of real models: of the first study that measured them.

    Parameters
    ----------
    tables, models : mapping of str to xarray.Dataset
        By study: `shape_bias_table` and the cube `models` in the same order.
    classes : mapping of str to xarray.Dataset
        By study: `class_means`.

    Returns
    -------
    dict of str to str
        Every key of `KEYS`; "not measured" where the observers for it are absent.

    Examples
    --------
    >>> numbers({}, {}, {})["shape-bias-people"]
    'not measured'
    """
    found: dict[str, str] = {}
    measured = [study for study in tables if models[study].attrs.get("evidence") == "measured"]
    for study in measured[:1]:
        result = tables[study]
        group = models[study]["group"].values
        people, standard = result.isel(model=group == "human"), result.isel(model=group == "standard")
        found |= _of_people(people) | _of_standard(standard) | _of_implementations(result, models[study])
        found |= _of_stylised(result, models[study])
        found |= _of_classes(classes[study]) if study in classes else {}
    return complete(KEYS, found)


def _of_people(people: xr.Dataset) -> dict[str, str]:
    if not people.sizes["model"]:
        return {}
    shape, texture = people["shape_hits"].sum().item(), people["texture_hits"].sum().item()
    return {
        "shape-bias-people": percent(shape / (shape + texture)),
        "shape-bias-people-lowest": percent(people["shape_bias"].min().item()),
    }


def _of_standard(standard: xr.Dataset) -> dict[str, str]:
    if not standard.sizes["model"]:
        return {}
    return {
        "shape-bias-standard-lowest": percent(standard["shape_bias"].min().item()),
        "shape-bias-standard-highest": percent(standard["shape_bias"].max().item()),
        "shape-bias-standard-decided": percent(standard["share_decided"].median().item(), 0),
    }


def _of_implementations(result: xr.Dataset, models: xr.Dataset) -> dict[str, str]:
    bias = dict(zip(models["checkpoint"].values.tolist(), result["shape_bias"].values.tolist(), strict=True))
    if not set(_IMPLEMENTATIONS) <= set(bias):
        return {}
    gap = max(bias["alexnet-caffe"] - bias["alexnet"], bias["vgg16-caffe"] - bias["vgg16"])
    return {f"shape-bias-{name}": percent(bias[name]) for name in _IMPLEMENTATIONS} | {
        "shape-bias-implementation-gap": f"{100 * gap:.0f}"
    }


def _of_stylised(result: xr.Dataset, models: xr.Dataset) -> dict[str, str]:
    pairs = stylised_pairs(result, models)
    if pairs.sizes["model"] == 0:
        return {}
    gain = difference_of_groups(pairs["shape_bias"].values, pairs["family"].values, pairs["stylised"].values)
    decided = pairs["share_decided"].values[pairs["stylised"].values]
    return {
        "shape-bias-stylised-gain": points(float(gain.estimate), 0),
        "shape-bias-stylised-interval": interval(float(gain.low), float(gain.high)),
        "shape-bias-stylised-decided": percent(float(np.median(decided)), 0),
    }


def _of_classes(classes: xr.Dataset) -> dict[str, str]:
    found = {}
    names = classes["group"].values.tolist()
    if "human" in names:
        found["shape-bias-people-worst-class"] = percent(classes["mean"].sel(group="human").min().item(), 0)
    if "standard" in names:
        standard = classes["mean"].sel(group="standard")
        found["shape-bias-standard-worst-class"] = percent(standard.min().item(), 0)
        found["shape-bias-standard-best-class"] = percent(standard.max().item(), 0)
    return found


def groups_table(result: xr.Dataset, models: xr.Dataset, study: str, confidence: float) -> ThemedTable:
    """Tabulate the mean shape bias of each group with its interval over families.

    Parameters
    ----------
    result, models : xarray.Dataset
        `shape_bias_table` and the cube `models` of one study, in the same order.
    study : str
        Named in the caption.
    confidence : float
        Level of the intervals.
    """
    means = group_means(result["shape_bias"], models, list(GROUPS), confidence)
    decided = group_means(result["share_decided"], models, list(GROUPS), confidence)["mean"]
    sizes = models["group"].to_series().value_counts()
    rows = []
    for name in means["group"].values.tolist():
        one = means.sel(group=name)
        bounded = np.isfinite(one["low"].item())
        limits = (max(one["low"].item(), 0.0), min(one["high"].item(), 1.0))
        rows.append(
            {
                "Observers": GROUPS[name],
                "Number": sizes[name],
                "Families": one["families"].item(),
                "Shape bias": percent(one["mean"].item()),
                f"{level(confidence)} interval": f"{percent(limits[0])} to {percent(limits[1])}"
                if bounded
                else "none",
                "Decided": percent(decided.sel(group=name).item()),
            }
        )
    return table(
        pd.DataFrame(rows),
        f"Mean shape bias by kind of observer, each family counted once; study {study}. "
        "An interval over families needs two; fewer than five decide nothing.",
    )
