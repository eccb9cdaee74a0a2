"""How many more units would settle it: checked by judging as many."""

from dataclasses import replace

import pytest

from clipsafe_utils.claims.evidence import Evidence
from clipsafe_utils.claims.labels import Label, judge
from clipsafe_utils.claims.registry import Claim
from clipsafe_utils.claims.settling import more_units, what_would_settle
from clipsafe_utils.metrics.families import FEWEST_UNITS
from tests.claims.made import claim, entry, networks, spread_out, unbounded

UP = claim()
OF_UNITS = {Label.SUPPORTED, Label.CONTRADICTED}


def decides(of: Claim, mean: float, spread: float, units: int, images: float = 0.0) -> bool:
    """Judge so many units, an even number, of exactly this mean and spread."""
    names = [str(place) for place in range(units)]
    evidence = networks(spread_out(mean, spread, units), names, error=0.0, error_of_images=images)
    return judge([(of, evidence)])[0].label in OF_UNITS


@pytest.mark.parametrize(
    ("of", "mean", "spread", "images"),
    [
        (UP, 0.03, 0.04, 0.0),
        (UP, 0.012, 0.05, 0.0),
        (UP, -0.001, 0.02, 0.0),
        (UP, 0.03, 0.04, 0.01),
        (claim(direction="none"), 0.001, 0.03, 0.0),
        (claim(direction="either"), -0.02, 0.05, 0.0),
    ],
)
def test_so_many_more_units_decide_and_fewer_do_not(
    of: Claim, mean: float, spread: float, images: float
) -> None:
    measured = networks(spread_out(mean, spread, 2), error=0.0, error_of_images=images)
    more = more_units(entry(of, Label.UNCLEAR, measured))
    assert more is not None
    needed = 2 + more
    even = needed + needed % 2
    assert needed > FEWEST_UNITS
    assert decides(of, mean, spread, even, images)
    assert not decides(of, mean, spread, even - 2, images)


def test_fewer_than_four_units_never_settle() -> None:
    clear = networks(spread_out(0.03, 0.0001, 2), error=0.0)
    assert more_units(entry(UP, Label.REPRODUCED, clear)) == FEWEST_UNITS - 2
    assert what_would_settle(entry(UP, Label.REPRODUCED, clear)).startswith("about 2 more training lineages")
    three = replace(clear, cases=(*clear.cases, replace(clear.cases[0], unit="c")))
    assert (
        what_would_settle(entry(UP, Label.REPRODUCED, three))
        == "about 1 more training lineage, at this spread"
    )


@pytest.mark.parametrize(
    ("evidence", "words"),
    [
        (
            networks([0.02, 0.03], "aa"),
            "at least 3 more training lineages: with one, their spread is not known",
        ),
        (unbounded(spread_out(0.01 - 1e-9, 0.02)), "no number of training lineages at this estimate"),
        (networks(spread_out(0.03, 0.001), error_of_images=0.03), "no number of training lineages"),
        (
            unbounded(spread_out(0.05, 0.001)),
            "no more training lineages: the 4 would do without Holm's correction",
        ),
    ],
)
def test_in_words(evidence: Evidence, words: str) -> None:
    assert what_would_settle(entry(UP, Label.UNCLEAR, evidence)).startswith(words)


@pytest.mark.parametrize(
    "label", [Label.SUPPORTED, Label.CONTRADICTED, Label.SHOWN_POSSIBLE, Label.BUILT_IN, Label.NOT_TESTABLE]
)
def test_what_is_settled_or_cannot_be_asked_needs_nothing(label: Label) -> None:
    assert what_would_settle(entry(UP, label, networks([0.02, 0.03]))) == ""


def test_a_claim_of_some_network_waits_for_no_other_unit() -> None:
    some = claim(quantifier="some")
    for label in (Label.REPRODUCED, Label.NOT_REPRODUCED, Label.UNCLEAR):
        assert what_would_settle(entry(some, label, networks([0.02, 0.03]))) == ""


def test_without_evidence_nothing_is_forecast() -> None:
    assert what_would_settle(entry(UP, Label.NO_DATA)) == ""
    assert more_units(entry(UP, Label.NO_DATA)) is None
    assert more_units(entry(UP, Label.UNCLEAR, networks([0.02]))) is None
