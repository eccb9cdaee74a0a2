"""CLIPs of one encoder and two small training sources that are alike in distribution, under shift."""

from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd

from clipsafe_utils.findings.shift.clouds import ID, Clouds
from clipsafe_utils.registry.set_names import shift_title
from clipsafe_utils.say import Missing, Text, points, span

FEWEST_IMAGES, MOST_IMAGES = 1e6, 1e8
"""Images of a small source: what is below is a pool filtered to almost nothing."""

NEAR = 0.02
"""How far two accuracies in distribution may lie apart."""

_SHIFTS = ("r", "sketch")
_NONE = Missing("no two CLIPs of one encoder and two small sources are alike in distribution")


@dataclass(frozen=True, eq=False)
class SmallSources:
    """Pairs of the two sources that have most; differences are of the one more accurate on ImageNet-R."""

    table: pd.DataFrame  # a row a pair: encoder, before, after, the two sources, and a column a set of images

    def __bool__(self) -> bool:
        return bool(len(self.table))

    @property
    def pairs(self) -> Text:
        """How many pairs there are."""
        return Text(len(self.table)) if self else _NONE

    @property
    def higher(self) -> Text:
        """The source whose CLIPs are the more accurate on ImageNet-R."""
        return Text(self.table["source_after"].iloc[0]) if self else _NONE

    @property
    def lower(self) -> Text:
        """The other source."""
        return Text(self.table["source_before"].iloc[0]) if self else _NONE

    def change(self, condition: str) -> Text:
        """Return the range over pairs of the difference on a set of images."""
        return span(self.table[condition], points) if self else _NONE


def small_sources(clouds: Clouds) -> SmallSources:
    """Find the pairs in the clouds of ImageNet-R and ImageNet-Sketch, by rule."""
    if not {*_SHIFTS} <= set(clouds):
        return SmallSources(pd.DataFrame())
    clips: dict[str, dict[str, object]] = {}
    for shift in _SHIFTS:
        cloud = clouds[shift]
        images = cloud["training_images"].values
        here = (
            (cloud["group"].values == "clip_zero_shot") & (images >= FEWEST_IMAGES) & (images < MOST_IMAGES)
        )
        rows = cloud.isel(model=np.flatnonzero(here))
        for at, checkpoint in enumerate(rows["checkpoint"].values.tolist()):
            one = clips.setdefault(str(checkpoint), {"source": str(rows["training_source"].values[at])})
            one |= {ID: float(rows["x"].values[at]), shift: float(rows["y"].values[at])}
    pairs = [
        pair
        for one, other in combinations(
            [name for name, values in clips.items() if {*_SHIFTS} <= set(values)], 2
        )
        if (pair := _pair(one, other, clips)) is not None
    ]
    if not pairs:
        return SmallSources(pd.DataFrame())
    table = pd.DataFrame(pairs)
    sources = table["source_before"] + " " + table["source_after"]
    kept = table[sources == sources.value_counts().idxmax()]
    return SmallSources(kept.reset_index(drop=True))


def _pair(one: str, other: str, clips: dict[str, dict[str, object]]) -> dict[str, object] | None:
    first, second = clips[one], clips[other]
    encoder = one.split(".")[0]
    alike = abs(_number(first[ID]) - _number(second[ID])) <= NEAR
    if other.split(".")[0] != encoder or first["source"] == second["source"] or not alike:
        return None
    before, after = sorted((one, other), key=lambda name: _number(clips[name][_SHIFTS[0]]))
    differences = {
        name: _number(clips[after][name]) - _number(clips[before][name]) for name in (ID, *_SHIFTS)
    }
    ends = {"source_before": clips[before]["source"], "source_after": clips[after]["source"]}
    return {"encoder": encoder, "before": before, "after": after, **ends, **differences}


def _number(value: object) -> float:
    assert isinstance(value, float)
    return value


def titles() -> dict[str, str]:
    """Return the sets of images that pairs are compared on, by name."""
    return {name: shift_title(name) for name in (ID, *_SHIFTS)}
