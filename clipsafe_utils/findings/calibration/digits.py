"""Chapter 5's own experiment, an over-trained classifier of digits: rows, shifted images, judged answers."""

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
    """Return `TRAINING_ROWS` drawn by `seed`, and the halves into which `split_seed` cuts the others."""
    shuffled = np.random.default_rng(seed).permutation(rows)
    held_out = np.random.default_rng(split_seed).permutation(shuffled[TRAINING_ROWS:])
    half = held_out.size // 2
    return Split(shuffled[:TRAINING_ROWS], held_out[:half], held_out[half:])


def shifted(pixels: Array, shift: str, strength: float, seed: int) -> Array:
    """Return digits, shape (images, 64), with noise of one pattern at every strength, or blurred."""
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
    """Return what the classifier scores on the test images, shape (images, 64), from 0 to 1.

    Dims shift, level (0 is clean; `strength` says what it stands for), scaling (before, after, own) and draw:
    `SCORES`; without draw: ece, ece_floor, temperature and spread, the mean standard deviation of an image's
    logits over the classes. `temperature` was fitted on clean images, `seed` is of the noise and the floor.
    """
    weights = draw_weights(NAMESPACE, range(labels.size))
    rows = []
    for shift, strengths in STRENGTHS.items():
        for level, strength in enumerate(strengths):
            logits = logits_of(shifted(pixels, shift, strength, seed))
            spread = float(logits.std(axis=1).mean())
            own = fit_temperature(logits, labels).temperature.item()
            for scaling, value in ((BEFORE, 1.0), (AFTER, temperature), (OWN, own)):
                row = _judge(logits, labels, value, weights, n_bins, binning, seed).assign(spread=spread)
                rows.append(row.expand_dims(shift=[shift], level=[level], scaling=[scaling]))
    trials = xr.combine_by_coords(rows, combine_attrs="drop")
    assert isinstance(trials, xr.Dataset)
    trials = trials.sel(shift=list(STRENGTHS), scaling=[BEFORE, AFTER, OWN])
    return trials.assign_coords(strength=(("shift", "level"), list(STRENGTHS.values())))


def with_intervals(trials: xr.Dataset, confidence: float) -> xr.Dataset:
    """Return the estimates of `run_trials`, without draw, and for each score also, for example, nll_low.

    The intervals say what other test images would give.
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
    """Return a score after less before the clean temperature, and its interval, paired over images.

    `trials` are of one shift and level. The debiased error is compared on the scale of squares.
    """
    draws = trials[score].transpose("draw", "scaling")
    values = signed_square(draws.values) if score == "ece_debiased" else draws.values
    names = draws["scaling"].values.tolist()
    difference = values[:, names.index(AFTER)] - values[:, names.index(BEFORE)]
    low, high = centred_interval(difference, confidence)
    return float(difference[0]), float(low), float(high)


def _judge(
    logits: Array,
    labels: NDArray[np.int64],
    temperature: float,
    weights: NDArray[np.uint8],
    n_bins: int,
    binning: str,
    seed: int,
) -> xr.Dataset:
    """Score the answers at one temperature: `SCORES` by draw, and the ECE beside its floor."""
    summary = summarise_logits(logits, labels, temperature=temperature)
    correct = summary.prediction == labels
    log_probability = summary.label_log_probability
    by_draw = {
        "accuracy": weighted_mean(correct, weights),
        "nll": negative_log_likelihood(log_probability, weights),
        "brier": brier_score(log_probability, summary.sum_squared_probability, weights),
        "overconfidence": weighted_mean(summary.confidence - correct, weights),
        "ece_debiased": debiased_calibration_error(
            reliability_bins(summary.confidence, correct, weights, n_bins)
        ),
    }
    bins = bins_of_images(summary.confidence, correct, n_bins, binning)
    return xr.Dataset({name: ("draw", values) for name, values in by_draw.items()}).assign(
        ece=float(expected_calibration_error(bins)),
        ece_floor=float(floor_of_bins(bins, seed)),
        temperature=temperature,
    )
