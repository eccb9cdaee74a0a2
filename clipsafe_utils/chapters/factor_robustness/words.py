"""Chapter 1 in words and numbers."""

from collections.abc import Iterable, Mapping

import numpy as np
import xarray as xr

from clipsafe_utils.chapters.formats import complete, percent, points
from clipsafe_utils.cubes import HEADLINE_FACTORS, OVERALL, clip_models, families_between_groups
from clipsafe_utils.cubes.panels import Panel
from clipsafe_utils.cubes.selection import CLIP_GROUPS
from clipsafe_utils.findings.factors.residuals import (
    CHOICES,
    contributions,
    shares_of_images,
    verdicts,
)
from clipsafe_utils.metrics.baseline import SUPPORT_WIDTH

KEYS = (
    "factors-records",
    "factors-standard",
    "factors-standard-families",
    "factors-clips",
    "factors-clip-families",
    "factors-up",
    "factors-down",
    "factors-up-names",
    "factors-down-names",
    "factors-mixed-names",
    "factors-pose-low",
    "factors-pose-high",
    "factors-weighted-sum",
    "factors-common-share",
    "factors-supporting",
    "factors-near",
    "factors-near-above",
    "factors-sign-stable",
    "factors-multi-pose",
    "factors-multi-pose-share",
    "factors-clip-furthest",
    "factors-others-furthest",
    "factors-local-pose",
    "factors-local-subcategory",
    "factors-local-smaller",
    "factors-local-shape",
)
"""Every number that the prose of the chapter glues."""


def numbers(
    panels: list[Panel],
    results: Mapping[str, xr.Dataset],
    choices: Mapping[str, xr.Dataset],
    means: Mapping[str, xr.Dataset],
    baseline_group: str,
) -> dict[str, str]:
    """Return the numbers of the prose on real models, those of the first study of them.

    Parameters
    ----------
    panels : list of Panel
        Counts and models by study; studies of stand-ins are passed over.
    results, choices, means : mapping of str to xarray.Dataset
        By study: `effective_robustness`, `every_choice` and `group_residuals`.
    baseline_group : str
        Group that the line was fitted to.

    Returns
    -------
    dict of str to str
        Every key of `KEYS`; "not measured" where the models for it are absent.

    Examples
    --------
    >>> numbers([], {}, {}, {}, "standard")["factors-up"]
    'not measured'
    """
    found: dict[str, str] = {}
    for panel in [one for one in panels if not is_a_stand_in(one)][:1]:
        result, models = results[panel.study], panel.models
        in_baseline = models.isel(model=models["group"].values == baseline_group)
        clips = clip_models(models)
        found |= {
            "factors-records": str(panel.cube.sizes["model"]),
            "factors-standard": str(in_baseline.sizes["model"]),
            "factors-standard-families": str(np.unique(in_baseline["family"]).size),
            "factors-clips": str(clips.sizes["model"]),
            "factors-clip-families": str(np.unique(families_between_groups(clips)).size),
        }
        if clips.sizes["model"]:
            found |= _of_verdicts(verdicts(result, models)) | _of_arithmetic(panel, result, clips)
            found |= _of_support(result, in_baseline, clips)
        if panel.study in choices:
            found |= _of_choices(panel, choices[panel.study])
        if panel.study in means:
            found |= _of_groups(means[panel.study])
    return complete(KEYS, found)


def is_a_stand_in(panel: Panel) -> bool:
    """Say whether a study speaks of stand-ins for real models, as the laboratory does."""
    return bool(panel.cube.attrs.get("evidence") == "proxy")


def measured_everywhere(result: xr.Dataset) -> xr.DataArray:
    """Say of each model whether its residuals are measured on every factor."""
    return result["measured"].all("factor")


def _of_verdicts(words: xr.DataArray) -> dict[str, str]:
    above, below = (words == "above").all("model"), (words == "below").all("model")
    mixed = ~above & ~below & (words != "within").any("model")
    names = words["factor"].values
    return {
        "factors-up": str(int(above.sum())),
        "factors-down": str(int(below.sum())),
        "factors-up-names": in_words(names[above.values]),
        "factors-down-names": in_words(names[below.values]),
        "factors-mixed-names": in_words(names[mixed.values]),
    }


def _of_arithmetic(panel: Panel, result: xr.Dataset, clips: xr.Dataset) -> dict[str, str]:
    found: dict[str, str] = {}
    names = result["factor"].values.tolist()
    if "pose" in names:
        pose = result["residual"].sel(factor="pose", model=clips["model"].values)
        found |= {
            "factors-pose-low": points(pose.min().item()),
            "factors-pose-high": points(pose.max().item()),
        }
    if set(HEADLINE_FACTORS) <= set(names):
        counted = contributions(panel, result)
        found["factors-weighted-sum"] = points(float(np.abs(counted.sum("factor")).max()), 2).removeprefix(
            "+"
        )
        share = shares_of_images(panel).sel(factor=["pose", "background"]).sum().item()
        found["factors-common-share"] = percent(share, 0)
    return found


def _of_support(result: xr.Dataset, in_baseline: xr.Dataset, clips: xr.Dataset) -> dict[str, str]:
    of_clips = result.sel(model=clips["model"].values)
    reference = result["reference_accuracy"].isel(factor=0)
    centre = reference.sel(model=clips["model"].values).mean().item()
    others = reference.sel(model=in_baseline["model"].values).values
    near = others[np.abs(others - centre) <= SUPPORT_WIDTH]
    return {
        "factors-supporting": str(int(of_clips["families_in_support"].min())),
        "factors-near": str(near.size),
        "factors-near-above": str(int((near > centre).sum())),
    }


def _of_choices(panel: Panel, choices: xr.Dataset) -> dict[str, str]:
    residual = choices["residual"]
    dims = ["model", *CHOICES]
    stable = (residual > 0).all(dims) | (residual < 0).all(dims)
    found = {"factors-sign-stable": in_words(choices["factor"].values[stable.values])}
    plain = residual.sel(axes="raw", reference="overall")
    local = plain.sel(selection="top", fit="local")
    for factor in set(choices["factor"].values.tolist()) & {"pose", "subcategory", "smaller", "shape"}:
        found[f"factors-local-{factor}"] = _both(local.sel(factor=factor))
    if "pose" in choices["factor"].values:
        found["factors-multi-pose"] = _both(plain.sel(factor="pose", selection="multi", fit="huber"))
        images = panel.cube["images"].sel(selection="multi").isel(model=0)
        share = images.sel(factor="pose") / images.sel(factor=OVERALL)
        found["factors-multi-pose-share"] = percent(share.item(), 0)
    return found


def _of_groups(means: xr.Dataset) -> dict[str, str]:
    furthest = abs(means["mean"]).max("factor")
    is_clip = np.isin(means["group"].values, CLIP_GROUPS)
    found = {}
    for key, here in (("clip", is_clip), ("others", ~is_clip)):
        if here.any():
            found[f"factors-{key}-furthest"] = f"{100 * furthest.values[here].max():.1f}"
    return found


def _both(values: xr.DataArray) -> str:
    return " and ".join(points(value) for value in values.values.tolist())


def in_words(names: Iterable[object]) -> str:
    """List names as a sentence does.

    Examples
    --------
    >>> in_words(["pose", "partial_view", "shape"]), in_words([])
    ('pose, partial view and shape', 'none')
    """
    words = [str(name).replace("_", " ") for name in names]
    if len(words) < 2:
        return words[0] if words else "none"
    return f"{', '.join(words[:-1])} and {words[-1]}"
