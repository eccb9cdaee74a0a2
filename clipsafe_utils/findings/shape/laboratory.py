"""Chapter 2 in the laboratory: images or language, dose and response, and what fine-tuning does."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
import xarray as xr

from clipsafe_utils.cubes.selection import families_between_groups
from clipsafe_utils.findings.clip_pairs import Pairs
from clipsafe_utils.findings.ladder import SOURCES, dose, draws_of, ladder, step
from clipsafe_utils.findings.model_pairs import FAR, GENTLE, HALF_WAY, NEAR, STRONG, laboratory_pairs
from clipsafe_utils.findings.properties import Property
from clipsafe_utils.metrics.families import Estimate as GroupDifference
from clipsafe_utils.metrics.families import difference_of_groups
from clipsafe_utils.metrics.runs import mean_of_runs
from clipsafe_utils.say import Value

BIAS = "shape_bias"
TEXTURE = "texture_correlation"
BASE = "labels"
"""The source that the others are compared with."""

PROPERTIES = {
    "shape_bias": Property("Shape bias", "by shape, %", is_share=True),
    "cue_decided": Property("Share decided", "of images, %", is_share=True),
    "accuracy_plain_random": Property("Accuracy, textures at random", "right, %", is_share=True),
    "accuracy": Property("Accuracy, natural images", "right, %", is_share=True),
}
"""What the figures show of each training."""

WHOLE = "d - a"
LOSS_STEPS = {
    "b - a": "labels read off captions, not true ones",
    "c - a": "CLIP's loss and names, not labels",
    "d - c": "whole captions, not names",
    WHOLE: "CLIP with whole captions, not labels",
}
"""Steps between rungs of the ladder, on the same images."""

KINDS = (HALF_WAY, GENTLE, STRONG, NEAR, FAR)
"""What was made of a zero-shot CLIP, in the order of the table."""


def ladder_tables(
    causes: Mapping[str, xr.Dataset], properties: Sequence[str], confidence: float
) -> dict[Property, pd.DataFrame]:
    """Tabulate properties along the ladder, as `figures.causes.ladder` draws them.

    Examples
    --------
    >>> [table.empty for table in ladder_tables({}, ["shape_bias"], 0.95).values()]
    [True]
    """
    return _drawn(causes, properties, lambda cube, name: ladder(cube, name, confidence), "source")


def dose_tables(
    causes: Mapping[str, xr.Dataset], properties: Sequence[str], confidence: float
) -> dict[Property, pd.DataFrame]:
    """Tabulate properties against the share of typical textures, as `figures.causes.doses` draws them.

    Examples
    --------
    >>> [table.empty for table in dose_tables({}, ["shape_bias"], 0.95).values()]
    [True]
    """
    return _drawn(causes, properties, lambda cube, name: dose(cube, TEXTURE, name, confidence), "loss")


def _drawn(
    causes: Mapping[str, xr.Dataset],
    properties: Sequence[str],
    tabulate: Callable[[xr.Dataset, str], pd.DataFrame],
    curve: str,
) -> dict[Property, pd.DataFrame]:
    if not causes:
        return {PROPERTIES[name]: pd.DataFrame(columns=[curve]) for name in properties}
    named = len(causes) > 1
    return {
        replace(PROPERTIES[name], title=f"{PROPERTIES[name].title} ({study})")
        if named
        else PROPERTIES[name]: tabulate(cube, name)
        for study, cube in causes.items()
        for name in properties
    }


def image_steps(cube: xr.Dataset, confidence: float) -> dict[tuple[str, str], Value]:
    """Return what other images do to shape bias at the same loss, by rung and source.

    Each is the difference from the source `labels`, of cross-entropy (rung a) and of CLIP (rung d).
    """
    found = {
        (rung, source): step(cube, BIAS, (rung, source), (rung, BASE), confidence)
        for rung in ("a", "d")
        for source in SOURCES
        if source != BASE
    }
    return {place: estimate for place, estimate in found.items() if estimate}


def loss_steps(cube: xr.Dataset, confidence: float) -> dict[tuple[str, str], Value]:
    """Return what another loss, or other captions, do to shape bias on the same images.

    By `"<rung> - <rung>"` (of `LOSS_STEPS`) and source.
    """
    found = {
        (name, source): step(cube, BIAS, (upper, source), (lower, source), confidence)
        for name in LOSS_STEPS
        for upper, lower in [name.split(" - ")]
        for source in SOURCES
    }
    return {place: estimate for place, estimate in found.items() if estimate}


def directions(cube: xr.Dataset, confidence: float) -> tuple[str, str] | None:
    """Say which way web images move shape bias, and which way CLIP's language does on those images.

    Images: the steps from `labels` to each web source, under cross-entropy and as a CLIP. Language: the steps
    from cross-entropy to CLIP with whole captions, on each web source.

    Returns
    -------
    tuple of str or None
        For images and for language "up" or "down" where the intervals of all steps lie on that side of zero,
        else "neither"; None if a step is missing.
    """
    images = list(image_steps(cube, confidence).values())
    steps = loss_steps(cube, confidence).items()
    language = [one for (name, source), one in steps if name == WHOLE and source != BASE]
    web = len(SOURCES) - 1
    if len(images) < 2 * web or len(language) < web:
        return None
    return _direction(images), _direction(language)


def _direction(steps: Sequence[Value]) -> str:
    if all(step.low > 0 for step in steps):
        return "up"
    return "down" if all(step.high < 0 for step in steps) else "neither"


def widest_gap(doses: pd.DataFrame) -> tuple[float, float] | None:
    """Return the largest distance between the curves of two losses at one dose, and that dose.

    Examples
    --------
    >>> table = pd.DataFrame({"loss": ["a", "b", "a"], "level": [0.2, 0.2, 0.8], "value": [0.9, 0.8, 0.1]})
    >>> gap, level = widest_gap(table)
    >>> f"{gap:.1f} at {level}"
    '0.1 at 0.2'
    """
    by_level = doses.groupby("level")["value"]
    gap = (by_level.max() - by_level.min())[by_level.count() > 1]
    if gap.empty:
        return None
    widest = int(gap.to_numpy().argmax())
    return float(gap.iloc[widest]), float(gap.index.to_numpy(float)[widest])


def tuning(cube: xr.Dataset, models: xr.Dataset, confidence: float) -> pd.DataFrame:
    """Tabulate what was made of zero-shot CLIPs against the CLIPs themselves, paired by run.

    Parameters
    ----------
    cube : xarray.Dataset
        A cube `causes`.
    models : xarray.Dataset
        The cube `models` of the same study.
    confidence : float
        Level of the intervals, which count runs and images.

    Returns
    -------
    DataFrame
        One row a kind, in the order of `KINDS`: kind, runs, before, after, change (an `Value`), lower (the
        runs whose shape bias fell), decided, accuracy_before, accuracy_after.
    """
    pairs = _pairs(cube, models)
    rows = []
    for kind, of_kind in pairs.items():
        before, after = ([pair[end] for pair in of_kind] for end in (0, 1))
        draws = draws_of(cube, BIAS, after) - draws_of(cube, BIAS, before)
        rows.append(
            {
                "kind": kind,
                "runs": len(after),
                "before": float(draws_of(cube, BIAS, before)[0].mean()),
                "after": float(draws_of(cube, BIAS, after)[0].mean()),
                "change": mean_of_runs(draws, confidence, "difference"),
                "lower": int((draws[0] < 0).sum()),
                "decided": float(draws_of(cube, "cue_decided", after)[0].mean()),
                "accuracy_before": float(draws_of(cube, "accuracy", before)[0].mean()),
                "accuracy_after": float(draws_of(cube, "accuracy", after)[0].mean()),
            }
        )
    return pd.DataFrame(rows)


def half_way_between(cube: xr.Dataset, models: xr.Dataset) -> tuple[int, int]:
    """Count the half-way averages whose shape bias lies between those of the two that were averaged.

    Returns
    -------
    between, averages : tuple of int
    """
    pairs = _pairs(cube, models)
    tuned = dict(pairs.get(STRONG, []))
    triples = [(start, half, tuned[start]) for start, half in pairs.get(HALF_WAY, []) if start in tuned]
    bias = {
        name: float(cube["value"].sel(property=BIAS, model=name, draw=0)) for one in triples for name in one
    }
    inside = [sorted((bias[start], bias[half], bias[end]))[1] == bias[half] for start, half, end in triples]
    return sum(inside), len(inside)


def _pairs(cube: xr.Dataset, models: xr.Dataset) -> dict[str, Pairs]:
    found = laboratory_pairs(models.sel(model=models["model"].isin(cube["model"]).values))
    return {kind: found[kind] for kind in KINDS if kind in found}


def population(result: xr.Dataset, models: xr.Dataset, confidence: float) -> GroupDifference | None:
    """Return the shape bias of zero-shot CLIPs less that of standard networks, sources counted once.

    Parameters
    ----------
    result, models : xarray.Dataset
        `shape_bias_table` and the cube `models` of one study, in the same order.
    confidence : float
        Level of the interval.

    Returns
    -------
    Value or None
        None if one of the groups is absent.
    """
    group = models["group"].values
    kept = np.isin(group, ["clip_zero_shot", "standard"])
    if len(np.unique(group[kept])) < 2:
        return None
    families = families_between_groups(models)[kept]
    return difference_of_groups(
        result["shape_bias"].values[kept], families, group[kept] == "clip_zero_shot", confidence
    )
