"""Chapter 1 in tables."""

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd
import xarray as xr

from clipsafe_utils.cubes import GROUPS, clip_models
from clipsafe_utils.cubes.panels import Panel
from clipsafe_utils.cubes.selection import CLIP_GROUPS
from clipsafe_utils.findings.factors.clips import names_of
from clipsafe_utils.findings.factors.controls import APART, kinds
from clipsafe_utils.findings.factors.label_rules import ENOUGH_IMAGES, READINGS, Judged
from clipsafe_utils.findings.factors.laboratory import TEXTURES, steps_of
from clipsafe_utils.findings.factors.residuals import A_CROWD, CHOICES, line_of, verdicts
from clipsafe_utils.findings.trainings import Trainings
from clipsafe_utils.registry.model_names import short_names
from clipsafe_utils.say import NOT_MEASURED, Missing, Said, level, percent, points
from clipsafe_utils.show.shown import Shown
from clipsafe_utils.show.tables import stacked, table

_OTHER_REFERENCE = {
    "overall": ("without_factor", "without the factor", "the accuracy on all other images"),
    "without_factor": ("overall", "all images", "the accuracy on all images"),
}
_BY_GROUP = {"clip_zero_shot": "", "clip_fine_tuned": ", fine-tuned"}
_STEPS = {"images": "Images", "language": "CLIP's training"}
_OTHER_SELECTION = {
    "top": ("multi", "multi-factor", "all images that carry the factor"),
    "multi": ("top", "top factor", "the images of which it is the top factor"),
}
"""Of each choice the other one, what a column calls it, and what the caption says of it."""


def residual_table(panel: Panel, result: xr.Dataset, choices: xr.Dataset) -> Shown:
    """Tabulate residuals and verdicts by factor; of few CLIPs also what one other choice makes of each."""
    clips = clip_models(panel.models)
    if clips.sizes["model"] > A_CROWD:
        return _table_by_group(panel, result)
    short = short_names(clips["model"].values.tolist(), clips["checkpoint"].values.tolist())
    names = dict(zip(clips["model"].values.tolist(), short, strict=True))
    return stacked(
        [_table_of_verdicts(panel, result, names), _table_of_changes(panel, result, choices, names)]
    )


def _table_of_verdicts(panel: Panel, result: xr.Dataset, names: Mapping[str, str]) -> Shown:
    by_group = {group: verdicts(result, panel.models, group) for group in _groups_of_clips(panel)}
    rows = []
    for factor, row in _rows(panel, result):
        of_factor = result.sel(factor=factor)
        row |= {name: _beside_family(of_factor.sel(model=model)) for model, name in names.items()}
        for group, of_sources in by_group.items():
            for source in of_sources["source"].values.tolist():
                mean = of_sources.sel(source=source, factor=factor)
                title = f"{source}{_BY_GROUP[group]}"
                row[f"{title}: mean"] = _beside_family(mean)
                row[f"{title}: verdict"] = mean["verdict"].item()
        rows.append(row)
    return table(
        pd.DataFrame(rows),
        f"Residuals in points by factor, study {panel.study}, under the chapter's parameters. In brackets: "
        f"how far a new family of {line_of(result.attrs['baseline_group'])} may lie from the line near that "
        "accuracy. The verdict judges the mean of a training source's CLIPs, after Holm's correction.",
    )


def _beside_family(judged: xr.Dataset) -> str:
    """Write a residual and how far a new family may be off, where that is known."""
    residual, half = judged["residual"].item(), judged["half_width"].item()
    if np.isnan(residual):
        return NOT_MEASURED
    return f"{points(residual)} (±{100 * half:.1f})" if np.isfinite(half) else points(residual)


def _table_of_changes(
    panel: Panel, result: xr.Dataset, choices: xr.Dataset, names: Mapping[str, str]
) -> Shown:
    reference, reference_column, reference_said = _OTHER_REFERENCE[result.attrs["reference"]]
    selection, selection_column, selection_said = _OTHER_SELECTION[result.attrs["selection"]]
    rows = []
    for factor in result["factor"].values.tolist():
        row = {"Factor": factor.replace("_", " ")}
        for model, name in names.items():
            here = {"model": model, "factor": factor}
            row[f"{name}: {reference_column}"] = _other(choices, result, here, reference=reference)
            row[f"{name}: {selection_column}"] = _other(choices, result, here, selection=selection)
        rows.append(row)
    return table(
        pd.DataFrame(rows),
        f"The same residuals with one parameter changed, study {panel.study}: with {reference_said} as "
        f"reference, and on {selection_said}.",
    )


def _groups_of_clips(panel: Panel) -> list[str]:
    return [name for name in CLIP_GROUPS if (panel.models["group"] == name).any()]


def _rows(panel: Panel, result: xr.Dataset) -> Iterator[tuple[str, dict[str, str]]]:
    """Begin a row a factor."""
    images = panel.cube["images"].sel(selection=result.attrs["selection"]).isel(model=0)
    for factor in result["factor"].values.tolist():
        number = f"{images.sel(factor=factor).item():,.0f}"
        yield factor, {"Factor": factor.replace("_", " "), "Images": number}


def _other(choices: xr.Dataset, result: xr.Dataset, here: Mapping[str, str], **changed: str) -> str:
    """Write the residual with one of the chapter's parameters changed."""
    chosen = {name: result.attrs[name] for name in CHOICES} | changed
    known = all(choice in choices[name].values for name, choice in chosen.items())
    return points(choices["residual"].sel({**here, **chosen}).item()) if known else NOT_MEASURED


def _table_by_group(panel: Panel, result: xr.Dataset) -> Shown:
    of_groups = {
        name: (
            result.isel(model=(panel.models["group"] == name).values),
            verdicts(result, panel.models, name),
        )
        for name in _groups_of_clips(panel)
    }
    rows = []
    for factor, row in _rows(panel, result):
        widest = []
        for name, (clips, of_sources) in of_groups.items():
            of_factor = clips.sel(factor=factor)
            measured = of_factor.isel(model=of_factor["measured"].values)
            words = of_sources["verdict"].sel(factor=factor).values.tolist()
            row[f"{GROUPS[name]}: residuals"] = _range(measured["residual"].values)
            row[f"{GROUPS[name]}: sources above, below, within"] = ", ".join(
                str(words.count(word)) for word in ("above", "below", "within")
            )
            widest += measured["half_width"].values.tolist()
        row["New family"] = f"±{100 * max(widest):.1f}" if widest else NOT_MEASURED
        rows.append(row)
    return table(
        pd.DataFrame(rows),
        f"Residuals in points by factor, study {panel.study}, under the chapter's parameters: lowest, median "
        "and highest of the measured models of a group; for how many training sources the mean is above, "
        f"below or within the range of a new family of {line_of(result.attrs['baseline_group'])} near that "
        "accuracy, after Holm's correction; and half of that range at its widest.",
    )


def _range(residual: np.ndarray) -> str:
    if not residual.size:
        return NOT_MEASURED
    return ", ".join(points(float(np.quantile(residual, place))) for place in (0, 0.5, 1))


def steps_table(trained: Trainings, study: str) -> Shown:
    """Tabulate what images and CLIP's training alone do to relative accuracy on each factor."""
    rows = [
        {"Factor": str(factor).replace("_", " ")}
        | {
            f"{title}, {TEXTURES[kind]}": _step(step)
            for kind in TEXTURES
            for change, title in _STEPS.items()
            for step in steps.loc[steps["kind"] == kind, change]
        }
        for factor, steps in steps_of(trained).groupby("factor", sort=False)
    ]
    return table(
        pd.DataFrame(rows),
        "Difference in relative accuracy on each one-factor set, in points. Images: cross-entropy on wit "
        "less cross-entropy on labels. CLIP's training: with whole captions less cross-entropy, both on wit. "
        f"In brackets: {level(trained.confidence)} intervals over seeds and images; study {study}.",
    )


def _step(step: Said) -> str:
    return NOT_MEASURED if isinstance(step, Missing) else f"{step} ({step.interval})"


def readings_table(readings: Mapping[str, Judged], study: str) -> Shown:
    """Tabulate what each reading says of every source's zero-shot CLIPs: a row a reading and source."""
    rows = []
    for name, (result, models) in readings.items():
        if not (models["group"] == "clip_zero_shot").any():
            continue
        of_sources = verdicts(result, models)
        for source in of_sources["source"].values.tolist():
            mean = of_sources.sel(source=source)
            words = mean["verdict"]
            sides = {
                f"{side.capitalize()} on": names_of(words["factor"].values[(words == side).values])
                for side in ("above", "below")
            }
            few = [one for one in ("pose", "subcategory", "texture") if one in words["factor"].values]
            beside = {one.capitalize(): _beside_family(mean.sel(factor=one)) for one in few}
            rows.append({"Reading": READINGS[name].words, "Source": source} | beside | sides)
    return table(
        pd.DataFrame(rows),
        "Mean residual in points of each source's zero-shot CLIPs, by what counts as right and what it is "
        "compared with; in brackets how far a new family may lie from the line. Above and below: the "
        f"verdicts, after Holm's correction in each row. Study {study}.",
    )


def class_groups_table(whole: Judged, pose: Judged, study: str) -> Shown:
    """Tabulate where CLIPs stand on each group of classes, and inside of it on pose."""
    of_all, of_pose = verdicts(*whole), verdicts(*pose)
    rows = []
    for source in of_all["source"].values.tolist():
        for group in of_all["factor"].values.tolist():
            mean = of_all.sel(source=source, factor=group)
            row = {"Group of classes": group.replace("_", " "), "Source": source}
            row |= {"All images": _beside_family(mean), "Verdict": mean["verdict"].item()}
            inside = group in of_pose["factor"].values
            row["Pose, within the group"] = (
                _beside_family(of_pose.sel(source=source, factor=group)) if inside else NOT_MEASURED
            )
            rows.append(row)
    return table(
        pd.DataFrame(rows),
        "Mean residual in points of each source's zero-shot CLIPs on every group of classes at equal "
        "accuracy on all images; and on its images with pose at equal accuracy on the group, where they are "
        f"{ENOUGH_IMAGES} or more. In brackets: how far a new family may lie from the line. CLIPs with "
        f"fewer than five families near are left out of a mean. Study {study}.",
    )


def controls_table(result: xr.Dataset, models: xr.Dataset, study: str) -> Shown:
    """Tabulate the residuals of every control on the factors that set CLIPs apart."""
    rows = []
    shown = [name for name in result["factor"].values.tolist() if name in APART]
    for kind, which in kinds(models).items():
        here = models.isel(model=which)
        names = short_names(here["model"].values.tolist(), here["checkpoint"].values.tolist())
        for model, name in zip(here["model"].values.tolist(), names, strict=True):
            one = result.sel(model=model)
            row = {"Network": name.replace("_", " "), "Kind": kind}  # Long names break at spaces.
            row["Accuracy"] = percent(one["reference_accuracy"].mean("factor").item())
            for factor in shown:
                of_factor = one.sel(factor=factor)
                is_held = bool(of_factor["measured"])
                row[factor.replace("_", " ").capitalize()] = (
                    _beside_family(of_factor) if is_held else NOT_MEASURED
                )
            rows.append(row)
    return table(
        pd.DataFrame(rows),
        "Residuals in points of networks trained on stylised images and of self-supervised ones; in "
        f"brackets how far a new family of {line_of(result.attrs['baseline_group'])} may lie from the line "
        f"near that accuracy. Study {study}.",
    )
