"""What the residuals of one study of real models say of its CLIPs, for the sentences of chapter 1."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any, TypeVar

import numpy as np
import xarray as xr

from clipsafe_utils.cubes import HEADLINE_FACTORS, OVERALL, families_between_groups
from clipsafe_utils.cubes.panels import Panel
from clipsafe_utils.cubes.selection import CLIP_GROUPS
from clipsafe_utils.findings.factors.residuals import CHOICES, HEADLINE, shares_of_images, verdicts
from clipsafe_utils.metrics.baseline import SUPPORT_WIDTH
from clipsafe_utils.metrics.families import MINIMUM_FAMILIES
from clipsafe_utils.metrics.labelled import factor_accuracy
from clipsafe_utils.say import Missing, Said, Text, Value, count, listed, percent, points

_KINDS = {"clip_zero_shot": "zero-shot", "clip_fine_tuned": "fine-tuned"}
_OTHERS = {
    "more_data": "more training data",
    "contrastive": "self-supervision",
    "robust_intervention": "robustness interventions",
}
_BETTER_ON = 6
"""Of ten factors, so the paper."""

_MOST = 0.75
_OF_LOCAL = ("pose", "subcategory", "smaller", "shape")

Kind = TypeVar("Kind")


def nothing(kind: type[Kind], reason: str) -> Kind:
    """Give a result whose every field is missing.

    Examples
    --------
    >>> nothing(Groups, "no CLIP").clips.size()
    not measured
    """
    return kind(*[Missing(reason)] * len(fields(kind)))  # type: ignore[arg-type]


@dataclass(frozen=True)
class Clips:
    """Who the CLIPs are.

    `they` is one, two or many; `few`, the training sources where they are fewer than five: one or few.
    """

    number: Text
    sources: Text
    they: str | Missing
    few: str | Missing


@dataclass(frozen=True)
class Verdicts:
    """On which factors all CLIPs stand above or below what new families do, by Holm's correction.

    `chance` is how many of the `marks` fall outside of the bars by chance; `agree`, yes or no, whether each
    CLIP has the signs that the paper says.
    """

    marks: Text
    chance: Text
    factors: Text
    above: Text
    below: Text
    above_names: Text
    below_names: Text
    mixed_names: Text
    agree: str | Missing


@dataclass(frozen=True)
class Support:
    """What holds the line at the CLIPs' accuracy.

    `near` counts the networks that draw it within ten points of the mean CLIP, `fewest` those of the CLIP
    with the fewest; `rising`, all or some, says of how many factors the line rises.
    """

    families: Text
    near: Text
    above: Text
    fewest: Text
    rising: str | Missing


@dataclass(frozen=True)
class Misread:
    """Accuracies of the CLIPs, which residuals are mistaken for.

    `easy` is yes where each CLIP does better on pose than on all images; `texture_side` is up, down or
    neither, where their residuals on texture lie; `turned` is yes where accuracies and residuals rank the two
    in opposite ways.
    """

    overall: Text
    pose: Text
    pose_rank: Text
    texture: Text
    texture_rank: Text
    easy: str | Missing
    texture_side: str | Missing
    turned: str | Missing


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
class Choice:
    """What the choices of the analyst decide.

    `pose_shrunk` is missing where pose does not shrink for each CLIP; `kept` are those of a few factors of
    which each CLIP keeps three quarters of the residual under the local fit.
    """

    sign_stable: Text
    pose_multi: Text
    pose_shrunk: Text
    pose_share: Said
    huber: Mapping[str, Text]
    local: Mapping[str, Text]
    kept: Text


def clips_of(clips: xr.Dataset) -> Clips:
    """Count the CLIPs of a study and their training sources."""
    groups, number = np.unique(clips["group"].values), clips.sizes["model"]
    kind = f"{_KINDS[groups[0]]} " if groups.size == 1 else ""
    sources = np.unique(families_between_groups(clips)).size
    enough = Missing("five training sources or more")
    return Clips(
        counted(number, f"{kind}CLIP"),
        counted(sources, "training source"),
        {1: "one", 2: "two"}.get(number, "many"),
        enough if sources >= MINIMUM_FAMILIES else "one" if sources == 1 else "few",
    )


def verdicts_on(result: xr.Dataset, models: xr.Dataset, clips: xr.Dataset) -> Verdicts:
    """Say on which factors the CLIPs stand out."""
    words = verdicts(result, models)
    marks = int((words != "not measured").sum())
    if not marks:
        return nothing(Verdicts, "the line has no support at the accuracy of a CLIP")
    above, below = (words == "above").all("model"), (words == "below").all("model")
    mixed = words.isin(["above", "below"]).any("model") & ~above & ~below
    names = words["factor"].values
    chance = f"{marks * (1 - result.attrs['confidence']):.1f}"
    return Verdicts(
        Text(marks),
        Text(chance.removesuffix(".0")),
        counted(names.size, "factor"),
        Text(int(above.sum())),
        Text(int(below.sum())),
        names_of(names[above.values]),
        names_of(names[below.values]),
        names_of(names[mixed.values]) if mixed.any() else Missing("no factor parts the CLIPs"),
        _agree(result["residual"].sel(model=clips["model"].values)),
    )


def _agree(residual: xr.DataArray) -> str | Missing:
    if not set(HEADLINE_FACTORS) <= set(residual["factor"].values):
        return Missing("the paper speaks of ten factors")
    better = (residual.sel(factor=list(HEADLINE_FACTORS)) > 0).sum("factor") >= _BETTER_ON
    return "yes" if (better & (residual.sel(factor="pose") < 0)).all() else "no"


def support_of(panel: Panel, result: xr.Dataset, clips: xr.Dataset, lines: xr.DataArray) -> Support:
    """Count what holds the line at the CLIPs' accuracy on all images."""
    overall = factor_accuracy(panel.cube, result.attrs["selection"]).sel(factor=OVERALL)
    line = overall.values[panel.models["group"].values == result.attrs["baseline_group"]]
    of_clips = overall.sel(model=clips["model"].values).values
    centre = float(of_clips.mean())
    near = line[np.abs(line - centre) <= SUPPORT_WIDTH]
    fewest = (np.abs(line[:, None] - of_clips) <= SUPPORT_WIDTH).sum(axis=0).min()
    families = result["families_in_support"].sel(model=clips["model"].values).min().item()
    return Support(
        Text(families),
        Text(near.size),
        Text(int((near > centre).sum())),
        Text(fewest),
        "all" if rises(lines).all() else "some",
    )


def rises(lines: xr.DataArray) -> xr.DataArray:
    """Say of each factor whether its line is higher at the right end than at the left."""
    return lines.isel(at=-1) > lines.isel(at=0)


def misread_of(panel: Panel, result: xr.Dataset, clips: xr.Dataset) -> Misread:
    """Say how accurate the CLIPs are on pose and texture; ranks count factors from the most accurate, 1."""
    names = clips["model"].values
    of_clips = result.sel(model=names)
    overall = factor_accuracy(panel.cube, result.attrs["selection"]).sel(factor=OVERALL, model=names)
    ranks = of_clips["accuracy"].mean("model").to_series().rank(ascending=False).astype(int)
    none = Missing("one of the two factors is not shown")
    accuracy = {name: of_clips["accuracy"].sel(factor=name) for name in ("pose", "texture") if name in ranks}
    residual = {name: of_clips["residual"].sel(factor=name) for name in accuracy}

    def said(name: str) -> Text:
        return each(accuracy[name], percent) if name in accuracy else none

    def rank(name: str) -> Text:
        alone = Missing("one factor has no rank")
        return count(ranks[name], len(ranks)) if name in ranks and len(ranks) > 1 else alone

    turned = (
        len(accuracy) == 2
        and (residual["pose"] < 0).all()
        and (residual["texture"] > 0).all()
        and (accuracy["pose"] > accuracy["texture"]).all()
    )
    easy = "pose" in accuracy and bool((accuracy["pose"] > overall).all())
    return Misread(
        each(overall, percent),
        said("pose"),
        rank("pose"),
        said("texture"),
        rank("texture"),
        "yes" if easy else Missing("not every CLIP finds pose easy"),
        _side(residual["texture"]) if "texture" in residual else none,
        "yes" if turned else Missing("accuracies and residuals rank the two alike"),
    )


def _side(residual: xr.DataArray) -> str:
    return "up" if (residual > 0).all() else "down" if (residual < 0).all() else "neither"


def groups_of(means: xr.Dataset | None) -> Groups:
    """Say how far the CLIPs and the other groups of a study stray from zero at most."""
    if means is None:
        return nothing(Groups, "no group where the line is supported")
    furthest = abs(means["mean"]).max("factor")
    groups = means["group"].values
    is_clip = np.isin(groups, CLIP_GROUPS)

    def most(here: np.ndarray) -> Said:
        none = Missing("no such group where the line is supported")
        return Value(float(furthest.values[here].max()), scale="difference") if here.any() else none

    names = [name for group, name in _OTHERS.items() if group in groups]
    others = listed(names) if names else Missing("no other group where the line is supported")
    return Groups(most(is_clip), most(~is_clip), others)


def arithmetic_of(panel: Panel, weighted: xr.DataArray | None) -> Arithmetic:
    """Say what the weighted residuals of each CLIP add up to, and how many images the common factors have."""
    none = Missing("not all ten top factors are shown")
    if not set(HEADLINE_FACTORS) <= set(panel.cube["factor"].values):
        return Arithmetic(none, none)
    common = shares_of_images(panel).sel(factor=["pose", "background"]).sum().item()
    if weighted is None:
        return Arithmetic(none, Value(common))
    furthest = Value(float(np.abs(weighted.sum("factor")).max()), scale="difference")
    return Arithmetic(furthest.size(2), Value(common))


def choice_of(panel: Panel, choices: xr.Dataset) -> Choice:
    """Say which signs no choice turns, and what the choices do to pose and to a few other factors."""
    residual = choices["residual"]
    dims = ["model", *CHOICES]
    stable = (residual > 0).all(dims) | (residual < 0).all(dims)
    none = Missing("the factor is not shown")
    pose_multi: Text = none
    pose_share: Said = none
    shrunk: Text = none
    factors = choices["factor"].values.tolist()

    def under(factor: str, **changed: str) -> xr.DataArray:
        return residual.sel({**HEADLINE, **changed, "factor": factor})

    def said(factor: str, **changed: str) -> Text:
        return each(under(factor, **changed), points) if factor in factors else none

    if "pose" in factors:
        top, multi = (under("pose", selection=name) for name in CHOICES["selection"])
        pose_multi = each(multi, points)
        shrinks = bool((abs(multi) < abs(top)).all())
        shrunk = pose_multi if shrinks else Missing("pose does not shrink for every CLIP")
        images = panel.cube["images"].sel(selection="multi").isel(model=0)
        pose_share = Value((images.sel(factor="pose") / images.sel(factor=OVERALL)).item())
    kept = [
        factor
        for factor in _OF_LOCAL
        if factor in factors and (under(factor, fit="local") / under(factor) >= _MOST).all()
    ]
    return Choice(
        names_of(choices["factor"].values[stable.values]),
        pose_multi,
        shrunk,
        pose_share,
        {factor: said(factor) for factor in _OF_LOCAL},
        {factor: said(factor, fit="local") for factor in _OF_LOCAL},
        names_of(kept) if kept else Missing("no factor keeps its size"),
    )


def no_choice(reason: str) -> Choice:
    """Give a result without choices."""
    none = Missing(reason)
    by_factor = dict.fromkeys(_OF_LOCAL, none)
    return Choice(none, none, none, none, by_factor, by_factor, none)


def each(values: xr.DataArray, write: Callable[[float], Text]) -> Text:
    """Write one number, two, or the range of more.

    Examples
    --------
    >>> each(xr.DataArray([-0.032, -0.028]), points), each(xr.DataArray([0.3, 0.1, 0.2]), points)
    (−3.2 and −2.8, +10.0 to +30.0)
    """
    numbers = values.values.tolist()
    if len(numbers) <= 2:
        return listed(write(number) for number in numbers)
    return Text(f"{write(min(numbers))} to {write(max(numbers))}")


def names_of(factors: Iterable[Any]) -> Text:
    """List factors as a sentence does.

    Examples
    --------
    >>> names_of(["pose", "partial_view", "shape"]), names_of([])
    (pose, partial view and shape, no factor)
    """
    names = [str(name).replace("_", " ") for name in factors]
    return listed(names) if names else Text("no factor")


def counted(number: int, noun: str) -> Text:
    """Write a number of things.

    Examples
    --------
    >>> counted(1, "training source"), counted(2, "CLIP")
    (1 training source, 2 CLIPs)
    """
    return Text(f"{number} {noun}{'' if number == 1 else 's'}")
