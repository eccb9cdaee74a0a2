"""What the residuals of one study of real models say of its CLIPs, for the sentences of chapter 1."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import xarray as xr

from clipsafe_utils.cubes import HEADLINE_FACTORS, OVERALL, clip_models, families_between_groups
from clipsafe_utils.cubes.panels import Panel
from clipsafe_utils.cubes.selection import CLIP_GROUPS
from clipsafe_utils.findings.factors.residuals import CHOICES, HEADLINE, shares_of_images, verdicts
from clipsafe_utils.metrics.baseline import SUPPORT_WIDTH
from clipsafe_utils.metrics.families import FEWEST_UNITS
from clipsafe_utils.metrics.labelled import factor_accuracy
from clipsafe_utils.say import (
    Missing,
    Said,
    Text,
    Value,
    count,
    listed,
    nothing,
    number,
    percent,
    points,
    span,
)

_ZERO_SHOT = "clip_zero_shot"
_KINDS = {"clip_zero_shot": "zero-shot ", "clip_fine_tuned": "fine-tuned "}
_OTHERS = {
    "standard": "training on labels alone",
    "more_data": "more training data",
    "contrastive": "self-supervision",
    "robust_intervention": "robustness interventions",
}
_WHICH = {(True, True): "both", (True, False): "above", (False, True): "below", (False, False): "neither"}
_BETTER_ON = 6
"""Of ten factors, so the paper."""


@dataclass(frozen=True)
class Clips:
    """Who the CLIPs are."""

    number: Text
    sources: Text
    few: str | Missing  # one or few, where of fewer than four sources


@dataclass(frozen=True)
class Verdicts:
    """On which factors the zero-shot CLIPs of every source stand out in the mean, by Holm's correction."""

    marks: Text  # of single CLIPs
    chance: Text  # how many of the marks fall outside of the bars by chance
    outside: Text  # how many of the marks do
    tests: Text  # of means, one a source and factor
    judged: str | Missing  # whose means: of one CLIP, of the CLIPs of one source, or of several sources
    above: Text
    below: Text
    mixed: Text
    apart: str | Missing  # whether there are such factors: above, below, both or neither
    agree: str | Missing  # whether each CLIP has the signs that the paper says: yes or no


@dataclass(frozen=True)
class Support:
    """How much holds the line at the CLIPs' accuracy."""

    families: Text
    near: Text  # networks within ten points
    names: Text  # of their families
    above: Text  # those of them that are more accurate


@dataclass(frozen=True)
class Accuracy:
    """Accuracies, which residuals are mistaken for; on subcategory where it changes places with pose."""

    overall: Text
    pose: Text
    pose_rank: Text
    subcategory: Text
    subcategory_rank: Text


@dataclass(frozen=True)
class Groups:
    """How far the mean residuals of groups stray from zero."""

    clips: Said
    others: Said
    other_names: Text


@dataclass(frozen=True)
class Arithmetic:
    """Why residuals are not independent."""

    weighted_sum: Text
    common_share: Said


@dataclass(frozen=True)
class Local:
    """Residuals under the local fit."""

    pose: Text
    subcategory: Text
    smaller: Text
    shape: Text


@dataclass(frozen=True)
class Choice:
    """What the choices of the analyst decide."""

    sign_stable: Text
    pose_multi: Text  # where all annotated factors count, with the page's other choices
    pose_share: Said  # of the images, which makes it one number with accuracy on all images
    local: Local  # with the book's other choices


@dataclass(frozen=True)
class Real:
    """What a study of real models says of its CLIPs."""

    clips: Clips
    verdicts: Verdicts
    pooled: Verdicts  # by the spread of the families all along the line
    wider: Text  # how many times as wide as by that spread the bars of the CLIPs are
    support: Support
    accuracy: Accuracy
    groups: Groups
    arithmetic: Arithmetic
    choice: Choice


def real_of(
    panel: Panel,
    result: xr.Dataset,
    pooled: xr.Dataset,
    means: xr.Dataset | None,
    choices: xr.Dataset | None,
    weighted: xr.DataArray | None,
) -> Real:
    """Gather what a study with CLIPs says of them; means, choices and weights where it has them.

    `pooled` is the result by the spread of the families all along the line.
    """
    clips = clip_models(panel.models)
    return Real(
        clips_of(clips),
        verdicts_on(result, panel.models),
        verdicts_on(pooled, panel.models),
        _wider(result, pooled, clips),
        _support(panel, result, clips),
        accuracy_of(panel, result, clips),
        groups_of(means),
        _arithmetic(panel, weighted),
        nothing(Choice, "a selection of factors is missing")
        if choices is None
        else _choice(panel, choices, {name: result.attrs[name] for name in CHOICES}),
    )


def clips_of(clips: xr.Dataset) -> Clips:
    """Count the CLIPs of a study and their training sources."""
    groups, number = np.unique(clips["group"].values), clips.sizes["model"]
    kind = _KINDS[groups[0]] if groups.size == 1 else ""
    sources = np.unique(families_between_groups(clips)).size
    enough = Missing("four training sources or more")
    return Clips(
        _counted(number, f"{kind}CLIP"),
        _counted(sources, "training source"),
        enough if sources >= FEWEST_UNITS else "one" if sources == 1 else "few",
    )


def verdicts_on(result: xr.Dataset, models: xr.Dataset) -> Verdicts:
    """Say on which factors the zero-shot CLIPs stand out."""
    clips = models["model"].values[models["group"].values == _ZERO_SHOT]
    if not clips.size:
        return nothing(Verdicts, "no zero-shot CLIP")
    words = verdicts(result, models)["verdict"]
    tests = int((words != "not measured").sum())
    if not tests:
        return nothing(Verdicts, "the line has no support at the accuracy of a zero-shot CLIP")
    of_clips = result.sel(model=clip_models(models)["model"].values)
    marks = int(of_clips["measured"].sum())
    outside = (np.abs(of_clips["residual"]) > of_clips["half_width"]) & of_clips["measured"]
    above, below = (words == "above").all("source"), (words == "below").all("source")
    mixed = words.isin(["above", "below"]).any("source") & ~above & ~below
    chance = f"{marks * (1 - result.attrs['confidence']):.1f}"
    return Verdicts(
        Text(marks),
        Text(chance.removesuffix(".0")),
        Text(int(outside.sum())),
        Text(tests),
        "one CLIP" if clips.size == 1 else "one source" if words.sizes["source"] == 1 else "sources",
        _where(above),
        _where(below),
        _where(mixed) if mixed.any() else Missing("no factor parts the sources"),
        _WHICH[bool(above.any()), bool(below.any())],
        _agree(result["residual"].sel(model=clips)),
    )


def _wider(result: xr.Dataset, pooled: xr.Dataset, clips: xr.Dataset) -> Text:
    names = clips["model"].values
    near, far = (one["half_width"].sel(model=names) for one in (result, pooled))
    ratio = (near / far).values[result["measured"].sel(model=names).values]
    return span(ratio.tolist(), partial(number, digits=1))


def _agree(residual: xr.DataArray) -> str | Missing:
    if not set(HEADLINE_FACTORS) <= set(residual["factor"].values):
        return Missing("the paper speaks of ten factors")
    better = (residual.sel(factor=list(HEADLINE_FACTORS)) > 0).sum("factor") >= _BETTER_ON
    return "yes" if (better & (residual.sel(factor="pose") < 0)).all() else "no"


def _overall(panel: Panel, result: xr.Dataset) -> xr.DataArray:
    """Return accuracy on all images, whatever the reference of the residuals."""
    return factor_accuracy(panel.cube, result.attrs["selection"]).sel(factor=OVERALL)


def _support(panel: Panel, result: xr.Dataset, clips: xr.Dataset) -> Support:
    overall, names = _overall(panel, result), clips["model"].values
    centre = overall.sel(model=names).mean().item()
    in_baseline = panel.models["group"].values == result.attrs["baseline_group"]
    near = in_baseline & (np.abs(overall.values - centre) <= SUPPORT_WIDTH)
    above = int((overall.values[near] > centre).sum())
    families = result["families_in_support"].sel(model=names).min().item()
    kin = np.unique(panel.models["family"].values[near]).tolist()
    return Support(Text(families), Text(int(near.sum())), listed(kin), Text(above))


def accuracy_of(panel: Panel, result: xr.Dataset, clips: xr.Dataset) -> Accuracy:
    """Say how accurate CLIPs are on pose and subcategory; ranks count factors from the most accurate, 1."""
    of_clips = result.sel(model=clips["model"].values)
    accuracy, residual = (of_clips[name].to_series().unstack("factor") for name in ("accuracy", "residual"))
    ranks = accuracy.mean().rank(ascending=False).astype(int).to_dict()
    said = {name: (each(accuracy[name], percent), count(rank, len(ranks))) for name, rank in ranks.items()}
    none = Missing("the factor is not shown, or no other"), Missing("one factor has no rank")
    is_turned = {"pose", "subcategory"} <= set(said) and bool(
        (
            residual["pose"].lt(0)
            & residual["subcategory"].gt(0)
            & (accuracy["pose"] > accuracy["subcategory"])
        ).all()
    )
    pose, rank = said.get("pose", none)
    return Accuracy(
        each(_overall(panel, result).sel(model=clips["model"].values), percent),
        pose,
        rank if len(said) > 1 else none[1],
        *(said["subcategory"] if is_turned else none),
    )


def groups_of(means: xr.Dataset | None) -> Groups:
    """Say how far the CLIPs and the other groups of a study stray from zero at most."""
    none = Missing("no such group where the line is supported")
    if means is None:
        return Groups(none, none, none)
    furthest, groups = abs(means["mean"]).max("factor").values, means["group"].values

    def most(here: np.ndarray) -> Said:
        return Value(float(furthest[here].max()), scale="difference") if here.any() else none

    is_clip = np.isin(groups, CLIP_GROUPS)
    names = [name for group, name in _OTHERS.items() if group in groups]
    return Groups(most(is_clip), most(~is_clip), listed(names) if names else none)


def _arithmetic(panel: Panel, weighted: xr.DataArray | None) -> Arithmetic:
    none = Missing("not all ten top factors are shown")
    has_top = "top" in panel.cube["selection"].values
    if not (has_top and set(HEADLINE_FACTORS) <= set(panel.cube["factor"].values)):
        return Arithmetic(none, none)
    common = Value(shares_of_images(panel).sel(factor=["pose", "background"]).sum().item())
    if weighted is None:
        return Arithmetic(none, common)
    furthest = Value(float(np.abs(weighted.sum("factor")).max()), scale="difference")
    return Arithmetic(furthest.size(2), common)


def _choice(panel: Panel, choices: xr.Dataset, made: Mapping[str, str]) -> Choice:
    residual, factors = choices["residual"], choices["factor"].values
    dims = ["model", *CHOICES]

    def said(factor: str, chosen: Mapping[str, str]) -> Text:
        if factor not in factors:
            return Missing("the factor is not shown")
        if chosen["axes"] not in choices["axes"].values:
            return Missing("probit axes have no place")
        return each(residual.sel({**chosen, "factor": factor}), points)

    local = {**HEADLINE, "fit": "local"}
    return Choice(
        _where((residual > 0).all(dims) | (residual < 0).all(dims)),
        said("pose", {**made, "selection": "multi"}),
        _share_of_pose(panel, made["reference"]),
        Local(*(said(factor, local) for factor in ("pose", "subcategory", "smaller", "shape"))),
    )


def _share_of_pose(panel: Panel, reference: str) -> Said:
    if "pose" not in panel.cube["factor"].values or reference != "overall":
        return Missing("pose is not shown, or not compared with all images")
    images = panel.cube["images"].sel(selection="multi").isel(model=0)
    return Value((images.sel(factor="pose") / images.sel(factor=OVERALL)).item())


def each(values: Iterable[Any], write: Callable[[float], Text]) -> Text:
    """Write one number, two, or the range of more."""
    numbers = [float(value) for value in values]
    if len(numbers) <= 2:
        return listed(write(number) for number in numbers)
    return Text(f"{write(min(numbers))} to {write(max(numbers))}")


def names_of(factors: Iterable[Any]) -> Text:
    """List factors as a sentence does."""
    names = [str(name).replace("_", " ") for name in factors]
    return listed(names) if names else Text("no factor")


def _where(holds: xr.DataArray) -> Text:
    return names_of(holds["factor"].values[holds.values])


def _counted(number: int, noun: str) -> Text:
    return Text(f"{number} {noun}{'' if number == 1 else 's'}")
