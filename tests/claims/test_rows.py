"""Entries as rows of a terminal and as values for a script: each number by hand."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from clipsafe_utils.claims.evidence import among
from clipsafe_utils.claims.labels import Label
from clipsafe_utils.claims.rows import (
    detailed_row_of,
    row_of,
    row_of_change,
    values_of,
    values_of_change,
)
from clipsafe_utils.claims.settling import what_would_settle
from tests.claims.made import changed, claim, entry, networks, unbounded
from tests.claims.made_ledger import made_ledger

GAIN = [0.01, 0.02, 0.03, 0.04]
"""Mean 0.025, standard error 0.00645: at 95 % and three degrees of freedom 0.0205; one more unit 0.0459."""

SUPPORTED = replace(
    entry(claim("A"), Label.SUPPORTED, networks(GAIN), reason="4 of 4 networks as claimed", p_value=0.0305),
    dropped={"a": Label.REPRODUCED, "b": Label.UNCLEAR},
)
CLOSED = entry(claim("B"), Label.NO_DATA, reason="no cube factors")


def test_the_row_of_an_effect() -> None:
    assert row_of(SUPPORTED) == {
        "claim": "A",
        "sentence": "A is so.",
        "label": "✓✓ supported",
        "effect": "+2.5 points",
        "95% interval": "+0.4 to +4.6",
        "because": "4 of 4 networks as claimed",
    }


def test_the_row_of_an_effect_in_detail() -> None:
    assert detailed_row_of(SUPPORTED) == {
        "study": "published",
        "label": "✓✓ supported",
        "effect": "+2.5 points",
        "95% interval": "+0.4 to +4.6",
        "because": "4 of 4 networks as claimed",
        "next unit": "−2.1 to +7.1",
        "units": "4 training lineages",
        "which": "",
        "without one unit": "a: reproduced; b: unclear",
        "another unit": "",
    }
    single = detailed_row_of(entry(claim(), Label.AGREES, networks([0.03], "a")))
    assert (single["units"], single["next unit"], single["95% interval"]) == (
        "1 training lineage",
        "no bound",
        "no bound",
    )
    assert "3 more training lineages" in single["another unit"]


def test_the_row_of_what_has_no_effect() -> None:
    assert row_of(CLOSED) == {
        "claim": "B",
        "sentence": "B is so.",
        "label": "– no data",
        "effect": "",
        "95% interval": "",
        "because": "no cube factors",
    }
    # The same columns, so that a table can hold both.
    assert list(detailed_row_of(CLOSED)) == list(detailed_row_of(SUPPORTED))


def test_the_values_of_an_effect() -> None:
    values = values_of(SUPPORTED)
    low, high = stats.ttest_1samp(GAIN, 0.0).confidence_interval(0.95)
    next_half = stats.t.ppf(0.975, 3) * np.std(GAIN, ddof=1) * math.sqrt(1.25)
    numbers = ("effect", "low", "high", "next_low", "next_high", "p_value", "confidence", "smallest_effect")
    assert [values.pop(name) for name in numbers] == pytest.approx(
        [0.025, low, high, 0.025 - next_half, 0.025 + next_half, 0.0305, 0.95, 0.01]
    )
    cases = {f"network {place}": value for place, value in enumerate(GAIN)}
    assert values == {
        "claim": "A",
        "sentence": "A is so.",
        "study": "published",
        "proxy": False,
        "label": "supported",
        "reason": "4 of 4 networks as claimed",
        "family": "made",
        "unit": "points",
        "another_unit": "",
        "which": "",
        "images_error": "binomial",
        "floor": 0.0,
        "networks": {
            "case": "network",
            "number": 4,
            "families": 2,
            "claimed": 4,
            "against": 0,
            "small": 0,
            "open": 0,
            "cases": cases,
        },
        "units": {
            "unit": "training lineage",
            "number": 4,
            "effects": dict(zip("abcd", GAIN, strict=True)),
            "label_without": {"a": "reproduced", "b": "unclear"},
        },
    }


def test_cases_are_counted_by_side() -> None:
    # The band of four at an error of 0.001 is 0.0025.
    mixed = networks([0.03, -0.03, 0.001, 0.0005])
    wide = replace(mixed, cases=(*mixed.cases[:3], replace(mixed.cases[3], error=0.01)))
    found = values_of(entry(claim(), Label.MIXED, wide))["networks"]
    assert isinstance(found, dict)
    assert [found[side] for side in ("claimed", "against", "small", "open")] == [1, 1, 1, 1]


def test_what_is_not_bounded_or_not_measured_is_none() -> None:
    single = values_of(entry(claim(), Label.AGREES, networks([0.03], "a", floor=0.002, readings=1)))
    assert [single[name] for name in ("effect", "floor")] == [0.03, 0.002]
    assert [single[name] for name in ("low", "high", "next_low", "next_high", "p_value")] == [None] * 5
    closed = values_of(CLOSED)
    for name in ("effect", "low", "high", "next_low", "next_high", "p_value", "networks", "units"):
        assert closed[name] is None
    assert (closed["label"], closed["reason"]) == ("no data", "no cube factors")


def test_of_several_alternatives_the_one_that_decides_is_named() -> None:
    chosen = entry(claim(), Label.REPRODUCED, among({"pose": networks([0.03]), "size": networks([0.01])}))
    assert values_of(chosen)["which"] == detailed_row_of(chosen)["which"] == "pose"


def test_every_entry_is_json() -> None:
    for one in made_ledger():
        values = values_of(one)
        assert json.loads(json.dumps(values, allow_nan=False)) == values
        assert values["another_unit"] == what_would_settle(one)
        assert values["proxy"] is one.of_proxy


def test_the_row_and_the_values_of_a_change() -> None:
    after = replace(changed(SUPPORTED, Label.UNCLEAR), after=entry(claim("A"), Label.UNCLEAR, networks(GAIN)))
    after = replace(after, after=replace(after.after, judgement=replace(after.after.judgement, p_value=0.3)))
    assert row_of_change(after) == {
        "claim": "A",
        "study": "published",
        "headline": "supported",
        "changed": "accuracy on probit axes, not raw",
        "label": "? unclear (flips)",
        "effect": "+2.5 points",
        "p": "0.300",
        "because": "",
    }
    assert values_of_change(after) == {
        "claim": "A",
        "study": "published",
        "choice": "axes",
        "value": "probit",
        "headline": "supported",
        "label": "unclear",
        "can_flip": True,
        "flips": True,
        "p_value": 0.3,
        "reason": "",
        "effect": pytest.approx(0.025),
    }


def test_a_change_that_loses_the_effect_or_flips_nothing() -> None:
    lost = replace(changed(SUPPORTED, Label.NO_DATA), after=CLOSED)
    assert (row_of_change(lost)["effect"], row_of_change(lost)["label"]) == ("", "– no data")
    assert (values_of_change(lost)["effect"], values_of_change(lost)["can_flip"]) == (None, False)
    same = changed(SUPPORTED, Label.SUPPORTED)
    assert row_of_change(same)["label"] == "✓✓ supported"


@pytest.mark.parametrize(
    ("p_value", "written"),
    [(math.nan, ""), (0.0305, "0.030"), (0.001, "0.001"), (0.00099, "< 0.001"), (1e-12, "< 0.001")],
)
def test_p_values_are_never_zero(p_value: float, written: str) -> None:
    after = entry(claim(), Label.UNCLEAR, unbounded(GAIN), p_value=p_value)
    assert row_of_change(replace(changed(SUPPORTED, Label.UNCLEAR), after=after))["p"] == written
