"""Temperature scaling: the one number by which logits are divided so that confidences fit.

The temperature T minimises the negative log-likelihood (NLL; Guo et al. 2017). In 1 / T the NLL is convex, so
its minimum is where its slope crosses 0, and Newton's method finds it in a few passes over the logits.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from clipsafe_utils.metrics.arguments import Array
from clipsafe_utils.metrics.images import image_weights
from clipsafe_utils.metrics.likelihood import ImageLikelihoods
from clipsafe_utils.metrics.logit_blocks import class_labels, class_scores
from clipsafe_utils.metrics.temperature_bands import chebyshev_nodes, polynomial_shares

LOWEST, HIGHEST = 1e-3, 1e3
"""The temperatures between which the minimum is sought."""
TOLERANCE = 1e-7
"""A fit has converged when what its last step leaves is smaller than this share of 1 / T."""
MOST_PASSES = 60

# Every 16th image, if that leaves at least 1,000, gives a first guess at the cost of a few 16ths of a pass.
_SAMPLE_STEP, _SMALLEST_SAMPLE, _SAMPLE_TOLERANCE = 16, 1000, 1e-3
_WIDEST_SPAN = 0.1


@dataclass(frozen=True)
class TemperatureFit:
    """Fitted temperatures and how well the fit went; arrays of shape (...), one entry for each model.

    Where every label has the largest logit, as in a perfect model, NLL falls for ever as T falls: the answer
    is `LOWEST`. Where labels have on average no larger logits than other classes, it is `HIGHEST`.
    """

    temperature: Array  # by convention 1 where all logits of an image are equal, for all images
    nll: Array  # in nats, at that temperature
    gradient: Array  # slope of NLL in 1 / T at the last pass, from which one step of Newton leads there
    passes: NDArray[np.int64]  # over all the images
    converged: NDArray[np.bool_]  # gradient crosses 0 there, to `TOLERANCE`, or NLL is lowest at an end
    bound: NDArray[np.str_]  # "lowest" or "highest" where the temperature is that end of the range, else ""


@dataclass(frozen=True)
class TemperatureDraws:
    """The temperature of one model in each bootstrap draw; arrays of shape (draws,)."""

    temperature: Array
    interpolated: NDArray[np.bool_]  # read between passes made for all draws; if not, fitted on its own
    converged: NDArray[np.bool_]  # true where it is interpolated
    estimate: TemperatureFit  # to every image once; arrays of shape ()


class _Fit(NamedTuple):
    temperature: float
    nll: float
    gradient: float
    passes: int
    converged: bool
    bound: str


def fit_temperature(logits: ArrayLike, labels: ArrayLike) -> TemperatureFit:
    """Fit the temperature of each model to labelled images.

    Parameters
    ----------
    logits : array_like of float16, float32 or float64, shape (..., images, classes)
        Leading axes are models or conditions, each of which is fitted on its own.
    labels : array_like of int, shape (images,)
        True classes.

    Returns
    -------
    TemperatureFit
        `temperature` from 0.001 to 1000, `nll` and `gradient` there, `passes`, `converged`, and `bound`:
        whether the temperature is the "lowest" or the "highest" of the range, else ""; all of shape (...).

    Raises
    ------
    ValueError
        If logits are not floating-point numbers or not finite, or the labels do not fit them.

    Examples
    --------
    >>> logits = np.array([[np.log(9.0), 0.0]] * 4)
    >>> f"{fit_temperature(logits, [0, 0, 0, 1]).temperature:.4f}"
    '2.0000'
    """
    scores = class_scores("logits", logits)
    true = class_labels(labels, scores.shape[-2:-1], scores.shape[-1])
    fits = [
        _fit(ImageLikelihoods(model, true), np.ones(true.size))
        for model in scores.reshape(-1, *scores.shape[-2:])
    ]
    columns = [np.array(column).reshape(scores.shape[:-2]) for column in zip(*fits, strict=True)]
    return TemperatureFit(*columns)


def temperature_draws(logits: ArrayLike, labels: ArrayLike, weights: ArrayLike) -> TemperatureDraws:
    """Fit the temperature of one model in each bootstrap draw.

    Draws differ little from each other. So the slope of each image is taken at seven temperatures that span
    them, its mean in a draw is a product with the weights, and the temperature where that mean crosses 0 is
    interpolated, to 1e-6 or better. The span comes from one step of Newton from the estimate. A draw that is
    more than a tenth away from the estimate is fitted on its own.

    Parameters
    ----------
    logits, labels
        As in `fit_temperature`, of one model.
    weights : array_like of counts, shape (draws, images)
        How often each image is drawn (`draw_weights`).

    Returns
    -------
    TemperatureDraws
        `temperature`, whether it is `interpolated` and whether it `converged`, of shape (draws,); and the
        `estimate`, a fit as in `fit_temperature` to every image once.

    Raises
    ------
    ValueError
        As in `fit_temperature`, or if the weights do not fit the images.

    Examples
    --------
    >>> logits = np.array([[np.log(9.0), 0.0]] * 4)
    >>> temperature_draws(logits, [0, 0, 0, 1], [[1, 1, 1, 1], [3, 3, 3, 1]]).temperature.round(4)
    array([2., 1.])
    """
    scores = class_scores("logits", logits)
    true = class_labels(labels, scores.shape[:-1], scores.shape[-1])
    drawn = image_weights("weights", weights, true.size).astype(np.float64)
    images = ImageLikelihoods(scores, true)
    estimate = _fit(images, np.ones(true.size))
    temperatures = _interpolated(images, drawn, estimate)
    interpolated = ~np.isnan(temperatures)
    converged = interpolated.copy()
    for draw in np.flatnonzero(~interpolated):
        fit = _fit(images, drawn[draw])
        temperatures[draw], converged[draw] = fit.temperature, fit.converged
    found = TemperatureFit(*(np.array(value) for value in estimate))
    return TemperatureDraws(temperatures, interpolated, converged, found)


def _fit(images: ImageLikelihoods, weights: Array) -> _Fit:
    if not (images.label_below[weights > 0] < 0).any():
        return _without_minimum(images, weights)
    start = 1.0
    if images.labels.size >= _SAMPLE_STEP * _SMALLEST_SAMPLE:
        few = ImageLikelihoods(images.logits, images.labels, _SAMPLE_STEP)
        guess = _newton(few, weights[::_SAMPLE_STEP], start, _SAMPLE_TOLERANCE)
        start = start if guess.bound else 1 / guess.temperature
    return _newton(images, weights, start, TOLERANCE)


def _without_minimum(images: ImageLikelihoods, weights: Array) -> _Fit:
    # Every label has the largest logit: NLL falls with T, or does not change where all logits are equal.
    temperature, bound = (1.0, "") if images.constant()[weights > 0].all() else (LOWEST, "lowest")
    nll, gradient, _ = _means(images, weights, 1 / temperature)
    return _Fit(temperature, nll, gradient, 1, True, bound)


def _newton(images: ImageLikelihoods, weights: Array, start: float, tolerance: float) -> _Fit:
    low, high = 1 / HIGHEST, 1 / LOWEST
    bounds = {low: "highest", high: "lowest"}
    inverse, tried, last_move, last_step = start, {start}, np.inf, 0.0
    for passes in range(1, MOST_PASSES + 1):
        nll, gradient, curvature = _means(images, weights, inverse)
        fit = _Fit(1 / inverse, nll, gradient, passes, False, "")
        low, high = (low, inverse) if gradient > 0 else (inverse, high)
        if low == high:  # NLL still falls where the range ends
            return fit._replace(converged=True, bound=bounds[inverse])
        uphill = np.inf if gradient > 0 else -np.inf
        step = gradient / curvature if curvature > 0 else uphill
        proposal = inverse - step
        # Near the minimum a step of Newton leaves a multiple of its square; the last two tell which.
        left = step**2 * max(1 / inverse, abs(step) / last_step**2) if last_step else abs(step)
        if left <= tolerance * inverse:
            end = float(np.clip(proposal, low, high))
            return fit._replace(temperature=1 / end, nll=nll - gradient * step / 2, converged=True)
        last_step = 0.0
        if not low < proposal < high:
            end = low if proposal <= low else high
            proposal = end if end not in tried else np.sqrt(low * high)
        elif abs(step) > last_move / 2:  # Newton crawls where NLL is nearly an exponential
            proposal = np.sqrt(low * high)
        else:
            last_step = abs(step)
        last_move = abs(proposal - inverse)
        inverse = float(proposal)
        tried.add(inverse)
    return fit


def _means(images: ImageLikelihoods, weights: Array, inverse: float) -> tuple[float, float, float]:
    # Not a dot product: on this length it would wake the threads of BLAS, which takes longer than the sum.
    nll, slope, curvature = (float((weights * column).sum()) for column in images.at(inverse))
    total = float(weights.sum())
    return nll / total, slope / total, curvature / total


def _interpolated(images: ImageLikelihoods, weights: Array, estimate: _Fit) -> Array:
    # Temperature of each draw; NaN where the draw has to be fitted on its own.
    inverse = 1 / estimate.temperature
    _, slope, curvature = images.at(inverse)
    curvatures = weights @ curvature
    if estimate.bound or not (curvatures > 0).all():
        return np.full(len(weights), np.nan)
    first_steps = weights @ slope / curvatures / inverse
    span = float(np.clip(1.25 * np.abs(first_steps).max(), 1e-3, _WIDEST_SPAN))
    nodes = chebyshev_nodes(-span, span)
    slopes = weights @ np.stack([images.at(inverse * np.exp(node)).slope for node in nodes], axis=1)
    inside = (slopes[:, 0] < 0) & (slopes[:, -1] > 0)
    # The slope increases with the node: the polynomial gives the node as a function of it, at slope 0.
    crossing = np.full(len(weights), np.nan)
    crossing[inside] = polynomial_shares(slopes[inside], np.zeros(inside.sum())) @ nodes
    return np.asarray(np.exp(-crossing) / inverse)
