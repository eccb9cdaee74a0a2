"""How often the ledger is wrong and what it can see, by `benchmarks/ledger.py`: the appendix's result."""

import json
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd
from scipy.special import betaincinv, ndtr

from clipsafe_utils.claims.labels import Label
from clipsafe_utils.cubes.studies import REPOSITORY
from clipsafe_utils.say import Missing, Said, Text, Value

REPORT = REPOSITORY / "benchmarks" / "ledger.json"

LINEAGE, MEASURED, NEXT = "another lineage", "networks measured", "next lineage"
"""What is simulated: labels of another lineage, of the networks measured, of these where lineages differ."""

ONE_CLAIM, NESTED = "one claim", "nested"
"""A question and a world that the page speaks of."""

TRUTHS = {"0": "no effect", "1": "the smallest that matters"}
"""True sizes at which a label can be false."""

_CONFIDENCE = 0.95


@dataclass(frozen=True)
class Simulation:
    """Labels of worlds that were drawn from a known truth."""

    cells: list[Mapping[str, Any]]  # One a setting, as ``benchmarks/ledger.json`` has them.
    repetitions: int  # How often each setting was judged.
    alpha: float  # The promised share of false labels.
    seconds: float
    again: Mapping[str, Any]  # What the worst setting showed on fresh random numbers.

    @cached_property
    def rates(self) -> pd.DataFrame:
        """The false labels: a row a setting and truth.

        Columns part, world, units, networks, promised, name, truth, rate, and low and high of its interval.
        """
        rows = []
        for cell in self.cells:
            of_cell = {name: cell[name] for name in ("part", "world", "units", "networks", "promised")}
            for size, false in cell["false"].items():
                share = self._share(false)
                ends = {"rate": share.estimate, "low": share.low, "high": share.high}
                rows.append(of_cell | {"name": name_of(cell), "truth": TRUTHS[size]} | ends)
        return pd.DataFrame(rows)

    @property
    def promised(self) -> pd.DataFrame:
        """Of `rates`, the worlds of which the rule promises something."""
        return self.rates[self.rates["promised"]]

    @property
    def settings(self) -> Text:
        """How many settings these are."""
        return Text(sum(cell["promised"] for cell in self.cells))

    @property
    def times(self) -> Text:
        """How often each setting was judged."""
        return Text(f"{self.repetitions:,}")

    @property
    def minutes(self) -> Text:
        """How long that took on one core."""
        return Text(max(1, round(self.seconds / 60)))

    @property
    def worst(self) -> Value:
        """The largest share of false labels where the rule promises something."""
        return _largest(self.promised)

    @property
    def worst_setting(self) -> Text:
        """The setting that has it."""
        row = _worst(self.promised)
        return Text(f"{row['name']}, {size_of(row)}, {row['truth']}")

    @property
    def worst_again(self) -> Value:
        """What that setting shows on fresh random numbers."""
        return _share_of(self.again["false"], self.again["repetitions"])

    @property
    def times_again(self) -> Text:
        """How often it was judged again."""
        return Text(f"{self.again['repetitions']:,}")

    @property
    def worst_of_lineages(self) -> Value:
        """The same of another lineage alone."""
        return _largest(self.promised[self.promised["part"] == LINEAGE])

    @property
    def keeps_promise(self) -> bool:
        """Whether the worst setting, judged again, shows no more than is promised, but for chance."""
        return self.worst_again.low <= self.alpha

    @property
    def highest(self) -> Value:
        """The largest upper end of their intervals."""
        return Value(float(self.promised["high"].max()))

    @property
    def lopsided(self) -> Value:
        """The largest share of false labels in lopsided worlds."""
        return _largest(self._lopsided)

    def lopsided_with(self, units: int) -> Value:
        """Return the largest share in lopsided worlds with as many units."""
        return _largest(self._lopsided[self._lopsided["units"] == units])

    def supported(self, units: int, times: str, spread: float, world: str = NESTED) -> Said:
        """Return how often an effect of a true size is *supported*, in a world of that spread."""
        cell = self._cell(LINEAGE, units=units, spread=spread, world=world, question=ONE_CLAIM)
        return self._labelled(cell, times, Label.SUPPORTED)

    def of_networks(self, networks: int, times: str, error: float, *labels: Label) -> Said:
        """Return how often the networks measured have one of some labels."""
        cell = self._cell(MEASURED, networks=networks, error=error, question=ONE_CLAIM)
        return self._labelled(cell, times, *labels)

    def reproduced(self, networks: int, times: str, error: float) -> Said:
        """Return how often an effect of a true size is *reproduced*, or as claimed *so far*."""
        return self.of_networks(networks, times, error, Label.REPRODUCED, Label.AGREES)

    def of_lineages(self, lineages: int, times: str, *labels: Label) -> Said:
        """Return how often networks of some lineages that differ have one of some labels."""
        return self._labelled(self._cell(NEXT, units=lineages), times, *labels)

    def reproduced_of_lineages(self, lineages: int, times: str) -> Said:
        """Return how often an effect of a true mean is *reproduced* by networks of as many."""
        return self.of_lineages(lineages, times, Label.REPRODUCED)

    def next_on_other_side(self, times: str) -> Said:
        """Return how often the next lineage lies on the other side of 0, whatever was said before.

        It is drawn from a normal distribution, so nothing has to be simulated.
        """
        cell = self._cell(NEXT)
        return Value(float(ndtr(-float(times) / cell["spread"]))) if cell else Missing("not simulated")

    @property
    def _lopsided(self) -> pd.DataFrame:
        return self.rates[~self.rates["promised"]]

    def _cell(self, part: str, **values: object) -> Mapping[str, Any] | None:
        wanted = {"part": part, **values}
        return next((cell for cell in self.cells if wanted.items() <= cell.items()), None)

    def _labelled(self, cell: Mapping[str, Any] | None, times: str, *labels: Label) -> Said:
        if cell is None:
            return Missing("not simulated")
        return self._share(sum(cell["labels"][times].get(label, 0) for label in labels))

    def _share(self, number: int) -> Value:
        return _share_of(number, self.repetitions)


def simulated_verdicts(report: Path = REPORT) -> Simulation:
    """Read what the simulation of the ledger wrote.

    Parameters
    ----------
    report : Path
        As ``benchmarks/ledger.json``.

    Examples
    --------
    >>> simulated_verdicts().alpha
    0.05
    """
    read = json.loads(report.read_text(encoding="utf-8"))
    return Simulation(read["rows"], read["repetitions"], read["alpha"], read["seconds"], read["again"])


def name_of(cell: Mapping[str, Any]) -> str:
    """Name a setting: what is asked of which world, and what its networks differ by."""
    by = f"spread {cell['spread']:g}" if cell["spread"] else f"error {cell['error']:g}"
    return f"{cell['question']}; {cell['world']}, {by}"


def size_of(row: Mapping[Any, Any]) -> str:
    """Say how many lineages were measured, or how many networks."""
    of = "lineage" if row["part"] == LINEAGE else "network"
    number = row["units"] if row["part"] == LINEAGE else row["networks"]
    return f"{number} {of}{'s' if number > 1 else ''}"


def _worst(rates: pd.DataFrame) -> Mapping[Hashable, Any]:
    return max(rates.to_dict("records"), key=lambda row: float(row["rate"]))


def _largest(rates: pd.DataFrame) -> Value:
    row = _worst(rates)
    return Value(float(row["rate"]), float(row["low"]), float(row["high"]))


def _share_of(part: int, whole: int) -> Value:
    """Return a share with its exact interval (Clopper and Pearson 1934)."""
    tail = (1 - _CONFIDENCE) / 2
    low = betaincinv(part, whole - part + 1, tail) if part else 0.0
    high = betaincinv(part + 1, whole - part, 1 - tail) if part < whole else 1.0
    return Value(part / whole, float(low), float(high))
