"""What the figures of chapter 1 show, for readers who cannot see them."""

from collections.abc import Mapping

import pandas as pd
import xarray as xr

from clipsafe_utils.cubes import GROUPS, clip_models
from clipsafe_utils.cubes.selection import CLIP_GROUPS
from clipsafe_utils.figures.factor_robustness import is_a_crowd
from clipsafe_utils.findings.factors.residuals import line_of
from clipsafe_utils.findings.properties import Property
from clipsafe_utils.say import points


def describe_residuals(results: Mapping[str, xr.Dataset], models: Mapping[str, xr.Dataset]) -> str:
    """Say what a figure of residuals shows."""
    sentences = []
    for study, result in results.items():
        crowd = is_a_crowd(result, clip_models(models[study]).sizes["model"])
        said = (_means if crowd else _each)(result, models[study])
        sentences += [f"{study.capitalize()}:", *said] if said and len(results) > 1 else said
    if not sentences:
        return "No study has CLIP accuracies by factor."
    baselines = dict.fromkeys(line_of(result.attrs["baseline_group"]) for result in results.values())
    lead = f"Residuals in points of each CLIP, and the range of new families of {', '.join(baselines)}:"
    return " ".join([lead, *sentences])


def _each(result: xr.Dataset, models: xr.Dataset) -> list[str]:
    clips = clip_models(models)["model"].values
    sentences = []
    for factor in result["factor"].values.tolist() if clips.size else ():
        of_factor = result.sel(factor=factor, model=clips)
        said = " and ".join(points(value) for value in of_factor["residual"].values.tolist())
        half = 100 * of_factor["half_width"].max().item()
        sentences.append(f"{factor.replace('_', ' ')} {said} against ±{half:.1f}.")
    return sentences


def _means(result: xr.Dataset, models: xr.Dataset) -> list[str]:
    measured = result["measured"].all("factor").values
    sentences = []
    for group in CLIP_GROUPS:
        here = (models["group"] == group).values
        kept = here & measured
        if kept.any():
            mean = result["residual"].isel(model=kept).mean("model").to_series()
            said = ", ".join(
                f"{str(factor).replace('_', ' ')} {points(value)}" for factor, value in mean.items()
            )
            sentences.append(f"{GROUPS[group]}, mean of {kept.sum()} measured of {here.sum()}: {said}.")
    return sentences or ["No CLIP is measured."]


def describe_lines(result: xr.Dataset, models: xr.Dataset, lines: xr.DataArray) -> str:
    """Say what the figure of lines shows."""
    rising = bool((lines.isel(at=-1) > lines.isel(at=0)).all())
    clips = clip_models(models).sizes["model"]
    return (
        f"Small scatter plots, one a factor ({result.sizes['factor']}): accuracy on the factor against "
        f"reference accuracy for {result.sizes['model'] - clips} other models and {clips} CLIPs. "
        f"{'Every' if rising else 'Not every'} line rises."
    )


def describe_groups(means: Mapping[str, xr.Dataset]) -> str:
    """Say what the figure of groups shows."""
    sentences = []
    for study, one in means.items():
        if len(means) > 1:
            sentences.append(f"{study.capitalize()}:")
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
    if not residual.sizes["model"]:
        return "No CLIP is measured under every choice."
    ranges = {factor: residual.sel(factor=factor) for factor in choices["factor"].values.tolist()}
    sentences = [
        f"{factor.replace('_', ' ')} {points(one.min().item())} to {points(one.max().item())}."
        for factor, one in ranges.items()
    ]
    return " ".join(["Range of the residuals in points over all choices and CLIPs:", *sentences])


def describe_rows(tables: Mapping[Property, pd.DataFrame], place: str, curve: str) -> str:
    """Say what a figure of the ladder or of a knob shows."""
    sentences = []
    for shown, rows in tables.items():
        said = [
            f"{row[curve]} at {row[place]} {shown.scale * row['value']:.0f}" for _, row in rows.iterrows()
        ]
        if said:
            sentences.append(f"{shown.title}: {', '.join(said)}.")
    if not sentences:
        return "No study has these trainings."
    return " ".join(["Relative accuracy in percent.", *sentences])
