"""Counting and comparing verdicts, and all effects on one scale."""

import pytest

from clipsafe_utils.claims import summary
from clipsafe_utils.claims.summary import forest
from tests.claims.made import changed, claim, effect, entry
from tests.claims.made_ledger import C, N, S, U, made_ledger

LEVEL = 0.95


def test_findings_are_counted_once() -> None:
    of_one = summary.by_study(made_ledger())["published"]
    assert [entry.claim.id for entry in summary.findings(of_one)] == ["A", "B", "D", "E"]
    assert summary.counts(summary.findings(of_one)) == {S: 1, C: 0, U: 1, N: 2}


def test_studies_are_compared_on_what_both_decide() -> None:
    (pair,) = summary.agreements(made_ledger())
    assert pair == ("published", "miniature", ("D1",), ("A",))
    assert summary.agreements(made_ledger()[::2]) == []


def test_the_furthest_is_measured_in_smallest_effects() -> None:
    found = summary.furthest(made_ledger())
    assert found is not None
    assert found.claim.id == "A"  # -5 of 1 needed: 6 away; B is 4 on the wrong side: 5 away.
    none = entry(claim("Z", direction="none"), C, effect(0.09))
    either = entry(claim("Y", direction="either"), C, effect(0.001))
    assert summary.furthest([none, either]) is none


def test_choices_are_sorted_by_what_they_flip() -> None:
    entries = made_ledger()
    other = [changed(entries[0], S), changed(entries[0], U, "fit", "local"), changed(entries[4], S)]
    found = summary.by_choice(other)
    assert list(found) == [("fit", "local"), ("axes", "probit")]
    assert [one.flips for one in found["fit", "local"]] == [True]


def test_effects_are_turned_to_what_is_claimed() -> None:
    table = forest(made_ledger(), LEVEL).set_index(["claim", "study"])
    assert table.loc[("A", "published"), "value"] == pytest.approx(3)
    assert table.loc[("B", "miniature"), "value"] == pytest.approx(-4)
    assert (table["low"] < table["value"]).all()
    assert (table["value"] < table["high"]).all()
    low, high = effect(0.4).interval(LEVEL)
    assert table.loc[("B", "miniature"), ["low", "high"]].tolist() == pytest.approx([-high / 0.1, -low / 0.1])


def test_a_claim_without_a_smallest_effect_keeps_its_unit() -> None:
    free = claim("A", unit="points of pairs", smallest_effect=0.0)
    row = forest([entry(free, U, effect(0.2))], LEVEL).iloc[0]
    assert (row["unit"], row["value"]) == ("points of pairs", pytest.approx(20))
