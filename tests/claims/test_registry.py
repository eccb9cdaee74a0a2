"""The file of claims is complete, each of its rules is kept, and a claim cannot be changed."""

import importlib.util
import json
import re
from collections.abc import Iterator
from dataclasses import FrozenInstanceError, fields
from types import ModuleType
from typing import Any

import pytest

from clipsafe_utils.claims.choices import ALTERNATIVES, Choices, one_at_a_time
from clipsafe_utils.claims.registry import Claim, check_claims, claims, find_claim
from clipsafe_utils.claims.statistics import STATISTICS
from clipsafe_utils.claims.wording import CHANGES, SEEN_IN
from clipsafe_utils.cubes import find_study
from clipsafe_utils.cubes.storage import content_hash
from clipsafe_utils.cubes.studies import REPOSITORY
from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.registry.smallest_effects import FILE

NAMES = tuple(field.name for field in fields(Choices))
ROW: dict[str, Any] = {
    "id": "X",
    "sentence": "Cats are liquid.",
    "seen": "paper",
    "chapter": "shape-bias",
    "cube": "factors",
    "groups": ["standard"],
    "statistic": "volume",
    "unit": "litres",
    "population": "cats; a unit is a litter",
    "because": "a spoon",
    "against": "edges",
    "family": "cats",
    "known_before": "nothing",
}
ONE_OF = "needs one of statistic, all_of, outside and no_data."


def _check(**changes: Any) -> tuple[Claim, ...]:
    row = {name: value for name, value in (ROW | changes).items() if value is not None}
    return check_claims([row])


def test_a_row_becomes_a_claim() -> None:
    (claim,) = _check(groups=["standard"], finding="F", choices=["axes"])
    assert (claim.id, claim.groups, claim.finding, claim.choices) == ("X", ("standard",), "F", ("axes",))
    assert (claim.is_asked, claim.is_own) == (True, False)
    assert (claim.quantifier, claim.direction, claim.training_sources) == ("each", "either", 1)
    (own,) = _check(seen="book")
    assert own.is_own
    (closed,) = _check(statistic=None, outside="cats have no say")
    assert not closed.is_asked


@pytest.mark.parametrize("name", [field.name for field in fields(Claim)])
def test_no_attribute_of_a_claim_can_be_changed(name: str) -> None:
    with pytest.raises(FrozenInstanceError):
        setattr(find_claim("F2"), name, "other")
    assert isinstance(hash(find_claim("F2")), int)  # Nothing in it can change, either.


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"colour": "red"}, "claim 'X': has no attribute 'colour'."),
        ({"sentence": None}, "claim 'X': needs id, sentence and seen."),
        ({"id": None}, "claim '': needs id, sentence and seen."),
        ({"seen": "rumour"}, "seen is 'rumour'; it is one of paper, summary, follow-up, book."),
        ({"direction": "left"}, "direction is 'left'; it is one of up, down, either, none."),
        ({"quantifier": "most"}, "quantifier is 'most'; it is one of each, some."),
        ({"built_in": "fate"}, "built_in is 'fate'; it is one of sources, logit_scale, templates."),
        ({"not_testable": "fate"}, "not_testable is 'fate'; it is one of sources, logit_scale, templates."),
        ({"groups": ["cats"]}, "groups is 'cats'; it is one of clip_zero_shot,"),
        ({"choices": ["colour"]}, "choices is 'colour'; it is one of axes,"),
        ({"smallest_effect": -0.01}, "smallest_effect is negative; its sign is the direction's."),
        ({"outside": "too large"}, ONE_OF),
        ({"no_data": "none found"}, ONE_OF),
        ({"all_of": ["X"]}, ONE_OF),
        ({"statistic": None}, ONE_OF),
        ({"statistic": None, "outside": "too large", "no_data": "none found"}, ONE_OF),
        ({"cube": "cats"}, "cube is 'cats'; it is one of models,"),
        ({"cube": None}, "cube is ''; it is one of models,"),
        *(
            ({name: None}, f"a statistic needs {name}.")
            for name in (
                "chapter",
                "groups",
                "unit",
                "because",
                "against",
                "family",
                "population",
                "known_before",
            )
        ),
        ({"known_before": "all"}, "known_before is 'all'; it is one of nothing, direction, numbers."),
        ({"statistic": None, "all_of": ["Y"]}, "claim 'X': all_of names 'Y', no claim of its own."),
        ({"statistic": None, "all_of": ["X"]}, "claim 'X': all_of names 'X', no claim of its own."),
    ],
)
def test_each_rule_is_named(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ClipsafeError, match=r"claims\.toml") as stopped:
        _check(**changes)
    assert words in str(stopped.value)


def test_no_id_stands_twice() -> None:
    with pytest.raises(ClipsafeError, match="claim 'X': appears twice"):
        check_claims([ROW, ROW])


def test_a_claim_is_found_by_its_id() -> None:
    assert find_claim("F16c").finding == "F16"
    with pytest.raises(ClipsafeError, match="There is no claim 'F99'; the claims are F1, F2,"):
        find_claim("F99")


def test_every_finding_is_there_once_and_parts_belong_to_one() -> None:
    whole = [claim.id for claim in claims() if not claim.finding]
    assert whole == [*(f"F{number}" for number in range(1, 22)), "S1", "S2"]
    assert [claim.id for claim in claims() if claim.is_own] == ["S1", "S2"]
    for claim in claims():
        assert (claim.finding or claim.id) in whole
        assert claim.sentence.endswith(".")
        assert all(find_claim(part).is_asked for part in claim.all_of)


def test_every_claim_has_a_statistic_and_every_statistic_a_claim() -> None:
    assert {claim.statistic for claim in claims() if claim.is_asked} == set(STATISTICS)


def test_claims_of_a_family_are_asked_of_one_cube_unless_they_are_of_one_finding() -> None:
    # Holm's correction is for claims that share data.
    families: dict[str, list[Claim]] = {}
    for claim in claims():
        if claim.is_asked:
            families.setdefault(claim.family, []).append(claim)
    for family, of_family in families.items():
        cubes, findings = {claim.cube for claim in of_family}, {claim.finding for claim in of_family}
        assert len(cubes) == 1 or (len(findings) == 1 and "" not in findings), family


def test_some_is_claimed_in_one_direction_only() -> None:
    # The largest effect of a unit is not defined otherwise.
    assert all(claim.direction in ("up", "down") for claim in claims() if claim.quantifier == "some")


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


# Where the smallest effects come from

SCRIPT = REPOSITORY / "benchmarks" / "smallest_effects.py"
REPORT: dict[str, dict[str, Any]] = json.loads(FILE.read_text(encoding="utf-8"))
BY_HAND = {
    "F1": (1.0, "the sentence: six, not five"),
    "F8": (0.0, "the word “consistently”"),
    "F10": (0.0, "the word “main”"),
    "F12": (0.01, "ln 1.01"),
    "F16c": (0.1, "twice the 0.05"),
    "F17": (0.5, "the word “predicts”"),
}
"""Claims whose smallest effect is no formula of a cube, with how their reason begins."""

_NAMED = re.compile(r"“([^”]+)”")


@pytest.fixture(scope="module")
def script() -> ModuleType:
    specification = importlib.util.spec_from_file_location("smallest_effects", SCRIPT)
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def _frozen_cubes() -> None:
    """Skip where a cube is no longer the one of which the smallest effects were computed."""
    for place, frozen in REPORT["cubes"].items():
        study, _, cube = place.partition("/")
        if content_hash(find_study(study).read(cube))[:16] != frozen:
            pytest.skip(f"{place} is another one since the smallest effects were frozen")


def _of_formulas() -> Iterator[tuple[Claim, str]]:
    for claim in claims():
        if claim.is_asked and claim.id not in BY_HAND:
            name = _NAMED.fullmatch(claim.because)
            assert name is not None, f"{claim.id}: {claim.because}"
            yield claim, name[1]


def test_a_smallest_effect_is_that_of_its_formula(script: ModuleType) -> None:
    effects = REPORT["effects"]
    for claim, name in _of_formulas():
        assert claim.smallest_effect == effects[name], claim.id
    # No formula is computed for nobody.
    assert {name for _, name in _of_formulas()} == set(effects) == set(script.FORMULAS)


@pytest.mark.parametrize("name", BY_HAND)
def test_a_smallest_effect_by_hand_says_why(name: str) -> None:
    number, reason = BY_HAND[name]
    assert find_claim(name).smallest_effect == number
    assert find_claim(name).because.startswith(reason)


@pytest.mark.usefixtures("_frozen_cubes")
@pytest.mark.parametrize("name", REPORT["effects"])
def test_a_smallest_effect_is_computed_again(name: str, script: ModuleType) -> None:
    assert round(script.FORMULAS[name](), script.DIGITS) == REPORT["effects"][name]
