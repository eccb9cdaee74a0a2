"""Chapter 4's own experiment: an over-trained classifier of digits, its temperature, and two shifts.

The classifier is made in the chapter; here rows are split, images are shifted and answers are judged.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import xarray as xr
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from clipsafe_utils.findings.calibration.bins import bins_of_images, floor_of_bins
from clipsafe_utils.metrics.arguments import Array, one_of
from clipsafe_utils.metrics.calibration import (
    debiased_calibration_error,
    debiased_interval,
    expected_calibration_error,
    signed_square,
)
from clipsafe_utils.metrics.draws import centred_interval, draw_weights
from clipsafe_utils.metrics.images import weighted_mean
from clipsafe_utils.metrics.logits import summarise_logits
from clipsafe_utils.metrics.proper_scores import brier_score, negative_log_likelihood
from clipsafe_utils.metrics.reliability import reliability_bins
from clipsafe_utils.metrics.temperature import fit_temperature

TRAINING_ROWS = 300
SIDE = 8
"""Pixels along one side of a digit."""
STRENGTHS: Mapping[str, tuple[float, ...]] = {"noise": (0.0, 0.1, 0.2, 0.3), "blur": (0.0, 0.4, 0.6, 0.8)}
"""Noise: standard deviation as a share of the range from white to black. Blur: its width in pixels."""
BEFORE, AFTER, OWN = "before", "after", "own"
"""No temperature; that of the clean images; that of the shifted test images themselves."""
SCORES = ("accuracy", "nll", "brier", "overconfidence", "ece_debiased")
NAMESPACE = "digits"


@dataclass(frozen=True)
class Split:
    """Rows to train on, to fit the temperature on, and to test on."""

    train: NDArray[np.int64]
    fit: NDArray[np.int64]
    test: NDArray[np.int64]


def split_rows(rows: int, seed: int, split_seed: int) -> Split:
    """Draw the rows to train on, and cut the others into halves.

    Parameters
    ----------
    rows : int
        Number of images.
    seed : int
        Chooses the `TRAINING_ROWS`.
    split_seed : int
        Chooses the halves.

    Examples
    --------
    >>> split = split_rows(1000, seed=0, split_seed=0)
    >>> split.train.size, split.fit.size, split.test.size
    (300, 350, 350)
    """
    shuffled = np.random.default_rng(seed).permutation(rows)
    held_out = np.random.default_rng(split_seed).permutation(shuffled[TRAINING_ROWS:])
    half = held_out.size // 2
    return Split(shuffled[:TRAINING_ROWS], held_out[:half], held_out[half:])


def shifted(pixels: Array, shift: str, strength: float, seed: int) -> Array:
    """Add noise to digits, or blur them.

    Parameters
    ----------
    pixels : ndarray, shape (images, 64)
        From 0 to 1.
    shift : {"noise", "blur"}
        What is done.
    strength : float
        See `STRENGTHS`; 0 leaves the images as they are.
    seed : int
        Of the noise, which is the same pattern at every strength.

    Raises
    ------
    ValueError
        If the shift is not known.

    Examples
    --------
    >>> dot = np.eye(1, 64, 27)
    >>> shifted(dot, "blur", 0.6, 0).max().round(2).item(), bool((shifted(dot, "noise", 0, 0) == dot).all())
    (0.44, True)
    """
    if one_of("shift", shift, tuple(STRENGTHS)) == "noise":
        return np.asarray(pixels + strength * np.random.default_rng(seed).standard_normal(pixels.shape))
    blurred = gaussian_filter(pixels.reshape(-1, SIDE, SIDE), (0, strength, strength))
    return np.asarray(blurred.reshape(pixels.shape))


def run_trials(
    logits_of: Callable[[Array], Array],
    pixels: Array,
    labels: NDArray[np.int64],
    temperature: float,
    *,
    n_bins: int,
    binning: str,
    seed: int,
) -> xr.Dataset:
    """Judge the classifier on the test images under every shift and strength, at three temperatures.

    Parameters
    ----------
    logits_of : callable
        Gives the logits of images.
    pixels : ndarray, shape (images, 64)
        Test images, from 0 to 1.
    labels : ndarray of int, shape (images,)
        True classes.
    temperature : float
        Fitted on clean images.
    n_bins, binning
        How confidences are sorted into bins.
    seed : int
        Of the noise and of the floor.

    Returns
    -------
    xarray.Dataset
        Dims shift, level (0 is clean), scaling (before, after, own) and draw: `SCORES`; without
        draw: ece, ece_floor, temperature and spread, the mean standard deviation of an image's logits over
        the classes. `strength` says what a level stands for.
    """
    weights = draw_weights(NAMESPACE, range(labels.size))
    rows = []
    for shift, strengths in STRENGTHS.items():
        for level, strength in enumerate(strengths):
            logits = logits_of(shifted(pixels, shift, strength, seed))
            spread = float(logits.std(axis=1).mean())
            own = fit_temperature(logits, labels).temperature.item()
            for scaling, value in ((BEFORE, 1.0), (AFTER, temperature), (OWN, own)):
                scores = _judge(logits, labels, value, weights, n_bins)
                row = _with_ece(scores, n_bins, binning, seed).assign(temperature=value, spread=spread)
                rows.append(row.expand_dims(shift=[shift], level=[level], scaling=[scaling]))
    trials = xr.combine_by_coords(rows, combine_attrs="drop")
    assert isinstance(trials, xr.Dataset)
    trials = trials.sel(shift=list(STRENGTHS), scaling=[BEFORE, AFTER, OWN])
    return trials.assign_coords(strength=(("shift", "level"), list(STRENGTHS.values())))


def with_intervals(trials: xr.Dataset, confidence: float) -> xr.Dataset:
    """Add the interval of every score, from the draws, and keep the estimates.

    Parameters
    ----------
    trials : xarray.Dataset
        As `run_trials` returns it.
    confidence : float
        Level of the intervals: they say what other test images would give.

    Returns
    -------
    xarray.Dataset
        Without the dim draw; for each of the scores also, for example, nll_low and nll_high.
    """
    estimates = trials.isel(draw=0, drop=True)
    ends = {}
    for name in SCORES:
        draws = trials[name].transpose("draw", ...)
        interval = (debiased_interval if name == "ece_debiased" else centred_interval)(draws, confidence)
        for end, values in zip(("low", "high"), interval, strict=True):
            ends[f"{name}_{end}"] = estimates[name].copy(data=values)
    return estimates.assign(ends)


def change(trials: xr.Dataset, score: str, confidence: float) -> tuple[float, float, float]:
    """Return how much a score changes with the clean temperature, and the interval, paired over images.

    Parameters
    ----------
    trials : xarray.Dataset
        `run_trials` at one shift and level.
    score : str
        One of `SCORES`. The debiased error is compared on the scale of squares; see `signed_square`.
    confidence : float
        Level of the interval.

    Returns
    -------
    estimate, low, high : tuple of float
        After less before.
    """
    draws = trials[score].transpose("draw", "scaling")
    values = signed_square(draws.values) if score == "ece_debiased" else draws.values
    names = draws["scaling"].values.tolist()
    difference = values[:, names.index(AFTER)] - values[:, names.index(BEFORE)]
    low, high = centred_interval(difference, confidence)
    return float(difference[0]), float(low), float(high)


def _judge(
    logits: Array, labels: NDArray[np.int64], temperature: float, weights: NDArray[np.uint8], n_bins: int
) -> xr.Dataset:
    """Score the answers at one temperature: `SCORES` by draw; confidence and correct by image."""
    summary = summarise_logits(logits, labels, temperature=temperature)
    correct = summary.prediction == labels
    log_probability = summary.label_log_probability
    bins = reliability_bins(summary.confidence, correct, weights, n_bins)
    by_draw = {
        "accuracy": weighted_mean(correct, weights),
        "nll": negative_log_likelihood(log_probability, weights),
        "brier": brier_score(log_probability, summary.sum_squared_probability, weights),
        "overconfidence": weighted_mean(summary.confidence - correct, weights),
        "ece_debiased": debiased_calibration_error(bins),
    }
    by_image = {"confidence": summary.confidence, "correct": correct}
    return xr.Dataset(
        {name: ("draw", values) for name, values in by_draw.items()}
        | {name: ("image", values) for name, values in by_image.items()}
    )


def _with_ece(scores: xr.Dataset, n_bins: int, binning: str, seed: int) -> xr.Dataset:
    bins = bins_of_images(scores["confidence"].values, scores["correct"].values, n_bins, binning)
    return scores.drop_dims("image").assign(
        ece=float(expected_calibration_error(bins)), ece_floor=float(floor_of_bins(bins, seed))
    )
