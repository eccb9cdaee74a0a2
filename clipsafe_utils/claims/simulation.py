"""The appendix: how often the ledger is wrong, and what it can see, by `benchmarks/ledger.py`."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
from scipy.special import betaincinv

from clipsafe_utils.chapters.formats import complete, percent
from clipsafe_utils.cubes.studies import REPOSITORY
from clipsafe_utils.figures.tables import ThemedTable, folded, stacked, table

Simulation = Mapping[str, Any]

REPORT = REPOSITORY / "benchmarks" / "ledger.json"

KEYS = (
    "trust-repetitions",
    "trust-seconds",
    "trust-cells",
    "trust-worst",
    "trust-worst-kind",
    "trust-median",
    "trust-few-smallest",
    "trust-few-four",
    "trust-many-smallest",
    "trust-rare",
    "trust-common",
    "trust-strongest",
)
"""Every number that the prose glues."""

PAIRS, PAIRS_AND_IMAGES, STRONGEST = "pairs, images not counted", "pairs and images", "strongest of ten"
FEW, SOME, MANY = 5, 8, 15
_RARE, _COMMON = 150, 5_000
_WIDE = 3.0


def read_simulation(report: Path = REPORT) -> dict[str, Any]:
    """Read what the simulation wrote.

    Examples
    --------
    >>> read_simulation()["alpha"]
    0.05
    """
    found: dict[str, Any] = json.loads(report.read_text(encoding="utf-8"))
    return found


def describe_rates(table: pd.DataFrame) -> str:
    """Say what the figure of false verdicts shows.

    Examples
    --------
    >>> describe_rates(pd.DataFrame(columns=["name", "families", "truth", "rate", "low", "high"]))
    'Dot plot of the share of false verdicts.'
    """
    said = [
        f"{row['name']}, {row['families']} families, truth {row['truth']}: {percent(row['rate'])}."
        for row in table.to_dict("records")
    ]
    return " ".join(["Dot plot of the share of false verdicts.", *said])


def rates(simulation: Simulation, confidence: float = 0.95) -> pd.DataFrame:
    """Tabulate the false verdicts as `figures.claims.rates` draws them.

    Parameters
    ----------
    simulation : mapping
        As `read_simulation` returns it.
    confidence : float
        Level of the intervals (Clopper and Pearson 1934) of the simulation itself.

    Returns
    -------
    pandas.DataFrame
        One row a cell and truth: `name`, `families`, `truth`, `rate`, `low`, `high`.
    """
    repetitions = simulation["repetitions"]
    rows = []
    for cell in _cells(simulation):
        for truth, key in (("no effect", "false_at_none"), ("smallest effect", "false_at_smallest")):
            rate = cell[key]
            false = round(rate * repetitions)
            low = betaincinv(false, repetitions - false + 1, (1 - confidence) / 2) if false else 0.0
            high = betaincinv(false + 1, repetitions - false, (1 + confidence) / 2)
            rows.append((_name(cell), cell["families"], truth, rate, float(low), float(high)))
    return pd.DataFrame(rows, columns=["name", "families", "truth", "rate", "low", "high"])


def false_table(simulation: Simulation) -> ThemedTable:
    """Tabulate the false verdicts by statistic and number of families."""
    rows: dict[str, dict[str, str]] = {}
    for cell in _cells(simulation):
        both = f"{percent(cell['false_at_none'])}, {percent(cell['false_at_smallest'])}"
        column = f"{cell['families']} families" if cell["families"] else "no families"
        rows.setdefault(_name(cell), {})[column] = both
    frame = pd.DataFrame.from_dict(rows, orient="index").fillna("").rename_axis("Statistic").reset_index()
    return table(
        frame,
        "False verdicts. First number: no effect, and yet the verdict that there is one. Second: the "
        "smallest effect that matters, and yet the verdict that it is ruled out.",
    )


def power_table(simulation: Simulation) -> ThemedTable:
    """Tabulate what is seen of effects of a known size: for eight families, and folded for fewer and more."""
    shown = {families: _power(simulation, families) for families in (SOME, FEW, MANY)}
    folds = [folded(shown[families], f"With {families} families") for families in (FEW, MANY)]
    return stacked([shown[SOME], *folds])


def numbers(simulation: Simulation) -> dict[str, str]:
    """Return what the prose of the appendix says."""
    found = rates(simulation)
    worst = max(found.to_dict("records"), key=lambda row: float(row["rate"]))
    size = f"{worst['families']} families" if worst["families"] else "images alone"
    return complete(
        KEYS,
        {
            "trust-repetitions": f"{simulation['repetitions']:,}",
            "trust-seconds": f"{simulation['seconds']}",
            "trust-cells": f"{len(_cells(simulation))}",
            "trust-worst": f"{percent(worst['rate'])} ({percent(worst['low'])} to {percent(worst['high'])})",
            "trust-worst-kind": f"{worst['name']}, {size}, {worst['truth']}",
            "trust-median": percent(float(found["rate"].median())),
            "trust-few-smallest": _supported(simulation, PAIRS, FEW, "1", spread=_WIDE),
            "trust-few-four": _supported(simulation, PAIRS, FEW, "4", spread=_WIDE),
            "trust-many-smallest": _supported(simulation, PAIRS, MANY, "1", spread=_WIDE),
            "trust-rare": _supported(simulation, PAIRS_AND_IMAGES, SOME, "2", images=_RARE),
            "trust-common": _supported(simulation, PAIRS_AND_IMAGES, SOME, "2", images=_COMMON),
            "trust-strongest": _supported(simulation, STRONGEST, SOME, "4"),
        },
    )


def _power(simulation: Simulation, families: int) -> ThemedTable:
    rows = []
    for cell in _cells(simulation):
        if cell["families"] == families and cell["verdicts"]:
            row = {"Statistic": _name(cell)}
            for times, shares in cell["verdicts"].items():
                if float(times):
                    said = "\N{NO-BREAK SPACE}/\N{NO-BREAK SPACE}".join(
                        f"{100 * share:.0f}" for share in shares.values()
                    )
                    row[f"{times} ×"] = said
            rows.append(row)
    frame = pd.DataFrame(rows).fillna("")
    return table(
        frame,
        f"What is seen with {families} families: percent of repetitions supported / undecided / "
        "contradicted, by the true effect in smallest effects that matter; correlations 0.5, 0.8 and 0.95.",
    )


def _supported(
    simulation: Simulation,
    kind: str,
    families: int,
    times: str,
    spread: float | None = None,
    images: int | None = None,
) -> str:
    for cell in _cells(simulation):
        same = cell["kind"] == kind and cell["families"] == families and cell["images"] == images
        if same and spread in (None, cell["spread"]):
            return percent(cell["verdicts"][times]["supported"], 0)
    return "not simulated"


def _name(cell: Simulation) -> str:
    if cell["images"]:
        return f"{cell['kind']}, {cell['images']:,} images"
    return f"{cell['kind']}, spread {cell['spread']:g}" if cell["spread"] else str(cell["kind"])


def _cells(simulation: Simulation) -> list[dict[str, Any]]:
    cells: list[dict[str, Any]] = simulation["rows"]
    return cells
