"""How far the CLIPs of each training source are off two lines, in values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import xarray as xr

from clipsafe_utils.findings.shift.sources import LINES, mean_of
from clipsafe_utils.registry.set_names import shift_title
from clipsafe_utils.say import Missing, Said, Text, Value, count, nothing, points, span

_NONE = Missing("no such CLIPs, or no line to hold them against")


@dataclass(frozen=True)
class Height:
    """How far the CLIPs of one source are off the line of the other sources, under one shift."""

    mean: Said  # over the families of the source
    new_family: Said  # half the range into which a new family of the other sources falls
    above: Text  # how many of the measured CLIPs
    outside: Text  # and beyond that range, after Holm's correction
    is_outside: str | Missing  # whether any is: `yes` or `no`

    @property
    def side(self) -> Literal["above", "below"] | Missing:
        """The side of the line on which the mean lies."""
        if isinstance(self.mean, Missing):
            return self.mean
        return "above" if self.mean.estimate > 0 else "below"


@dataclass(frozen=True, eq=False)
class Heights:
    """Heights above the line of standard networks, and above that of the other sources' CLIPs."""

    table: xr.Dataset  # of `offsets`; without a source where there is nothing

    @property
    def has_sources(self) -> bool:
        """Whether any source can be held against a line."""
        return bool(self.table.sizes["source"]) and bool(self.table["mean"].notnull().any())

    @property
    def above_standard(self) -> Mapping[str, Text]:
        """By shift, the range over sources of the mean height above the line of standard networks."""
        means = {shift_title(shift): self._means(shift, LINES[0]).values() for shift in self._shifts}
        return {title: span(of_sources, points) for title, of_sources in means.items() if of_sources}

    @property
    def all_above(self) -> str | Missing:
        """Whether each source is above the standard networks under every shift: `yes` or `no`."""
        smallest = self.smallest_above_standard
        if isinstance(smallest, Missing):
            return smallest
        return "yes" if smallest.estimate > 0 else "no"

    @property
    def smallest_above_standard(self) -> Said:
        """The lowest mean height of any source above the line of the standard networks."""
        means = [mean for shift in self._shifts for mean in self._means(shift, LINES[0]).values()]
        return Value(min(means), scale="difference") if means else _NONE

    @property
    def marks_inside(self) -> tuple[int, int]:
        """How many means lie where a new family of the other sources' CLIPs would, and of how many."""
        if not self.has_sources:
            return 0, 0
        others = self.table.sel(line=LINES[1])
        inside = abs(others["mean"]) <= others["half_width"]
        return int(inside.sum()), int(others["mean"].notnull().sum())

    def of(self, source: str, shift: str) -> Height:
        """Return how far a source is off the line of the others under a shift."""
        if source not in self._means(shift, LINES[1]):
            return nothing(Height, _NONE.reason)
        one = self.table.sel(source=source, shift=shift, line=LINES[1])
        measured, outside = int(one["measured"]), int(one["outside"])
        return Height(
            mean_of(one, _NONE.reason),
            Value(one["half_width"].item(), scale="difference"),
            count(int(one["above"]), measured),
            count(outside, measured),
            "yes" if outside else "no",
        )

    def highest(self, shift: str) -> Text:
        """Return the source that stands highest above the others under a shift."""
        means = self._means(shift, LINES[1])
        return Text(max(means, key=means.__getitem__)) if len(means) > 1 else _NONE

    def lowest(self, shift: str) -> Text:
        """Return the source that stands lowest."""
        means = self._means(shift, LINES[1])
        return Text(min(means, key=means.__getitem__)) if len(means) > 1 else _NONE

    @property
    def _shifts(self) -> Sequence[str]:
        return [str(name) for name in self.table["shift"].values] if self.has_sources else []

    def _means(self, shift: str, line: str) -> dict[str, float]:
        """Return the means of the sources under a shift that are known."""
        if shift not in self._shifts:
            return {}
        means = self.table["mean"].sel(shift=shift, line=line).to_series().dropna()
        return {str(name): float(value) for name, value in means.items()}
