"""How closely two measurements of models go together within sets of models, in values."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr

from clipsafe_utils.findings.shift.sources import GRID, STANDARD
from clipsafe_utils.metrics.families import FEWEST_UNITS
from clipsafe_utils.say import Missing, Said, Scale, Text, Value, correlation, listed, span

CLOSE = 0.9
"""From here on a rank correlation is called close."""

_NONE = Missing("no such models are shown")


@dataclass(frozen=True, eq=False)
class Correlations:
    """Correlations within the training sources of a study, and in sets beside them."""

    table: xr.Dataset  # of `within_sources`; without a shift where there is nothing
    sources: Sequence[str]  # those shown

    @property
    def decided(self) -> list[str]:
        """Sources with families enough to decide."""
        return [name for name in self.sources if self._families(name) >= FEWEST_UNITS]

    @property
    def undecided(self) -> list[str]:
        """Sources with a correlation but too few families."""
        few = [name for name in self.sources if self._families(name) < FEWEST_UNITS]
        return [name for name in few if self._known("rank", [name])]

    @property
    def names(self) -> Text:
        """The decided sources."""
        return listed(self.decided)

    @property
    def clear(self) -> list[str]:
        """Those of them in which every interval lies above zero."""
        return [name for name in self.decided if min(self._known("rank_low", [name]), default=0) > 0]

    @property
    def unclear(self) -> list[str]:
        """Those of them in which some interval reaches zero."""
        return [name for name in self.decided if name not in self.clear]

    @property
    def sure(self) -> Text:
        """The clear sources."""
        return listed(self.clear)

    @property
    def unsure(self) -> Text:
        """The unclear sources."""
        return listed(self.unclear)

    @property
    def families(self) -> Text:
        """How many families they have."""
        return span((self._families(name) for name in self.decided), "{:.0f}".format)

    @property
    def few(self) -> Text:
        """The sources with too few families."""
        return listed(self.undecided)

    @property
    def few_ranks(self) -> Text:
        """The range of the rank correlation in these."""
        return self.rank_of(*self.undecided)

    @property
    def few_intervals(self) -> Text:
        """How far the intervals of these reach, over shifts."""
        ends = {
            name: (self._known("rank_low", [name]), self._known("rank_high", [name]))
            for name in self.undecided
        }
        return listed(
            f"{correlation(min(low))} to {correlation(max(high))} in {name}"
            for name, (low, high) in ends.items()
            if low and high
        )

    @property
    def direction(self) -> str | Missing:
        """Whether each interval is above zero in all decided sources, `up`, in `some`, or in none: `open`."""
        if not self._known("rank_low", self.decided):
            return Missing("no source has families enough")
        return "open" if not self.clear else "some" if self.unclear else "up"

    @property
    def standard_says(self) -> str | Missing:
        """Whether the deciding sources say `less` since standard networks are close, too, or not: `alone`."""
        close = self._close(["rank"], [STANDARD])
        if isinstance(close, Missing):
            return close
        return "less" if close == "yes" and self.decided else "alone"

    @property
    def all_are_close(self) -> str | Missing:
        """Whether every correlation of every set is close: `yes` or `no`."""
        return self._close(["rank", "fixed"], self._sets)

    @property
    def sources_are_close(self) -> str | Missing:
        """Whether both accuracies go closely together within each source: `yes` or `no`."""
        return self._close(["rank"], self.sources)

    @property
    def grid_clips(self) -> Text:
        """How many CLIPs of the grid of the scaling laws are shown."""
        clips = int(self.table["clips"].sel(set=GRID).max()) if GRID in self._sets else 0
        return Text(clips) if clips else _NONE

    def least(self, name: str, members: Sequence[str] | None = None) -> Said:
        """Return the lowest `rank`, `fixed`, or end, as `rank_low`, of the decided sources or of others."""
        known = self._known(name, self.decided if members is None else members)
        return Value(min(known), scale="correlation") if known else _NONE

    def names_with(self, name: str) -> Text:
        """Return the decided sources that have a `rank` or a `fixed` correlation."""
        return listed(member for member in self.decided if self._known(name, [member]))

    def least_of_grid(self, name: str) -> Said:
        """Return the lowest in the grid of the scaling laws."""
        return self.least(name, [GRID])

    def rank_of(self, *members: str) -> Text:
        """Return the range of the rank correlation over shifts and some sets."""
        return span(self._known("rank", members), correlation)

    def value(self, name: str, member: str, shift: str | None = None) -> Said:
        """Return `rank`, `fixed` or `slope` of a set with its interval, under the first shift or another."""
        shift = shift or next(iter(self.table["shift"].values), None)
        if shift is None or member not in self._sets:
            return _NONE
        one = self.table.sel(set=member, shift=shift)
        estimate, low, high = (one[f"{name}{end}"].item() for end in ("", "_low", "_high"))
        if not np.isfinite(estimate):
            return Missing("too few models, or quantities that nobody states")
        if not np.isfinite(low):
            low = high = np.nan
        scale: Scale = "number" if name == "slope" else "correlation"
        return Value(estimate, low, high, scale, int(one["families"]), "family")

    def of_sources(self, name: str) -> dict[str, Value]:
        """Return a correlation of each training source that has one."""
        return self._of(name, self.sources)

    def beside_sources(self, name: str) -> dict[str, Value]:
        """Return a correlation of each set beside the sources that has one."""
        return self._of(name, [member for member in self._sets if member not in self.sources])

    def above_zero(self, name: str) -> Text:
        """Return the sources in which the interval lies above zero, by families enough to decide."""
        if not self._known(name, self.sources):
            return _NONE
        above = self._above_zero(name)
        return listed(above) if above else Text("no source")

    def all_above_zero(self, name: str) -> str | Missing:
        """Say whether the interval lies above zero in each source that has a correlation: `yes` or `no`."""
        known = self.of_sources(name)
        if not known:
            return _NONE
        return "yes" if set(self._above_zero(name)) == set(known) else "no"

    def goes_with(self, name: str, *, shown: bool) -> dict[str, Value]:
        """Return a correlation of the sources in which it is `shown` to lie above zero, or of the others."""
        above = self._above_zero(name) if self._known(name, self.sources) else []
        return {member: one for member, one in self.of_sources(name).items() if (member in above) == shown}

    @property
    def _sets(self) -> list[str]:
        return [str(name) for name in self.table["set"].values]

    def _above_zero(self, name: str) -> list[str]:
        first = self.table.isel(shift=0).sel(set=list(self.sources))
        above = first[f"{name}_decided"] & (first[f"{name}_low"] > 0)
        return [str(member) for member in first["set"].values[above.values]]

    def _of(self, name: str, members: Sequence[str]) -> dict[str, Value]:
        values = {member: self.value(name, member) for member in members}
        return {member: value for member, value in values.items() if isinstance(value, Value)}

    def _families(self, member: str) -> int:
        return int(self.table["families"].sel(set=member).max()) if member in self._sets else 0

    def _known(self, name: str, members: Iterable[str]) -> list[float]:
        present = [member for member in members if member in self._sets]
        values = self.table[name].sel(set=present).values.ravel() if present else np.empty(0)
        return [float(value) for value in values[np.isfinite(values)]]

    def _close(self, names: Sequence[str], members: Sequence[str]) -> str | Missing:
        known = [value for name in names for value in self._known(name, members)]
        if not known:
            return _NONE
        return "yes" if min(known) >= CLOSE else "no"
