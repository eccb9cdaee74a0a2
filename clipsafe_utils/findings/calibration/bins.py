"""Chapter 4: other bins from the fifteen that a cube stores, and what chance makes of a calibration error."""

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
    """Read the bins of a cube `calibration`; an empty bin has the sum of confidences 0.

    Parameters
    ----------
    cube : xarray.Dataset
        With bin_count, bin_confidence and bin_hits; the dim bin is the last.

    Examples
    --------
    >>> names = ("bin_count", "bin_confidence", "bin_hits")
    >>> values = ([0.0, 4.0], [0.25, 0.5], [0.0, 3.0])
    >>> stored_bins(xr.Dataset({n: ("bin", v) for n, v in zip(names, values)})).confidence_sum
    array([0., 2.])
    """
    count, confidence, hits = (
        cube[name].transpose(..., "bin").values.astype(np.float64)
        for name in ("bin_count", "bin_confidence", "bin_hits")
    )
    return ReliabilityBins(count, hits, np.where(count > 0, count * confidence, 0.0))


def regroup(bins: ReliabilityBins, n_bins: int, binning: str = "equal_width") -> ReliabilityBins:
    """Make fewer bins of equal width, or bins of equal mass, out of bins ordered by confidence.

    Parameters
    ----------
    bins : ReliabilityBins
        Arrays of shape (..., bins).
    n_bins : int
        Number of new bins. Bins of equal width are made by merging neighbours.
    binning : {"equal_width", "equal_mass"}
        A cut between bins of equal mass may fall inside an old bin; its hits and its confidence are then
        shared out in proportion, as `equal_mass_calibration_error` does with ties.

    Returns
    -------
    ReliabilityBins
        Arrays of shape (..., n_bins).

    Raises
    ------
    ValueError
        If the binning is not known, or bins of equal width cannot be merged into that many.

    Examples
    --------
    >>> old = ReliabilityBins(np.array([1.0, 3.0]), np.array([1.0, 0.0]), np.array([0.4, 2.4]))
    >>> regroup(old, 1).count, regroup(old, 2, "equal_mass").hits
    (array([4.]), array([1., 0.]))
    """
    if one_of("binning", binning, BINNINGS) == "equal_mass":
        parts = _shares_of_equal_mass(bins.count, n_bins)
    else:
        old = bins.count.shape[-1]
        if n_bins < 1 or old % n_bins:
            raise ValueError(f"n_bins: expected a divisor of {old}, got {n_bins}.")
        parts = np.repeat(np.eye(n_bins), old // n_bins, axis=1)
    return ReliabilityBins(*(_gathered(parts, sums) for sums in (bins.count, bins.hits, bins.confidence_sum)))


def bins_of_images(
    confidence: ArrayLike, correct: ArrayLike, n_bins: int, binning: str = "equal_width"
) -> ReliabilityBins:
    """Sort the images of one model into bins of equal width or of equal mass.

    Parameters
    ----------
    confidence, correct : array_like, shape (images,)
        As in `reliability_bins`.
    n_bins : int
        Number of bins.
    binning : {"equal_width", "equal_mass"}
        As in `regroup`.

    Examples
    --------
    >>> bins_of_images([0.6, 0.7, 0.8, 0.9], [True, True, True, False], 2, "equal_mass").hits
    array([2., 1.])
    """
    if binning == "equal_width":
        return reliability_bins(confidence, correct, n_bins=n_bins)
    order = np.argsort(np.asarray(confidence), kind="stable")
    ordered = np.asarray(confidence, dtype=np.float64)[order]
    hits = np.asarray(correct, dtype=np.float64)[order]
    return regroup(ReliabilityBins(np.ones_like(hits), hits, ordered), n_bins, binning)


def mean_gap(bins: ReliabilityBins) -> Array:
    """Return mean confidence less accuracy, from arrays of shape (..., bins): above 0 it is overconfident.

    Examples
    --------
    >>> mean_gap(ReliabilityBins(np.array([1.0, 3.0]), np.array([1.0, 0.0]), np.array([0.4, 2.6])))
    array(0.5)
    """
    return np.asarray((bins.confidence_sum - bins.hits).sum(axis=-1) / bins.count.sum(axis=-1))


def floor_of_bins(bins: ReliabilityBins, seed: int) -> Array:
    """ECE to expect of a perfectly calibrated model with these bins, by simulating their hits.

    Every image of a bin is right with the chance that is the bin's mean confidence. The spread of confidence
    inside a bin, which would lower the answer by a hair, is left out: a cube does not hold it.

    Parameters
    ----------
    bins : ReliabilityBins
        Arrays of shape (..., bins).
    seed : int
        Start of the random numbers.

    Returns
    -------
    ndarray, shape (...)
        Mean ECE over `FLOOR_SIMULATIONS` rounds.

    Examples
    --------
    >>> floor_of_bins(ReliabilityBins(np.array([1.0]), np.array([1.0]), np.array([0.5])), 0)
    array(0.5)
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
    """Simulate ECE on evaluations of other sizes: of one model, and of a calibrated one with its confidences.

    Parameters
    ----------
    bins : ReliabilityBins
        Of one model, arrays of shape (bins,).
    n_bins, binning
        How ECE is measured in each simulated evaluation; see `regroup`.
    seed : int
        Start of the random numbers.
    confidence : float
        Share of the simulated evaluations that lie between `low` and `high`.

    Returns
    -------
    xarray.Dataset
        mean, low and high of ECE; dims images (`SIZES`) and truth (calibrated, recorded).

    Examples
    --------
    >>> bins = ReliabilityBins(np.full(15, 100.0), np.zeros(15), (np.arange(15) + 0.5) * 100 / 15)
    >>> simulated = simulate_sizes(bins, 15, "equal_width", 0)["mean"].sel(images=50_000)
    >>> simulated.round(2).values
    array([0.01, 0.5 ])
    """
    random = np.random.default_rng(seed)
    tail = (1 - confidence_level(confidence)) / 2
    mean_confidence = np.clip(bins.mean_confidence, 0, 1)
    chances = {CALIBRATED: mean_confidence, RECORDED: bins.hits / np.maximum(bins.count, 1)}
    found = np.empty((3, len(SIZES), len(chances)))
    for row, images in enumerate(SIZES):
        count = random.multinomial(images, bins.count / bins.count.sum(), SIMULATIONS)
        for column, chance in enumerate(chances.values()):
            hits = random.binomial(count, chance).astype(np.float64)
            drawn = ReliabilityBins(count.astype(np.float64), hits, count * mean_confidence)
            errors = expected_calibration_error(regroup(drawn, n_bins, binning))
            found[:, row, column] = (errors.mean(), *np.quantile(errors, [tail, 1 - tail]))
    coordinates = {"images": list(SIZES), "truth": list(chances)}
    names = ("mean", "low", "high")
    return xr.Dataset(
        {name: (("images", "truth"), values) for name, values in zip(names, found, strict=True)}, coordinates
    )


def images_to_tell(simulated: xr.Dataset) -> int | None:
    """Return the least simulated size from which on the two ranges of ECE stay apart; None if there is none.

    Parameters
    ----------
    simulated : xarray.Dataset
        As `simulate_sizes` returns it.

    Examples
    --------
    >>> low, high = [[0.0, 0.1], [0.0, 0.3]], [[0.2, 0.3], [0.1, 0.4]]
    >>> sizes = {"images": [300, 600], "truth": [CALIBRATED, RECORDED]}
    >>> images_to_tell(xr.Dataset({"low": (tuple(sizes), low), "high": (tuple(sizes), high)}, sizes))
    600
    """
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


def _gathered(parts: Array, sums: Array) -> Array:
    return np.asarray((parts @ np.asarray(sums, dtype=np.float64)[..., None])[..., 0])
