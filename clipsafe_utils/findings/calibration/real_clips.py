"""Real zero-shot CLIPs, held against the rule by which a CLIP of the drawn world is like a trained one."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from clipsafe_utils.cubes.selection import is_real
from clipsafe_utils.cubes.studies import find_study
from clipsafe_utils.findings.calibration.alike import BEFORE, CLIP, Alike
from clipsafe_utils.findings.calibration.temperatures import Temperatures
from clipsafe_utils.findings.experiments.length import GAP_HARD, RULE, TEMPERATURE
from clipsafe_utils.findings.shape.observers import Observers
from clipsafe_utils.findings.shape.result import shape_bias
from clipsafe_utils.parameters import check_parameters
from clipsafe_utils.say import Missing, Text, count, listed, nothing

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class RuleOnReal:
    """How many real CLIPs are themselves within `RULE` on ImageNet, one side of it at a time."""

    by_temperature: Text
    by_gap: Text  # of those whose mean confidence a table states
    within: Text  # sources of which every CLIP is within the rule by its temperature
    outside: Text  # the other sources
    parted: str | Missing  # `some` sources are within and others outside, or `all`, or `none`


def rule_on_real(alike: Alike, temperatures: Temperatures) -> RuleOnReal:
    """Count them; a CLIP with several fits of its temperature is within the rule if each is."""
    rows = temperatures.rows
    if rows.empty:
        return nothing(RuleOnReal, "no temperature of a zero-shot CLIP")
    inside = _inside(rows["temperature"], TEMPERATURE)
    of_clips = inside.groupby([rows["source"], rows["name"]], sort=False).all()
    of_sources = of_clips.groupby("source", sort=False).all()
    gaps = alike.rows.loc[(alike.rows["group"] == CLIP) & (alike.rows["scaling"] == BEFORE), "gap"]
    return RuleOnReal(
        count(int(of_clips.sum()), of_clips.size),
        count(int(_inside(gaps, GAP_HARD).sum()), gaps.size) if gaps.size else Missing("no mean confidence"),
        listed(of_sources.index[of_sources]),
        listed(of_sources.index[~of_sources], "or"),
        "all" if of_sources.all() else "some" if of_sources.any() else "none",
    )


def _inside(values: "pd.Series[float]", name: str) -> "pd.Series[bool]":
    low, high = RULE[name]
    return values.between(low, high)


def real_shape_bias(studies: Sequence[str]) -> Observers:
    """Return the shape bias of real zero-shot CLIPs with a Vision Transformer, as chapter 2 has it.

    Examples
    --------
    >>> real_shape_bias(["miniature"]).span
    not measured
    """
    known = [
        name
        for name, study in zip(studies, map(find_study, studies), strict=True)
        if study.has("shape_bias") and is_real(study.read("models"))
    ]
    if not known:
        return nothing(Observers, "no shape bias of a real CLIP")
    return shape_bias(check_parameters("shape-bias", {"studies": known})).vits
