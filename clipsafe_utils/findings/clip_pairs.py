"""Chapter 3: pairs of CLIPs that differ in one thing, found by rule from names and attributes."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from clipsafe_utils.findings.shift.clouds import ID, Clouds
from clipsafe_utils.metrics.arguments import Array
from clipsafe_utils.metrics.families import Estimate, jackknife_over_families, mean_over_families
from clipsafe_utils.metrics.heights import heights_above_line
from clipsafe_utils.metrics.intervals import ALPHA, holm
from clipsafe_utils.registry.training_sources import SOURCES

Pairs = list[tuple[str, str]]  # names of models: what stands before the change, and after it

LABEL_TRAINED = ("standard", "more_data")
"""Groups that draw the line for pairs: that of standard networks alone ends below half of the pairs."""

MEASURES = ("difference", "at_equal")
"""Of accuracies, and of residuals from the line: the difference at equal accuracy in distribution."""

ENCODERS = {
    "vit_base_patch32_clip_224": "ViT-B-32",
    "vit_base_patch16_clip_224": "ViT-B-16",
    "vit_large_patch14_clip_224": "ViT-L-14",
    "vit_large_patch14_clip_336": "ViT-L-14-336",
    "vit_huge_patch14_clip_224": "ViT-H-14",
    "convnext_base": "convnext_base_w",
    "convnext_large_mlp": "convnext_large_d",
    "convnext_xxlarge": "convnext_xxlarge",
}
"""Image encoders as timm and as open_clip call them."""

_FINE_TUNED_ON = r"_ft_(in12k_)?in1k(_\d+)?$"
_EPOCH = r"_e\d+$"
_RECIPES = ("augreg", "soup")
_LIKE = 0.05
_ROWS = ["checkpoint", "training_source", "training_images"]
_ROWS += ["samples_seen", "image_size", "fine_tuning"]


def fine_tuning_pairs(cloud: xr.Dataset) -> Pairs:
    """Pair CLIPs fine-tuned on ImageNet-1k with those that saw ImageNet-12k first.

    Both have the same name but for the fine-tuning, so the same encoder, source and run, and image size.
    """
    rows = _rows(cloud, "clip_fine_tuned")
    rows["run"] = rows["checkpoint"].str.replace(_FINE_TUNED_ON, "", regex=True)
    directly, by_way = rows[rows["fine_tuning"] == "in1k"], rows[rows["fine_tuning"] == "in12k_in1k"]
    return _matched(directly, by_way, ["run", "image_size"])


def zero_shot_pairs(cloud: xr.Dataset) -> Pairs:
    """Pair zero-shot CLIPs with the same weights after fine-tuning on ImageNet-1k.

    Both have the same encoder (`ENCODERS`), training source, image size and last word of the recipe; of
    several such zero-shot CLIPs, the one that saw most samples is meant: nobody fine-tuned the others, runs
    of the scaling laws.
    """
    tuned, zero = _rows(cloud, "clip_fine_tuned"), _rows(cloud, "clip_zero_shot")
    tuned = tuned[tuned["fine_tuning"] == "in1k"]
    tuned["recipe"] = tuned["recipe"].str.replace(_FINE_TUNED_ON, "", regex=True)
    tuned["encoder"] = tuned["encoder"].map(ENCODERS)
    longest = zero.dropna(subset=["samples_seen"]).sort_values("samples_seen", ascending=False, kind="stable")
    for rows in (tuned, longest):
        rows["recipe"] = rows["recipe"].map(_last_word)
    keys = ["encoder", "training_source", "image_size", "recipe"]
    return _matched(longest, tuned.dropna(subset=["encoder"]), keys)


def source_pairs(cloud: xr.Dataset) -> Pairs:
    """Pair zero-shot CLIPs of two training sources of like size, the later in the order of colours first.

    Both have the same encoder and image size; images in the source and samples seen, which must be stated,
    differ by 5 % at most. Of a run that was kept after several epochs the last counts.
    """
    rows = _rows(cloud, "clip_zero_shot").dropna(subset=["samples_seen", "training_images"])
    run = rows["checkpoint"].str.replace(_EPOCH, "", regex=True)
    last = rows["samples_seen"].groupby(run).rank(method="first", ascending=False) == 1
    rows = rows[last | ~rows["checkpoint"].str.contains(_EPOCH)]
    order = list(SOURCES)
    rows = rows[rows["training_source"].isin(order)]
    rows["place"] = rows["training_source"].map(order.index)
    both = rows.merge(rows, on=["encoder", "image_size"], suffixes=("", "_after"))
    like = both["place"] > both["place_after"]
    for name in ("samples_seen", "training_images"):
        like &= (both[name] / both[f"{name}_after"] - 1).abs() <= _LIKE
    return _names(both[like])


def encoders_of(models: xr.Dataset) -> list[str]:
    """Return the image encoder of each model: what its checkpoint begins with, as far as the dot.

    Where a name has no dot it does not begin with the encoder; then it is the architecture.
    """
    names = zip(models["checkpoint"].values.tolist(), models["architecture"].values.tolist(), strict=True)
    return [
        checkpoint.partition(".")[0] if "." in checkpoint else architecture
        for checkpoint, architecture in names
    ]


def compare_pairs(
    clouds: Clouds,
    find: Callable[[xr.Dataset], Pairs],
    confidence: float,
    line: Sequence[str] = LABEL_TRAINED,
) -> xr.Dataset:
    """Say what the change within the pairs that `find` finds does to accuracy under each shift.

    By shift (accuracy in distribution first) and pair: `difference`, and `at_equal`, NaN where the line of
    the groups `line` is not supported at one of the two; by shift and measure: `mean`, `low`, `high` (of a
    jackknife over families), `families`, `decided`, `pairs` and `supported` (other than zero by Holm's
    correction). No shift where no cloud has a pair.
    """
    pairs = _same_everywhere(clouds, {shift: find(cloud) for shift, cloud in clouds.items()})
    tables = {shift: _differences(clouds[shift], chosen, line) for shift, chosen in pairs.items() if chosen}
    if not tables:
        return xr.Dataset(coords={"shift": [], "pair": [], "measure": list(MEASURES)})
    first = next(iter(tables.values()))
    in_distribution = first.assign(difference=first["x_gain"], at_equal=first["x_gain"] * np.nan)
    tables = {ID: in_distribution} | tables
    parts = [
        xr.merge([table[list(MEASURES)], _summary(table, confidence)]).expand_dims(shift=[shift])
        for shift, table in tables.items()
    ]
    joined = xr.concat(parts, "shift", join="outer", coords="minimal", compat="no_conflicts")
    return joined.assign(supported=_supported(joined))


def _same_everywhere(clouds: Clouds, pairs: Mapping[str, Pairs]) -> dict[str, Pairs]:
    """Keep to the partners that a CLIP has under the first shift; others may know fewer CLIPs."""
    partners: dict[str, set[str]] = {}
    kept: dict[str, Pairs] = {}
    for shift, chosen in pairs.items():
        cloud = clouds[shift]
        name = dict(zip(cloud["model"].values.tolist(), cloud["checkpoint"].values.tolist(), strict=True))
        here: dict[str, set[str]] = {}
        for before, after in chosen:
            here.setdefault(name[after], set()).add(name[before])
        partners = here | partners
        kept[shift] = [pair for pair in chosen if name[pair[0]] in partners[name[pair[1]]]]
    return kept


def _differences(cloud: xr.Dataset, pairs: Pairs, line: Sequence[str]) -> xr.Dataset:
    before, after = ([pair[end] for pair in pairs] for end in (0, 1))
    gain = {name: cloud[name].sel(model=after).values - cloud[name].sel(model=before).values for name in "xy"}
    above = _heights(cloud, line)
    residual = above.sel(model=after).values - above.sel(model=before).values
    return xr.Dataset(
        {"difference": ("pair", gain["y"]), "x_gain": ("pair", gain["x"]), "at_equal": ("pair", residual)},
        coords={
            "pair": cloud["checkpoint"].sel(model=after).values.astype(str),
            "before": ("pair", cloud["checkpoint"].sel(model=before).values.astype(str)),
            "family": ("pair", cloud["family"].sel(model=before).values.astype(str)),
        },
    )


def _heights(cloud: xr.Dataset, line: Sequence[str]) -> xr.DataArray:
    """Return the residual of each model from the line of some groups, NaN where it is not supported."""
    baseline = cloud["group"].isin(list(line)).values
    x, y = (cloud[name].values[None] for name in "xy")
    return cloud["y"].copy(data=heights_above_line(x, y, cloud["family"].values, baseline)[0])


def mean_of_pairs(values: Array, families: NDArray[np.str_], confidence: float) -> Estimate:
    """Return the mean over families of what pairs differ by, with its jackknife over families."""
    return jackknife_over_families(
        lambda keep: mean_over_families(values[keep], families[keep]), families, confidence=confidence
    )


def _summary(table: xr.Dataset, confidence: float) -> xr.Dataset:
    rows = []
    for measure in MEASURES:
        known = table[measure].notnull().values
        values, family = table[measure].values[known], table["family"].values[known]
        row: dict[str, float | int | bool] = dict.fromkeys(("mean", "low", "high", "p_value"), np.nan)
        row |= {"families": np.unique(family).size, "pairs": int(known.sum()), "decided": False}
        if values.size:
            mean = mean_of_pairs(values, family, confidence)
            ends = {"mean": mean.estimate, "low": mean.low, "high": mean.high, "p_value": mean.p_value}
            row |= {name: float(value) for name, value in ends.items()} | {"decided": mean.decided}
        rows.append(xr.Dataset(row).expand_dims(measure=[measure]))
    return xr.concat(rows, "measure")


def _supported(joined: xr.Dataset) -> xr.DataArray:
    """Test the shifts and measures that are decided by the rule of few families; ID accuracy is no shift."""
    p_value = joined["p_value"]
    tested = (joined["decided"] & p_value.notnull() & (joined["shift"] != ID)).transpose(*p_value.dims).values
    supported = np.zeros(p_value.shape, dtype=bool)
    if tested.any():
        supported[tested] = holm(p_value.values[tested]) < ALPHA
    return p_value.copy(data=supported)


def _rows(cloud: xr.Dataset, group: str) -> pd.DataFrame:
    here = cloud.isel(model=(cloud["group"] == group).values)
    rows = here[_ROWS].to_dataframe()
    recipes = [name.partition(".")[2] for name in rows["checkpoint"]]
    columns = {"encoder": encoders_of(here), "recipe": recipes}
    named = rows.assign(**{name: pd.Series(column, rows.index, str) for name, column in columns.items()})
    return named.rename_axis("model").reset_index()


def _matched(before: pd.DataFrame, after: pd.DataFrame, keys: list[str]) -> Pairs:
    first, second = (rows.drop_duplicates(keys) for rows in (before, after))
    return _names(first.merge(second, on=keys, suffixes=("", "_after")))


def _names(merged: pd.DataFrame) -> Pairs:
    return list(zip(merged["model"].tolist(), merged["model_after"].tolist(), strict=True))


def _last_word(recipe: str) -> str:
    word = recipe.split("_")[-1]
    return word if word in _RECIPES else ""
