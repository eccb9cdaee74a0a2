"""What stays open, what would close it, and which lines of the protocol are assumptions."""

from clipsafe_utils.claims import assumptions
from clipsafe_utils.claims.gaps import OpenClaims, needed
from clipsafe_utils.claims.registry import claims, find_claim
from clipsafe_utils.say import Missing
from tests.claims.made_ledger import made_ledger


def test_what_is_open_and_what_would_close_it() -> None:
    found = OpenClaims(made_ledger(), 0.95).work
    assert ("families, 5 or more in all", "published", ("D2",)) in found
    missing = [one for one in found if one.study == "published" and one.claims == ("B",)]
    assert missing[0].needs.startswith("the cube factors (")
    assert [one.claims for one in found if one.study == "miniature"] == [("D2",)]


def test_what_is_open_is_counted() -> None:
    result = OpenClaims(made_ledger(), 0.95)
    assert (result.number, result.number_outside) == ("4", "1")
    assert (result.few, result.number_not_measured) == ("1 of 2", "1")
    assert result.answer == (
        "the study published leaves 1 undecided and has nothing on 1; "
        "the study miniature leaves 1 undecided and has nothing on 0"
    )
    assert result.largest_number == "1 claim"
    assert result.largest_work.endswith(" (study published)")


def test_where_nothing_is_open() -> None:
    result = OpenClaims(made_ledger()[:1], 0.95)
    assert result.work == result.undecided == result.not_measured == []
    for text in (result.largest_work, result.largest_number, result.number_not_measured):
        assert isinstance(text, Missing)


def test_the_full_study_is_counted_by_its_catalogue() -> None:
    result = OpenClaims(made_ledger(), 0.95)
    assert 0 < int(result.sources_of_full_study) < int(result.models_of_full_study)


def test_assumptions_name_claims_and_are_counted() -> None:
    known = {claim.id for claim in claims()}
    lines = assumptions.assumptions()
    for one in lines:
        assert set(one.claims) <= known
        assert one.mark in assumptions.MARKS
        assert one.what[0].isupper()
    assert len({one.what for one in lines}) == len(lines)
    counted = OpenClaims(made_ledger(), 0.95).assumed
    parts = (counted.found_nowhere, counted.inferred, counted.recalled, counted.from_summaries)
    assert [int(part) for part in parts] == [
        sum(one.mark == mark for one in lines) for mark in ("not found", "inferred", "memory", "summary")
    ]
    assert int(counted.number) == len(lines)


def test_what_a_claim_needs_is_said_with_its_sources() -> None:
    sources = ", of 2 training sources or more"
    assert needed(find_claim("F14")) == f"the cube ood with CLIP, zero-shot{sources}"
    assert needed(find_claim("F2")).endswith("CLIP, zero-shot and Standard (labels only)")
