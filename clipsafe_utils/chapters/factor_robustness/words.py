"""Chapter 1 in words and numbers."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import xarray as xr

from clipsafe_utils.chapters.factor_robustness.analysis import (
    CHOICES,
    contributions,
    shares_of_images,
    verdicts,
)
from clipsafe_utils.chapters.formats import complete, percent, points
from clipsafe_utils.cubes import GROUPS, HEADLINE_FACTORS, OVERALL, clip_models, families_between_groups
from clipsafe_utils.cubes.panels import Panel
from clipsafe_utils.cubes.selection import CLIP_GROUPS
from clipsafe_utils.figures.tables import ThemedTable, table
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
    """Return the numbers of the prose, those of the first study that has the cube.

    Parameters
    ----------
    panels : list of Panel
        Counts and models by study.
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
    for panel in panels[:1]:
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
            found |= _of_support(result, in_baseline, clips) | _of_choices(panel, choices[panel.study])
        if panel.study in means:
            found |= _of_groups(means[panel.study])
    return complete(KEYS, found)


def _of_verdicts(words: xr.DataArray) -> dict[str, str]:
    above, below = (words == "above").all("model"), (words == "below").all("model")
    mixed = ~above & ~below & (words != "within").any("model")
    names = words["factor"].values
    return {
        "factors-up": str(int(above.sum())),
        "factors-down": str(int(below.sum())),
        "factors-up-names": _list(names[above.values]),
        "factors-down-names": _list(names[below.values]),
        "factors-mixed-names": _list(names[mixed.values]),
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
    found = {"factors-sign-stable": _list(choices["factor"].values[stable.values])}
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


def residual_table(panel: Panel, result: xr.Dataset, choices: xr.Dataset) -> ThemedTable:
    """Tabulate images, residuals under the two references and both selections, and the verdict by factor.

    Parameters
    ----------
    panel : Panel
        Counts and models of one study.
    result, choices : xarray.Dataset
        `effective_robustness` and `every_choice` of the same study.
    """
    clips = clip_models(panel.models)
    images = panel.cube["images"].sel(selection=result.attrs["selection"]).isel(model=0)
    words = verdicts(result, panel.models)
    half = result["half_width"].sel(model=clips["model"].values).max("model")
    rows = []
    for factor in result["factor"].values.tolist():
        row = {"Factor": factor.replace("_", " "), "Images": f"{images.sel(factor=factor).item():,.0f}"}
        for model, name in zip(clips["model"].values, clips["checkpoint"].values.tolist(), strict=True):
            one = choices["residual"].sel(model=model, factor=factor, axes="raw", fit="huber")
            short = name.split(".")[0]
            row[f"{short}: residual"] = points(result["residual"].sel(model=model, factor=factor).item())
            row[f"{short}: without the factor"] = points(
                one.sel(selection="top", reference="without_factor").item()
            )
            row[f"{short}: multi-factor"] = points(one.sel(selection="multi", reference="overall").item())
            row[f"{short}: verdict"] = words.sel(model=model, factor=factor).item()
        row["New standard family"] = f"±{100 * half.sel(factor=factor).item():.1f}"
        rows.append(row)
    return table(
        pd.DataFrame(rows),
        f"Residuals in points by factor, study {panel.study}: under the chapter's parameters, with the "
        "accuracy on all other images as reference, and on all images that carry the factor. The verdict "
        "compares the first with what a new standard family does, after Holm's correction.",
    )


def describe_residuals(results: Mapping[str, xr.Dataset], models: Mapping[str, xr.Dataset]) -> str:
    """Say what the headline figure shows, for a reader who cannot see it.

    Examples
    --------
    >>> describe_residuals({}, {})
    'No study has CLIP accuracies by factor.'
    """
    sentences = []
    for study, result in results.items():
        clips = clip_models(models[study])
        for factor in result["factor"].values.tolist():
            if clips.sizes["model"]:
                values = result["residual"].sel(factor=factor, model=clips["model"].values).values.tolist()
                half = 100 * result["half_width"].sel(factor=factor, model=clips["model"].values).max().item()
                said = " and ".join(points(value) for value in values)
                sentences.append(f"{factor.replace('_', ' ')} {said} against ±{half:.1f}.")
    if not sentences:
        return "No study has CLIP accuracies by factor."
    return " ".join(["Residuals in points of each CLIP, and the range of new standard families:", *sentences])


def describe_lines(result: xr.Dataset, models: xr.Dataset) -> str:
    """Say what the figure of lines shows."""
    rising = (result["predicted"].max("model") > result["predicted"].min("model")).all().item()
    clips = clip_models(models).sizes["model"]
    return (
        f"Small scatter plots, one a factor ({result.sizes['factor']}): accuracy on the factor against "
        f"reference accuracy for {result.sizes['model'] - clips} other models and {clips} CLIPs. "
        f"{'Every' if rising else 'Not every'} line rises."
    )


def describe_groups(means: Mapping[str, xr.Dataset]) -> str:
    """Say what the figure of groups shows.

    Examples
    --------
    >>> describe_groups({})
    'No study has supported residuals of these groups.'
    """
    sentences = []
    for one in means.values():
        for name in one["group"].values.tolist():
            mean = one["mean"].sel(group=name)
            span = f"from {points(mean.min().item())} to {points(mean.max().item())} points"
            sentences.append(f"{GROUPS[name]}, families: {int(one['families'].sel(group=name))}, {span}.")
    if not sentences:
        return "No study has supported residuals of these groups."
    return " ".join(["Mean residuals by factor.", *sentences])


def describe_choices(choices: xr.Dataset) -> str:
    """Say what the figure of every choice shows."""
    residual = choices["residual"]
    sentences = []
    for factor in choices["factor"].values.tolist():
        low, high = residual.sel(factor=factor).min().item(), residual.sel(factor=factor).max().item()
        sentences.append(f"{factor.replace('_', ' ')} {points(low)} to {points(high)}.")
    return " ".join(["Range of the residuals in points over all choices and CLIPs:", *sentences])


def _list(names: np.ndarray) -> str:
    words = [str(name).replace("_", " ") for name in names]
    if len(words) < 2:
        return words[0] if words else "none"
    return f"{', '.join(words[:-1])} and {words[-1]}"
