"""What chapter 4 says of real networks: those of one study, at its first scaling."""

from dataclasses import dataclass

import numpy as np
import xarray as xr

from clipsafe_utils.findings.calibration.bins import mean_gap, stored_bins
from clipsafe_utils.findings.calibration.errors import ALL, LARGE
from clipsafe_utils.findings.calibration.variants import errors_in
from clipsafe_utils.findings.calibration.views import View, short_name
from clipsafe_utils.metrics.arguments import Array
from clipsafe_utils.registry.set_names import condition_name
from clipsafe_utils.say import Missing, Said, Text, Value, change, count, level, listed, nothing, percent

SURE_BIN = 12
"""Of the fifteen stored bins the one of which is said how often a sure network is right."""
SURE = Text(f"{100 * SURE_BIN / 15:.0f} to {percent((SURE_BIN + 1) / 15, 0)}")
_NONE = "no confidences of real networks are shown"


@dataclass(frozen=True)
class Network:
    """One network on the whole set: debiased error, and mean confidence less accuracy (gap)."""

    name: Text
    error: Said
    gap: Said
    sure: Said
    """Share named rightly of the images of `SURE_BIN`."""


@dataclass(frozen=True)
class Extreme:
    """The largest of many values, and where it was found: network, set of images and their number."""

    value: Said
    network: Text
    name: Text
    images: Text


@dataclass(frozen=True)
class Ranks:
    """Whether the debiased error falls as accuracy rises, over all parts of the images and the large."""

    parts: Text
    each: Text
    small: str | Missing
    """How many parts have too few images for a claim: `most`, `some` or `none`."""
    large_parts: Text
    large_each: Text
    falling: Text
    bar: Text
    """In how many draws a correlation that counts as falling is below zero, at the least."""
    others: Text


@dataclass(frozen=True)
class Real:
    """What is said of the networks of one study."""

    study: Text
    whole: Text
    """The set of images that stands for all."""
    models: Text
    beyond: Text
    """For how many the interval of the error excludes 0."""
    by_chance: str | Missing
    """Of how many networks the error may be chance: `none`, `some` or `all`."""
    lowest: Said
    highest: Said
    sure: Text
    """The confidences of `SURE_BIN`."""
    best: Network
    worst: Network
    """Missing where there is a single network."""
    cancels: str | Missing
    """`yes` where gaps of the best cancel: too unsure where it is unsure, too sure where it is sure."""
    orders: str | Missing
    """Whether the variants of the error sort the networks into `one` order or `several`."""
    sets: str | Missing
    """Whether there is `one` set of images, or `several`."""
    floor: Extreme
    largest: Extreme
    """The largest floor of ECE; the largest debiased error on images enough for a claim."""
    ranks: Ranks


def real_of(
    view: View | None, judged: xr.Dataset | None, ranks: xr.Dataset | None, confidence: float
) -> Real:
    """Gather what a study says of real networks.

    Parameters
    ----------
    view : View or None
        The study at one scaling; without one, every value is missing.
    judged, ranks : xarray.Dataset or None
        `judge_view` and `rank_correlations` of the view.
    confidence : float
        Level of the intervals.

    Examples
    --------
    >>> real_of(None, None, None, 0.95).best.error
    not measured
    """
    if view is None or judged is None or ranks is None:
        return nothing(Real, _NONE)
    whole = judged.sel(condition=view.whole)
    networks, beyond = whole.sizes["model"], int((whole["low"] > 0).sum())
    order = np.argsort(_on_whole_set(view, "ece_debiased"))
    single = networks == 1
    return Real(
        Text(f"`{view.study}`"),
        Text(condition_name(view.whole)),
        Text(networks),
        Text(beyond),
        "all" if not beyond else "none" if beyond == networks else "some",
        Value(whole["error"].min().item()),
        Value(whole["error"].max().item()),
        SURE,
        _network(view, whole, int(order[0])),
        nothing(Network, "a single network") if single else _network(view, whole, int(order[-1])),
        _cancels(view, int(order[0])),
        Missing("a single network") if single else _orders(view),
        "one" if judged.sizes["condition"] == 1 else "several",
        _largest(judged, "floor"),
        _largest(judged.isel(condition=judged["claimed"].values), "error"),
        _ranks(ranks, confidence),
    )


def _on_whole_set(view: View, name: str) -> Array:
    return np.asarray(view.cube[name].sel(condition=view.whole).isel(draw=0).values)


def _network(view: View, whole: xr.Dataset, row: int) -> Network:
    bins = stored_bins(view.cube.sel(condition=view.whole).isel(model=row))
    error, low, high = (whole[name].values[row] for name in ("error", "low", "high"))
    sure: Said = Missing(f"no image is {SURE} sure")
    if bins.count[SURE_BIN]:
        sure = Value(bins.hits[SURE_BIN] / bins.count[SURE_BIN])
    return Network(
        Text(whole["name"].values[row]),
        Value(float(error), float(low), float(high)),
        Value(float(mean_gap(bins)), scale="difference"),
        sure,
    )


def _cancels(view: View, row: int) -> str | Missing:
    """Ask whether half of the gaps cancel: the lower third of the bins below 0, the upper third above."""
    bins = stored_bins(view.cube.sel(condition=view.whole).isel(model=row))
    gaps = bins.confidence_sum - bins.hits
    third = gaps.size // 3
    opposite = gaps[:third].sum() < 0 < gaps[-third:].sum()
    if opposite and abs(gaps.sum()) < np.abs(gaps).sum() / 2:
        return "yes"
    return Missing("the gaps of the best network do not cancel")


def _orders(view: View) -> str:
    errors = [_on_whole_set(view, name) for name in errors_in(view.cube)]
    orders = {tuple(np.argsort(error).tolist()) for error in errors if not np.isnan(error).any()}
    return "one" if len(orders) == 1 else "several"


def _largest(judged: xr.Dataset, name: str) -> Extreme:
    """Find the largest of a variable over networks and sets, the first of those that are alike."""
    if not judged.sizes["condition"]:
        return nothing(Extreme, "no set has 5,000 images")
    values = judged[name].transpose("condition", "model").values
    column, row = np.unravel_index(np.argmax(values), values.shape)
    at = judged.isel(condition=int(column), model=int(row))
    ends = {end: at[end].item() for end in ("low", "high")} if name == "error" else {}
    return Extreme(
        Value(at[name].item(), **ends),
        Text(at["name"].item()),
        Text(condition_name(at["condition"].item())),
        Text(f"{at['images'].item():,.0f}"),
    )


def _ranks(ranks: xr.Dataset, confidence: float) -> Ranks:
    every, large = (ranks.sel(choice=choice) for choice in (ALL, LARGE))
    parts, of_large = every["parts"].item(), large["parts"].item()
    few = Missing("too few parts of the images")
    has_every, has_large = (bool(one["rho"].notnull().all()) for one in (every, large))
    falling = large["falling"].values >= (1 + confidence) / 2
    names = [short_name(name) for name in ranks["model"].values.tolist()]
    others = [name for name, falls in zip(names, falling, strict=True) if not falls]
    return Ranks(
        Text(parts) if has_every else few,
        correlations(every) if has_every else few,
        _how_many(parts - of_large, parts) if has_every else few,
        Text(of_large) if has_large else few,
        _with_draws(large) if has_large else few,
        count(int(falling.sum()), falling.size) if has_large else few,
        level((1 + confidence) / 2),
        (listed(others) if others else Missing("it falls for each")) if has_large else few,
    )


def _how_many(part: int, whole: int) -> str:
    return "none" if not part else "most" if part > whole / 2 else "some"


def correlations(ranks: xr.Dataset) -> Text:
    """Write the rank correlation of each model with its interval.

    Parameters
    ----------
    ranks : xarray.Dataset
        `rank_correlations` over one choice of parts.

    Examples
    --------
    >>> values = {name: ("model", [value]) for name, value in (("rho", -0.5), ("low", -0.7), ("high", 0.1))}
    >>> correlations(xr.Dataset(values, {"model": ["mine:a"]}))
    a −0.50 (−0.70 to +0.10)
    """
    said = []
    for name in ranks["model"].values.tolist():
        rho, low, high = (change(ranks[key].sel(model=name).item()) for key in ("rho", "low", "high"))
        said.append(f"{short_name(name)} {rho} ({low} to {high})")
    return Text("; ".join(said))


def _with_draws(ranks: xr.Dataset) -> Text:
    names, rho, falling = (ranks[key].values.tolist() for key in ("model", "rho", "falling"))
    said = (
        f"{short_name(name)} {change(one)} ({percent(share, 0)} of the draws)"
        for name, one, share in zip(names, rho, falling, strict=True)
    )
    return Text("; ".join(said))
