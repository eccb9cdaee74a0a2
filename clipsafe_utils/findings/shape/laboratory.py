"""Chapter 2 in the laboratory: images or language, dose and response, and what fine-tuning does."""

import numpy as np
import pandas as pd
import xarray as xr

from clipsafe_utils.cubes.selection import families_between_groups
from clipsafe_utils.findings.clip_pairs import Pairs
from clipsafe_utils.findings.ladder import draws_of
from clipsafe_utils.findings.model_pairs import FAR, GENTLE, HALF_WAY, NEAR, STRONG, laboratory_pairs
from clipsafe_utils.findings.properties import Property
from clipsafe_utils.metrics.families import Estimate as GroupDifference
from clipsafe_utils.metrics.families import difference_of_groups
from clipsafe_utils.metrics.runs import mean_of_runs

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
