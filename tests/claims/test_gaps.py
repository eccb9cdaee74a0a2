"""What stays open, what would close it, and which lines of the protocol are assumptions."""

from clipsafe_utils.claims import assumptions
from clipsafe_utils.claims.gaps import OpenClaims, needed
from clipsafe_utils.claims.labels import Label
from clipsafe_utils.claims.ledger import Entry
from clipsafe_utils.claims.registry import claims, find_claim
from clipsafe_utils.say import Missing
from tests.claims.made import claim, entry, networks
from tests.claims.made_ledger import made_ledger

LEVEL = 0.95


def ids(entries: list[Entry]) -> list[str]:
    return [f"{one.claim.id} {one.study}" for one in entries]


def test_each_entry_stands_in_one_section() -> None:
    result = OpenClaims(made_ledger(), LEVEL)
    assert ids(result.outside) == ["E published"]
    assert ids(result.no_data) == ["B published"]
    assert ids(result.not_asked) == ["B miniature", "S miniature"]
    assert ids(result.few_units) == ["A published"]
    assert ids(result.open) == ["D2 published", "D2 miniature"]


def test_what_is_open_and_what_would_close_it() -> None:
    found = OpenClaims(made_ledger(), LEVEL).work
    one_lineage = "at least 3 more training lineages: with one, their spread is not known"
    assert (one_lineage, "published", ("D2",)) in found
    missing = [one for one in found if one.study == "published" and one.claims == ("B",)]
    assert missing[0].needs.startswith("the cube factors (")
    assert [one.claims for one in found if one.study == "miniature"] == [("D2",)]


def test_work_that_opens_most_comes_first() -> None:
    one_lineage = networks([0.02, 0.03], "aa")
    same = [entry(claim(name), Label.UNCLEAR, one_lineage) for name in ("X", "Y")]
    result = OpenClaims([entry(claim("Z"), Label.NO_DATA), *same], LEVEL)
    assert [one.claims for one in result.work] == [("X", "Y"), ("Z",)]
    assert result.largest_number == "2 claims"
    assert result.largest_work == "at least 3 more training lineages (study published)"


def test_what_is_open_is_counted() -> None:
    result = OpenClaims(made_ledger(), LEVEL)
    assert (result.number, result.number_outside, result.number_no_data) == ("5", "1", "1")
    assert result.of_networks_alone == "A"
    assert result.answer == (
        "the study published leaves 1 open, 1 of them with a label “so far”, and has no data for 1; "
        "the study miniature leaves 1 open and has no data for 0"
    )


def test_claims_of_some_network_wait_for_no_other_unit() -> None:
    three = networks([0.02, 0.03, 0.04])
    asked = [claim("A"), claim("B", quantifier="some"), claim("C", quantifier="some")]
    labels = (Label.REPRODUCED, Label.REPRODUCED, Label.AGREES)
    result = OpenClaims([entry(one, of, three) for one, of in zip(asked, labels, strict=True)], LEVEL)
    assert ids(result.few_units) == ["A published"]
    assert (result.of_networks_alone, result.of_some) == ("A", "B")
    assert [one.claims for one in result.work] == [("A",)]
    assert "leaves 1 open, 1 of them with a label “so far”, and has" in result.answer


def test_where_nothing_is_open() -> None:
    supported = entry(claim("A"), Label.SUPPORTED, networks([0.02, 0.03, 0.02, 0.03]))
    result = OpenClaims([supported], LEVEL)
    assert result.work == result.open == result.no_data == result.few_units == []
    assert result.of_networks_alone == "none"
    for text in (result.largest_work, result.largest_number, result.number_no_data):
        assert isinstance(text, Missing)


def test_the_full_study_is_counted_by_its_catalogue() -> None:
    result = OpenClaims(made_ledger(), LEVEL)
    assert 0 < int(result.sources_of_full_study) < int(result.models_of_full_study)


def test_assumptions_name_claims_and_are_counted() -> None:
    known = {claim.id for claim in claims()}
    lines = assumptions.assumptions()
    for one in lines:
        assert set(one.claims) <= known
        assert one.mark in assumptions.MARKS
        assert one.what[0].isupper()
    assert len({one.what for one in lines}) == len(lines)
    counted = OpenClaims(made_ledger(), LEVEL).assumed
    parts = (counted.found_nowhere, counted.inferred, counted.recalled, counted.from_summaries)
    assert [int(part) for part in parts] == [
        sum(one.mark == mark for one in lines) for mark in ("not found", "inferred", "memory", "summary")
    ]
    assert int(counted.number) == len(lines)


def test_what_a_claim_needs_is_said_with_its_sources() -> None:
    sources = ", of 2 training sources or more"
    assert needed(find_claim("F14")) == f"the cube ood with CLIP, zero-shot{sources}"
    assert needed(find_claim("F2")).endswith("CLIP, zero-shot and Standard (labels only)")


def test_the_largest_of_some_networks_is_no_mean_and_nothing_is_measured_in_zeros() -> None:
    three = networks([0.02, 0.03, 0.04])
    asked = [claim("A"), claim("B", quantifier="some"), claim("C", smallest_effect=0.0)]
    result = OpenClaims([entry(one, Label.UNCLEAR, three) for one in asked], LEVEL)
    assert ids(result.open) == ["A published", "B published", "C published"]
    assert ids(result.means) == ["A published"]
