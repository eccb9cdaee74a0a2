"""The baseline: what an accuracy over all images leads one to expect on a part of them, and how surely.

Arrays have shape (..., models); accuracies are shares.
"""

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from clipsafe_utils.metrics.accuracies import Axes, from_axis, to_axis
from clipsafe_utils.metrics.arguments import Array, confidence_level, labels, one_of, shares, values_of_models
from clipsafe_utils.metrics.families import mean_over_families
from clipsafe_utils.metrics.fits import fit_line, fit_local
from clipsafe_utils.metrics.intervals import student_quantile

Fit = Literal["huber", "least_squares", "local"]
FITS: tuple[Fit, ...] = ("huber", "least_squares", "local")
SUPPORT_WIDTH = 0.10
"""Baseline families this near in reference accuracy hold up the line."""


def predict_baseline(x: ArrayLike, y: ArrayLike, at: ArrayLike, fit: Fit, axes: Axes) -> Array:
    """Accuracy on a part that baseline models lead one to expect at given reference accuracies.

    Parameters
    ----------
    x, y : array_like, shape (..., models)
        Reference accuracy and accuracy on the part, shares; they broadcast together.
    at : array_like, shape (..., targets)
        Reference accuracies to predict for, shares.
    fit : {"huber", "least_squares", "local"}
        A straight line (`fit_line`) or a local one (`fit_local`).
    axes : {"raw", "probit"}
        Where the line is straight. The prediction is in accuracy either way.

    Returns
    -------
    ndarray, shape (..., targets)
        Predicted accuracies.

    Raises
    ------
    ValueError
        If an accuracy is missing, outside 0 to 1, or on probit axes 0 or 1; as in `fit_line`, `fit_local`.

    Examples
    --------
    >>> predict_baseline([0.5, 0.6, 0.7], [0.2, 0.3, 0.4], [0.65], "least_squares", "raw").round(3)
    array([0.35])
    """
    across, up, places = (
        to_axis(value, axes, name) for name, value in (("x", x), ("y", y), ("at", values_of_models("at", at)))
    )
    one_of("fit", fit, FITS)
    if fit == "local":
        return from_axis(fit_local(across, up, places), axes)
    return from_axis(fit_line(across, up, fit).predict(places), axes)


def prediction_interval(
    residuals: ArrayLike, families: ArrayLike, confidence: float = 0.95
) -> tuple[Array, Array, int]:
    """Say how far a single model of a new baseline family may be off the fit.

    The squared scale is the mean over families of a family's mean squared left-out residual. A left-out
    residual holds all that a new family's would: the family's own turn, the model's, and the error of a
    fit that has not seen it. So the scale needs no model of any of these. With F families the interval is
    F - 1 degrees of freedom wide. That is right where a family's models are off together, and wide where
    they are off one by one: in simulation, 95 % intervals hold 95 to 99 % of new models at 5 families,
    95 to 98 % at 8, 95 to 97 % at 15.

    Parameters
    ----------
    residuals : array_like, shape (..., models)
        From `residuals_left_out`.
    families : array_like of labels, shape (models,)
        The family of each model.
    confidence : float
        Share of new models that such intervals hold.

    Returns
    -------
    half_width : ndarray, shape (...)
        The interval is 0 plus or minus this, in accuracy. Infinite with one family.
    scale : ndarray, shape (...)
        Root of the mean square.
    degrees_of_freedom : int
        Families less one.

    Raises
    ------
    ValueError
        If a residual or a label is missing or their number differs.

    Examples
    --------
    >>> half_width, scale, degrees_of_freedom = prediction_interval([0.01, -0.01, 0.02], ["a", "a", "b"])
    >>> f"{half_width:.3f}, {scale:.4f}, {degrees_of_freedom}"
    '0.201, 0.0158, 1'
    """
    residual = values_of_models("residuals", residuals)
    level = confidence_level(confidence)
    scale = np.sqrt(mean_over_families(residual**2, families))
    degrees_of_freedom = np.unique(labels("families", families)).size - 1
    if degrees_of_freedom == 0:
        return np.full_like(scale, np.inf), scale, 0
    return student_quantile(level, degrees_of_freedom) * scale, scale, degrees_of_freedom


def support(
    x: ArrayLike, families: ArrayLike, at: ArrayLike, width: float = SUPPORT_WIDTH
) -> NDArray[np.int64]:
    """Count the baseline families that hold up the fit at given reference accuracies.

    Parameters
    ----------
    x : array_like, shape (..., models)
        Reference accuracies of the baseline, shares.
    families : array_like of labels, shape (models,)
        The family of each model.
    at : array_like, shape (..., targets)
        Where the fit is read, shares.
    width : float
        A family counts if one of its models is within this, in accuracy.

    Returns
    -------
    ndarray of int, shape (..., targets)
        Families; 0 below the lowest and above the highest baseline model.

    Raises
    ------
    ValueError
        If an accuracy is missing or outside 0 to 1, a label is missing, or the width is not above 0.

    Examples
    --------
    >>> support([0.5, 0.7, 0.75], ["a", "b", "b"], [0.45, 0.6, 0.72], width=0.125)
    array([0, 2, 1])
    """
    across = values_of_models("x", shares("x", x))
    places = values_of_models("at", shares("at", at))
    if not width > 0:
        raise ValueError(f"width: expected more than 0, got {width!r}.")
    names, index = np.unique(labels("families", families, across.shape[-1]), return_inverse=True)
    near = np.abs(across[..., None, :] - places[..., :, None]) <= width
    # In float32, whose product is fast; sums of up to 2^24 models are exact.
    of_family = (index[:, None] == np.arange(names.size)).astype(np.float32)
    holding = (near.astype(np.float32) @ of_family > 0).sum(axis=-1)
    lowest, highest = across.min(axis=-1, keepdims=True), across.max(axis=-1, keepdims=True)
    return np.where((places >= lowest) & (places <= highest), holding, 0)
