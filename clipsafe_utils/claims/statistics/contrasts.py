"""What the statistics of several chapters share: contrasts of sources, and correlations within a source."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from clipsafe_utils.claims.evidence import Case, Evidence, jackknife_error
from clipsafe_utils.claims.reading import NotMeasuredError
from clipsafe_utils.claims.statistics.cases import COUPLE, LINEAGE, of_both, of_pairs, of_second
from clipsafe_utils.findings.clip_pairs import Pairs
from clipsafe_utils.findings.model_pairs import (
    BY_IN_12K,
    FAR,
    IN_1K,
    NEAR,
    STRONG,
    curated_pairs,
    fine_tuned_pairs,
    source_twins,
)
from clipsafe_utils.findings.shift.clouds import FEWEST_CLIPS
from clipsafe_utils.metrics.arguments import Array
from clipsafe_utils.metrics.correlation import rank_correlation
from clipsafe_utils.registry.training_sources import lineage_of

_FULL = (STRONG, IN_1K, BY_IN_12K, NEAR, FAR)
"""Procedures that fine-tune all weights for as long as is usual."""

_FEWEST_RANKED = 3
COMPARED = ("clip_zero_shot", "clip_fine_tuned", "standard", "more_data", "contrastive")
"""Groups of which "across models" speaks."""


def source_contrast(values: xr.DataArray, models: xr.Dataset, errors: xr.DataArray | None = None) -> Evidence:
    """Compare CLIPs of two training sources that are alike in all else."""
    pairs, (first, second) = source_twins(models)
    if not pairs:
        raise NotMeasuredError("no two CLIPs that differ in the training source alone")
    evidence = of_pairs(values, models, pairs, of_both, COUPLE, errors)
    return replace(evidence, which=f"{second} less {first}", readings=2)


def curated_contrast(
    values: xr.DataArray, models: xr.Dataset, errors: xr.DataArray | None = None
) -> Evidence:
    """Compare CLIPs of curated with those of web sources, counted by the lineage of the curated one."""
    pairs = curated_pairs(models)
    if not pairs:
        raise NotMeasuredError("no two CLIPs that differ in the curation of the source alone")
    return replace(of_pairs(values, models, pairs, of_second, errors=errors), readings=2)


def fully_fine_tuned(models: xr.Dataset) -> tuple[str, Pairs]:
    """Return that procedure of full fine-tuning which made most, and its pairs."""
    made = fine_tuned_pairs(models)
    procedures = [procedure for procedure in _FULL if procedure in made]
    if not procedures:
        raise NotMeasuredError("no zero-shot CLIP with what was made of it by full fine-tuning")
    most = max(procedures, key=lambda procedure: len(made[procedure]))
    return most, made[most]


def within_less_across(x: Array, y: Sequence[Array], models: xr.Dataset) -> Evidence:
    """Compare rank correlations within each training source with those across all networks.

    `x` is one number a model, and each of `y` another, NaN where it was not measured. The difference is the
    mean over those of `y` under which the source has enough zero-shot CLIPs, of two families or more; each
    compares all networks that it was measured of. Chance is a jackknife over the source's families of
    encoders: the correlation across hundreds of networks hardly moves.
    """
    group, source = models["group"].values, models["training_source"].values
    family = models["family"].values
    is_clip, is_compared = group == "clip_zero_shot", np.isin(group, COMPARED)
    cases = []
    for name in dict.fromkeys(source[is_clip].tolist()):
        inside = is_clip & (source == name)
        shown = [(one, is_compared & np.isfinite(x + one)) for one in y]
        shown = [(one, measured) for one, measured in shown if _is_enough(inside, measured, family)]
        if shown:
            cases.append(_correlated(name, x, shown, inside, family))
    cases = [case for case in cases if np.isfinite(case.value)]
    if not cases:
        raise NotMeasuredError(
            f"no training source with {FEWEST_CLIPS} CLIPs beside networks of other sources"
        )
    return Evidence(tuple(cases), "training source", LINEAGE)


def _is_enough(inside: NDArray[np.bool_], measured: NDArray[np.bool_], family: NDArray[np.str_]) -> bool:
    of_source = inside & measured
    is_many = of_source.sum() >= FEWEST_CLIPS and np.unique(family[of_source]).size > 1
    return bool(is_many and (measured & ~inside).any())


def _correlated(
    name: str,
    x: Array,
    shown: Sequence[tuple[Array, NDArray[np.bool_]]],
    inside: NDArray[np.bool_],
    family: NDArray[np.str_],
) -> Case:
    def difference(keep: NDArray[np.bool_]) -> float:
        apart = []
        for y, measured in shown:
            across, within = measured & keep, measured & keep & inside
            # What is the same for all has no ranks.
            if within.sum() < _FEWEST_RANKED or np.ptp(x[within]) == 0 or np.ptp(y[within]) == 0:
                return np.nan
            apart.append(rank_correlation(x[within], y[within]) - rank_correlation(x[across], y[across]))
        return float(np.mean(apart))

    of_source = inside & np.any([measured for _, measured in shown], axis=0)
    names = np.unique(family[of_source])
    error = jackknife_error([difference(family != one) for one in names.tolist()])
    return Case(
        name,
        difference(np.ones(family.size, dtype=bool)),
        lineage_of(name),
        tuple(names.tolist()),
        error if np.isfinite(error) else np.inf,
        freedom=names.size - 1,
        networks=int(of_source.sum()),
    )
