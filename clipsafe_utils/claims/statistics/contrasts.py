"""Means over models and pairs of models, and correlations, with the families that they count for."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import xarray as xr

from clipsafe_utils.claims.choices import Choices
from clipsafe_utils.claims.effects import Effect, of_families, of_pairs, weakest
from clipsafe_utils.claims.reading import NotMeasuredError
from clipsafe_utils.findings.clip_pairs import Pairs
from clipsafe_utils.findings.model_pairs import (
    BY_IN_12K,
    FAR,
    IN_1K,
    NEAR,
    STRONG,
    curated_pairs,
    families_of_pairs,
    fine_tuned_pairs,
    source_twins,
)
from clipsafe_utils.findings.shift.clouds import FEWEST_CLIPS
from clipsafe_utils.findings.shift.sources import within_sources
from clipsafe_utils.metrics.arguments import Array
from clipsafe_utils.metrics.families import Estimate

NOT_IN_PAIRS = "no pair of which both models were measured"

_FULL = (STRONG, IN_1K, BY_IN_12K, NEAR, FAR)
"""Procedures that fine-tune all weights for as long as is usual."""


def mean_of_pairs(values: xr.DataArray, models: xr.Dataset, pairs: Pairs) -> Effect:
    """Average over pairs how much the second has more than the first: each family, of the first, once.

    `values` has the dims draw and model; a pair with a NaN is left out.
    """
    first, second = (values.sel(model=[pair[end] for pair in pairs]) for end in (0, 1))
    return _mean(_table(second) - _table(first), models, pairs, NOT_IN_PAIRS)


def mean_of_models(values: xr.DataArray, models: xr.Dataset) -> Effect:
    """Average over models, each family once.

    `values` has the dims draw and model; a model with a NaN is left out.
    """
    each = [(name, name) for name in values["model"].values.tolist()]
    return _mean(_table(values), models, each, "no model that was measured")


def source_contrast(values: xr.DataArray, models: xr.Dataset) -> Effect:
    """Compare CLIPs of two training sources that are alike in all else, as `mean_of_pairs`."""
    pairs, (first, second) = source_twins(models)
    if not pairs:
        raise NotMeasuredError("no two CLIPs that differ in the training source alone")
    return replace(mean_of_pairs(values, models, pairs), which=f"{second} less {first}")


def curated_contrast(values: xr.DataArray, models: xr.Dataset) -> Effect:
    """Compare CLIPs of curated with those of web sources, as `mean_of_pairs`."""
    pairs = curated_pairs(models)
    if not pairs:
        raise NotMeasuredError("no two CLIPs that differ in the curation of the source alone")
    return mean_of_pairs(values, models, pairs)


def fully_fine_tuned(models: xr.Dataset) -> tuple[str, Pairs]:
    """Return that procedure of full fine-tuning which made most, and its pairs."""
    made = fine_tuned_pairs(models)
    procedures = [procedure for procedure in _FULL if procedure in made]
    if not procedures:
        raise NotMeasuredError("no zero-shot CLIP with what was made of it by full fine-tuning")
    most = max(procedures, key=lambda procedure: len(made[procedure]))
    return most, made[most]


def within_each_source(cloud: xr.Dataset, shift: str, choices: Choices) -> dict[str, Effect]:
    """Correlate both coordinates of a cloud over zero-shot CLIPs, by training source with enough of them.

    It is the rank correlation, or the partial one on probit axes where quantities are held fixed. Chance is
    a jackknife over families within the source.
    """
    clips = cloud.isel(model=(cloud["group"] == "clip_zero_shot").values)
    is_fixed = choices.quantity == "fixed"
    if is_fixed:
        stated = clips["samples_seen"].notnull() & clips["training_images"].notnull()
        clips = clips.isel(model=stated.values)
    sources, sizes = np.unique(clips["training_source"].values, return_counts=True)
    chosen = sources[sizes >= FEWEST_CLIPS].tolist()
    if not chosen:
        return {}
    by_source = within_sources({shift: clips}, chosen, 0.95, ()).sel(shift=shift)
    _, unit = families_of_pairs(clips, [(name, name) for name in clips["model"].values.tolist()])
    name = "fixed" if is_fixed else "rank"
    return {source: _correlated(by_source.sel(set=source), name, unit) for source in chosen}


def most_doubtful(effects: Mapping[str, Effect]) -> Effect:
    """Return the correlation for which a positive one is most in doubt."""
    # A source of few families can settle nothing, and is left to itself where another can.
    decidable = {name: effect for name, effect in effects.items() if effect.enough_units}
    return weakest(decidable or dict(effects), sign=1)


def _correlated(of_source: xr.Dataset, name: str, unit: str) -> Effect:
    value, low, high = (np.asarray(of_source[f"{name}{end}"].values) for end in ("", "_low", "_high"))
    families, decided = int(of_source["families"]), bool(of_source[f"{name}_decided"])
    estimate = Estimate(value, low, high, np.asarray(np.nan), families, decided)
    return of_families(estimate, unit, ranked=int(of_source["clips"]))


def _table(values: xr.DataArray) -> Array:
    return np.asarray(values.transpose("draw", "model").values, np.float64)


def _mean(table: Array, models: xr.Dataset, pairs: Pairs, if_none: str) -> Effect:
    known = np.flatnonzero(np.isfinite(table).all(axis=0))
    kept = [pairs[place] for place in known]
    if not kept:
        raise NotMeasuredError(if_none)
    return of_pairs(table[:, known], *families_of_pairs(models, kept))
