"""The laboratory's part of chapter 1: trainings that differ in one thing, and one-factor sets."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product

import numpy as np
import pandas as pd
import xarray as xr

from clipsafe_utils.cubes import OVERALL, clip_models
from clipsafe_utils.cubes.panels import Panel
from clipsafe_utils.cubes.schema import ALONE
from clipsafe_utils.findings.factors.clips import names_of
from clipsafe_utils.findings.ladder import LOSS_OF_RUNG, axis_of
from clipsafe_utils.findings.properties import Property
from clipsafe_utils.findings.trainings import Trainings
from clipsafe_utils.metrics import robustness
from clipsafe_utils.metrics.baseline import Fit
from clipsafe_utils.metrics.labelled import factor_accuracy
from clipsafe_utils.say import Missing, Said, Text, Value, count, level, nothing

TEXTURES: Mapping[str, str] = dict(zip(ALONE, ("typical textures", "random textures"), strict=True))
"""Selections of the one-factor sets, and what figures call them."""

DOSES: Mapping[str, str] = {"rotation_sd": "pose", "background_correlation": "background"}
"""Knobs, and the factor that each feeds."""

STEPS: Mapping[str, tuple[tuple[str, str], tuple[str, str]]] = {
    "images": (("a", "wit"), ("a", "labels")),
    "language": (("d", "wit"), ("a", "wit")),
}
"""Cells of the ladder (rung, source) that differ in the images alone, or in the language alone."""

_TYPICAL, _RANDOM = TEXTURES
_ZERO_SHOT = "clip_zero_shot"
_AXIS = "relative accuracy, %"
LADDER: Mapping[str, Property] = {
    "relative_pose_typical": Property("pose, typical textures", _AXIS),
    "relative_pose_random": Property("pose, random textures", _AXIS),
    "relative_texture_typical": Property("texture: random instead of typical", _AXIS),
}
"""Properties that the figure of the ladder shows, in the order of `Step`."""


@dataclass(frozen=True)
class Step:
    """What one change of the training does to relative accuracy."""

    pose: Said  # on turned objects with typical textures
    pose_random: Said  # and with random ones
    texture: Said  # where the texture is made random


@dataclass(frozen=True)
class Compared:
    """Of how many pairs of factor and texture the images, or language, move relative accuracy further."""

    pairs: Text
    images: Text
    language: Text
    images_decided: Text  # those whose interval leaves zero out
    language_decided: Text
    chance: Text  # the share that does by chance


@dataclass(frozen=True)
class Knob:
    """What turning a knob from its lowest level to its highest does to relative accuracy on its factor."""

    low: Text
    high: Text
    typical: Said
    random: Said


@dataclass(frozen=True)
class Population:
    """The laboratory's CLIPs at equal accuracy."""

    measured: Text  # on the one-factor sets, where the line is supported
    same_sign: Text  # factors on which the mean of the zero-shot CLIPs has the sign of the record's
    other_sign: Text
    signs: str | Missing  # whether there are such factors: same, other or both
    pose: Said  # their mean on natural images
    alone: Said  # that of relative accuracy, with typical textures
    alone_random: Said


@dataclass(frozen=True)
class Laboratory:
    """The study whose trainings differ in one thing."""

    images: Step
    language: Step
    compared: Compared
    rotation: Knob
    background: Knob


def laboratory_of(trained: Trainings) -> Laboratory:
    """Gather what a study of trainings says of relative accuracy."""
    images, language = (Step(*(trained.step(name, *cells) for name in LADDER)) for cells in STEPS.values())
    compared = _compared(steps_of(trained), trained.confidence)
    rotation, background = (_knob(trained, knob) for knob in DOSES)
    return Laboratory(images, language, compared, rotation, background)


def steps_of(trained: Trainings) -> pd.DataFrame:
    """Tabulate what images and language alone do to relative accuracy.

    Columns factor, kind (of texture), and a `Value` or `Missing` for each of `STEPS`.
    """
    factors = [
        name.removeprefix("relative_").removesuffix("_typical")
        for name in ([] if trained.cube is None else trained.cube["property"].values.tolist())
        if name.startswith("relative_") and name.endswith("_typical")
    ]
    rows = [
        {"factor": factor, "kind": kind}
        | {name: trained.step(_relative(factor, kind), *cells) for name, cells in STEPS.items()}
        for factor, kind in product(factors, TEXTURES)
    ]
    return pd.DataFrame(rows, columns=["factor", "kind", *STEPS])


def _relative(factor: str, kind: str) -> str:
    """Return the property that is relative accuracy on a factor, with a kind of texture."""
    return f"relative_{factor}_{kind.removeprefix('alone_')}"


def panels_of_knob(knob: str) -> dict[str, Property]:
    """Return the properties that a figure of a knob shows, and their panels."""
    factor = DOSES[knob]
    return {_relative(factor, kind): Property(f"{factor}, {name}", _AXIS) for kind, name in TEXTURES.items()}


def _compared(steps: pd.DataFrame, confidence: float) -> Compared:
    pairs = [
        (images, language)
        for images, language in zip(steps["images"], steps["language"], strict=True)
        if isinstance(images, Value) and isinstance(language, Value)
    ]
    if not pairs:
        return nothing(Compared, "no factor was changed both ways")
    larger = sum(abs(images.estimate) > abs(language.estimate) for images, language in pairs)
    return Compared(
        Text(len(pairs)),
        Text(larger),
        Text(len(pairs) - larger),
        Text(sum(images.excludes(0) for images, _ in pairs)),
        Text(sum(language.excludes(0) for _, language in pairs)),
        level(1 - confidence),
    )


def _knob(trained: Trainings, knob: str) -> Knob:
    typical, random = (
        trained.dose_response(_relative(DOSES[knob], kind), knob, LOSS_OF_RUNG["d"]) for kind in TEXTURES
    )
    ends = typical if isinstance(typical.low, Value) else random
    _, unit = axis_of(knob)
    low, high = (
        Text(f"{unit * end.estimate:g}") if isinstance(end, Value) else end for end in (ends.low, ends.high)
    )
    return Knob(low, high, typical.change, random.change)


def relative_residuals(
    panel: Panel, selection: str, baseline_group: str, fit: Fit, confidence: float
) -> dict[str, xr.Dataset]:
    """Judge relative accuracy on the one-factor sets at equal overall accuracy, by kind of texture.

    Relative accuracy is accuracy on a one-factor set over that on the plain set; overall accuracy is that on
    the natural images. Dims model and factor: `residual`, `half_width`, `measured` (the line is supported)
    and `accuracy`, the relative one. Empty if the study has no one-factor sets.
    """
    overall = factor_accuracy(panel.cube, selection).sel(factor=OVERALL, drop=True)
    in_baseline = (panel.models["group"] == baseline_group).values
    by_kind = {}
    for kind in (kind for kind in TEXTURES if kind in panel.cube["selection"].values):
        accuracy = factor_accuracy(panel.cube, kind)
        plain = accuracy.sel(factor=OVERALL, drop=True)
        relative = (accuracy.drop_sel(factor=OVERALL) / plain).transpose("factor", "model")
        if not np.isfinite(relative).all():
            continue
        # The fits of this chapter follow a change of scale, and take shares.
        scale = max(1.0, float(relative.max()))
        judged = robustness.effective_robustness(
            np.broadcast_to(overall.values, relative.shape),
            relative.values / scale,
            panel.models["family"].values,
            in_baseline,
            fit,
            "raw",
            confidence,
        )
        by_kind[kind] = xr.Dataset(
            {
                "accuracy": relative,
                "residual": relative.copy(data=scale * judged.residual),
                "half_width": relative.copy(data=scale * judged.half_width),
                "measured": relative.copy(data=judged.measured),
            },
            attrs={"baseline_group": baseline_group},
        ).transpose("model", "factor")
    return by_kind


def population_of(
    panel: Panel,
    judged: Mapping[str, xr.Dataset],
    means: xr.Dataset | None,
    of_record: xr.Dataset | None,
    alone: Mapping[str, xr.Dataset],
) -> Population:
    """Compare the laboratory's CLIPs with standard networks at equal accuracy, and in sign with the record's.

    `judged` is of `relative_residuals`. Of `group_residuals`: `means` of the laboratory, `of_record`, and
    `alone` on the one-factor sets, by kind.
    """
    return Population(
        _measured(clip_models(panel.models)["model"].values, judged),
        *_signs(_of_clips(means), _of_clips(of_record)),
        _mean_on_pose(means),
        _mean_on_pose(alone.get(_TYPICAL)),
        _mean_on_pose(alone.get(_RANDOM)),
    )


def _measured(clips: np.ndarray, judged: Mapping[str, xr.Dataset]) -> Text:
    if not (clips.size and judged):
        return Missing("no CLIP on one-factor sets in the laboratory")
    measured = [one["measured"].sel(model=clips).all("factor").values for one in judged.values()]
    return count(int(np.all(measured, axis=0).sum()), clips.size)


def _signs(here: xr.DataArray | None, there: xr.DataArray | None) -> tuple[Text, Text, str | Missing]:
    if here is None or there is None:
        none = Missing("zero-shot CLIPs of the record, or of the laboratory, are missing")
        return none, none, none
    here, there = xr.align(here, there, join="inner")
    same = np.sign(here.values) == np.sign(there.values)
    factors = here["factor"].values
    which = "same" if same.all() else "both" if same.any() else "other"
    return names_of(factors[same]), names_of(factors[~same]), which


def _of_clips(means: xr.Dataset | None) -> xr.DataArray | None:
    if means is None or _ZERO_SHOT not in means["group"].values:
        return None
    return means["mean"].sel(group=_ZERO_SHOT)


def _mean_on_pose(means: xr.Dataset | None) -> Said:
    of_clips = _of_clips(means)
    if of_clips is None or "pose" not in of_clips["factor"].values:
        return Missing("no zero-shot CLIP where the line is supported, or no pose")
    return Value(of_clips.sel(factor="pose").item(), scale="difference")
