"""Calibration of one model under one condition, before and after temperature scaling, with all its rules."""

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike

from clipsafe_utils.cubes.schema import SCHEMAS
from clipsafe_utils.metrics.arguments import Array, numbers
from clipsafe_utils.metrics.bin_errors import BIN_ERRORS
from clipsafe_utils.metrics.calibration import (
    FLOOR_SEED,
    FLOOR_SIMULATIONS,
    calibration_floor,
)
from clipsafe_utils.metrics.calibration_draws import calibration_draws
from clipsafe_utils.metrics.calibration_variants import EQUAL_MASS_RULE
from clipsafe_utils.metrics.images import image_weights
from clipsafe_utils.metrics.reliability import BIN_RULE, N_BINS, reliability_bins
from clipsafe_utils.metrics.temperature import HIGHEST, LOWEST, temperature_draws
from clipsafe_utils.metrics.temperature_bands import INTERPOLATION_RULE

SCALINGS = ("before", "after")
ESTIMATE_ONLY = "simulated for the estimate, draw 0, only"
FIT_RULE = f"NLL over all classes, by Newton's method in 1 / T, from {LOWEST:g} to {HIGHEST:g}"

FittingImages = tuple[ArrayLike, ArrayLike, ArrayLike]
"""Logits, labels and weights of the images that fit the temperature; as many draws as are measured."""


def calibration_of_logits(
    logits: ArrayLike,
    labels: ArrayLike,
    weights: ArrayLike,
    *,
    fit: FittingImages | None = None,
    temperature: xr.DataArray | ArrayLike | None = None,
    class_mask: ArrayLike | None = None,
    n_bins: int = N_BINS,
) -> xr.Dataset:
    """Measure calibration before and after temperature scaling, in every draw.

    The temperature is fitted on other images, or given: `result["temperature"]` of the first condition serves
    all conditions of a model. In each draw it is the temperature of that draw. Draws other than the estimate
    are interpolated between few temperatures; `calibration_draws` says how near that comes.

    Parameters
    ----------
    logits : array_like of float16, float32 or float64, shape (images, classes)
        Before any temperature.
    labels : array_like of int, shape (images,)
        True classes, counted over all classes also where there is a mask.
    weights : array_like of counts, shape (draws, images)
        How often each image is drawn; draw 0 is the estimate, every image once.
    fit : tuple of logits, labels and weights, optional
        The images that fit the temperature: on ImageNet the other half. They show all classes: the mask is
        not applied to them.
    temperature : array_like or DataArray, shape (draws,), optional
        In place of `fit`. The attributes of a DataArray are kept.
    class_mask : array_like of bool, shape (classes,), optional
        The classes that the condition shows, as in `summarise_logits`.
    n_bins : int
        Bins of all calibration errors.

    Returns
    -------
    Dataset, dims (draw, scaling, bin)
        accuracy, nll, brier, ece, ece_equal_mass, ece_classwise, ece_debiased, ece_rms over draw and scaling;
        ece_floor, which is NaN but for draw 0; temperature over draw; bin_count, bin_confidence and bin_hits,
        of the estimate, over scaling and bin. Attributes of a variable say how its edges were decided; those
        of the dataset, what differs between conditions.

    Raises
    ------
    ValueError
        As in `summarise_logits` and `temperature_draws`, if weights or temperatures do not fit, draw 0 is not
        every image once, or neither or both of `fit` and `temperature` are given.

    Examples
    --------
    >>> logits, labels = np.log([[9.0, 1.0]] * 4), [0, 0, 0, 1]
    >>> once = np.ones((1, 4), int)
    >>> found = calibration_of_logits(logits, labels, once, fit=(logits, labels, once))
    >>> found["ece"].values.round(2), found["temperature"].values.round(2)
    (array([[0.15, 0.  ]]), array([2.]))
    """
    drawn = image_weights("weights", weights, np.size(labels))
    if (drawn[0] != 1).any():
        raise ValueError("weights: expected every image once in draw 0, the estimate.")
    if fit is not None and temperature is None:
        fitted = _fitted(*fit)
    elif fit is None and temperature is not None:
        fitted = _given(temperature)
    else:
        raise ValueError("fit, temperature: expected one of them.")
    by_scaling = []
    for temperatures in (np.ones(len(drawn)), fitted.values):
        found = calibration_draws(logits, labels, drawn, temperatures, class_mask=class_mask, n_bins=n_bins)
        columns = found.by_draw | columns_of_estimate(found.confidence, found.correct, len(drawn), n_bins)
        dims = {name: "bin" if name.startswith("bin_") else "draw" for name in columns}
        by_scaling.append(xr.Dataset({name: (dims[name], values) for name, values in columns.items()}))
    result = xr.concat(by_scaling, "scaling").assign(temperature=fitted)
    result = result.assign_coords(draw=np.arange(len(drawn)), scaling=list(SCALINGS), bin=np.arange(n_bins))
    condition = {
        "images": drawn.shape[1],
        "draws": f"{len(drawn)}; draw 0, the estimate, is every image once",
        "classes": _classes(np.shape(logits)[1], class_mask),
    }
    return _described(result.transpose("draw", "scaling", "bin"), n_bins).assign_attrs(condition)


def columns_of_estimate(
    confidence: ArrayLike, correct: ArrayLike, draws: int, n_bins: int = N_BINS
) -> dict[str, Array]:
    """Floor of the ECE (draws, ...), NaN but for draw 0, and reliability bins of draw 0 (..., bins)."""
    bins = reliability_bins(confidence, correct, n_bins=n_bins)
    floor = np.full((draws, *bins.count.shape[:-1]), np.nan)
    floor[0] = calibration_floor(confidence, n_bins)
    of_bins = {"bin_count": bins.count, "bin_confidence": bins.mean_confidence, "bin_hits": bins.hits}
    return {"ece_floor": floor, **of_bins}


def calibration_rules(n_bins: int = N_BINS) -> dict[str, dict[str, str]]:
    """Say beside each variable of the cube `calibration` how its edges were decided."""
    equal_width = {"bins": f"{n_bins}, {BIN_RULE}"}
    rules = {name: {"rule": error.rule} if error.rule else {} for name, error in BIN_ERRORS.items()}
    simulation = f"{FLOOR_SIMULATIONS} rounds, seed {FLOOR_SEED}"
    return {
        "bin_count": equal_width,
        **{name: equal_width | rule for name, rule in rules.items()},
        "ece_equal_mass": {"bins": f"{n_bins}, {EQUAL_MASS_RULE}"},
        "ece_floor": {"not_measured": ESTIMATE_ONLY, "simulation": simulation},
    }


def _fitted(logits: ArrayLike, labels: ArrayLike, weights: ArrayLike) -> xr.DataArray:
    found = temperature_draws(logits, labels, weights)
    estimate = found.estimate
    convergence = {
        "rule": FIT_RULE,
        "split": f"fitted on {np.size(labels)} images given apart from those that are measured",
        "passes": int(estimate.passes),
        "gradient": float(estimate.gradient),
        "bound": str(estimate.bound) or "none",
        "draws_interpolated": int(found.interpolated.sum()),
        "draws_fitted_alone": int((~found.interpolated).sum()),
        "draws_not_converged": int((~found.converged).sum()) + int(not estimate.converged),
    }
    return xr.DataArray(found.temperature, dims="draw", attrs=convergence)


def _given(temperature: xr.DataArray | ArrayLike) -> xr.DataArray:
    attributes = temperature.attrs if isinstance(temperature, xr.DataArray) else {"rule": "given"}
    values = numbers("temperature", np.asarray(temperature))
    if values.ndim != 1:
        raise ValueError(f"temperature: expected one for each draw, got the shape {values.shape}.")
    return xr.DataArray(values, dims="draw", attrs=attributes)


def _classes(classes: int, class_mask: ArrayLike | None) -> str:
    if class_mask is None:
        return f"all {classes}"
    kept = np.count_nonzero(np.asarray(class_mask))
    return f"{kept} of {classes}; the others are taken out before the softmax"


def _described(result: xr.Dataset, n_bins: int) -> xr.Dataset:
    rules = calibration_rules(n_bins)
    rules["ece_classwise"] = {**rules["ece"], "rule": "mean over the classes"}
    rules["temperature"] = {"use": f"divides the logits measured in its draw; {INTERPOLATION_RULE}"}
    schema = SCHEMAS["calibration"]
    known = [one for one in (*schema.variables, *schema.optional) if one.name in result]
    for variable in known:
        naming = {"long_name": variable.long_name, "units": variable.units}
        result[variable.name].attrs |= naming | rules.get(variable.name, {})
    return result[[variable.name for variable in known]]
