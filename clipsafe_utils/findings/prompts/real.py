"""Real CLIPs under three sets of prompts: what fewer than eighty templates do to accuracy."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
import xarray as xr
from scipy.special import ndtr

from clipsafe_utils.cubes.selection import is_real
from clipsafe_utils.cubes.source_lines import source_lines
from clipsafe_utils.cubes.studies import find_study
from clipsafe_utils.findings.shift.clouds import make_cloud
from clipsafe_utils.findings.shift.sources import line_of_standard
from clipsafe_utils.metrics.accuracies import to_axis
from clipsafe_utils.metrics.arguments import Array
from clipsafe_utils.metrics.correlation import rank_correlation_interval
from clipsafe_utils.metrics.families import (
    difference_of_groups,
    jackknife_over_families,
    mean_over_families,
)
from clipsafe_utils.registry.training_sources import lineage_of
from clipsafe_utils.say import Missing, Said, Text, Value, count, listed, points, span

MANY = "80 templates"
FEWER = ("one template", "bare name")
"""Sets of prompts that are held against `MANY`."""

CONDITIONS: Mapping[str, str] = {"id": "ImageNet", "r": "ImageNet-R", "sketch": "ImageNet-Sketch"}
"""Sets of images, and what figures call them."""

_ID, *_SHIFTS = CONDITIONS
_SMALL_SOURCE = 1e8
"""Images: the sources of CLIPs that learnt from fewer are called small."""

_FEWEST_CLIPS = 3
_COLUMNS = ["checkpoint", "source", "family", "images", "prompt_set", "condition"]
_COLUMNS += ["accuracy", "before", "change", "height"]
_NOBODY = Missing("no study has real CLIPs under several sets of prompts")


@dataclass(frozen=True, eq=False)
class RealPrompts:
    """What fewer templates change in the accuracy of real CLIPs."""

    study: str
    table: pd.DataFrame  # a row a CLIP, set and condition, of `FEWER` and `CONDITIONS`
    confidence: float
    source_lines: Sequence[str] = ()

    def __bool__(self) -> bool:
        return bool(len(self.table))

    @property
    def clips(self) -> Text:
        """How many CLIPs."""
        return Text(self.table["checkpoint"].nunique()) if self else _NOBODY

    @property
    def families(self) -> Text:
        """Of how many families."""
        return Text(self.table["family"].nunique()) if self else _NOBODY

    @property
    def sources(self) -> list[str]:
        """Their training sources, the largest first."""
        sizes = self.table.groupby("source")["images"].max().sort_values(ascending=False, kind="stable")
        return [str(name) for name in sizes.index]

    @property
    def number_of_sources(self) -> Text:
        """How many these are."""
        return Text(len(self.sources)) if self else _NOBODY

    def change(self, prompt_set: str, condition: str = _ID, *, at_equal: bool = False) -> Said:
        """Return the mean over families of the change from `MANY`; `at_equal`, of the height above a line."""
        return self._mean(self._rows(prompt_set, condition), "height" if at_equal else "change")

    def lose(self, prompt_set: str) -> Text:
        """Return how many CLIPs are less accurate than under `MANY` on every set of images."""
        if not self:
            return _NOBODY
        rows = self.table[self.table["prompt_set"] == prompt_set]
        worst = rows.groupby("checkpoint")["change"].max()
        return count(int((worst < 0).sum()), worst.size)

    @property
    def all_lose(self) -> Literal["yes", "no"] | Missing:
        """Whether each CLIP is less accurate under each smaller set, on every set of images."""
        return ("yes" if (self.table["change"] < 0).all() else "no") if self else _NOBODY

    def range(self, prompt_set: str, condition: str = _ID, lineage: str = "") -> Text:
        """Return the range of the changes over CLIPs, of all sources or of a lineage of them."""
        rows = self._rows(prompt_set, condition)
        here = [not lineage or lineage_of(source) == lineage for source in rows["source"]]
        return span(rows["change"][here], points) if any(here) else _NOBODY

    @property
    def clips_of_a_source(self) -> Text:
        """How few and how many CLIPs a source has."""
        return span(self.table.groupby("source")["checkpoint"].nunique(), "{:.0f}".format)

    def of_lineage(self, lineage: str) -> Text:
        """Return how many CLIPs are of a lineage."""
        who = self.table.drop_duplicates("checkpoint")["source"]
        number = sum(lineage_of(source) == lineage for source in who)
        return Text(number) if number else _NOBODY

    def furthest(self, prompt_set: str, condition: str = _ID) -> Text:
        """Return the source of the CLIP that loses most."""
        rows = self._rows(prompt_set, condition)
        return Text(rows.sort_values("change")["source"].iloc[0]) if len(rows) else _NOBODY

    def by_size(self, prompt_set: str, *, small: bool, condition: str = _ID) -> Said:
        """Return the mean change of CLIPs of small sources, or of the others."""
        rows = self._rows(prompt_set, condition)
        return self._mean(rows[(rows["images"] < _SMALL_SOURCE) == small], "change")

    def size_gap(self, prompt_set: str, condition: str = _ID) -> Said:
        """Return the mean change of the small sources less that of the large ones."""
        rows = self._rows(prompt_set, condition)
        small = (rows["images"] < _SMALL_SOURCE).to_numpy()
        if not small.any() or small.all():
            return _NOBODY
        gap = difference_of_groups(rows["change"], rows["family"].to_numpy(str), small, self.confidence)
        ends = (float(gap.low), float(gap.high))
        return Value(float(gap.estimate), *ends, "difference", gap.families, "family")

    def with_accuracy(self, prompt_set: str, condition: str = _ID) -> Said:
        """Return the rank correlation of the change with accuracy in distribution under `MANY`."""
        rows = self._rows(prompt_set, condition)
        if len(rows) < _FEWEST_CLIPS or rows["change"].nunique() < 2:
            return _NOBODY
        before = self._rows(prompt_set, _ID).set_index("checkpoint")["before"].loc[rows["checkpoint"]]
        found = rank_correlation_interval(before, rows["change"], rows["family"], self.confidence)
        ends = (float(found.low), float(found.high))
        return Value(float(found.estimate), *ends, "correlation", found.families, "family")

    @property
    def shift_loses_more(self) -> dict[str, Text]:
        """By set of prompts, how many CLIPs lose more on ImageNet-R than in distribution."""
        lost = {}
        for prompt_set in FEWER if self else ():
            across, up = (
                self._rows(prompt_set, name).set_index("checkpoint")["change"] for name in (_ID, "r")
            )
            lost[prompt_set] = count(int((up < across.loc[up.index]).sum()), up.size)
        return lost

    @property
    def moves_at_equal(self) -> Literal["yes", "no"] | Missing:
        """Whether the height above the line changes beyond its interval under any shift: `yes` or `no`."""
        moved = [self.change(few, shift, at_equal=True) for few in FEWER for shift in _SHIFTS]
        sides = {one.side for one in moved if isinstance(one, Value)}
        return ("yes" if sides & {"up", "down"} else "no") if sides else _NOBODY

    @property
    def supported(self) -> Text:
        """How many CLIPs are as accurate as the networks that draw the line."""
        if not self:
            return _NOBODY
        known = self._rows(FEWER[-1], "r")["height"].notna()
        return count(int(known.sum()), known.size)

    @property
    def small(self) -> Text:
        """The small sources."""
        names = set(self.table["source"][self.table["images"] < _SMALL_SOURCE])
        return listed(name for name in self.sources if name in names)

    def of_source(self, prompt_set: str, condition: str, source: str) -> pd.DataFrame:
        """Return the CLIPs of a training source, a row each."""
        rows = self._rows(prompt_set, condition)
        return rows[rows["source"] == source]

    def _rows(self, prompt_set: str, condition: str) -> pd.DataFrame:
        here = (self.table["prompt_set"] == prompt_set) & (self.table["condition"] == condition)
        return self.table[here]

    def _mean(self, rows: pd.DataFrame, column: str) -> Said:
        known = rows.dropna(subset=[column])
        if known.empty:
            return _NOBODY
        values, family = known[column].to_numpy(float), known["family"].to_numpy(str)
        mean = jackknife_over_families(
            lambda keep: mean_over_families(values[keep], family[keep]), family, confidence=self.confidence
        )
        return Value(
            float(mean.estimate), float(mean.low), float(mean.high), "difference", mean.families, "family"
        )


NO_REAL = RealPrompts("", pd.DataFrame(columns=_COLUMNS), confidence=0.95)
"""What there is where no study has such CLIPs."""


def real_prompts(studies: Sequence[str], groups: Sequence[str], confidence: float) -> RealPrompts:
    """Read the first study of real models that has zero-shot CLIPs under `MANY` templates and under fewer."""
    for study in map(find_study, studies):
        if "clip_zero_shot" in groups and study.has("shifts"):
            shifts, models = study.read("shifts"), study.read("models")
            if is_real(shifts) and "prompt_set" in shifts:
                table = pd.DataFrame(_rows(shifts, models, groups))
                if len(table):
                    return RealPrompts(study.name, table, confidence, source_lines([shifts]))
    return NO_REAL


def _rows(shifts: xr.Dataset, models: xr.Dataset, groups: Sequence[str]) -> Iterator[dict[str, object]]:
    """Give the changes of every CLIP that one source has under all three sets."""
    if not {*CONDITIONS} <= set(shifts["condition"].values.tolist()):
        return
    own = models.isel(model=(models["group"] == "clip_zero_shot").values)
    own = own.isel(model=np.isin(own["model"].values, shifts["model"].values))
    counts = shifts.sel(model=own["model"].values, condition=list(CONDITIONS))
    share = (counts["hits"] / counts["images"]).values
    source_of = [str(name).partition(":")[0] for name in own["model"].values]
    place: dict[tuple[str, str], dict[str, int]] = {}
    for at, (source, checkpoint, prompt_set) in enumerate(
        zip(source_of, own["checkpoint"].values.tolist(), counts["prompt_set"].values.tolist(), strict=True)
    ):
        if np.isfinite(share[at]).all():
            place.setdefault((source, checkpoint), {}).setdefault(str(prompt_set), at)
    above = {name: _Line(shifts, models, groups, name) for name in _SHIFTS}
    for (_, checkpoint), sets in place.items():
        if not {MANY, *FEWER} <= set(sets):
            continue
        many = share[sets[MANY]]
        who = own.isel(model=sets[MANY])
        for prompt_set in FEWER:
            few = share[sets[prompt_set]]
            for number, condition in enumerate(CONDITIONS):
                height = np.nan
                if condition != _ID:
                    of_few, of_many = (above[condition].height(one[0], one[number]) for one in (few, many))
                    height = of_few - of_many
                yield {
                    "checkpoint": checkpoint,
                    "source": str(who["training_source"].item()),
                    "family": str(who["family"].item()),
                    "images": float(who["training_images"].item()),
                    "prompt_set": prompt_set,
                    "condition": condition,
                    "accuracy": few[number],
                    "before": many[number],
                    "change": few[number] - many[number],
                    "height": height,
                }


class _Line:
    """The line of the standard networks under a shift; NaN beyond its ends, and without such networks."""

    def __init__(self, shifts: xr.Dataset, models: xr.Dataset, groups: Sequence[str], shift: str) -> None:
        wanted = [name for name in groups if name == "standard"]
        self.line = line_of_standard(make_cloud(shifts, models, wanted, shift)) if wanted else None

    def height(self, x: Array, y: Array) -> float:
        if self.line is None or not self.line.size:
            return float("nan")
        across, up = to_axis(self.line["x"].values, "probit"), to_axis(self.line.values, "probit")
        at = np.interp(to_axis(np.array([x]), "probit"), across, up, left=np.nan, right=np.nan)
        return float(y - ndtr(at)[0])
