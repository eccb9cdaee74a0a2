"""How often the ledger is wrong and what it can see, by `benchmarks/ledger.py`: the appendix's result."""

import json
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd
from scipy.special import betaincinv

from clipsafe_utils.cubes.studies import REPOSITORY
from clipsafe_utils.say import Missing, Said, Text, Value

REPORT = REPOSITORY / "benchmarks" / "ledger.json"

PAIRS, PAIRS_AND_IMAGES, STRONGEST = "pairs, images not counted", "pairs and images", "strongest of ten"
FEW, SOME, MANY = 5, 8, 15
_RARE, _COMMON = 150, 5_000
_WIDE = 3.0
_CONFIDENCE = 0.95


@dataclass(frozen=True)
class Seen:
    """In what share of cases an effect is found, by how many families and how large it is."""

    few_smallest: Said
    few_four: Said
    many_smallest: Said
    rare: Said
    common: Said
    strongest: Said


@dataclass(frozen=True)
class Simulation:
    """Verdicts on models that were drawn from a known truth."""

    cells: list[Mapping[str, Any]]  # One a setting, as ``benchmarks/ledger.json`` has them.
    repetitions: int  # How often each setting was judged.
    alpha: float  # The promised share of false verdicts.
    seconds: Text

    @cached_property
    def rates(self) -> pd.DataFrame:
        """The false verdicts: a row a cell and truth.

        Columns name, families, truth, rate, and low and high of its interval (Clopper and Pearson 1934).
        """
        rows = []
        for cell in self.cells:
            for truth, key in (("no effect", "false_at_none"), ("smallest effect", "false_at_smallest")):
                false = round(cell[key] * self.repetitions)
                low, high = _exact_interval(false, self.repetitions)
                rows.append((name_of(cell), cell["families"], truth, cell[key], low, high))
        return pd.DataFrame(rows, columns=["name", "families", "truth", "rate", "low", "high"])

    @property
    def settings(self) -> Text:
        """How many settings were simulated."""
        return Text(len(self.cells))

    @property
    def times(self) -> Text:
        """How often each setting was judged."""
        return Text(f"{self.repetitions:,}")

    @property
    def median(self) -> Value:
        """The median share of false verdicts."""
        return Value(float(self.rates["rate"].median()))

    @property
    def worst(self) -> Value:
        """The largest share of false verdicts."""
        row = self._worst
        return Value(float(row["rate"]), float(row["low"]), float(row["high"]))

    @property
    def worst_setting(self) -> Text:
        """The setting that has it."""
        row = self._worst
        size = f"{row['families']} families" if row["families"] else "images alone"
        return Text(f"{row['name']}, {size}, {row['truth']}")

    @property
    def seen(self) -> Seen:
        """In what share of cases effects of a known size are found."""
        return Seen(
            self._supported(PAIRS, FEW, "1", spread=_WIDE),
            self._supported(PAIRS, FEW, "4", spread=_WIDE),
            self._supported(PAIRS, MANY, "1", spread=_WIDE),
            self._supported(PAIRS_AND_IMAGES, SOME, "2", images=_RARE),
            self._supported(PAIRS_AND_IMAGES, SOME, "2", images=_COMMON),
            self._supported(STRONGEST, SOME, "4"),
        )

    @property
    def _worst(self) -> dict[Hashable, Any]:
        return max(self.rates.to_dict("records"), key=lambda row: float(row["rate"]))

    def _supported(
        self, kind: str, families: int, times: str, spread: float | None = None, images: int | None = None
    ) -> Said:
        for cell in self.cells:
            same = cell["kind"] == kind and cell["families"] == families and cell["images"] == images
            if same and spread in (None, cell["spread"]):
                return Value(cell["verdicts"][times]["supported"])
        return Missing("not simulated")


def simulated_verdicts(report: Path = REPORT) -> Simulation:
    """Read what the simulation of the verdicts wrote.

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
    return Simulation(read["rows"], read["repetitions"], read["alpha"], Text(read["seconds"]))


def name_of(cell: Mapping[str, Any]) -> str:
    """Name the statistic of a cell, with the number of images or the spread where it has one."""
    if cell["images"]:
        return f"{cell['kind']}, {cell['images']:,} images"
    return f"{cell['kind']}, spread {cell['spread']:g}" if cell["spread"] else str(cell["kind"])


def _exact_interval(false: int, repetitions: int) -> tuple[float, float]:
    tail = (1 - _CONFIDENCE) / 2
    low = betaincinv(false, repetitions - false + 1, tail) if false else 0.0
    return float(low), float(betaincinv(false + 1, repetitions - false, 1 - tail))
