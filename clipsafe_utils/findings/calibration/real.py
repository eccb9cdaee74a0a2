"""What chapter 5 says of networks: real ones, at the first scaling, and in evaluations of other sizes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr

from clipsafe_utils.findings.calibration.bins import (
    CALIBRATED,
    RECORDED,
    SIZES,
    images_to_tell,
    mean_gap,
    stored_bins,
)
from clipsafe_utils.findings.calibration.errors import ALL, FEWEST_IMAGES, LARGE
from clipsafe_utils.findings.calibration.variants import errors_in
from clipsafe_utils.findings.calibration.views import View
from clipsafe_utils.metrics.arguments import Array
from clipsafe_utils.metrics.reliability import ReliabilityBins
from clipsafe_utils.registry.set_names import condition_name
from clipsafe_utils.say import (
    Missing,
    Said,
    Text,
    Value,
    change,
    count,
    level,
    listed,
    nothing,
    percent,
    span,
)

SURE_BIN = 12
"""Of the fifteen stored bins the one of which is said how often a sure network is right."""
SURE = Text(f"{100 * SURE_BIN / 15:.0f} to {percent((SURE_BIN + 1) / 15, 0)}")
_SINGLE = "a single network"


@dataclass(frozen=True)
class Network:
    """One network on the whole set: debiased error, and mean confidence less accuracy (gap)."""

    name: Text
    error: Said
    gap: Said
    sure: Said  # share named rightly of the images of `SURE_BIN`


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
    lowest: Text  # the end of an interval of any of them
    highest: Text
    small: str | Missing  # how many parts have too few images for a claim: `most`, `some` or `none`
    large_parts: Text
    large_each: Text
    falling: Text
    bar: Text  # in how many draws a correlation that counts as falling is below zero, at the least
    others: Text


@dataclass(frozen=True)
class Real:
    """What is said of the networks of one study."""

    study: Text
    whole: Text  # the set of images that stands for all
    number: str | Missing  # whether it is `one` network, or `several`
    models: Text
    beyond: Text  # for how many the interval of the error excludes 0
    by_chance: str | Missing  # of how many networks the error may be chance: `none`, `some` or `all`
    errors: Text  # the range of the debiased errors
    sure: Text  # the confidences of `SURE_BIN`
    best: Network
    worst: Network  # missing where there is a single network
    cancels: str | Missing  # `yes` where gaps of the best cancel: unsure too unsure, sure too sure
    orders: str | Missing  # whether the variants of the error sort into `one` order or `several`
    sets: str | Missing  # whether there is `one` set of images, or `several`
    floor: Extreme  # of ECE
    largest: Extreme  # debiased error on images enough for a claim
    ranks: Ranks


@dataclass(frozen=True)
class Size:
    """One network, and how many images tell it from a perfectly calibrated one."""

    name: Text
    tells: Text
    small: Said  # mean ECE on the smallest number of images


@dataclass(frozen=True)
class Sizes:
    """The best and the worst calibrated network of a study, in evaluations of other sizes."""

    study: Text
    number: str | Missing  # whether it has `one` network, or `several`
    best: Size
    worst: Size
    perfect: Said  # mean ECE of a perfectly calibrated network on the smallest number of images
    told: str | Missing  # whom 5,000 images tell from a perfect one: `both`, `worst`, `best` or `neither`


def real_of(view: View, judged: xr.Dataset, ranks: xr.Dataset, confidence: float) -> Real:
    """Return what a view says of real networks, from its `judge_view` and its `rank_correlations`."""
    whole = judged.sel(condition=view.whole)
    networks, beyond = whole.sizes["model"], int((whole["low"] > 0).sum())
    order = np.argsort(_errors(view, "ece_debiased")).tolist()
    best, worst = (stored_bins(view.on_whole.isel(model=row)) for row in (order[0], order[-1]))
    single = networks == 1
    return Real(
        Text(f"`{view.study}`"),
        Text(condition_name(view.whole)),
        "one" if single else "several",
        Text(networks),
        Text(beyond),
        "all" if not beyond else "none" if beyond == networks else "some",
        span(whole["error"].values.tolist(), percent),
        SURE,
        _network(whole.isel(model=order[0]), best),
        nothing(Network, _SINGLE) if single else _network(whole.isel(model=order[-1]), worst),
        _cancels(best),
        Missing(_SINGLE) if single else _orders(view),
        "one" if judged.sizes["condition"] == 1 else "several",
        _largest(judged, "floor"),
        _largest(judged.isel(condition=judged["claimed"].values), "error"),
        _ranks(ranks, confidence),
    )


def sizes_of(study: str, simulated: Mapping[str, xr.Dataset]) -> Sizes:
    """Return what simulated evaluations say, from the `sample_sizes` of a study."""
    if not simulated:
        return nothing(Sizes, "no confidences are shown")
    smallest = [one.isel(images=0)["mean"] for one in simulated.values()]
    tells = [images_to_tell(one) for one in simulated.values()]
    networks = [
        Size(
            Text(name),
            Text(f"{images:,}" if images else f"more than {SIZES[-1]:,}"),
            Value(mean.sel(truth=RECORDED).item()),
        )
        for name, images, mean in zip(simulated, tells, smallest, strict=True)
    ]
    told = [
        role
        for role, images in zip(("best", "worst"), tells, strict=False)
        if images and images <= FEWEST_IMAGES
    ]
    single = len(networks) == 1
    return Sizes(
        Text(f"`{study}`"),
        "one" if single else "several",
        networks[0],
        nothing(Size, _SINGLE) if single else networks[1],
        Value(smallest[0].sel(truth=CALIBRATED).item()),
        Missing(_SINGLE) if single else "both" if len(told) > 1 else told[0] if told else "neither",
    )


def _errors(view: View, name: str) -> Array:
    return np.asarray(view.on_whole[name].isel(draw=0).values)


def _network(judged: xr.Dataset, bins: ReliabilityBins) -> Network:
    are_sure = bins.count[SURE_BIN]
    return Network(
        Text(judged["name"].item()),
        Value(*(judged[name].item() for name in ("error", "low", "high"))),
        Value(float(mean_gap(bins)), scale="difference"),
        Value(bins.hits[SURE_BIN] / are_sure) if are_sure else Missing(f"no image is {SURE} sure"),
    )


def _cancels(bins: ReliabilityBins) -> str | Missing:
    """Ask whether half of the gaps cancel: the lower third of the bins below 0, the upper third above."""
    gaps = bins.confidence_sum - bins.hits
    third = gaps.size // 3
    opposite = gaps[:third].sum() < 0 < gaps[-third:].sum()
    if opposite and abs(gaps.sum()) < np.abs(gaps).sum() / 2:
        return "yes"
    return Missing("the gaps of the best network do not cancel")


def _orders(view: View) -> str:
    errors = [_errors(view, name) for name in errors_in(view.cube)]
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
    small = parts - of_large
    bar = (1 + confidence) / 2
    falling = large["falling"].values >= bar
    others = ranks["name"].values[~falling].tolist()
    return Ranks(
        bar=level(bar),
        **_if_correlated(
            every,
            parts=Text(parts),
            each=_correlations(every),
            lowest=change(every["low"].values.min()),
            highest=change(every["high"].values.max()),
            small="none" if not small else "most" if small > parts / 2 else "some",
        ),
        **_if_correlated(
            large,
            large_parts=Text(of_large),
            large_each=_with_draws(large),
            falling=count(int(falling.sum()), falling.size),
            others=listed(others) if others else Missing("it falls for each"),
        ),
    )


def _if_correlated(ranks: xr.Dataset, **texts: Any) -> dict[str, Any]:
    is_known = bool(ranks["rho"].notnull().all())
    return texts if is_known else dict.fromkeys(texts, Missing("too few parts of the images"))


def _correlations(ranks: xr.Dataset) -> Text:
    columns = (ranks[key].values.tolist() for key in ("name", "rho"))
    return listed(f"{name} {change(rho)}" for name, rho in zip(*columns, strict=True))


def _with_draws(ranks: xr.Dataset) -> Text:
    names, rho, falling = (ranks[key].values.tolist() for key in ("name", "rho", "falling"))
    texts = (
        f"{name} {change(one)} ({percent(share, 0)} of the draws)"
        for name, one, share in zip(names, rho, falling, strict=True)
    )
    return Text("; ".join(texts))
