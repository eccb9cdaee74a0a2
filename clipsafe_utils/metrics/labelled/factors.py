"""Accuracy and effective robustness on visual factors, from the cubes `factors` and `models`.

The caller has chosen the rows: each checkpoint stands in the cubes once.
"""

from collections.abc import Sequence
from typing import Literal, cast

import numpy as np
import xarray as xr

from clipsafe_utils.cubes.schema import OVERALL
from clipsafe_utils.metrics import robustness
from clipsafe_utils.metrics.accuracies import Axes, accuracy
from clipsafe_utils.metrics.arguments import one_of
from clipsafe_utils.metrics.baseline import Fit, Spread
from clipsafe_utils.metrics.labelled.naming import described, interval_over_images, refuse_unknown

Reference = Literal["overall", "without_factor"]
REFERENCES: tuple[Reference, ...] = ("overall", "without_factor")

_JUDGEMENT = {
    "predicted": "Accuracy that the baseline leads one to expect",
    "residual": "Effective robustness",
    "half_width": "Half width of the prediction interval of effective robustness",
    "p_value": "P-value against new baseline families",
    "scale": "Scale of a new baseline family's effective robustness",
    "freedom": "Degrees of freedom of the scale",
    "families_in_support": "Baseline families near in reference accuracy",
    "measured": "Whether enough baseline families are near",
}
_LONG_NAMES = {
    "accuracy": "Accuracy on the factor",
    "reference_accuracy": "Reference accuracy",
    **_JUDGEMENT,
    "image_low": "Effective robustness, low end over images",
    "image_high": "Effective robustness, high end over images",
}


def factor_accuracy(factors: xr.Dataset, selection: str) -> xr.DataArray:
    """Accuracy of each model on the images of each factor.

    Parameters
    ----------
    factors : Dataset
        The cube `factors`: hits and images over selection, model and factor.
    selection : str
        How factors were given to images: "top" is one factor an image, "multi" all that apply.

    Returns
    -------
    DataArray, dims (model, factor)
        Shares; the factor "overall" is all images.

    Raises
    ------
    ValueError
        If the cube lacks the selection, or as in `accuracy`: names `hits` or `images`.

    Examples
    --------
    >>> cube = xr.Dataset(
    ...     {"hits": (("selection", "model", "factor"), [[[3, 8]]]),
    ...      "images": (("selection", "model", "factor"), [[[4, 16]]])},
    ...     {"selection": ["top"], "model": ["alexnet"], "factor": ["pose", "overall"]})
    >>> factor_accuracy(cube, "top").values
    array([[0.75, 0.5 ]])
    """
    chosen = _selected(factors, selection)
    return described(_accuracy(chosen["hits"], chosen["images"]), "Accuracy")


def reference_accuracy(factors: xr.Dataset, selection: str, reference: Reference) -> xr.DataArray:
    """Accuracy that accuracy on a factor is held against.

    All images hold those of the factor too, so with "overall" a large factor is in part compared with
    itself; "without_factor" leaves its images out.

    Parameters
    ----------
    factors, selection
        As in `factor_accuracy`.
    reference : {"overall", "without_factor"}
        Accuracy on all images, or on those that do not show the factor.

    Returns
    -------
    DataArray, dims (model, factor)
        Shares, for every factor but "overall".

    Raises
    ------
    ValueError
        As in `factor_accuracy`, and if a factor has more images than there are overall, or all of them.

    Examples
    --------
    >>> cube = xr.Dataset(
    ...     {"hits": (("selection", "model", "factor"), [[[3, 8]]]),
    ...      "images": (("selection", "model", "factor"), [[[4, 16]]])},
    ...     {"selection": ["top"], "model": ["alexnet"], "factor": ["pose", "overall"]})
    >>> [reference_accuracy(cube, "top", name).item() for name in ("overall", "without_factor")]
    [0.5, 0.4166666666666667]
    """
    chosen = _selected(factors, selection)
    parts, overall = chosen.drop_sel(factor=OVERALL), chosen.sel(factor=OVERALL, drop=True)
    if one_of("reference", reference, REFERENCES) == "overall":
        across = _accuracy(overall["hits"], overall["images"]).broadcast_like(parts["hits"])
    else:
        across = _accuracy(overall["hits"] - parts["hits"], overall["images"] - parts["images"])
    return described(across, "Reference accuracy")


def effective_robustness(
    factors: xr.Dataset,
    models: xr.Dataset,
    *,
    factor_names: Sequence[str],
    selection: str = "top",
    baseline_group: str = "standard",
    axes: Axes = "raw",
    reference: Reference = "overall",
    fit: Fit = "huber",
    spread: Spread = "near",
    confidence: float = 0.95,
) -> xr.Dataset:
    """Residual of each model on each factor from the line of a baseline group.

    Every model is judged by the baseline families other than its own (`metrics.effective_robustness`).

    Parameters
    ----------
    factors, models : Dataset
        The cubes of those names; `models` has a row for each model of `factors`, and may have more.
    factor_names : sequence of str
        The factors to judge.
    selection, reference
        As in `reference_accuracy`.
    baseline_group : str
        The group of models whose line it is.
    axes, fit, spread
        As in `metrics.effective_robustness`.
    confidence : float
        Of the prediction interval and of the interval over images.

    Returns
    -------
    Dataset, dims (model, factor)
        accuracy, reference_accuracy, predicted, residual; half_width and p_value, of a single model
        against new baseline families, by Student's t with that scale and freedom; families_in_support and
        measured, whether these are enough;
        image_low and image_high, the residual if the model met other images of the factor.

    Raises
    ------
    ValueError
        If a name is not in the cubes, a count is missing, or as in `metrics.effective_robustness`.

    Examples
    --------
    >>> dims = ("selection", "model", "factor")
    >>> hits = [[[20, 50], [31, 60], [39, 70], [50, 80], [45, 60]]]
    >>> names = {"selection": ["top"], "model": list("vwxyz"), "factor": ["pose", "overall"]}
    >>> factors = xr.Dataset({"hits": (dims, hits), "images": (dims, np.full((1, 5, 2), 100))}, names)
    >>> groups = ["standard"] * 4 + ["clip_zero_shot"]
    >>> models = xr.Dataset({"group": ("model", groups), "family": ("model", list("abcde"))}, factors.coords)
    >>> judged = effective_robustness(factors, models, factor_names=["pose"])
    >>> judged.residual.sel(model="z", factor="pose").round(3).item()
    0.149
    """
    known = [name for name in factors["factor"].values if name != OVERALL]
    refuse_unknown("factor_names", factor_names, known)
    chosen = factors.sel(factor=[*factor_names, OVERALL])
    part = factor_accuracy(chosen, selection).drop_sel(factor=OVERALL).transpose(..., "factor", "model")
    across = reference_accuracy(chosen, selection, reference).transpose(*part.dims)
    refuse_unknown("models", part["model"].values, models["model"].values)
    rows = models.sel(model=part["model"])
    in_baseline = (rows["group"] == baseline_group).values
    if not in_baseline.any():
        raise ValueError(f"baseline_group: expected a group of the models, got {baseline_group!r}.")
    if axes == "probit":
        _refuse_edges(part.isel(model=in_baseline), "accuracy")
        _refuse_edges(across, "reference accuracy")

    found = robustness.effective_robustness(
        across.values, part.values, rows["family"].values, in_baseline, fit, axes, confidence, spread=spread
    )
    judgement = {name: part.copy(data=getattr(found, name)) for name in _JUDGEMENT}
    counts = _selected(chosen, selection).drop_sel(factor=OVERALL)
    low, high = interval_over_images(counts["hits"], counts["images"], confidence)
    judgement |= {
        "accuracy": part,
        "reference_accuracy": across,
        "image_low": low - judgement["predicted"],
        "image_high": high - judgement["predicted"],
    }
    settings = {
        "selection": selection,
        "baseline_group": baseline_group,
        "axes": axes,
        "reference": reference,
        "fit": fit,
        "spread": spread,
        "confidence": confidence,
    }
    result = xr.Dataset({name: described(judgement[name], text) for name, text in _LONG_NAMES.items()})
    return result.assign_attrs(settings).transpose(..., "model", "factor")


def _selected(factors: xr.Dataset, selection: str) -> xr.Dataset:
    refuse_unknown("selection", [selection], factors["selection"].values)
    refuse_unknown("factors", [OVERALL], factors["factor"].values)
    return factors[["hits", "images"]].sel(selection=selection, drop=True).astype(np.float64)


def _accuracy(hits: xr.DataArray, images: xr.DataArray) -> xr.DataArray:
    return cast("xr.DataArray", xr.apply_ufunc(accuracy, hits, images))


def _refuse_edges(share: xr.DataArray, what: str) -> None:
    edges = np.argwhere(((share == 0) | (share == 1)).values)
    if edges.size:
        cell = share[tuple(edges[0])]
        raise ValueError(
            f"axes: expected 'raw', since {what} of {cell['model'].item()} on {cell['factor'].item()} "
            f"is {cell.item():g} and probit axes have no place for it."
        )
