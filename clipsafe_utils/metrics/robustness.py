"""Effective robustness (Taori et al. 2020): how far a model is off the line that baseline models follow.

Here on parts of one test set: the residual from a fit of the accuracy on a part (y) on a reference accuracy
(x) over a baseline group. Arrays have shape (..., models).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from clipsafe_utils.metrics.accuracies import Axes
from clipsafe_utils.metrics.arguments import Array, labels, shares, x_and_y
from clipsafe_utils.metrics.baseline import Fit, Spread, predict_baseline, prediction_interval, support
from clipsafe_utils.metrics.families import MINIMUM_FAMILIES
from clipsafe_utils.metrics.intervals import student_p_value


@dataclass(frozen=True)
class EffectiveRobustness:
    """Residuals of models from the baseline, and how sure they are; arrays of shape (..., models)."""

    predicted: Array  # accuracy on the part that the baseline leads one to expect
    residual: Array  # accuracy on the part less that: above 0 is more robust than the baseline
    half_width: Array  # a baseline model of a new family is within this of 0 with the stated confidence
    p_value: Array  # two-sided: how often such a model would be as far off
    scale: Array  # of such a model's residual: half_width is Student's quantile times it
    freedom: NDArray[np.int64]  # degrees of freedom of the scale
    families_in_support: NDArray[np.int64]  # baseline families near in reference accuracy
    measured: NDArray[np.bool_]  # whether these are enough; elsewhere the line is a guess


def effective_robustness(
    x: ArrayLike,
    y: ArrayLike,
    families: ArrayLike,
    in_baseline: ArrayLike,
    fit: Fit = "huber",
    axes: Axes = "raw",
    confidence: float = 0.95,
    *,
    spread: Spread = "near",
    judged: ArrayLike | None = None,
) -> EffectiveRobustness:
    """Judge every model by the baseline families other than its own.

    So no model is judged by a line, a scale or a support that it or its kin have shaped. Models of
    families outside the baseline are judged by all of it.

    Parameters
    ----------
    x, y : array_like, shape (..., models)
        Reference accuracy and accuracy on the part, shares.
    families : array_like of labels, shape (models,)
        The family of each model.
    in_baseline : array_like of bool, shape (models,)
        Whether the model is of the baseline group.
    fit : {"huber", "least_squares", "local"}
        A straight line (`fit_line`) or a local one (`fit_local`).
    axes : {"raw", "probit"}
        Where the line is straight. Results are in accuracy either way.
    confidence : float
        Share of new models of the baseline that are within the half width.
    spread : {"near", "pooled"}
        Where the baseline shows how far off a new model may be (`prediction_interval`): near the model in
        reference accuracy, or all along the line.
    judged : array_like of bool, shape (models,), optional
        Models to judge, all where it is left out. Of the others only the residuals are worked out: they are
        not measured.

    Returns
    -------
    EffectiveRobustness
        `predicted`, `residual`, `half_width`, `p_value`, `scale`, `freedom`, `families_in_support` and
        `measured`, whether these are five or more, of shape (..., models). Where `spread` is "near" and no
        family is, the half width is infinite and the scale NaN.

    Raises
    ------
    ValueError
        If an accuracy is missing, outside 0 to 1, or on probit axes 0 or 1; a label is missing; the baseline
        has fewer than two families; or as in `fit_line` and `fit_local`.

    Examples
    --------
    >>> x = [0.5, 0.6, 0.7, 0.8, 0.6]
    >>> y = [0.20, 0.31, 0.39, 0.50, 0.45]
    >>> found = effective_robustness(x, y, ["a", "b", "c", "d", "clip"], [True] * 4 + [False])
    >>> f"{found.residual[-1]:.3f}, +-{found.half_width[-1]:.3f}, {found.families_in_support[-1]}"
    '0.149, +-0.059, 3'
    """
    across, up, family = _models(x, y, families)
    baseline = labels("in_baseline", in_baseline, family.size)
    if baseline.dtype != bool or not baseline.any():
        raise ValueError("in_baseline: expected True for the baseline models and False for the others.")
    predicted = _predict_without_own_family(across, up, family, baseline, fit, axes)
    residual = up - predicted
    wanted = np.ones(family.size, dtype=bool) if judged is None else labels("judged", judged, family.size)
    half_width, p_value, scale = (np.full_like(residual, np.nan) for _ in range(3))
    freedom, families_in_support = (np.zeros(residual.shape, dtype=np.int64) for _ in range(2))
    for kept, kin in _without_own_family(family, baseline):
        here = kin & wanted
        if not here.any():
            continue
        x_kept, places = across[..., kept], across[..., here]
        half_width[..., here], scale[..., here], freedom[..., here] = prediction_interval(
            x_kept, residual[..., kept], family[kept], places, spread, confidence
        )
        p_value[..., here] = student_p_value(
            residual[..., here], np.nan_to_num(scale[..., here]), freedom[..., here]
        )
        families_in_support[..., here] = support(x_kept, family[kept], places)
    measured = families_in_support >= MINIMUM_FAMILIES
    return EffectiveRobustness(
        predicted, residual, half_width, p_value, scale, freedom, families_in_support, measured
    )


def _models(x: ArrayLike, y: ArrayLike, families: ArrayLike) -> tuple[Array, Array, NDArray[np.generic]]:
    across, up = x_and_y(x, y, shares)
    return across, up, labels("families", families, across.shape[-1])


def _without_own_family(
    family: NDArray[np.generic], baseline: NDArray[np.bool_]
) -> Iterator[tuple[NDArray[np.bool_], NDArray[np.bool_]]]:
    """Yield the baseline models that judge, and the models, of one family or of none of theirs, judged."""
    in_baseline = np.unique(family[baseline])
    if in_baseline.size < 2:
        raise ValueError(f"families: expected two or more in the baseline, got only {in_baseline[0]!r}.")
    for name in in_baseline:
        yield baseline & (family != name), family == name
    strangers = ~np.isin(family, in_baseline)
    if strangers.any():
        yield baseline, strangers


def _predict_without_own_family(
    across: Array,
    up: Array,
    family: NDArray[np.generic],
    baseline: NDArray[np.bool_],
    fit: Fit,
    axes: Axes,
) -> Array:
    predicted = np.empty_like(up)
    for kept, judged in _alike(_without_own_family(family, baseline)):
        # One fit a row: a batch of rows takes hardly longer than one of them.
        rows = predict_baseline(across[..., kept], up[..., kept], across[..., judged], fit, axes)
        predicted[..., judged] = rows
    return predicted


def _alike(
    parts: Iterable[tuple[NDArray[np.bool_], NDArray[np.bool_]]],
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Stack the indices of those who judge, and of the judged, where their numbers are the same."""
    batches: dict[tuple[int, int], list[tuple[NDArray[np.int64], NDArray[np.int64]]]] = {}
    for kept, judged in parts:
        places = np.flatnonzero(kept), np.flatnonzero(judged)
        batches.setdefault((places[0].size, places[1].size), []).append(places)
    for batch in batches.values():
        yield np.stack([kept for kept, _ in batch]), np.stack([judged for _, judged in batch])
