"""Chapter 3 in numbers: what the prose glues."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr

from clipsafe_utils.chapters.formats import complete, interval, points
from clipsafe_utils.findings.shift.clouds import ID, Clouds, of_real_models
from clipsafe_utils.findings.shift.sources import GRID, STANDARD, TOGETHER
from clipsafe_utils.metrics.families import MINIMUM_FAMILIES
from clipsafe_utils.metrics.intervals import wilson_interval
from clipsafe_utils.registry.set_names import shift_title

_SHIFTS = {"v2": "v2_matched_frequency", "r": "r", "a": "a", "sketch": "sketch", "objectnet": "objectnet"}
_PAIRED = {ID: ID, **{key: _SHIFTS[key] for key in ("v2", "r", "a", "sketch")}}

KEYS = (
    "ood-clips",
    "ood-clip-sources",
    "ood-tuned",
    "ood-standard",
    "ood-shifts",
    "ood-image-interval",
    "ood-decided-names",
    "ood-decided-families",
    "ood-undecided",
    "ood-rank-least",
    "ood-rank-low",
    "ood-rank-undecided",
    "ood-rank-standard",
    "ood-fixed-least",
    "ood-fixed-low",
    "ood-grid-clips",
    "ood-grid-fixed",
    "ood-together-rank",
    *(f"ood-slope-{key}" for key in _SHIFTS),
    *(f"ood-above-{key}" for key in _SHIFTS),
    *(f"ood-wit-{key}" for key in _SHIFTS),
    "ood-wit-a-above",
    "ood-wit-sketch-outside",
    "ood-wit-sketch-range",
    "ood-webli-objectnet",
    *(f"ood-like-{key}" for key in ("pairs", "families", "encoder", ID, "a", "sketch")),
    *(f"ood-12k-{key}" for key in ("pairs", "families", "supported", *_PAIRED)),
    *(f"ood-12k-equal-{key}" for key in _PAIRED if key != ID),
    *(f"ood-tuning-{key}" for key in ("pairs", "families", *_PAIRED)),
    *(f"ood-tuning-equal-{key}" for key in _PAIRED if key != ID),
    "ood-evaluations-pairs",
    "ood-evaluations-median",
    "ood-evaluations-largest",
    "ood-evaluations-where",
    "ood-evaluations-network",
)
"""Every number that the prose of the chapter glues."""


@dataclass(frozen=True)
class Results:
    """What the chapter computed from one study.

    Attributes
    ----------
    clouds : mapping of str to xarray.Dataset
        As of `read_clouds`, by shift.
    sources : sequence of str
        Training sources shown.
    within, offsets, by_way, tuned, like, evaluations : xarray.Dataset
        `within_sources`; `offsets`; `compare_pairs` of `fine_tuning_pairs`, `zero_shot_pairs` and
        `source_pairs`; `compare_evaluations`.
    """

    clouds: Clouds
    sources: Sequence[str]
    within: xr.Dataset
    offsets: xr.Dataset
    by_way: xr.Dataset
    tuned: xr.Dataset
    like: xr.Dataset
    evaluations: xr.Dataset


def numbers(results: Mapping[str, Results], confidence: float) -> dict[str, str]:
    """Return the numbers of the prose, those of the first study of real models that has the cube.

    Parameters
    ----------
    results : mapping of str to Results
        By study.
    confidence : float
        Level of the intervals over images.

    Returns
    -------
    dict of str to str
        Every key of `KEYS`; "not measured" where the models for it are absent.

    Examples
    --------
    >>> numbers({}, 0.95)["ood-rank-least"]
    'not measured'
    """
    found: dict[str, str] = {}
    for one in [one for one in results.values() if of_real_models(one.clouds)][:1]:
        found |= _of_clouds(one, confidence) | _of_correlations(one) | _of_offsets(one.offsets)
        found |= _of_pairs(one.by_way, "12k") | _of_pairs(one.tuned, "tuning") | _of_like(one.like)
        found |= _of_evaluations(one.evaluations)
    return complete(KEYS, found)


def three_digits(correlation: float) -> str:
    """Write a correlation, rounded down in size so that no 1.000 is claimed for less.

    Examples
    --------
    >>> three_digits(0.99961), three_digits(-0.5), three_digits(1.0)
    ('0.999', '−0.500', '1.000')
    """
    return f"{np.trunc(1000 * round(correlation, 9)) / 1000:.3f}".replace("-", "−")


def _of_clouds(one: Results, confidence: float) -> dict[str, str]:
    largest = max(one.clouds.values(), key=lambda cloud: cloud.sizes["model"])
    group = largest["group"].values
    clips = largest.isel(model=group == "clip_zero_shot")
    reach = 0.0
    for cloud in one.clouds.values():
        images = cloud["images"].values
        low, high = wilson_interval(np.round(cloud["y"].values * images), images, confidence)
        reach = max(reach, float((high - low).max() / 2))
    return {
        "ood-clips": str(clips.sizes["model"]),
        "ood-clip-sources": str(np.unique(clips["training_source"]).size),
        "ood-tuned": str(int((group == "clip_fine_tuned").sum())),
        "ood-standard": str(int((group == "standard").sum())),
        "ood-shifts": str(len(one.clouds)),
        "ood-image-interval": f"±{100 * reach:.1f}",
    }


def _of_correlations(one: Results) -> dict[str, str]:
    within = one.within
    families = within["families"].max("shift").to_series()
    decided = [name for name in one.sources if families[name] >= MINIMUM_FAMILIES]
    undecided = [name for name in one.sources if name not in decided]
    found = {
        "ood-decided-names": listed(decided),
        "ood-undecided": str(len(undecided)),
        "ood-grid-clips": str(int(within["clips"].sel(set=GRID).max())),
    }
    if decided:
        found["ood-decided-families"] = _span([float(families[name]) for name in decided], "{:.0f}".format)
    for key, name, members in (
        ("rank-least", "rank", decided),
        ("rank-low", "rank_low", decided),
        ("fixed-least", "fixed", decided),
        ("fixed-low", "fixed_low", decided),
        ("grid-fixed", "fixed", [GRID]),
    ):
        values = _known(within[name].sel(set=members))
        if values:
            found[f"ood-{key}"] = three_digits(min(values))
    for key, members in (("undecided", undecided), ("standard", [STANDARD])):
        found |= _spans({f"ood-rank-{key}": within["rank"].sel(set=members)}, three_digits)
    found |= _spans({"ood-together-rank": within["rank"].sel(set=TOGETHER)}, three_digits)
    slopes = {
        f"ood-slope-{key}": within["slope"].sel(set=decided, shift=shift)
        for key, shift in _SHIFTS.items()
        if shift in within["shift"].values
    }
    return found | _spans(slopes, "{:.1f}".format)


def _of_offsets(offsets: xr.Dataset) -> dict[str, str]:
    found: dict[str, str] = {}
    for key, shift in _SHIFTS.items():
        if shift in offsets["shift"].values:
            one = offsets.sel(shift=shift)
            found |= _spans({f"ood-above-{key}": one["mean"].sel(line="standard")}, points)
            others = one.sel(line="other sources")
            for source in {"WIT", "WebLI"} & set(others["source"].values.tolist()):
                found |= _of_source(others.sel(source=source), f"ood-{source.lower()}-{key}")
    return {key: value for key, value in found.items() if key in KEYS}


def _of_source(one: xr.Dataset, key: str) -> dict[str, str]:
    if not np.isfinite(one["mean"].item()):
        return {}
    measured = int(one["measured"])
    return {
        key: points(one["mean"].item()),
        f"{key}-above": f"{int(one['above'])} of {measured}",
        f"{key}-outside": f"{int(one['outside'])} of {measured}",
        f"{key}-range": f"±{100 * one['half_width'].item():.1f}",
    }


def _of_pairs(compared: xr.Dataset, key: str) -> dict[str, str]:
    if not compared.sizes["pair"]:
        return {}
    found = {
        f"ood-{key}-pairs": str(compared.sizes["pair"]),
        f"ood-{key}-families": str(np.unique(compared["family"]).size),
    }
    for name, measure in (("", "difference"), ("equal-", "at_equal")):
        for short, shift in _PAIRED.items():
            if shift in compared["shift"].values:
                one = compared.sel(shift=shift, measure=measure)
                if np.isfinite(one["mean"].item()):
                    span = interval(one["low"].item(), one["high"].item())
                    found[f"ood-{key}-{name}{short}"] = f"{points(one['mean'].item())} ({span})"
    shifts = compared.sel(shift=[name for name in compared["shift"].values if name != ID], measure="at_equal")
    supported = shifts["shift"].values[shifts["supported"].values]
    found[f"ood-{key}-supported"] = listed([shift_title(name) for name in supported])
    return {name: value for name, value in found.items() if name in KEYS}


def _of_like(like: xr.Dataset) -> dict[str, str]:
    if not like.sizes["pair"]:
        return {}
    nearest = like.isel(pair=int(np.abs(like["difference"].sel(shift=ID).values).argmin()))
    found = {
        "ood-like-pairs": str(like.sizes["pair"]),
        "ood-like-families": str(np.unique(like["family"]).size),
        "ood-like-encoder": nearest["pair"].item().split(".")[0],
    }
    shown = [name for name in (ID, "a", "sketch") if name in like["shift"].values]
    return found | {
        f"ood-like-{name}": points(nearest["difference"].sel(shift=name).item()) for name in shown
    }


def _of_evaluations(evaluations: xr.Dataset) -> dict[str, str]:
    if not evaluations.sizes["condition"]:
        return {}
    furthest = evaluations.isel(condition=int(evaluations["largest_difference"].values.argmax()))
    return {
        "ood-evaluations-pairs": str(int(evaluations["pairs"].max())),
        "ood-evaluations-median": f"{evaluations['median_difference'].max().item():.1f}",
        "ood-evaluations-largest": f"{furthest['largest_difference'].item():.1f}",
        "ood-evaluations-where": shift_title(furthest["condition"].item()),
        "ood-evaluations-network": furthest["most_different"].item(),
    }


def _known(values: xr.DataArray) -> list[float]:
    flat: list[float] = values.values.ravel().tolist()
    return [value for value in flat if np.isfinite(value)]


def _spans(arrays: Mapping[str, xr.DataArray], write: Callable[[float], str]) -> dict[str, str]:
    return {key: _span(known, write) for key, array in arrays.items() if (known := _known(array))}


def _span(values: Sequence[float], write: Callable[[float], str]) -> str:
    low, high = write(min(values)), write(max(values))
    return low if low == high else f"{low} to {high}"


def listed(names: Sequence[str]) -> str:
    """Write names as a list in a sentence.

    Examples
    --------
    >>> listed(["a", "b", "c"]), listed([])
    ('a, b and c', 'none')
    """
    if len(names) < 2:
        return names[0] if names else "none"
    return f"{', '.join(names[:-1])} and {names[-1]}"
