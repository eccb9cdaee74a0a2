"""What trainings that differ in one thing say of relative accuracy: the laboratory's part of chapter 1."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product

import numpy as np
import pandas as pd
import xarray as xr

from clipsafe_utils.cubes import clip_models
from clipsafe_utils.cubes.panels import Panel
from clipsafe_utils.findings.factors.clips import names_of
from clipsafe_utils.findings.factors.laboratory import DOSES, STEPS, TEXTURES
from clipsafe_utils.findings.ladder import LOSS_OF_RUNG, axis_of
from clipsafe_utils.findings.properties import Property
from clipsafe_utils.findings.trainings import Trainings
from clipsafe_utils.say import Missing, Said, Text, Value, count, level, nothing

_TYPICAL, _RANDOM = TEXTURES
_ZERO_SHOT = "clip_zero_shot"
_AXIS = "of plain accuracy, %"
LADDER: Mapping[str, Property] = {
    "relative_pose_typical": Property("pose, typical textures", _AXIS),
    "relative_pose_random": Property("pose, random textures", _AXIS),
    "relative_texture_typical": Property("texture: random instead of typical", _AXIS),
}
"""Properties that the figure of the ladder shows."""


@dataclass(frozen=True)
class Step:
    """What one change of the training does to relative accuracy.

    On turned objects with typical textures and with random ones, and where the texture is made random.
    """

    pose: Said
    pose_random: Said
    texture: Said


@dataclass(frozen=True)
class Compared:
    """Of how many pairs of factor and texture the images, or language, move relative accuracy further.

    Decided are those whose interval leaves zero out; `chance` is the share that does by chance.
    """

    pairs: Text
    images: Text
    language: Text
    images_decided: Text
    language_decided: Text
    chance: Text


@dataclass(frozen=True)
class Knob:
    """What turning a knob from its lowest level to its highest does to relative accuracy on its factor."""

    low: Text
    high: Text
    typical: Said
    random: Said


@dataclass(frozen=True)
class Population:
    """The laboratory's CLIPs at equal accuracy.

    `measured`: where the line is supported. Signs are those of the mean of the zero-shot CLIPs against the
    record's. Their mean on pose is that on natural images, and `alone` of relative accuracy.
    """

    measured: Text
    same_sign: Text
    other_sign: Text
    pose: Said
    alone: Said
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
    images, language = (
        Step(
            trained.step(relative("pose", _TYPICAL), *cells),
            trained.step(relative("pose", _RANDOM), *cells),
            trained.step(relative("texture", _TYPICAL), *cells),
        )
        for cells in STEPS.values()
    )
    compared = _compared(steps_of(trained), trained.confidence)
    rotation, background = (_knob(trained, knob) for knob in DOSES)
    return Laboratory(images, language, compared, rotation, background)


def steps_of(trained: Trainings) -> pd.DataFrame:
    """Tabulate what images and language alone do to relative accuracy."""
    factors = [
        name.removeprefix("relative_").removesuffix("_typical")
        for name in ([] if trained.cube is None else trained.cube["property"].values.tolist())
        if name.startswith("relative_") and name.endswith("_typical")
    ]
    rows = [
        {"factor": factor, "kind": kind}
        | {name: trained.step(relative(factor, kind), *cells) for name, cells in STEPS.items()}
        for factor, kind in product(factors, TEXTURES)
    ]
    return pd.DataFrame(rows, columns=["factor", "kind", *STEPS])


def relative(factor: str, kind: str) -> str:
    """Return the property that is relative accuracy on a factor, with a kind of texture."""
    return f"relative_{factor}_{kind.removeprefix('alone_')}"


def panels_of_knob(knob: str) -> dict[str, Property]:
    """Return the properties that a figure of a knob shows, and their panels."""
    factor = DOSES[knob]
    return {relative(factor, kind): Property(f"{factor}, {name}", _AXIS) for kind, name in TEXTURES.items()}


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
        trained.dose_response(relative(DOSES[knob], kind), knob, LOSS_OF_RUNG["d"]) for kind in TEXTURES
    )
    ends = typical if isinstance(typical.low, Value) else random
    _, unit = axis_of(knob)
    low, high = (
        Text(f"{unit * end.estimate:g}") if isinstance(end, Value) else end for end in (ends.low, ends.high)
    )
    return Knob(low, high, typical.change, random.change)


def population_of(
    panel: Panel,
    result: xr.Dataset,
    means: xr.Dataset | None,
    of_record: xr.Dataset | None,
    alone: Mapping[str, xr.Dataset],
) -> Population:
    """Compare the laboratory's CLIPs with standard networks at equal accuracy, and in sign with the record's.

    Of `group_residuals`: `means` of the laboratory, `of_record`, and `alone` on the one-factor sets, by kind.
    """
    clips = clip_models(panel.models)["model"].values
    measured = result["measured"].sel(model=clips).all("factor")
    same, other = _signs(_of_clips(means), _of_clips(of_record))
    return Population(
        count(int(measured.sum()), clips.size) if clips.size else Missing("no CLIP in the laboratory"),
        same,
        other,
        _mean_on_pose(means),
        _mean_on_pose(alone.get(_TYPICAL)),
        _mean_on_pose(alone.get(_RANDOM)),
    )


def _signs(here: xr.DataArray | None, there: xr.DataArray | None) -> tuple[Text, Text]:
    if here is None or there is None:
        return (Missing("zero-shot CLIPs of the record, or of the laboratory, are missing"),) * 2
    here, there = xr.align(here, there, join="inner")
    same = np.sign(here.values) == np.sign(there.values)
    factors = here["factor"].values
    return names_of(factors[same]), names_of(factors[~same])


def _of_clips(means: xr.Dataset | None) -> xr.DataArray | None:
    if means is None or _ZERO_SHOT not in means["group"].values:
        return None
    return means["mean"].sel(group=_ZERO_SHOT)


def _mean_on_pose(means: xr.Dataset | None) -> Said:
    of_clips = _of_clips(means)
    if of_clips is None or "pose" not in of_clips["factor"].values:
        return Missing("no zero-shot CLIP where the line is supported, or no pose")
    return Value(of_clips.sel(factor="pose").item(), scale="difference")
