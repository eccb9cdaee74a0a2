"""The file of claims is complete, and each of its rules is kept."""

import re
from dataclasses import fields
from typing import Any

import pytest

from clipsafe_utils.claims.choices import ALTERNATIVES, Choices, one_at_a_time
from clipsafe_utils.claims.registry import check_claims, claims, find_claim
from clipsafe_utils.claims.statistics import STATISTICS
from clipsafe_utils.claims.wording import CHANGES, SEEN_IN
from clipsafe_utils.cubes.studies import REPOSITORY
from clipsafe_utils.errors import ClipsafeError

NAMES = tuple(field.name for field in fields(Choices))
ROW: dict[str, Any] = {
    "id": "X",
    "sentence": "Cats are liquid.",
    "seen": "paper",
    "chapter": "shape-bias",
    "cube": "factors",
    "groups": ["standard"],
    "statistic": "volume",
}


def _check(**changes: Any) -> None:
    row = {name: value for name, value in (ROW | changes).items() if value is not None}
    check_claims([row])


def test_a_row_becomes_a_claim() -> None:
    (claim,) = check_claims([ROW | {"groups": ["standard"], "finding": "F"}])
    assert (claim.id, claim.groups, claim.finding, claim.is_asked) == ("X", ("standard",), "F", True)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"colour": "red"}, "claim 'X': has no attribute 'colour'."),
        ({"sentence": None}, "claim 'X': needs id, sentence and seen."),
        ({"id": None}, "claim '': needs id, sentence and seen."),
        ({"seen": "rumour"}, "seen is 'rumour'; it is one of paper, summary, follow-up, book."),
        ({"direction": "left"}, "direction is 'left'; it is one of up, down, either, none."),
        ({"groups": ["cats"]}, "groups is 'cats'; it is one of clip_zero_shot,"),
        ({"choices": ["colour"]}, "choices is 'colour'; it is one of axes,"),
        ({"smallest_effect": -0.01}, "smallest_effect is negative; its sign is the direction's."),
        ({"out_of_scope": "too large"}, "needs one of statistic, all_of, out_of_scope and no_study."),
        ({"statistic": None}, "needs one of statistic, all_of, out_of_scope and no_study."),
        ({"cube": "cats"}, "a statistic needs a cube, groups and a chapter."),
        ({"groups": None}, "a statistic needs a cube, groups and a chapter."),
        ({"chapter": None}, "a statistic needs a cube, groups and a chapter."),
        ({"statistic": None, "all_of": ["Y"]}, "claim 'X': all_of names 'Y', no claim of its own."),
        ({"statistic": None, "all_of": ["X"]}, "claim 'X': all_of names 'X', no claim of its own."),
    ],
)
def test_each_rule_is_named(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ClipsafeError, match=r"claims\.toml") as stopped:
        _check(**changes)
    assert words in str(stopped.value)


def test_no_id_stands_twice() -> None:
    with pytest.raises(ClipsafeError, match="claim 'X': stands twice"):
        check_claims([ROW, ROW])


def test_a_claim_is_found_by_its_id() -> None:
    assert find_claim("F16c").finding == "F16"
    with pytest.raises(ClipsafeError, match="There is no claim 'F99'; the claims are F1, F2,"):
        find_claim("F99")


def test_every_finding_is_there_once_and_parts_belong_to_one() -> None:
    whole = [claim.id for claim in claims() if not claim.finding]
    assert whole == [*(f"F{number}" for number in range(1, 22)), "S1", "S2"]
    assert [claim.id for claim in claims() if claim.seen == "book"] == ["S1", "S2"]
    for claim in claims():
        assert (claim.finding or claim.id) in whole
        assert claim.sentence.endswith(".")
        assert all(find_claim(part).is_asked for part in claim.all_of)


def test_every_claim_has_a_statistic_and_every_statistic_a_claim() -> None:
    assert {claim.statistic for claim in claims() if claim.is_asked} == set(STATISTICS)


def test_every_claim_leads_to_a_figure_of_its_chapter() -> None:
    sources = {
        re.sub(r"^\d+-", "", path.stem): path.read_text(encoding="utf-8")
        for path in (REPOSITORY / "notebooks").glob("*.md")
    }
    for claim in claims():
        if claim.is_asked:
            assert re.search(rf"^    name: {claim.figure}$", sources[claim.chapter], re.MULTILINE), claim.id


def test_every_choice_has_alternatives_and_words() -> None:
    assert set(ALTERNATIVES) == set(NAMES)
    assert set(CHANGES) == {(name, value) for name, values in ALTERNATIVES.items() for value in values}
    for name, values in ALTERNATIVES.items():
        assert getattr(Choices(), name) not in values
    assert {claim.seen for claim in claims()} <= set(SEEN_IN)


def test_one_choice_is_changed_at_a_time() -> None:
    for name, value, choices in one_at_a_time(NAMES):
        different = [one for one in NAMES if getattr(choices, one) != getattr(Choices(), one)]
        assert (different, getattr(choices, name)) == ([name], value)
