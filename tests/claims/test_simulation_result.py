"""What the simulation of the verdicts found: false verdicts, and effects that are seen."""

from typing import Any

import pytest
from scipy.stats import binomtest

from clipsafe_utils.claims.simulation import (
    PAIRS,
    PAIRS_AND_IMAGES,
    STRONGEST,
    Simulation,
    name_of,
    simulated_verdicts,
)
from clipsafe_utils.say import Missing, Text


def made_simulation() -> Simulation:
    """Give 200 repetitions of four statistics for each number of families, and a finding of three parts."""
    shares = {"supported": 0.6, "undecided": 0.3, "contradicted": 0.1}
    cells: list[dict[str, Any]] = [
        {
            "kind": kind,
            "families": families,
            "images": images,
            "spread": spread,
            "false_at_none": 0.0,
            "false_at_smallest": 0.04 if families == 5 else 0.02,
            "verdicts": dict.fromkeys(("0", "1", "2", "4"), shares),
        }
        for families in (5, 8, 15)
        for kind, images, spread in (
            (PAIRS, None, 1.0),
            (PAIRS, None, 3.0),
            (PAIRS_AND_IMAGES, 150, 1.0),
            (STRONGEST, None, 0.3),
        )
    ]
    cells.append({**cells[0], "kind": "finding of three parts", "spread": 0.0, "verdicts": {}})
    return Simulation(list(cells), 200, 0.05, Text(90))


def test_rates_have_exact_intervals() -> None:
    table = made_simulation().rates
    expected = binomtest(8, 200).proportion_ci(method="exact")
    row = table[table["rate"] == 0.04].iloc[0]
    assert (row["low"], row["high"]) == pytest.approx((expected.low, expected.high))
    assert table[table["rate"] == 0]["low"].max() == 0


def test_the_worst_setting_and_what_is_seen() -> None:
    result = made_simulation()
    assert (result.settings, result.times, result.seconds) == ("13", "200", "90")
    assert result.worst.estimate == 0.04
    assert result.worst.low < 0.04 < result.worst.high
    assert result.worst_setting == f"{PAIRS}, spread 1, 5 families, smallest effect"
    assert result.median.estimate == pytest.approx(0.01)
    assert result.seen.few_smallest.percent(0) == "60\N{NO-BREAK SPACE}%"
    assert isinstance(result.seen.common, Missing)


def test_the_published_simulation_keeps_the_promise() -> None:
    result = simulated_verdicts()
    assert result.repetitions >= 2000
    assert (result.rates["low"] <= result.alpha).all()
    assert set(result.rates["families"]) == {0, 5, 8, 15}


def test_a_statistic_is_named_with_its_images_or_its_spread() -> None:
    assert name_of({"kind": PAIRS_AND_IMAGES, "images": 5000}) == "pairs and images, 5,000 images"
    assert name_of({"kind": PAIRS, "images": None, "spread": 3.0}) == f"{PAIRS}, spread 3"
