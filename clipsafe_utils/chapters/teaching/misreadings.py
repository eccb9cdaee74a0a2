"""Numbers for the boxes on common mistakes: each shows that a figure does not say what it seems to say."""

from collections.abc import Mapping

import numpy as np
import xarray as xr

from clipsafe_utils.chapters.formats import complete, percent
from clipsafe_utils.cubes import clip_models

FACTOR_KEYS = (
    "factors-misread-pose",
    "factors-misread-overall",
    "factors-misread-pose-rank",
    "factors-misread-texture",
    "factors-misread-texture-rank",
)
"""Numbers of the box in chapter 1."""


def of_factors(results: Mapping[str, xr.Dataset], models: Mapping[str, xr.Dataset]) -> dict[str, str]:
    """Say how accurate CLIPs are on pose, where they are worse at equal accuracy, and on texture.

    Parameters
    ----------
    results, models : mapping of str to xarray.Dataset
        By study: `effective_robustness`, and the cube `models` in the same order. The first study of
        real models speaks.

    Returns
    -------
    dict of str to str
        Every key of `FACTOR_KEYS`; "not measured" where there is no CLIP or not the factor. Ranks count
        factors from the most accurate, 1, by the mean over CLIPs.

    Examples
    --------
    >>> of_factors({}, {})["factors-misread-pose"]
    'not measured'
    """
    found: dict[str, str] = {}
    for study in _of_real_models(models)[:1]:
        clips = results[study].sel(model=clip_models(models[study])["model"].values)
        if not clips.sizes["model"]:
            continue
        ranks = clips["accuracy"].mean("model").to_series().rank(ascending=False).astype(int)
        for factor in ("pose", "texture"):
            if factor in clips["factor"].values:
                found[f"factors-misread-{factor}"] = _each(clips["accuracy"].sel(factor=factor))
                found[f"factors-misread-{factor}-rank"] = f"{ranks[factor]} of {len(ranks)}"
        found["factors-misread-overall"] = _each(clips["reference_accuracy"].isel(factor=0))
    return complete(FACTOR_KEYS, found)


def _of_real_models(models: Mapping[str, xr.Dataset]) -> list[str]:
    return [study for study, one in models.items() if one.attrs.get("evidence") == "measured"]


def _each(shares: xr.DataArray) -> str:
    """Write one share, two, or the range of more."""
    values = np.sort(shares.values)
    if values.size <= 2:
        return " and ".join(percent(value) for value in values)
    return f"{percent(values[0])} to {percent(values[-1])}"
