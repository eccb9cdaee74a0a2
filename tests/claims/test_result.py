"""What chapter 8 says that the ledger adds up to."""

from collections.abc import Sequence

import pytest

from clipsafe_utils.claims.ledger import Changed, Entry
from clipsafe_utils.claims.registry import find_claim
from clipsafe_utils.claims.result import ClaimsLedger, claims_ledger
from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.parameters import check_parameters
from clipsafe_utils.say import Missing
from tests.claims.made import changed, claim, effect, entry
from tests.claims.made_ledger import C, S, U, made_ledger


def result_of(entries: list[Entry], other: Sequence[Changed] = ()) -> ClaimsLedger:
    """Give the result of a ledger made by hand, with what other choices would make of it."""
    result = ClaimsLedger([], [], 0.95, entries)
    vars(result)["changed"] = list(other)
    return result


def test_findings_are_counted_and_named_by_study() -> None:
    result = result_of(made_ledger())
    assert result.number == "4"
    assert result.answer == (
        "in the study published 1 supported, 0 contradicted, 1 undecided, 2 not measured; "
        "in the study miniature (a proxy) 0 supported, 2 contradicted, 1 undecided, 1 not measured"
    )
    assert result.decided == (
        "published: supported A, contradicted none; miniature: supported none, contradicted A, B"
    )
    assert result.agreement == (
        "of 2 claims that both published and miniature decide, they agree on 1 and part on A"
    )


@pytest.mark.parametrize(
    ("verdicts", "expected"),
    [
        ((S, S), "on A, the one claim that both published and miniature decide, they agree"),
        ((S, C), "on A, the one claim that both published and miniature decide, they part"),
        ((S, U), "no claim is decided by both published and miniature"),
        ((S,), "not measured"),
    ],
)
def test_studies_that_decide_few_claims(verdicts: Sequence[object], expected: str) -> None:
    studies = zip(("published", "miniature"), verdicts, strict=False)
    entries = [entry(claim("A"), verdict, effect(0.03), study=name) for name, verdict in studies]
    assert result_of(entries).agreement == expected


@pytest.mark.parametrize(("confidence", "chance"), [(0.95, "5 %"), (0.9, "10 %"), (0.999, "0.1 %")])
def test_the_chance_of_a_false_verdict_goes_with_the_level(confidence: float, chance: str) -> None:
    said = ClaimsLedger([], [], confidence, made_ledger()).chance
    assert said.replace("\N{NO-BREAK SPACE}", " ") == chance


def test_what_another_choice_turns() -> None:
    entries = made_ledger()
    other = [changed(entries[0], S), changed(entries[0], U, "fit", "local"), changed(entries[4], S)]
    flips = result_of(entries, other).flips
    assert (flips.share, flips.turned) == ("1 of 2", "1 (A)")
    assert flips.change == "a local line, not one for all networks"


def test_where_nothing_turns() -> None:
    entries = made_ledger()
    flips = result_of(entries, [changed(entries[0], S)]).flips
    assert flips.share == "0 of 1"
    assert isinstance(flips.change, Missing)
    assert isinstance(flips.turned, Missing)
    assert isinstance(result_of(entries).flips.share, Missing)


def test_what_is_furthest_says_whose_it_is() -> None:
    furthest = result_of(made_ledger()).furthest
    assert (furthest.claim, furthest.study, furthest.evidence) == ("A, “A is so”", "miniature", "proxy")
    assert furthest.effect == "−5.0 points (−5.2 to −4.8)"
    none = result_of(made_ledger()[:1]).furthest
    assert isinstance(none.claim, Missing)
    assert isinstance(none.evidence, Missing)


def test_both_readings_of_f8_are_of_one_study() -> None:
    first, second = (
        entry(find_claim("F8"), verdict, effect(value, 0.01), study=study)
        for study, verdict, value in (("lab", S, 0.877), ("other", U, 0.5))
    )
    other = [changed(one, C, "consistency", "either_way") for one in (second, first)]
    readings = result_of([first, second], other).consistency
    assert readings.study == "lab"
    assert str(readings.better) == "2.3\N{NO-BREAK SPACE}%"
    assert (readings.literal, readings.either_way) == ("supported", "contradicted")
    assert isinstance(result_of([first], other[:1]).consistency.either_way, Missing)
    assert isinstance(result_of(made_ledger()).consistency.better, Missing)


def test_a_study_without_models_of_a_group_stays_a_proxy() -> None:
    chosen = check_parameters(
        "claims", {"studies": ["published", "miniature"], "groups": ["clip_fine_tuned"]}
    )
    with pytest.raises(ClipsafeError, match="published and miniature can be asked no claim"):
        claims_ledger(chosen)
    chosen = check_parameters("claims", {"studies": ["miniature", "field"], "groups": ["clip_zero_shot"]})
    proxies = {entry.study: entry.of_proxy for entry in claims_ledger(chosen).entries}
    assert proxies == {"miniature": True, "field": False}
