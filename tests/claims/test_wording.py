"""How claims and labels are written: units, signs, intervals, rules."""

import math

import pytest

from clipsafe_utils.claims.labels import Label
from clipsafe_utils.claims.populations import UnitMean
from clipsafe_utils.claims.registry import claims
from clipsafe_utils.claims.wording import MARKS, bounds, ends, estimate, number, rule
from tests.claims.made import claim


@pytest.mark.parametrize(
    ("unit", "value", "written"),
    [
        ("points of AUROC", -0.0123, "−1.2"),
        ("points", 0.0, "0.0"),
        ("points of the spread", 0.5, "+50.0"),
        ("nats of NLL", 0.5466, "+0.547"),
        ("rank correlation", 0.9511, "+0.95"),
        ("factors of ten above five", -0.81, "−0.8"),
        ("of the logarithm of temperature", -0.165, "−0.17"),
        ("skill", 0.5, "+0.50"),
    ],
)
def test_numbers(unit: str, value: float, written: str) -> None:
    assert number(claim(unit=unit), value) == written


def test_ends_of_an_interval() -> None:
    assert ends(claim(), -0.004, 0.05) == "−0.4 to +5.0"
    for low, high in ((-math.inf, math.inf), (math.nan, math.nan)):
        assert ends(claim(), low, high) == "no bound"


@pytest.mark.parametrize(
    ("unit", "low", "high", "written"),
    [
        ("points", -0.609, 1.161, "−60.9 to no bound"),
        ("points", -1.257, 1.809, "no bound"),
        ("points of AUROC", -1.0, 1.0, "−100.0 to +100.0"),
        ("points of the spread", -0.51, 0.5, "no bound to +50.0"),
        ("rank correlation", -1.14, 1.32, "−1.14 to +1.32"),
        ("rank correlation", -2.04, 2.22, "no bound"),
        ("skill", -3.0, 1.17, "−3.00 to no bound"),
        ("factors of ten above five", -5.5, 5.0, "no bound to +5.0"),
        ("nats of NLL", -9.0, 9.0, "−9.000 to +9.000"),
    ],
)
def test_an_end_beyond_what_is_possible_is_no_bound(unit: str, low: float, high: float, written: str) -> None:
    assert ends(claim(unit=unit), low, high) == written
    inside = bounds(claim(unit=unit), low, high)
    assert [end for end in inside if math.isfinite(end)] == [end for end in (low, high) if end in inside]


def test_an_estimate_has_its_interval_at_the_level_that_is_asked() -> None:
    # Student's t with three degrees of freedom is 3.182 at 95 % and 1.638 at 80 %; the error is a point.
    mean = UnitMean(0.04, 0.02, 4)
    assert estimate(claim(), mean, 0.95) == "+4.0 points (+0.8 to +7.2)"
    assert estimate(claim(), mean, 0.8) == "+4.0 points (+2.4 to +5.6)"
    assert estimate(claim(), UnitMean(0.04, math.nan, 1), 0.95) == "+4.0 points (no bound)"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"direction": "up"}, "effects above 0 beyond chance, with a mean of 1.0 points or more"),
        ({"direction": "down"}, "effects below 0 beyond chance, with a mean of 1.0 points or more"),
        ({"direction": "either"}, "effects of one sign beyond chance, with a mean of 1.0 points or more"),
        ({"direction": "none"}, "effects of 1.0 points or more ruled out both ways"),
        (
            {"quantifier": "some"},
            "one network or more with an effect above 0 beyond chance, of 1.0 points or more",
        ),
        (
            {"unit": "nats of NLL", "smallest_effect": 0.2},
            "effects above 0 beyond chance, with a mean of 0.200 nats of NLL or more",
        ),
    ],
)
def test_rules(changes: dict[str, object], said: str) -> None:
    assert rule(claim(**changes)) == f"For it: {said}. Against it: anything else."


def test_every_rule_can_be_said() -> None:
    for one in claims():
        if one.is_asked:
            said = rule(one)
            assert said.endswith(f". Against it: {one.against}.")
            assert "+" not in said


def test_every_label_has_a_sign() -> None:
    assert set(MARKS) == set(Label)
    # One sign for two labels only where both say that nothing is known, of real models and of a proxy.
    shared = [label for label in Label if list(MARKS.values()).count(MARKS[label]) > 1]
    assert shared == [Label.UNCLEAR, Label.NOT_SHOWN]
