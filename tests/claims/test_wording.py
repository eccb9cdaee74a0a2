"""How claims are written: units, signs, rules."""

import pytest
from clipsafe_utils.claims.effects import Effect
from clipsafe_utils.claims.verdicts import Verdict

from clipsafe_utils.claims.registry import claims
from clipsafe_utils.claims.wording import MARKS, estimate, interval, number, rule
from tests.claims.made import claim


@pytest.mark.parametrize(
    ("unit", "value", "written"),
    [
        ("points of AUROC", -0.0123, "−1.2"),
        ("points", 0.0, "0.0"),
        ("nats of NLL", 0.5466, "+0.547"),
        ("rank correlation", 0.9511, "+0.95"),
        ("factors of ten above five", -0.81, "−0.8"),
    ],
)
def test_numbers(unit: str, value: float, written: str) -> None:
    assert number(claim(unit=unit), value) == written


def test_an_interval_is_that_of_the_level() -> None:
    found = Effect(0.5, 20, "family", 0.2, is_correlation=True)
    of_correlation = claim(unit="correlation")
    assert interval(of_correlation, found, 0.95) == "+0.13 to +0.75"
    assert interval(of_correlation, found, 0.5) == "+0.39 to +0.60"


@pytest.mark.parametrize(
    ("direction", "smallest", "said"),
    [
        (
            "up",
            0.01,
            "supported if above 0 beyond chance and at least 1.0 points; contradicted if that much is",
        ),
        (
            "down",
            0.01,
            "supported if below 0 beyond chance and at most −1.0 points; contradicted if that much",
        ),
        ("up", 0.0, "supported if above 0 beyond chance; contradicted if below 0 beyond chance"),
        ("down", 0.0, "supported if below 0 beyond chance; contradicted if above 0 beyond chance"),
        (
            "either",
            0.02,
            "supported if other than 0 beyond chance and at least 2.0 points, up or down; contra",
        ),
        (
            "none",
            0.01,
            "supported if 1.0 points or more is ruled out both ways; contradicted if other than 0",
        ),
    ],
)
def test_rules(direction: str, smallest: float, said: str) -> None:
    assert rule(claim(direction=direction, smallest_effect=smallest)).startswith(said)


def test_a_correlation_is_written_without_a_unit() -> None:
    assert "at least 0.50;" in rule(claim(unit="rank correlation", smallest_effect=0.5))


def test_every_verdict_has_a_sign_of_its_own() -> None:
    assert set(MARKS) == {str(verdict) for verdict in Verdict}
    assert len(set(MARKS.values())) == len(MARKS)


def test_every_rule_can_be_said() -> None:
    assert all(rule(one).startswith("supported if ") for one in claims() if one.is_asked)


def test_an_estimate_has_its_interval_in_the_unit_of_the_claim() -> None:
    # Student's t with four degrees of freedom is 2.776.
    assert estimate(claim(), Effect(0.04, 5, "family", 0.01), 0.95) == "+4.0 (+1.2 to +6.8)"
    assert estimate(claim(), Effect(0.04, 1, "family", float("inf")), 0.95) == "+4.0 (unbounded)"
