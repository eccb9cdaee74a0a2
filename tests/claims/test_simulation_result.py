"""What the simulation of the ledger found: false labels, and effects that are seen."""

from typing import Any

import pytest
from scipy.stats import binomtest, norm

from clipsafe_utils.claims.labels import Label
from clipsafe_utils.claims.simulation import (
    LINEAGE,
    MEASURED,
    NESTED,
    NEXT,
    ONE_CLAIM,
    Simulation,
    name_of,
    simulated_verdicts,
    size_of,
)
from clipsafe_utils.say import Missing

AGAIN = {"place": 0, "size": "1", "repetitions": 1000, "false": 45}
SHARES = {Label.SUPPORTED: 120, Label.REPRODUCED: 40, Label.AGREES: 20, Label.UNCLEAR: 20}


def cell(part: str, false: dict[str, int], **changes: Any) -> dict[str, Any]:
    """Give 200 repetitions of a setting."""
    given = {
        "part": part,
        "world": NESTED,
        "question": ONE_CLAIM,
        "units": 4,
        "networks": 19,
        "spread": 3.0,
        "error": 0.0,
        "promised": True,
        "labels": {size: {str(label): n for label, n in SHARES.items()} for size in ("0", "1", "2", "4")},
        "false": false,
    }
    return given | changes


def made_simulation() -> Simulation:
    """Give a cell or two of each part."""
    both = {"0": 0, "1": 8}
    cells = [
        cell(LINEAGE, both),
        cell(LINEAGE, {"0": 4, "1": 0}, units=8, networks=37),
        cell(LINEAGE, {"0": 40, "1": 0}, world="skewed", promised=False),
        cell(LINEAGE, {"0": 30, "1": 0}, world="skewed", promised=False, units=12),
        cell(MEASURED, {"0": 10, "1": 0}, units=1, networks=1, spread=0.0, error=0.25),
        cell(NEXT, {}, units=1, networks=3, promised=False),
    ]
    return Simulation(cells, 200, 0.05, 290, AGAIN)


def test_rates_have_exact_intervals() -> None:
    rates = made_simulation().rates
    for false, rate in ((8, 0.04), (40, 0.2), (0, 0.0)):
        row = rates[rates["rate"] == rate].iloc[0]
        expected = binomtest(false, 200).proportion_ci(method="exact")
        assert (row["low"], row["high"]) == pytest.approx((expected.low, expected.high))


def test_the_worst_setting_is_one_with_a_promise() -> None:
    result = made_simulation()
    assert (result.settings, result.times, result.minutes) == ("3", "200", "5")
    assert result.worst.estimate == 0.05
    assert result.worst.low < 0.05 < result.worst.high
    assert result.worst_setting == "one claim; nested, error 0.25, 1 network, no effect"
    assert result.worst_of_lineages.estimate == 0.04
    assert result.highest.estimate == result.worst.high
    assert (result.worst_again.estimate, result.times_again) == (0.045, "1,000")
    assert result.keeps_promise


def test_worlds_without_a_promise_are_told_apart() -> None:
    result = made_simulation()
    assert result.lopsided.estimate == 0.2
    assert result.lopsided_with(12).estimate == 0.15


@pytest.mark.parametrize("false", [0, 5, 15, 16, 30])
def test_a_share_beyond_chance_breaks_the_promise(false: int) -> None:
    again = {"place": 0, "size": "0", "repetitions": 200, "false": false}
    result = Simulation([cell(LINEAGE, {"0": 20})], 200, 0.05, 1, again)
    assert result.worst_again.estimate == false / 200
    assert result.keeps_promise == (binomtest(false, 200).proportion_ci(method="exact").low <= 0.05)


def test_what_is_seen() -> None:
    result = made_simulation()
    assert str(result.supported(4, "4", 3.0).percent(0)) == "60\N{NO-BREAK SPACE}%"
    assert str(result.reproduced(1, "1", 0.25).percent(0)) == "30\N{NO-BREAK SPACE}%"
    assert str(result.of_networks(1, "0", 0.25, Label.MIXED).percent(0)) == "0\N{NO-BREAK SPACE}%"
    assert isinstance(result.supported(4, "4", 1.0), Missing)


def test_the_next_lineage_knows_nothing_of_the_others() -> None:
    result = made_simulation()
    assert str(result.reproduced_of_lineages(1, "0")) == "20.0\N{NO-BREAK SPACE}%"
    assert str(result.of_lineages(1, "0", Label.UNCLEAR)) == "10.0\N{NO-BREAK SPACE}%"
    for times, below in (("0", 0.5), ("1", norm(1, 3).cdf(0)), ("4", norm(4, 3).cdf(0))):
        assert result.next_on_other_side(times).estimate == pytest.approx(below)


def test_a_setting_is_named_with_what_its_networks_differ_by() -> None:
    assert name_of(cell(LINEAGE, {})) == "one claim; nested, spread 3"
    assert name_of(cell(LINEAGE, {}, spread=0.0, error=0.25)) == "one claim; nested, error 0.25"
    assert size_of(cell(LINEAGE, {})) == "4 lineages"
    assert size_of(cell(MEASURED, {}, networks=1)) == "1 network"


def test_the_published_simulation_keeps_the_promise() -> None:
    result = simulated_verdicts()
    assert result.repetitions >= 2000
    assert result.alpha == 0.05
    assert result.keeps_promise
    assert result.worst_again.high < 0.06
    assert result.highest.estimate < 0.075
    of_lineages = result.rates[result.rates["part"] == LINEAGE]
    assert set(of_lineages["units"]) == {4, 5, 6, 8, 12}
