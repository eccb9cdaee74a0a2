"""The baseline: what an accuracy over all images leads one to expect on a part of them, and how surely.

Arrays have shape (..., models); accuracies are shares.
"""

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from clipsafe_utils.metrics.accuracies import Axes, from_axis, to_axis
from clipsafe_utils.metrics.arguments import (
    Array,
    confidence_level,
    labels,
    numbers,
    one_of,
    shares,
    together,
)
from clipsafe_utils.metrics.fits import fit_line, fit_local
from clipsafe_utils.metrics.intervals import student_quantile

Fit = Literal["huber", "least_squares", "local"]
FITS: tuple[Fit, ...] = ("huber", "least_squares", "local")
Spread = Literal["near", "pooled"]
SPREADS: tuple[Spread, ...] = ("near", "pooled")
"""Where baseline models show how far off a new one may be: near it in reference accuracy, or anywhere."""

SUPPORT_WIDTH = 0.10
"""Baseline families this near in reference accuracy hold up the line."""


def predict_baseline(x: ArrayLike, y: ArrayLike, at: ArrayLike, fit: Fit, axes: Axes) -> Array:
    """Accuracy on a part that baseline models lead one to expect at reference accuracies: (..., targets).

    x is reference accuracy and y accuracy on the part, of shape (..., models); all are shares. The fit is a
    straight line (`fit_line`) or a local one (`fit_local`), made on the axes.
    """
    shown = {"x": x, "y": y, "at": numbers("at", at, "models")}
    across, up, places = (to_axis(value, axes, name) for name, value in shown.items())
    one_of("fit", fit, FITS)
    if fit == "local":
        return from_axis(fit_local(across, up, places), axes)
    return from_axis(fit_line(across, up, fit).predict(places), axes)


def prediction_interval(
    x: ArrayLike,
    residuals: ArrayLike,
    families: ArrayLike,
    at: ArrayLike,
    spread: Spread = "near",
    confidence: float = 0.95,
) -> tuple[Array, Array, NDArray[np.int64]]:
    """Return how far a model of a new baseline family may be off the fit, the scale of that, and its freedom.

    All of shape (..., targets), in accuracy; `at` is the reference accuracy of the targets. The squared scale
    is the mean over families of a family's mean squared left-out residual, from `effective_robustness`: with
    "near" over the models that support the target (`support`), with "pooled" over all. With F such families
    the interval is F - 1 degrees of freedom wide; with one or none it has no end. With none the scale is NaN.

    A left-out residual holds all that a new family's would: the family's own turn, the model's, and the error
    of a fit that has not seen it. So the scale needs no model of any of these. With "near" it needs no term
    for the leverage at the end of the cloud either: the families near the target were predicted there as
    well, each by a fit that had one family less to hold it. In simulation, 95 % intervals hold 96 to 99 % of
    new models at 5 families, 95 to 98 % at 8 and 94 to 97 % at 15, whether the spread is the same everywhere
    or falls with accuracy. At the low end of a cloud whose spread falls they hold 90 to 99 %, and the pooled
    ones 81 to 95 %.
    """
    shown = {"x": shares("x", x, "models"), "residuals": numbers("residuals", residuals, "models")}
    across, residual = together(shown)
    places, of_family = shares("at", at, "models"), _of_family(families, across.shape[-1])
    level = confidence_level(confidence)
    near = _near(across, places, SUPPORT_WIDTH)
    counting = (near if one_of("spread", spread, SPREADS) == "near" else np.ones_like(near)).astype(float)
    models = counting @ of_family
    squares = (counting * residual[..., None, :] ** 2) @ of_family / np.maximum(models, 1)
    number = (models > 0).sum(axis=-1)
    scale = np.sqrt(np.where(number > 0, squares.sum(axis=-1) / np.maximum(number, 1), np.nan))
    freedom = np.maximum(number - 1, 0)
    half_width = np.where(freedom > 0, student_quantile(level, freedom) * scale, np.inf)
    return half_width, scale, freedom


def support(
    x: ArrayLike, families: ArrayLike, at: ArrayLike, width: float = SUPPORT_WIDTH
) -> NDArray[np.int64]:
    """Count the baseline families with a model within `width` of each reference accuracy: (..., targets).

    It is 0 below the lowest and above the highest baseline model.
    """
    across = shares("x", x, "models")
    places = shares("at", at, "models")
    if not width > 0:
        raise ValueError(f"width: expected more than 0, got {width!r}.")
    of_family = _of_family(families, across.shape[-1])
    # In float32, whose product is fast; sums of up to 2^24 models are exact.
    near = _near(across, places, width).astype(np.float32)
    return np.asarray((near @ of_family.astype(np.float32) > 0).sum(axis=-1))


def _near(across: Array, places: Array, width: float) -> NDArray[np.bool_]:
    """Say which models hold up the line at each place: (..., targets, models); none outside their range."""
    near = np.abs(across[..., None, :] - places[..., :, None]) <= width
    lowest, highest = across.min(axis=-1, keepdims=True), across.max(axis=-1, keepdims=True)
    return np.asarray(near & ((places >= lowest) & (places <= highest))[..., None])


def _of_family(families: ArrayLike, number: int) -> Array:
    """Return 1 where a model is of a family and else 0: (models, families)."""
    names, index = np.unique(labels("families", families, number), return_inverse=True)
    return np.asarray(index[:, None] == np.arange(names.size), dtype=np.float64)
