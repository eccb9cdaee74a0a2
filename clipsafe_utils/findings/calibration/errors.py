"""Chapter 5: what is computed from the calibration of models in a cube."""

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
    """Return what a view says of every model and condition.

    Dims model and condition: accuracy, ece and floor (in these bins; see `regroup`), error (the debiased one,
    in the bins of the study; 0 where negative) with its ends low and high. By condition: images, and
    `claimed`, whether they are enough for a claim. By model: name, group.
    """
    cube = view.cube.transpose("draw", "model", "condition", "bin")
    bins = regroup(stored_bins(cube), n_bins, binning)
    low, high = debiased_interval(cube["ece_debiased"].values, confidence)
    dims = ("model", "condition")
    return xr.Dataset(
        {
            "accuracy": (dims, cube["accuracy"].values[0]),
            "ece": (dims, expected_calibration_error(bins)),
            "floor": (dims, floor_of_bins(bins, seed)),
            "error": (dims, cube["ece_debiased"].values[0].clip(min=0)),
            "low": (dims, low),
            "high": (dims, high),
            "images": ("condition", view.images.values),
            "claimed": ("condition", view.images.values >= FEWEST_IMAGES),
            "name": ("model", view.names),
            "group": ("model", view.models["group"].values),
        },
        {dim: cube[dim].values for dim in dims},
    )


def reliability_panels(shown: Sequence[View], n_bins: int, binning: str) -> xr.Dataset:
    """Return the bins of every model on the whole set.

    bin_count, bin_confidence and bin_hits; dims panel (a model) and bin. By panel: title, group and study.
    Empty where nothing is shown.
    """
    pairs = [(view, row) for view in shown for row in range(view.models.sizes["model"])]
    columns = [np.empty((3, 0, n_bins))]
    for view, row in pairs:
        bins = regroup(stored_bins(view.on_whole.isel(model=row)), n_bins, binning)
        columns.append(np.stack([bins.count, bins.mean_confidence, bins.hits])[:, None])
    count, confidence, hits = np.concatenate(columns, axis=1)
    return xr.Dataset(
        {
            "bin_count": (("panel", "bin"), count),
            "bin_confidence": (("panel", "bin"), confidence),
            "bin_hits": (("panel", "bin"), hits),
            "title": ("panel", [view.names[row] for view, row in pairs]),
            "group": ("panel", [view.models["group"].values[row] for view, row in pairs]),
            "study": ("panel", [view.study for view, _ in pairs]),
        }
    )


def rank_correlations(view: View, confidence: float) -> xr.Dataset:
    """Return for each model whether its debiased error falls as accuracy rises, over parts of the images.

    rho (Spearman's), low and high (over other images of the same conditions, not over other conditions), and
    `falling`, the share of the draws in which rho is below 0; dims model and choice: all parts, or the large
    ones. NaN for fewer than three. `parts` by choice: how many there are; `name` by model. Over a handful of
    parts rho takes a handful of values: an interval then says little, and `falling` is the better guide.
    """
    parts = view.parts
    large = [name for name in parts if view.images.sel(condition=name) >= FEWEST_IMAGES]
    table = np.full((4, view.cube.sizes["model"], 2), np.nan)
    for column, chosen in enumerate((parts, large)):
        if len(chosen) >= FEWEST_PARTS:
            draws = _rank_draws(view.cube.sel(condition=chosen))
            low, high = (np.clip(end, -1, 1) for end in centred_interval(draws, confidence))
            table[:, :, column] = draws[0], low, high, (draws[1:] < 0).mean(axis=0)
    names = ("rho", "low", "high", "falling")
    return xr.Dataset(
        {name: (("model", "choice"), values) for name, values in zip(names, table, strict=True)}
        | {"parts": ("choice", [len(parts), len(large)]), "name": ("model", view.names)},
        {"model": view.cube["model"].values, "choice": [ALL, LARGE]},
    )


def sample_sizes(
    view: View, n_bins: int, binning: str, seed: int, confidence: float
) -> dict[str, xr.Dataset]:
    """Return `simulate_sizes` of the best and the worst calibrated model, by name, its group an attribute."""
    order = np.argsort(view.on_whole["ece_debiased"].isel(draw=0).values)
    simulated = {}
    for row in dict.fromkeys((int(order[0]), int(order[-1]))):
        bins = stored_bins(view.on_whole.isel(model=row))
        of_model = simulate_sizes(bins, n_bins, binning, seed, confidence)
        simulated[view.names[row]] = of_model.assign_attrs(group=view.models["group"].values[row])
    return simulated


def _rank_draws(cube: xr.Dataset) -> Array:
    """Correlate ranks over the conditions, shape (draws, models); 0 where one of the two never changes."""
    dims = ("draw", "model", "condition")
    accuracy = ranks(cube["accuracy"].transpose(*dims).values)
    error = ranks(signed_square(cube["ece_debiased"].transpose(*dims).values))
    accuracy, error = (ranks - ranks.mean(axis=-1, keepdims=True) for ranks in (accuracy, error))
    scale = np.sqrt((accuracy**2).sum(axis=-1) * (error**2).sum(axis=-1))
    product = (accuracy * error).sum(axis=-1)
    return np.asarray(np.divide(product, scale, out=np.zeros_like(scale), where=scale > 0))
