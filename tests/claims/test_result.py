"""What the chapter of the ledger says that it adds up to."""

from collections.abc import Sequence

import pytest

from clipsafe_utils.claims.freeze import Change
from clipsafe_utils.claims.labels import Label
from clipsafe_utils.claims.ledger import Changed, Entry
from clipsafe_utils.claims.result import ClaimsLedger, claims_ledger
from clipsafe_utils.cubes import find_study
from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.parameters import check_parameters
from clipsafe_utils.say import Missing
from tests.claims.made import changed, claim, entry, networks
from tests.claims.made_ledger import made_ledger

L = Label


def result_of(entries: list[Entry], other: Sequence[Changed] = ()) -> ClaimsLedger:
    """Give the result of a ledger made by hand, with what other choices would make of it."""
    result = ClaimsLedger([], 0.95, entries)
    vars(result)["changed"] = list(other)
    return result


def test_findings_are_counted_by_label_and_study_and_own_claims_apart() -> None:
    result = result_of(made_ledger())
    assert (result.number, result.number_own) == ("4", "1")
    assert result.answer == (
        "in the study published: 1 reproduced, 1 agrees so far, 1 no data and 1 outside; "
        "in the study miniature (a proxy): 1 the opposite shown possible, 1 not shown, 1 not testable "
        "and 1 outside"
    )
    assert result.own == (
        "in the study published: contradicted S; in the study miniature (a proxy): built in S"
    )


def test_what_was_asked_is_named_parts_and_all() -> None:
    assert result_of(made_ledger()).in_full == (
        "published: supported D1, reproduced A, agrees so far D and D2, contradicted S; "
        "miniature: shown possible D1, the opposite shown possible A, not shown D and D2"
    )
    nothing = result_of([entry(claim(), L.NO_DATA)]).in_full
    assert isinstance(nothing, Missing)


def test_real_models_and_those_that_stand_in_for_them_are_kept_apart() -> None:
    result = result_of(made_ledger())
    assert {one.study for one in result.real} == {"published"}
    assert {one.study for one in result.drawn} == {"miniature"}
    assert len(result.real) + len(result.drawn) == len(result.entries)


def test_labels_are_said_with_their_cases_and_with_changes_since_the_freeze(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("clipsafe_utils.claims.result.changes", lambda: [Change("", "A", "", "", "")])
    result = result_of(made_ledger())
    assert result.counted_of("A", "D2", "B") == (
        "A reproduced† (3 of 3), D2 agrees so far (1 of 1), B no data"
    )
    assert isinstance(result.counted_of("nothing"), Missing)
    assert result.effect_of("D2") == "+2.0 points"
    assert isinstance(result.effect_of("B"), Missing)


def test_real_models_speak_for_a_claim_against_it_or_neither_way() -> None:
    result = result_of(made_ledger())
    assert [result.speaks(name) for name in ("A", "D1", "S", "D2", "B", "nothing")] == [
        *("for", "for", "against", "neither", "neither", "neither")
    ]


def test_what_is_said_of_several_networks_has_its_units() -> None:
    few, many = networks([0.02, 0.03, 0.04], "aab"), networks([0.02, 0.03, 0.04, 0.05])
    found = result_of(
        [
            entry(claim("A"), L.REPRODUCED, few),
            entry(claim("B", quantifier="some"), L.REPRODUCED, networks([0.02, 0.03, 0.04], "aaa")),
            entry(claim("C"), L.REPRODUCED, few),
            entry(claim("D"), L.SUPPORTED, many),
            entry(claim("E"), L.UNCLEAR, many),
        ]
    )
    assert found.firm == "supported D (4 units); reproduced A and C (2 units) and B (1 unit)"
    assert found.of_some == "B"
    assert isinstance(result_of([]).of_some, Missing)


def test_a_first_page_leads_with_what_real_models_say_beyond_one_or_two() -> None:
    leads = result_of(made_ledger()).said_of_real
    assert [(one.claim.id, one.label) for one in leads] == [
        ("A", L.REPRODUCED),
        ("D1", L.SUPPORTED),
        ("S", L.CONTRADICTED),
    ]
    # A whole has no networks of its own to show.
    whole = entry(claim("W", statistic="", all_of=("A",)), L.REPRODUCED)
    assert result_of([whole]).said_of_real == []


def test_what_another_unit_would_take_is_said_of_real_models() -> None:
    open_ = result_of(made_ledger()).next_unit
    assert [one.claim.id for one, _ in open_] == ["A", "D2"]
    assert "3 more training lineages" in open_[1][1]


def test_what_another_choice_turns() -> None:
    entries = made_ledger()
    other = [
        changed(entries[0], L.REPRODUCED),
        changed(entries[0], L.UNCLEAR, "fit", "local"),
        changed(entries[6], L.REPRODUCED, "fit", "local"),
        changed(entries[2], L.NO_DATA),
    ]
    flips = result_of(entries, other).flips
    assert (flips.flipped, flips.number, flips.turned) == ("2", "3", "2 (A, D1)")
    assert flips.decided == "2 of 3"
    assert flips.labels == "A in published (by 1 choice) and D1 in published (by 1 choice)"
    assert result_of(entries, other).tries("fit")
    assert not result_of(entries, other).tries("error")
    assert flips.change == "a local line, not one for all networks"


def test_where_nothing_turns() -> None:
    entries = made_ledger()
    flips = result_of(entries, [changed(entries[0], L.REPRODUCED)]).flips
    assert (flips.flipped, flips.number, flips.decided) == ("0", "1", "0 of 1")
    assert isinstance(flips.labels, Missing)
    assert isinstance(flips.change, Missing)
    assert isinstance(flips.turned, Missing)
    assert isinstance(result_of(entries).flips.number, Missing)


def test_effects_are_those_of_the_level_of_the_page() -> None:
    entries = [entry(claim(), L.REPRODUCED, networks([0.02, 0.03, 0.04]))]
    wide, narrow = (ClaimsLedger([], level, entries).effects.iloc[0] for level in (0.95, 0.5))
    assert wide["value"] == narrow["value"] == pytest.approx(3)
    assert wide["low"] < narrow["low"] < narrow["high"] < wide["high"]


def test_sources_are_those_of_cubes_with_an_effect() -> None:
    studies = [find_study("published"), find_study("miniature")]
    entries = [
        entry(claim(cube="shape_bias"), L.REPRODUCED, networks([0.03])),
        entry(claim("Y"), L.NO_DATA, study="miniature"),
    ]
    own, part = ClaimsLedger(studies, 0.95, entries).sources
    assert "texture-vs-shape" in own
    assert "vlm_shapebias" in part
    assert part.endswith("CC BY-SA 4.0")


def test_a_study_that_can_be_asked_nothing_is_refused() -> None:
    with pytest.raises(ClipsafeError, match="Nothing to show: field can be asked no claim"):
        claims_ledger(check_parameters("claims", {"studies": ["field"]}))


def test_the_ledger_of_the_record_says_what_it_adds_up_to() -> None:
    result = claims_ledger(check_parameters("claims", {"studies": ["published"], "confidence": 0.9}))
    assert result.confidence == 0.9
    assert (result.number, result.number_own) == ("21", "2")
    assert result.drawn == []
    counted = {label: len([one for one in result.real if one.label is label]) for label in L}
    assert counted[L.OUTSIDE] == 2  # F18 and F19
    assert not any(counted[label] for label in (L.SHOWN_POSSIBLE, L.NOT_SHOWN, L.BUILT_IN, L.NOT_TESTABLE))
    assert {one.claim.id for one in result.said_of_real} >= {"S2"}


def test_each_claim_has_its_label_in_each_study_that_of_real_models_first() -> None:
    labels = result_of(list(reversed(made_ledger()))).labels
    assert labels["A"] == "published: reproduced; miniature (proxy): the opposite shown possible"
    assert set(labels) == {one.claim.id for one in made_ledger()}
