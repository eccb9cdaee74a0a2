"""Counting and comparing labels, what other choices turn, and all effects on one scale."""

import math

import pytest

from clipsafe_utils.claims import summary
from clipsafe_utils.claims.labels import Label
from clipsafe_utils.claims.summary import by_choice, by_label, by_study, findings, forest
from clipsafe_utils.claims.wording import MARKS
from tests.claims.made import changed, claim, entry, networks, unbounded
from tests.claims.made_ledger import made_ledger

L = Label
LEVEL = 0.95


def _ids(entries: list[object]) -> list[str]:
    return [one.claim.id for one in entries]  # type: ignore[attr-defined]


def test_findings_are_counted_once_and_own_claims_apart() -> None:
    of_one = by_study(made_ledger())["published"]
    assert _ids(findings(of_one)) == ["A", "B", "D", "E"]
    assert _ids(findings(of_one, own=True)) == ["S"]


def test_entries_are_sorted_by_study_in_their_order() -> None:
    studies = by_study(made_ledger())
    assert list(studies) == ["published", "miniature"]
    assert _ids(studies["miniature"]) == ["A", "B", "D", "D1", "D2", "E", "S"]
    assert not any(one.of_proxy for one in studies["published"])


def test_labels_are_counted_in_their_order_and_only_where_somebody_has_them() -> None:
    found = by_label(by_study(made_ledger())["published"])
    assert {label: _ids(of_label) for label, of_label in found.items()} == {
        L.SUPPORTED: ["D1"],
        L.REPRODUCED: ["A"],
        L.AGREES: ["D", "D2"],
        L.CONTRADICTED: ["S"],
        L.NO_DATA: ["B"],
        L.OUTSIDE: ["E"],
    }
    assert list(found) == [label for label in summary.SAID if label in found]


def test_every_label_is_counted_somewhere_once() -> None:
    assert sorted(summary.SAID) == sorted(L)
    every = by_label(entry(claim(label.name), label) for label in L)
    assert [len(of_label) for of_label in every.values()] == [1] * len(L)


def test_choices_are_sorted_by_what_they_flip_among_what_can_change() -> None:
    entries = made_ledger()
    other = [
        changed(entries[0], L.REPRODUCED),
        changed(entries[6], L.SUPPORTED),
        changed(entries[0], L.UNCLEAR, "fit", "local"),
        changed(entries[6], L.SUPPORTED, "fit", "local"),
        changed(entries[0], L.NO_DATA, "selection", "multi"),
        changed(entries[3], L.SHOWN_POSSIBLE, "axes", "probit"),
    ]
    first, second = by_choice(other)
    assert (first.choice, first.value, len(first.tried)) == ("fit", "local", 2)
    assert [one.entry.claim.id for one in first.flipped] == ["A"]
    assert (second.choice, second.value, len(second.tried), second.flipped) == ("axes", "probit", 2, [])
    assert by_choice([]) == []


def test_effects_are_turned_to_what_is_claimed_in_smallest_effects_that_matter() -> None:
    table = forest(made_ledger(), LEVEL).set_index(["claim", "study"])
    # Every entry with evidence, whatever its label: A, D1, D2, S twice, B once.
    assert len(table) == 9
    reproduced = table.loc[("A", "published")]
    # 0.02, 0.03 and 0.04 of a point: mean 3, spread 1, half an interval 4.3027 / sqrt(3).
    assert reproduced["value"] == pytest.approx(3)
    assert reproduced[["low", "high"]].tolist() == pytest.approx([3 - 2.48414, 3 + 2.48414], abs=1e-4)
    assert (reproduced["label"], reproduced["mark"]) == ("reproduced", MARKS[L.REPRODUCED])
    # Downwards is claimed, 0.4 nats upwards were found, in tenths.
    turned = table.loc[("B", "miniature")]
    assert turned["value"] == pytest.approx(-4)
    assert turned[["low", "high"]].tolist() == pytest.approx([-4 - 2.48414, -4 + 2.48414], abs=1e-4)
    assert set(table["unit"]) == {""}
    # Beside the mark the effect stands as it is, in its own unit.
    assert reproduced[["said", "own_unit"]].tolist() == ["+3.0", "points"]


@pytest.mark.parametrize("direction", ["up", "either", "none"])
def test_where_no_fall_is_claimed_an_effect_keeps_its_sign(direction: str) -> None:
    fallen = entry(claim(direction=direction), L.MIXED, networks([-0.03, -0.02]))
    assert forest([fallen], LEVEL)["value"].tolist() == pytest.approx([-2.5])


def test_an_effect_of_one_unit_has_no_ends() -> None:
    row = forest([entry(claim(direction="down"), L.AGREES, networks([-0.03], "a"))], LEVEL).iloc[0]
    assert (row["value"], row["low"], row["high"]) == (pytest.approx(3), -math.inf, math.inf)


@pytest.mark.parametrize(("unit", "scale"), [("points of pairs", 100), ("skill", 1)])
def test_a_claim_without_a_smallest_effect_keeps_its_unit(unit: str, scale: float) -> None:
    free = claim("A", unit=unit, smallest_effect=0.0)
    row = forest([entry(free, L.UNCLEAR, unbounded([0.1, 0.3]))], LEVEL).iloc[0]
    assert (row["unit"], row["value"]) == (unit, pytest.approx(0.2 * scale))


def test_the_table_of_no_effect_has_the_same_columns() -> None:
    nothing = forest([entry(claim(), L.NO_DATA)], LEVEL)
    assert nothing.empty
    assert list(nothing.columns) == list(forest(made_ledger(), LEVEL).columns)
