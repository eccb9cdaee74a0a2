"""Chapter 5: other bins from the fifteen that a cube stores, and what chance makes of a calibration error."""

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike

from clipsafe_utils.metrics.arguments import Array, confidence_level, one_of
from clipsafe_utils.metrics.calibration import FLOOR_SIMULATIONS, expected_calibration_error
from clipsafe_utils.metrics.reliability import ReliabilityBins, reliability_bins

BINNINGS = ("equal_width", "equal_mass")
SIZES = (300, 600, 1_250, 2_500, 5_000, 10_000, 25_000, 50_000)
"""Numbers of images at which an evaluation is simulated."""
SIMULATIONS = 1_000
CALIBRATED, RECORDED = "calibrated", "recorded"
"""Whose hits are simulated: those of a perfectly calibrated model, or those that the record shows."""


def stored_bins(cube: xr.Dataset) -> ReliabilityBins:
    """Return the bins of a cube `calibration`, on the last axis; an empty one has 0 as sum of confidences."""
    count, confidence, hits = (
        cube[name].transpose(..., "bin").values.astype(np.float64)
        for name in ("bin_count", "bin_confidence", "bin_hits")
    )
    return ReliabilityBins(count, hits, np.where(count > 0, count * confidence, 0.0))


def regroup(bins: ReliabilityBins, n_bins: int, binning: str = "equal_width") -> ReliabilityBins:
    """Return fewer bins of equal width (merged neighbours) or bins of equal mass, shape (..., n_bins).

    A cut between bins of equal mass may fall inside an old bin; its hits and its confidence are then shared
    out in proportion, as `equal_mass_calibration_error` does with ties.
    """
    if one_of("binning", binning, BINNINGS) == "equal_mass":
        parts = _shares_of_equal_mass(bins.count, n_bins)
    else:
        old = bins.count.shape[-1]
        if n_bins < 1 or old % n_bins:
            raise ValueError(f"n_bins: expected a divisor of {old}, got {n_bins}.")
        parts = np.repeat(np.eye(n_bins), old // n_bins, axis=1)
    columns = (
        np.asarray(sums, dtype=np.float64)[..., None] for sums in (bins.count, bins.hits, bins.confidence_sum)
    )
    return ReliabilityBins(*((parts @ column)[..., 0] for column in columns))


def bins_of_images(
    confidence: ArrayLike, correct: ArrayLike, n_bins: int, binning: str = "equal_width"
) -> ReliabilityBins:
    """Return the images of one model, shape (images,), in bins of equal width or of equal mass."""
    if binning == "equal_width":
        return reliability_bins(confidence, correct, n_bins=n_bins)
    order = np.argsort(np.asarray(confidence), kind="stable")
    ordered = np.asarray(confidence, dtype=np.float64)[order]
    hits = np.asarray(correct, dtype=np.float64)[order]
    return regroup(ReliabilityBins(np.ones_like(hits), hits, ordered), n_bins, binning)


def mean_gap(bins: ReliabilityBins) -> Array:
    """Return mean confidence less accuracy, from arrays of shape (..., bins): above 0 it is overconfident."""
    return np.asarray((bins.confidence_sum - bins.hits).sum(axis=-1) / bins.count.sum(axis=-1))


def floor_of_bins(bins: ReliabilityBins, seed: int) -> Array:
    """Return the ECE to expect of a perfectly calibrated model with these bins, by simulating their hits.

    Every image of a bin is right with the chance that is the bin's mean confidence. The spread of confidence
    inside a bin, which would lower the answer by a hair, is left out: a cube does not hold it.
    """
    random = np.random.default_rng(seed)
    count = np.round(bins.count)
    chance = np.clip(bins.mean_confidence, 0, 1)
    hits = random.binomial(count.astype(np.int64), chance, (FLOOR_SIMULATIONS, *count.shape))
    gaps = np.abs(chance * count - hits).sum(axis=-1).mean(axis=0)
    return np.asarray(gaps / count.sum(axis=-1))


def simulate_sizes(
    bins: ReliabilityBins, n_bins: int, binning: str, seed: int, confidence: float = 0.95
) -> xr.Dataset:
    """Return the ECE that evaluations of other sizes would show: of one model, and of a calibrated one.

    mean, low and high over the simulations; dims images (`SIZES`) and truth (calibrated, recorded). Both have
    the confidences of `bins`, shape (bins,).
    """
    random = np.random.default_rng(seed)
    tail = (1 - confidence_level(confidence)) / 2
    mean_confidence = np.clip(bins.mean_confidence, 0, 1)
    chances = {CALIBRATED: mean_confidence, RECORDED: bins.hits / np.maximum(bins.count, 1)}
    summary = np.empty((3, len(SIZES), len(chances)))
    for row, images in enumerate(SIZES):
        count = random.multinomial(images, bins.count / bins.count.sum(), SIMULATIONS)
        for column, chance in enumerate(chances.values()):
            hits = random.binomial(count, chance).astype(np.float64)
            drawn = ReliabilityBins(count.astype(np.float64), hits, count * mean_confidence)
            errors = expected_calibration_error(regroup(drawn, n_bins, binning))
            summary[:, row, column] = (errors.mean(), *np.quantile(errors, [tail, 1 - tail]))
    return xr.Dataset(
        {name: (("images", "truth"), summary[place]) for place, name in enumerate(("mean", "low", "high"))},
        {"images": list(SIZES), "truth": list(chances)},
    )


def images_to_tell(simulated: xr.Dataset) -> int | None:
    """Return the least of the `simulate_sizes` from which on the two ranges stay apart; None without one."""
    apart = (simulated["low"].sel(truth=RECORDED) > simulated["high"].sel(truth=CALIBRATED)).values
    together = np.flatnonzero(~apart)
    first = 0 if together.size == 0 else together[-1] + 1
    return None if first == apart.size else int(simulated["images"].values[first])


def _shares_of_equal_mass(count: Array, n_bins: int) -> Array:
    """Return the share of each old bin that belongs to each new one, shape (..., new, old)."""
    upper = np.cumsum(count, axis=-1)[..., None, :]
    lower = upper - count[..., None, :]
    cuts = np.linspace(0, 1, n_bins + 1)[:, None] * upper[..., -1:]
    overlap = np.minimum(upper, cuts[..., 1:, :]) - np.maximum(lower, cuts[..., :-1, :])
    return np.asarray(np.clip(overlap, 0, None) / np.maximum(count, 1)[..., None, :])
