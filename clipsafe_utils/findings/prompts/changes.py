"""What other prompts change: differences to the usual set, paired by model and by draw."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd
import xarray as xr

from clipsafe_utils.cubes import HEADLINE_FACTORS, OVERALL
from clipsafe_utils.cubes.panels import Panel, left_out, read_panels
from clipsafe_utils.findings.prompts.sets import base_of
from clipsafe_utils.findings.properties import Property
from clipsafe_utils.findings.shift.detection import mean_over_kinds
from clipsafe_utils.metrics.runs import mean_of_runs
from clipsafe_utils.registry.smallest_effects import SMALLEST_EFFECTS
from clipsafe_utils.say import Missing, Said, Scale, Text, Value, choose, listed, number

_OF_DETECTION = SMALLEST_EFFECTS["detection: another score for the same network"]
_OF_CALIBRATION = SMALLEST_EFFECTS["calibration: ECE of a perfect network on 5,000 images"]
_OF_FACTORS = SMALLEST_EFFECTS["factors: a standard network off its line"]

PROPERTIES: Mapping[str, Property] = {
    "accuracy": Property("accuracy", "change, points", smallest=0.005),
    "auroc": Property("detection, AUROC", "change, points", smallest=_OF_DETECTION),
    "ece": Property("calibration error, ECE", "change, points", smallest=_OF_CALIBRATION),
    "nll": Property("neg. log-likelihood, NLL", "change, nat", scale=1, smallest=0.02),
    "temperature": Property("temperature", "change", scale=1, smallest=0.02),
    "factors": Property("gap on factors", "change, points", smallest=_OF_FACTORS),
}
"""Properties of a CLIP under some prompts; where the ledger judges them, the smallest change is its own."""

TITLES: Mapping[str, str] = {
    "accuracy": "accuracy",
    "auroc": "AUROC",
    "ece": "ECE",
    "nll": "NLL",
    "temperature": "temperature",
    "factors": "gap on factors",
}
"""Properties as tables and sentences call them."""

HEADLINE_SCORE = "maximum_softmax"
"""The score behind the property `auroc`; the others are properties `auroc_<score>`."""

Weight = Literal["small", "undecided", "up", "down"]

TOO_SMALL = "changes too little to matter"

EVERY = "all"
"""Source that stands for the CLIPs of all sources."""

_CLIP = "clip_zero_shot"
_FEWEST_DRAWS = 3
COLUMNS = ["source", "prompt_set", "property", "level", "value", "low", "high", "families"]


@dataclass(frozen=True, eq=False)
class Tested:
    """Zero-shot CLIPs of a study under several sets of prompts."""

    study: str
    values: xr.DataArray  # (draw, model, prompt_set, property): `PROPERTIES`, AUROC by every other score
    models: xr.Dataset  # the cube `models`, in the same order
    base: str  # the set that others are compared with
    cube: xr.Dataset  # what the values were read from

    @property
    def prompt_sets(self) -> list[str]:
        """Names of the sets, in the order of the cube."""
        return [str(name) for name in self.values["prompt_set"].values]

    @property
    def properties(self) -> list[str]:
        """Names of the properties that were measured."""
        return [str(name) for name in self.values["property"].values]

    def by_family(self, source: str = EVERY) -> xr.DataArray:
        """Return the mean of each family of a source, dims (draw, family, prompt_set, property)."""
        origin = self.models["training_source"].values.astype(str)
        here = np.ones(origin.size, bool) if source == EVERY else origin == source
        family = self.models["family"].values.astype(str)[here]
        values = self.values.isel(model=here).transpose("model", "draw", "prompt_set", "property").values
        names = list(dict.fromkeys(family.tolist()))
        means = np.stack([values[family == name].mean(axis=0) for name in names], axis=1)
        coordinates = {"family": names, **{dim: self.values[dim] for dim in ("prompt_set", "property")}}
        return xr.DataArray(means, coordinates, ("draw", "family", "prompt_set", "property"))


def read_tested(studies: Sequence[str], groups: Sequence[str]) -> tuple[list[Tested], list[str]]:
    """Return the studies that have CLIPs under other prompts, and in words which are left out, and why."""
    sentences = left_out(studies, "prompts", groups)
    tested = []
    for panel in read_panels(studies, "prompts", groups):
        clips = panel.models["group"].values == _CLIP
        reason = _why_not(panel, clips)
        if reason:
            sentences.append(f"The study `{panel.study}` has {reason}: its panel is left out.")
        else:
            tested.append(_tested(panel, clips))
    return tested, sentences


def _why_not(panel: Panel, clips: np.ndarray) -> str:
    if not clips.any():
        return "no zero-shot CLIP of these groups under other prompts"
    if base_of(panel.cube["prompt_set"].values.tolist()) is None:
        return "no usual set of prompts (`default` or `80`) to compare others with"
    if panel.cube.sizes["draw"] < _FEWEST_DRAWS:
        return "no draws of its images under other prompts"
    return ""


def _tested(panel: Panel, clips: np.ndarray) -> Tested:
    cube = panel.cube.isel(model=clips).mean("subset", keep_attrs=True)
    of_scores = {
        "auroc" if score == HEADLINE_SCORE else f"auroc_{score}": mean_over_kinds(
            cube[["auroc"]].sel(score=score, drop=True)
        )["auroc"]
        for score in (cube["score"].values.astype(str).tolist() if "auroc" in cube else ())
    }
    measured = {
        "accuracy": cube["accuracy"],
        "ece": cube["ece"],
        "nll": cube["nll"],
        "temperature": cube["temperature"],
        **of_scores,
        **_gap(cube),
    }
    names = [name for name in dict.fromkeys([*PROPERTIES, *measured]) if name in measured]
    values = xr.concat([measured[name].drop_attrs() for name in names], "property", coords="minimal")
    base = base_of(cube["prompt_set"].values.tolist())
    assert base is not None, "such studies were left out"
    return Tested(
        panel.study,
        values.assign_coords(property=names).astype(np.float64),
        panel.models.isel(model=clips),
        base,
        panel.cube,
    )


def _gap(cube: xr.Dataset) -> dict[str, xr.DataArray]:
    """Accuracy on the images of a factor less overall accuracy, averaged over factors, as in the ledger."""
    known = cube["factor"].values.tolist()
    factors = [name for name in HEADLINE_FACTORS if name in known]
    if "images" not in cube or not factors or OVERALL not in known:
        return {}
    accuracy = cube["hits"] / cube["images"]
    return {"factors": accuracy.sel(factor=factors).mean("factor") - accuracy.sel(factor=OVERALL, drop=True)}


def changes(tested: Tested, confidence: float) -> pd.DataFrame:
    """Return how far every set moves every property from the usual set; what was not measured is left out.

    Columns source (`EVERY` first), prompt_set, property, level (the property itself), value (the change),
    low and high (over families of models and images) and families.
    """
    rows = []
    sources = dict.fromkeys(tested.models["training_source"].values.astype(str).tolist())
    for source in [EVERY, *sources]:
        values = tested.by_family(source)
        moved = values - values.sel(prompt_set=tested.base)
        level = values.isel(draw=0).mean("family").values
        for place, prompt_set in enumerate(tested.prompt_sets):
            for column, name in enumerate(tested.properties):
                draws = moved.values[:, :, place, column]
                if np.isfinite(draws).all():
                    mean = mean_of_runs(draws, confidence, "difference")
                    interval = (mean.estimate, mean.low, mean.high, mean.units)
                    rows.append((source, prompt_set, name, level[place, column], *interval))
    return pd.DataFrame(rows, columns=COLUMNS)


def contrast(tested: Tested, upper: str, lower: str, property_: str, confidence: float) -> Said:
    """Return a property under one set of prompts less that under another, a mean over families of CLIPs."""
    if property_ in tested.properties and {upper, lower} <= set(tested.prompt_sets):
        values = tested.by_family().sel(property=property_)
        difference = (values.sel(prompt_set=upper) - values.sel(prompt_set=lower)).values
        if np.isfinite(difference).all():
            return mean_of_runs(difference, confidence, _scale(property_))
    return Missing("the property, or one of the two sets, was not measured")


def change_of(changes: pd.DataFrame, prompt_set: str, property_: str, source: str = EVERY) -> Said:
    """Return one of the `changes` from the usual set."""
    rows = changes[
        (changes["prompt_set"] == prompt_set)
        & (changes["property"] == property_)
        & (changes["source"] == source)
    ]
    if rows.empty:
        return Missing(f"no CLIP of the source {source} was tested under the set {prompt_set}")
    value, low, high = (float(rows[column].iloc[0]) for column in ("value", "low", "high"))
    families = int(rows["families"].iloc[0])
    return Value(value, low, high, _scale(property_), units=families, unit="family")


def level_of(changes: pd.DataFrame, prompt_set: str) -> tuple[Said, Said]:
    """Return accuracy under a set, and mean confidence: where no model is over-confident, less its error."""
    rows = changes[(changes["source"] == EVERY) & (changes["prompt_set"] == prompt_set)]
    level = rows.set_index("property")["level"]
    if not {"accuracy", "ece"} <= set(level.index):
        none = Missing("the set was not tried")
        return none, none
    return Value(float(level["accuracy"])), Value(float(level["accuracy"] - level["ece"]))


def weigh(change: Said, property_: str) -> Weight | Missing:
    """Return whether a change matters: whether all of its interval is too small, or on one side of zero."""
    if isinstance(change, Missing):
        return change
    if max(abs(change.low), abs(change.high)) < PROPERTIES[property_].smallest:
        return "small"
    return "undecided" if change.side == "neither" else change.side


def weighed(change: Said, property_: str) -> Text:
    """Return in words what `weigh` says, and by how much a property is higher or lower."""
    if isinstance(change, Missing):
        return change
    size = replace(change, estimate=abs(change.estimate), low=np.nan, high=np.nan).in_full().lstrip("+")
    less = abs(change.estimate) < PROPERTIES[property_].smallest
    sizes = f"by {size}, less than would matter" if less else f"by {size}"
    return choose(
        weigh(change, property_),
        {
            "small": TOO_SMALL,
            "undecided": "is not decided",
            "up": f"is higher {sizes}",
            "down": f"is lower {sizes}",
        },
    )


def smallest_changes() -> Text:
    """Write the change of each property from which on it matters."""
    return listed(
        f"{TITLES[name]} {number(one.smallest)}"
        if _scale(name) == "change"
        else f"{TITLES[name]} {number(one.scale * one.smallest, 1)} points"
        for name, one in PROPERTIES.items()
    )


def _scale(property_: str) -> Scale:
    return "change" if property_ in PROPERTIES and PROPERTIES[property_].scale == 1 else "difference"
