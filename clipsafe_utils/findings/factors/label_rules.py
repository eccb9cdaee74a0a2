"""Whether residuals of CLIPs survive other rules of what is right, and inside of groups of classes."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import xarray as xr

from clipsafe_utils.cubes import OVERALL
from clipsafe_utils.cubes.panels import Panel
from clipsafe_utils.cubes.schema import LABEL_RULE
from clipsafe_utils.findings.factors.clips import Verdicts, each, names_of, verdicts_on
from clipsafe_utils.findings.factors.residuals import factors_of, verdicts, with_a_line, with_label_rule
from clipsafe_utils.metrics import labelled, robustness
from clipsafe_utils.metrics.baseline import Fit, Spread
from clipsafe_utils.metrics.families import MINIMUM_FAMILIES
from clipsafe_utils.metrics.labelled import factor_accuracy
from clipsafe_utils.parameters import CheckedParameters
from clipsafe_utils.say import Missing, Said, Text, Value, count, nothing, percent, points

FEW_IMAGES = 10
"""With fewer images a cell of group and factor says little of its own."""

ENOUGH_IMAGES = 100
"""With as many images of a factor a group of classes is judged by itself."""

REST = "other"
"""The group of all classes that are in no named one."""

_ZERO_SHOT = "clip_zero_shot"
_GROUPS = "metaclass"

Judged = tuple[xr.Dataset, xr.Dataset]
"""Residuals as `effective_robustness` gives them, and the cube `models` in their order."""


@dataclass(frozen=True)
class Reading:
    """One way to read the residuals of a study; what it leaves open is as the parameters have it."""

    words: str  # in headings and tables
    label_rule: str = LABEL_RULE
    is_inside: bool = False  # held against accuracy on all images with the factor's mix of groups
    fit: Fit | None = None
    spread: Spread = "near"


READINGS: Mapping[str, Reading] = {
    "class": Reading("The class is right"),
    "real": Reading("Any ReaL label is right", "real"),
    "metaclass": Reading("The group is right", "metaclass"),
    "inside": Reading("The class, same mix of groups", is_inside=True),
    "real_inside": Reading("Any ReaL label, same mix of groups", "real", is_inside=True),
    "local": Reading("The class, local line", fit="local"),
    "pooled": Reading("The class, spread of all families", spread="pooled"),
}
"""Readings that are compared, the page's own first."""


@dataclass(frozen=True)
class Read:
    """What one reading says of the zero-shot CLIPs."""

    accuracy: Text  # on all images, by its rule
    verdicts: Verdicts
    pose: Said  # mean residual, each source counted once
    pose_bar: Said  # how far a new family may be off, for that mean
    subcategory: Said


@dataclass(frozen=True)
class Errors:
    """Of the answers that are wrong by class, the share that stays inside the right group of classes."""

    overall: Text
    overall_beyond: Text  # points above what the line leads one to expect at equal accuracy
    pose: Text
    pose_beyond: Text


@dataclass(frozen=True)
class ClassGroups:
    """Where the CLIPs' mean stands out on all images of a group of classes, and inside on pose."""

    above: Text
    below: Text
    judged: Text  # groups with enough images of pose
    pose_below: Text  # how many of them
    pose_above: Text
    pose_negative: Text  # how many by sign alone
    few: Text  # cells of a group and a factor with few images
    rest: Said  # share of all images in the group of all classes that are in no named one


@dataclass(frozen=True)
class Labels:
    """What of "better here, worse there" is a matter of labels, or of kinds alike."""

    by_class: Read
    real: Read
    metaclass: Read
    inside: Read
    real_inside: Read
    local: Read
    pooled: Read
    pose_goes: (
        str | Missing
    )  # with which rule the deficit on pose goes: never, real, metaclass; none is there
    subcategory_goes: str | Missing  # the same of the lead on subcategory
    inside_below: bool | Missing  # whether pose is below inside of groups, too
    pose_in_proportion: Said  # by group, were the deficit on pose as large a part of the errors as by class
    would_show: bool | Missing  # whether that is further off than a new family
    errors: Errors
    groups: ClassGroups


def readings_of(whole: Panel, chosen: CheckedParameters) -> dict[str, Judged]:
    """Judge a study, not yet cut to a label rule, by every one of `READINGS` that it has the counts for.

    A reading by the fit that the page has anyway is none of its own.
    """
    others = {name: reading for name, reading in READINGS.items() if reading.fit != chosen.fit}
    found = {name: read_as(whole, reading, chosen) for name, reading in others.items()}
    return {name: judged for name, judged in found.items() if judged is not None}


def read_as(whole: Panel, reading: Reading, chosen: CheckedParameters) -> Judged | None:
    """Judge a study by one reading; None where it lacks the counts, or a line."""
    kept, _ = with_a_line(
        [whole],
        chosen.factors,
        chosen.selection,
        chosen.baseline_group,
        chosen.axes,
        reading.label_rule,
    )
    if not kept:
        return None
    if reading.is_inside:
        return inside_groups(kept[0], chosen)
    judged = labelled.effective_robustness(
        kept[0].cube,
        kept[0].models,
        factor_names=factors_of(kept[0]),
        selection=chosen.selection,
        baseline_group=chosen.baseline_group,
        axes=chosen.axes,
        reference=chosen.reference_accuracy,
        fit=reading.fit or chosen.fit,
        spread=reading.spread,
        confidence=chosen.confidence,
    )
    return judged, kept[0].models


def inside_groups(panel: Panel, chosen: CheckedParameters) -> Judged | None:
    """Judge accuracy on a factor at equal accuracy on images of the same mix of groups of classes.

    The reference is the accuracy on all images (or those without the factor) inside of each group, weighted
    by the images of the factor: so dogs are held against dogs. All else is `effective_robustness`. Networks
    without counts by group are left out. Top factors only; None where too few families are left.
    """
    counted = _with_groups(panel, chosen)
    if counted is None:
        return None
    hits, images, models = counted
    part, parts = hits.drop_sel(factor=OVERALL), images.drop_sel(factor=OVERALL)
    held, of_held = (whole.sel(factor=OVERALL, drop=True).broadcast_like(part) for whole in (hits, images))
    if chosen.reference_accuracy == "without_factor":
        held, of_held = held - part, of_held - parts
    is_held = of_held > 0
    weight = parts.where(is_held, 0)
    number = weight.sum(_GROUPS)
    across = (weight * (held / of_held).where(is_held, 0)).sum(_GROUPS) / number
    up = part.where(is_held, 0).sum(_GROUPS) / number
    return _judged(across, up, models, chosen)


def by_group(panel: Panel, chosen: CheckedParameters, factor: str | None = None) -> Judged | None:
    """Judge accuracy on all images of each group of classes, or inside of it on one factor.

    Groups stand in the dim factor. Of all images of a group the reference is the accuracy on all images, of
    those of a factor the accuracy on all of the group; groups with fewer than `ENOUGH_IMAGES` are left out.
    """
    counted = _with_groups(panel, chosen)
    if counted is None or (factor or OVERALL) not in counted[0]["factor"].values:
        return None
    hits, images, models = counted
    of_group = hits.sel(factor=OVERALL, drop=True) / images.sel(factor=OVERALL, drop=True)
    number = images.sel(factor=factor or OVERALL, drop=True)
    kept = number[_GROUPS].values[(number >= ENOUGH_IMAGES).values]
    if not kept.size:
        return None
    if factor is None:
        all_images = hits.sel(factor=OVERALL, drop=True).sum(_GROUPS)
        across = (all_images / images.sel(factor=OVERALL, drop=True).sum(_GROUPS)).broadcast_like(of_group)
        up = of_group
    else:
        across, up = of_group, hits.sel(factor=factor, drop=True) / number
    across, up = (share.sel(metaclass=kept).rename(metaclass="factor") for share in (across, up))
    return _judged(across, up, models, chosen)


def errors_inside(whole: Panel, chosen: CheckedParameters) -> Judged | None:
    """Judge the share of answers, of those wrong by class, that are right by group, on all images, too.

    The reference is accuracy by class on all images. None where the two rules count alike.
    """
    panels = [with_label_rule(whole, rule, chosen.selection) for rule in (LABEL_RULE, _GROUPS)]
    if None in panels or chosen.selection not in whole.cube["selection"].values:
        return None
    narrow, wide = (factor_accuracy(panel.cube, chosen.selection) for panel in panels if panel)
    narrow, wide = xr.align(narrow, wide, join="inner")
    known = [name for name in chosen.factors if name in narrow["factor"].values]
    narrow, wide = (share.sel(factor=[*known, OVERALL]) for share in (narrow, wide))
    if not (narrow < 1).all() or (wide == narrow).all():
        return None
    across = narrow.sel(factor=OVERALL, drop=True).broadcast_like(narrow)
    return _judged(
        across, (wide - narrow) / (1 - narrow), whole.models.sel(model=narrow["model"].values), chosen
    )


def labels_of(whole: Panel, readings: Mapping[str, Judged], chosen: CheckedParameters) -> Labels:
    """Gather what other rules of what is right say of the zero-shot CLIPs of a study."""
    if "metaclass" not in readings and "real" not in readings:
        return nothing(Labels, "one label rule alone")
    panel = with_label_rule(whole, LABEL_RULE, chosen.selection) or whole
    inside = readings.get("inside")
    in_proportion = _in_proportion(readings)
    read = {
        name: _read(readings.get(name), _accuracy(whole, reading.label_rule, chosen.selection))
        for name, reading in READINGS.items()
    }
    return Labels(
        read["class"],
        read["real"],
        read["metaclass"],
        read["inside"],
        read["real_inside"],
        read["local"],
        read["pooled"],
        _goes(readings, "pose", "below"),
        _goes(readings, "subcategory", "above"),
        Missing("no counts by group") if inside is None else _is(inside, "pose", "below"),
        in_proportion,
        _would_show(in_proportion, read["metaclass"].pose_bar),
        _errors(errors_inside(whole, chosen)),
        _groups(panel, chosen),
    )


def _with_groups(
    panel: Panel, chosen: CheckedParameters
) -> tuple[xr.DataArray, xr.DataArray, xr.Dataset] | None:
    """Return hits and images by group of the networks that have them; None without, or without a line."""
    if "hits_inside" not in panel.cube or chosen.selection != "top":
        return None
    hits, images = panel.cube["hits_inside"], panel.cube["images_inside"]
    counted = hits.notnull().all([_GROUPS, "factor"]).values
    models = panel.models.isel(model=counted)
    families = models["family"].values[models["group"].values == chosen.baseline_group]
    if np.unique(families).size <= MINIMUM_FAMILIES or not (images.sum(_GROUPS) > 0).all():
        return None
    return hits.isel(model=counted).astype(float), images.astype(float), models


def _judged(
    across: xr.DataArray, up: xr.DataArray, models: xr.Dataset, chosen: CheckedParameters
) -> Judged | None:
    across, up = (share.transpose("factor", "model") for share in (across, up))
    in_baseline = (models["group"] == chosen.baseline_group).values
    if chosen.axes == "probit" and (_at_an_edge(across) or _at_an_edge(up.isel(model=in_baseline))):
        return None
    found = robustness.effective_robustness(
        across.values,
        up.values,
        models["family"].values,
        in_baseline,
        chosen.fit,
        chosen.axes,
        chosen.confidence,
    )
    names = ("residual", "half_width", "scale", "freedom", "measured")
    judged = xr.Dataset(
        {"accuracy": up, "reference_accuracy": across}
        | {name: up.copy(data=getattr(found, name)) for name in names},
        attrs={"baseline_group": chosen.baseline_group, "confidence": chosen.confidence},
    )
    return judged.transpose("model", "factor"), models


def _at_an_edge(share: xr.DataArray) -> bool:
    return bool(((share <= 0) | (share >= 1)).any())


def _accuracy(whole: Panel, label_rule: str, selection: str) -> Text:
    """Say how many of all images the zero-shot CLIPs name rightly by a rule."""
    panel = with_label_rule(whole, label_rule, selection)
    if panel is None or not (panel.models["group"] == _ZERO_SHOT).any():
        return Missing("no zero-shot CLIP counted by this rule")
    overall = factor_accuracy(panel.cube, selection).sel(factor=OVERALL)
    return each(overall.values[(panel.models["group"] == _ZERO_SHOT).values], percent)


def _read(judged: Judged | None, accuracy: Text) -> Read:
    if judged is None:
        return nothing(Read, "no counts for this reading")
    result, models = judged
    clips = (models["group"] == _ZERO_SHOT).values
    if not clips.any():
        return nothing(Read, "no zero-shot CLIP")
    of_sources = verdicts(result, models)
    return Read(
        accuracy,
        verdicts_on(result, models),
        _mean(of_sources, "pose", "residual"),
        _mean(of_sources, "pose", "half_width"),
        _mean(of_sources, "subcategory", "residual"),
    )


def _mean(of_sources: xr.Dataset, factor: str, name: str) -> Said:
    if factor not in of_sources["factor"].values:
        return Missing("the factor is not shown")
    value = of_sources[name].sel(factor=factor).mean("source").item()
    return Value(value, scale="difference") if np.isfinite(value) else Missing("the line has no support")


def _goes(readings: Mapping[str, Judged], factor: str, side: str) -> str | Missing:
    rules = (LABEL_RULE, "real", "metaclass")
    if not all(rule in readings for rule in rules):
        return Missing("not every label rule was counted")
    stands = {rule: _is(readings[rule], factor, side) for rule in rules}
    unknown = next((one for one in stands.values() if isinstance(one, Missing)), None)
    if unknown is not None:
        return unknown
    if not stands[LABEL_RULE]:
        return "none is there"
    return next((rule for rule in rules[1:] if not stands[rule]), "never")


def _is(judged: Judged, factor: str, side: str) -> bool | Missing:
    result, models = judged
    if factor not in result["factor"].values or not (models["group"] == _ZERO_SHOT).any():
        return Missing("the factor, or a zero-shot CLIP, is not shown")
    words = verdicts(result, models)["verdict"].sel(factor=factor)
    if (words == "not measured").any():
        return Missing("the line has no support at the accuracy of a zero-shot CLIP")
    return bool((words == side).all())


def _in_proportion(readings: Mapping[str, Judged]) -> Said:
    """Shrink the CLIPs' residuals on pose by class as their errors shrink where the group is enough."""
    if not {LABEL_RULE, "metaclass"} <= set(readings):
        return Missing("not every label rule was counted")
    (narrow, models), (wide, _) = readings[LABEL_RULE], readings["metaclass"]
    names = models["model"].values[(models["group"] == _ZERO_SHOT).values]
    names = names[np.isin(names, wide["model"].values)]
    if not names.size or "pose" not in narrow["factor"].values:
        return Missing("pose, or a zero-shot CLIP, is not shown")
    narrow, wide = (one.sel(model=names, factor="pose") for one in (narrow, wide))
    part = narrow["residual"] * (1 - wide["accuracy"]) / (1 - narrow["accuracy"])
    return Value(part.mean().item(), scale="difference")


def _would_show(residual: Said, bar: Said) -> bool | Missing:
    if not (isinstance(residual, Value) and isinstance(bar, Value)):
        return Missing("no residual, or no bar")
    return abs(residual.estimate) > bar.estimate


def _errors(judged: Judged | None) -> Errors:
    if judged is None:
        return nothing(Errors, "no counts by group of classes")
    result, models = judged
    clips = result.isel(model=(models["group"] == _ZERO_SHOT).values)
    return Errors(*_share_and_beyond(clips, OVERALL), *_share_and_beyond(clips, "pose"))


def _share_and_beyond(clips: xr.Dataset, factor: str) -> tuple[Text, Text]:
    if factor not in clips["factor"].values or not clips.sizes["model"]:
        none = Missing("the factor, or a zero-shot CLIP, is not shown")
        return none, none
    of_factor = clips.sel(factor=factor)
    return each(of_factor["accuracy"].values, percent), each(of_factor["residual"].values, points)


def _groups(panel: Panel, chosen: CheckedParameters) -> ClassGroups:
    whole, pose = by_group(panel, chosen), by_group(panel, chosen, "pose")
    if whole is None or pose is None or not (whole[1]["group"] == _ZERO_SHOT).any():
        return nothing(ClassGroups, "no counts inside of groups of classes")
    words, of_pose = verdicts(*whole)["verdict"], verdicts(*pose)
    above, below = ((words == side).all("source") for side in ("above", "below"))
    judged, negative = of_pose["verdict"], (of_pose["residual"] < 0).all("source")
    known = [name for name in chosen.factors if name in panel.cube["factor"].values]
    cells = panel.cube["images_inside"].sel(factor=known)
    return ClassGroups(
        _groups_where(above),
        _groups_where(below),
        Text(judged.sizes["factor"]),
        Text(int((judged == "below").all("source").sum())),
        Text(int((judged == "above").all("source").sum())),
        Text(int(negative.sum())),
        count(int((cells < FEW_IMAGES).sum()), cells.size),
        _rest(panel.cube["images_inside"].sel(factor=OVERALL)),
    )


def _groups_where(holds: xr.DataArray) -> Text:
    return names_of(holds["factor"].values[holds.values]) if holds.any() else Text("no group")


def _rest(images: xr.DataArray) -> Said:
    if REST not in images[_GROUPS].values:
        return Missing("every class is in a named group")
    return Value((images.sel(metaclass=REST) / images.sum()).item())
