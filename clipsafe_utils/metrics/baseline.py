"""The baseline: what an accuracy over all images leads one to expect on a part of them, and how surely.

Arrays have shape (..., models); accuracies are shares.
"""

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from clipsafe_utils.metrics.accuracies import Axes, from_axis, to_axis
from clipsafe_utils.metrics.arguments import Array, confidence_level, labels, numbers, one_of, shares
from clipsafe_utils.metrics.families import mean_over_families
from clipsafe_utils.metrics.fits import fit_line, fit_local
from clipsafe_utils.metrics.intervals import student_quantile

Fit = Literal["huber", "least_squares", "local"]
FITS: tuple[Fit, ...] = ("huber", "least_squares", "local")
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
    residuals: ArrayLike, families: ArrayLike, confidence: float = 0.95
) -> tuple[Array, Array, int]:
    """Return how far a model of a new baseline family may be off the fit, the scale of that, and its freedom.

    Of shape (...), in accuracy; infinite with one family. The squared scale is the mean over families of a
    family's mean squared left-out residual, from `effective_robustness`. A left-out residual holds all that a
    new family's would: the family's own turn, the model's, and the error of a fit that has not seen it. So
    the scale needs no model of any of these. With F families the interval is F - 1 degrees of freedom wide.
    That is right where a family's models are off together, and wide where they are off one by one: in
    simulation, 95 % intervals hold 95 to 99 % of new models at 5 families, 95 to 98 % at 8, 95 to 97 % at 15.
    """
    residual = numbers("residuals", residuals, "models")
    level = confidence_level(confidence)
    scale = np.sqrt(mean_over_families(residual**2, families))
    degrees_of_freedom = np.unique(labels("families", families)).size - 1
    if degrees_of_freedom == 0:
        return np.full_like(scale, np.inf), scale, 0
    return student_quantile(level, degrees_of_freedom) * scale, scale, degrees_of_freedom


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
    names, index = np.unique(labels("families", families, across.shape[-1]), return_inverse=True)
    near = np.abs(across[..., None, :] - places[..., :, None]) <= width
    # In float32, whose product is fast; sums of up to 2^24 models are exact.
    of_family = (index[:, None] == np.arange(names.size)).astype(np.float32)
    holding = (near.astype(np.float32) @ of_family > 0).sum(axis=-1)
    lowest, highest = across.min(axis=-1, keepdims=True), across.max(axis=-1, keepdims=True)
    return np.where((places >= lowest) & (places <= highest), holding, 0)
