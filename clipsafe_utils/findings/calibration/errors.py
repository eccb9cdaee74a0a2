"""Chapter 4: what is computed from the calibration of models in a cube."""

from collections.abc import Sequence

import numpy as np
import xarray as xr

from clipsafe_utils.findings.calibration.bins import floor_of_bins, regroup, simulate_sizes, stored_bins
from clipsafe_utils.findings.calibration.views import View
from clipsafe_utils.metrics.arguments import Array
from clipsafe_utils.metrics.calibration import (
    debiased_interval,
    expected_calibration_error,
    signed_square,
)
from clipsafe_utils.metrics.correlation import ranks
from clipsafe_utils.metrics.draws import centred_interval

FEWEST_IMAGES = 5_000
"""On fewer images no claim is made about a calibration error."""
FEWEST_PARTS = 3
"""Ranks of fewer parts are not correlated."""
ALL, LARGE = "all", "large"
"""Over which parts of the images ranks are correlated: all, or those with images enough for a claim."""


def judge_view(view: View, n_bins: int, binning: str, seed: int, confidence: float) -> xr.Dataset:
    """Gather what a view says of every model and condition.

    Parameters
    ----------
    view : View
        One study at one scaling.
    n_bins, binning
        Of the plain ECE and its floor; see `regroup`. The debiased error and its draws were taken by the
        study, with its own bins.
    seed : int
        Of the simulation of the floor.
    confidence : float
        Level of the interval of the debiased error.

    Returns
    -------
    xarray.Dataset
        Dims model and condition: accuracy, ece, floor, error (the debiased one, 0 where negative), low and
        high. By condition: images, and `claimed`, whether they are enough for a claim. By model: name, group.
    """
    cube = view.cube.transpose("draw", "model", "condition", "bin")
    bins = regroup(stored_bins(cube), n_bins, binning)
    low, high = debiased_interval(cube["ece_debiased"].values, confidence)
    estimate = cube.isel(draw=0, drop=True)
    values = {
        "accuracy": estimate["accuracy"].values,
        "ece": expected_calibration_error(bins),
        "floor": floor_of_bins(bins, seed),
        "error": estimate["ece_debiased"].clip(min=0).values,
        "low": low,
        "high": high,
    }
    return xr.Dataset(
        {name: (("model", "condition"), array) for name, array in values.items()}
        | {
            "images": ("condition", view.images.values),
            "claimed": ("condition", view.images.values >= FEWEST_IMAGES),
            "name": ("model", view.names),
            "group": ("model", view.models["group"].values),
        },
        {name: cube[name].values for name in ("model", "condition")},
    )


def reliability_panels(shown: Sequence[View], n_bins: int, binning: str) -> xr.Dataset:
    """Lay out the bins of every model on the whole set, one panel a model and scaling.

    Parameters
    ----------
    shown : sequence of View
        The scalings of one model come to stand beside each other.
    n_bins, binning
        See `regroup`.

    Returns
    -------
    xarray.Dataset
        bin_count, bin_confidence and bin_hits; dims panel and bin. By panel: title, group and study. Empty
        where nothing is shown.

    Examples
    --------
    >>> reliability_panels([], 15, "equal_width").sizes["panel"]
    0
    """
    studies = list(dict.fromkeys(view.study for view in shown))
    pairs = [(view, row) for view in shown for row in range(view.models.sizes["model"])]
    pairs.sort(key=lambda pair: (studies.index(pair[0].study), pair[1]))
    columns, titles = [np.empty((3, 0, n_bins))], []
    for view, row in pairs:
        one = view.cube.isel(model=row).sel(condition=view.whole)
        bins = regroup(stored_bins(one), n_bins, binning)
        columns.append(np.stack([bins.count, bins.mean_confidence, bins.hits])[:, None])
        several = {other.scaling for other in shown if other.study == view.study}
        titles.append(", ".join([view.names[row], *[view.scaling] * (len(several) > 1)]))
    names = ("bin_count", "bin_confidence", "bin_hits")
    stacked = np.concatenate(columns, axis=1)
    return xr.Dataset(
        {name: (("panel", "bin"), values) for name, values in zip(names, stacked, strict=True)}
        | {
            "title": ("panel", titles),
            "group": ("panel", [view.models["group"].values[row] for view, row in pairs]),
            "study": ("panel", [view.study for view, _ in pairs]),
        }
    )


def rank_correlations(view: View, confidence: float) -> xr.Dataset:
    """Ask of each model whether its debiased error falls as accuracy rises, over parts of the images.

    Parameters
    ----------
    view : View
        One study at one scaling.
    confidence : float
        Level of the interval: it says what other images of the same conditions would give, not what other
        conditions would.

    Returns
    -------
    xarray.Dataset
        rho (Spearman's), low and high, and `falling`, the share of the draws in which rho is below 0; dims
        model and choice: all parts, or the large ones. NaN for fewer than three. `parts` by choice: how many
        there are. Over a handful of parts rho takes a handful of values: an interval then says little, and
        `falling` is the better guide.
    """
    parts = view.parts
    large = [name for name in parts if view.images.sel(condition=name) >= FEWEST_IMAGES]
    found = np.full((4, view.cube.sizes["model"], 2), np.nan)
    for column, chosen in enumerate((parts, large)):
        if len(chosen) >= FEWEST_PARTS:
            draws = _rank_draws(view.cube.sel(condition=chosen))
            low, high = (np.clip(end, -1, 1) for end in centred_interval(draws, confidence))
            found[:, :, column] = draws[0], low, high, (draws[1:] < 0).mean(axis=0)
    coordinates = {"model": view.cube["model"].values, "choice": [ALL, LARGE]}
    names = ("rho", "low", "high", "falling")
    return xr.Dataset(
        {name: (("model", "choice"), values) for name, values in zip(names, found, strict=True)}
        | {"parts": ("choice", [len(parts), len(large)])},
        coordinates,
    )


def sample_sizes(
    view: View, n_bins: int, binning: str, seed: int, confidence: float
) -> dict[str, xr.Dataset]:
    """Simulate evaluations of other sizes for the best and the worst calibrated model of a view.

    Parameters
    ----------
    view : View
        One study at one scaling.
    n_bins, binning, seed, confidence
        As in `simulate_sizes`.

    Returns
    -------
    dict of str to xarray.Dataset
        `simulate_sizes` by name of the model, the best first, with its group as an attribute; of a study with
        one model, that one.
    """
    whole = view.cube.sel(condition=view.whole)
    order = np.argsort(whole["ece_debiased"].isel(draw=0).values)
    found = {}
    for row in dict.fromkeys((int(order[0]), int(order[-1]))):
        simulated = simulate_sizes(stored_bins(whole.isel(model=row)), n_bins, binning, seed, confidence)
        found[view.names[row]] = simulated.assign_attrs(group=view.models["group"].values[row])
    return found


def _rank_draws(cube: xr.Dataset) -> Array:
    """Correlate ranks over the conditions, shape (draws, models); 0 where one of the two never changes."""
    dims = ("draw", "model", "condition")
    accuracy = ranks(cube["accuracy"].transpose(*dims).values)
    error = ranks(signed_square(cube["ece_debiased"].transpose(*dims).values))
    accuracy, error = (ranks - ranks.mean(axis=-1, keepdims=True) for ranks in (accuracy, error))
    scale = np.sqrt((accuracy**2).sum(axis=-1) * (error**2).sum(axis=-1))
    product = (accuracy * error).sum(axis=-1)
    return np.asarray(np.divide(product, scale, out=np.zeros_like(scale), where=scale > 0))
