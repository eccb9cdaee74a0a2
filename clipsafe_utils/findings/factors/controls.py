"""Networks that share one thing with CLIPs, at equal accuracy: stylised images, or no labels."""

from dataclasses import dataclass

import numpy as np
import xarray as xr

from clipsafe_utils.findings.factors.clips import each
from clipsafe_utils.say import Missing, Text, count, nothing, points

STYLISED = "Stylised training"
_ZERO_SHOT = "clip_zero_shot"


@dataclass(frozen=True)
class Control:
    """How the networks of one kind stand on the factors that set CLIPs apart."""

    number: Text  # where the line is supported, of all
    pose: Text  # their residuals
    subcategory: Text
    texture: Text
    below_on_pose: Text  # how many of them lie under their bar
    above_on_subcategory: Text  # how many over it
    short_of: str | Missing  # what no one reaches that every CLIP does: pose, subcategory, both or neither


@dataclass(frozen=True)
class Controls:
    """Networks trained on stylised images, and self-supervised ones."""

    number: Text  # of both kinds where the line is supported; missing where there is none
    stylised: Control
    self_supervised: Control


def controls_of(result: xr.Dataset, models: xr.Dataset) -> Controls:
    """Gather how controls stand where CLIPs stand out."""
    which = kinds(models)
    stylised, self_supervised = which.values()
    measured = result["measured"].all("factor").values & (stylised | self_supervised)
    number = Text(int(measured.sum())) if measured.any() else Missing("no such network is measured")
    return Controls(number, *(_control(result, models, one) for one in which.values()))


def kinds(models: xr.Dataset) -> dict[str, np.ndarray]:
    """Say which networks are controls of each kind, under the name that a table gives it."""
    return {
        "stylised images": (models["family"] == STYLISED).values,
        "self-supervised": (models["group"] == "contrastive").values,
    }


def _control(result: xr.Dataset, models: xr.Dataset, which: np.ndarray) -> Control:
    every = result.transpose("model", "factor").isel(model=which)
    measured = every["measured"].all("factor").values
    kept = every.isel(model=measured)
    clips = result.isel(model=(models["group"] == _ZERO_SHOT).values)
    if not (kept.sizes["model"] and {"pose", "subcategory", "texture"} <= set(kept["factor"].values)):
        return nothing(Control, "no such network where the line is supported, or not these factors")
    beyond = kept["residual"] / kept["half_width"]
    pose, subcategory, texture = (
        each(kept["residual"].sel(factor=name).values, points) for name in ("pose", "subcategory", "texture")
    )
    return Control(
        count(kept.sizes["model"], every.sizes["model"]),
        pose,
        subcategory,
        texture,
        Text(int((beyond.sel(factor="pose") < -1).sum())),
        Text(int((beyond.sel(factor="subcategory") > 1).sum())),
        _short_of(kept["residual"], clips["residual"])
        if clips.sizes["model"]
        else Missing("no zero-shot CLIP"),
    )


def _short_of(controls: xr.DataArray, clips: xr.DataArray) -> str:
    pose = controls.sel(factor="pose").min() > clips.sel(factor="pose").max()
    subcategory = controls.sel(factor="subcategory").max() < clips.sel(factor="subcategory").min()
    return {
        (True, True): "both",
        (True, False): "pose",
        (False, True): "subcategory",
        (False, False): "neither",
    }[bool(pose), bool(subcategory)]
