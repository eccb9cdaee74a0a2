"""What a change within pairs of real CLIPs does under each shift, and how far two evaluations differ."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import xarray as xr

from clipsafe_utils.findings.shift.clouds import ID, Clouds
from clipsafe_utils.findings.shift.sources import mean_of
from clipsafe_utils.metrics.families import FEWEST_UNITS
from clipsafe_utils.registry.set_names import shift_title
from clipsafe_utils.say import Missing, Said, Text, Value, count, listed, nothing, points, span

Measure = Literal["difference", "at_equal"]
"""Of accuracy, and at equal accuracy in distribution: of the height above a line."""

_NO_PAIR = Missing("no such pair is shown")


@dataclass(frozen=True, eq=False)
class PairChanges:
    """What one change does within pairs."""

    table: xr.Dataset  # of `compare_pairs`; without a pair where there is nothing

    @property
    def pairs(self) -> Text:
        """How many pairs there are."""
        return Text(self.table.sizes["pair"]) if self else _NO_PAIR

    @property
    def families(self) -> Text:
        """How many families they are of."""
        return Text(np.unique(self.table["family"]).size) if self else _NO_PAIR

    @property
    def decides(self) -> str | Missing:
        """Whether these are families enough to decide: `yes` or `no`."""
        if not self:
            return _NO_PAIR
        return "yes" if int(self.families) >= FEWEST_UNITS else "no"

    def change(self, shift: str = ID, measure: Measure = "difference") -> Said:
        """Return the mean change under a shift, or in distribution."""
        if not self or shift not in self.table["shift"]:
            return _NO_PAIR
        return mean_of(self.table.sel(shift=shift, measure=measure), "the line is not supported there")

    def changes(self, measure: Measure) -> dict[str, Value]:
        """Return what can be said of each shift, by its title; accuracy in distribution first."""
        shifts = self.table["shift"].values.tolist() if self else []
        by_title = {shift_title(shift): self.change(shift, measure) for shift in shifts}
        return {title: change for title, change in by_title.items() if isinstance(change, Value)}

    def supported(self, side: Literal["up", "down"]) -> Text:
        """Return the shifts under which the change at equal accuracy has a side, after Holm's correction."""
        changes = self.changes("at_equal").items()
        return listed(
            title
            for title, change in changes
            if title in self._supported and (change.estimate > 0) == (side == "up")
        )

    @property
    def gains(self) -> str | Missing:
        """Whether it is a gain at equal accuracy under any shift, by the same rule: `yes` or `no`."""
        if not self.changes("at_equal"):
            return _NO_PAIR
        return "no" if isinstance(self.supported("up"), Missing) else "yes"

    @property
    def rises(self) -> Text:
        """Under how many shifts accuracy itself rises, by the mean."""
        changes = [one.estimate for title, one in self._under_shift("difference")]
        return count(sum(change > 0 for change in changes), len(changes)) if changes else _NO_PAIR

    def at_equal_without(self, shift: str) -> Text:
        """Return the range of the changes at equal accuracy over all shifts but one."""
        left_out = shift_title(shift)
        changes = [one.estimate for title, one in self._under_shift("at_equal") if title != left_out]
        return span(changes, points) if changes else _NO_PAIR

    def _under_shift(self, measure: Measure) -> list[tuple[str, Value]]:
        at_home = shift_title(ID)
        return [(title, one) for title, one in self.changes(measure).items() if title != at_home]

    @property
    def undecided(self) -> dict[str, Value]:
        """The changes at equal accuracy that have none, by title of the shift."""
        changes = self.changes("at_equal")
        return {title: change for title, change in changes.items() if title not in self._supported}

    @property
    def falls(self) -> str | Missing:
        """Whether it falls at equal accuracy under every shift by its interval: `yes` or `no`."""
        changes = self.changes("at_equal").values()
        if not changes:
            return _NO_PAIR
        return "yes" if all(change.side == "down" for change in changes) else "no"

    @property
    def _supported(self) -> set[str]:
        one = self.table["supported"].sel(measure="at_equal")
        return {shift_title(name) for name in one["shift"].values[one.values]}

    def __bool__(self) -> bool:
        return bool(self.table.sizes["pair"])


@dataclass(frozen=True)
class Twins:
    """The two CLIPs of one encoder and two sources that are most alike in distribution."""

    encoder: Text
    source: Text  # of the CLIP that is compared
    other: Text  # of its twin
    changes: Mapping[str, Said]  # by shift, accuracy in distribution too: of the first less that of the twin

    @property
    def parts_shifts(self) -> str | Missing:
        """Whether one shift speaks for the source and another against it: `yes` or `no`."""
        known = [one.estimate for name, one in self.changes.items() if name != ID and isinstance(one, Value)]
        if not known:
            return _NO_PAIR
        return "yes" if min(known) < 0 < max(known) else "no"


def nearest_twins(pairs: PairChanges, clouds: Clouds, shown: tuple[str, ...]) -> Twins:
    """Choose of pairs of two sources the one whose accuracies in distribution are most alike."""
    if not pairs:
        return Twins(_NO_PAIR, _NO_PAIR, _NO_PAIR, dict.fromkeys((ID, *shown), _NO_PAIR))
    place = int(np.abs(pairs.table["difference"].sel(shift=ID).values).argmin())
    nearest = pairs.table["difference"].isel(pair=place)
    before, after = (str(nearest[name].item()) for name in ("before", "pair"))
    source = {
        str(name): str(crawl)
        for cloud in clouds.values()
        for name, crawl in zip(cloud["checkpoint"].values, cloud["training_source"].values, strict=True)
    }
    known = nearest.dropna("shift").to_series()
    changes = {
        shift: Value(float(known[shift]), scale="difference") if shift in known else _NO_PAIR
        for shift in (ID, *shown)
    }
    return Twins(Text(after.split(".")[0]), Text(source[after]), Text(source[before]), changes)


@dataclass(frozen=True)
class Evaluations:
    """How far two evaluations of the same weights differ, in points; the median is the largest of any set."""

    pairs: Text
    median: Said
    largest: Said
    network: Text
    where: Text


def evaluations_of(table: xr.Dataset) -> Evaluations:
    """Sum up `compare_evaluations`."""
    if not table.sizes["condition"]:
        return nothing(Evaluations, "nothing was evaluated twice")
    furthest = table.isel(condition=int(table["largest_difference"].values.argmax()))
    return Evaluations(
        Text(int(table["pairs"].max())),
        Value(table["median_difference"].max().item() / 100, scale="difference"),
        Value(furthest["largest_difference"].item() / 100, scale="difference"),
        Text(furthest["most_different"].item()),
        Text(shift_title(furthest["condition"].item())),
    )
