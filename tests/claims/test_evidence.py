"""Evidence by hand: what is counted, how errors add up, and which of several alternatives is shown."""

import math

import numpy as np
import pytest
from scipy import stats

from clipsafe_utils.claims.evidence import (
    IMAGES_ERRORS,
    Case,
    Evidence,
    among,
    jackknife_error,
    standard_error,
    standard_error_of,
)
from clipsafe_utils.metrics.families import jackknife_over_families
from tests.claims.made import networks


def test_networks_families_and_units_are_counted_each_in_their_way() -> None:
    cases = (
        Case("source b", 0.1, "B", ("ViT", "ResNet"), networks=7),
        Case("one", 0.2, "A", ("ViT",)),
        Case("other", 0.3, "B", ("ConvNeXt",)),
    )
    evidence = Evidence(cases, "network", "training lineage")
    assert (evidence.networks, evidence.families, evidence.units) == (9, 3, ["B", "A"])
    assert evidence.values.tolist() == [0.1, 0.2, 0.3]
    assert evidence.images_error in IMAGES_ERRORS


@pytest.mark.parametrize(("readings", "expected"), [(0, 0.03), (1, 0.0502), (2, 0.0644)])
def test_the_floor_enters_once_for_each_reading(readings: int, expected: float) -> None:
    # By hand: 0.0384 is the median difference of two readings; one reading has 0.0384 / 0.6745 / 1.4142 =
    # 0.0403 of its own; with 0.03: sqrt(0.0009 + readings * 0.001624).
    evidence = networks([0.1, 0.2], error=0.03, floor=0.0384, readings=readings)
    assert evidence.errors() == pytest.approx([expected] * 2, abs=1e-4)


def test_the_floor_of_readings_that_were_drawn_gives_their_spread_back() -> None:
    # Many networks, each read twice with an error of 0.3: the median difference has to lead back to it.
    first, second = np.random.default_rng(0).normal(0, 0.3, (2, 200_000))
    floor = float(np.median(np.abs(first - second)))
    one = networks([0.0], "a", error=0.0, floor=floor, readings=1).errors()
    assert one == pytest.approx([0.3], rel=0.01)
    # What compares two networks differs from what it was as the difference of two readings does.
    pair = networks([0.0], "a", error=0.0, floor=floor, readings=2).errors()
    assert pair == pytest.approx([np.std(first - second)], rel=0.01)


def test_a_unit_is_left_out_with_all_its_cases() -> None:
    evidence = networks([0.1, 0.2, 0.3], "aba")
    assert [case.value for case in evidence.without("a").cases] == [0.2]
    assert evidence.without("c") == evidence


def test_an_alternative_that_has_no_other_unit_is_left_out_with_it() -> None:
    both = among({"wide": networks([0.1, 0.2], "ab"), "narrow": networks([0.05], "a")})
    left = both.without("a")
    assert list(left.alternatives) == ["wide"]
    assert [case.value for case in left.alternatives["wide"].cases] == [0.2]


def test_the_alternative_that_is_shown_is_furthest_from_zero_in_its_own_errors() -> None:
    # By hand: the spread of 0.1 and 0.2 is 0.0707, 0.05 in the mean, so 0.15 is 3 errors away; that of
    # -0.021 and -0.019 is 0.00141, 0.001 in the mean, so -0.02 is 20 errors away.
    clear, vague = networks([-0.021, -0.019], error=0.0), networks([0.1, 0.2], error=0.0)
    chosen = among({"vague": vague, "clear": clear})
    assert (chosen.which, chosen.cases) == ("clear", clear.cases)
    assert chosen.alternatives == {"vague": vague, "clear": clear}


@pytest.mark.parametrize(
    "noise", [{"error": 0.2}, {"error_of_images": 0.2}, {"error": 0.0, "floor": 0.2, "readings": 1}]
)
def test_every_kind_of_chance_counts_in_the_choice(noise: dict[str, float]) -> None:
    precise, noisy = networks([0.02, 0.02]), networks([0.09, 0.09], **noise)
    assert among({"noisy": noisy, "precise": precise}).which == "precise"
    assert among({"noisy": networks([0.09, 0.09]), "precise": precise}).which == "noisy"


def test_an_alternative_without_chance_is_furthest_unless_it_is_zero() -> None:
    sure, zero = networks([0.01], "a", error=0.0), networks([0.0], "a", error=0.0)
    assert among({"large": networks([0.9], "a"), "sure": sure}).which == "sure"
    assert among({"zero": zero, "small": networks([0.0001], "a")}).which == "small"


def test_the_first_draw_is_the_estimate_and_no_draw() -> None:
    assert standard_error([9.0, 1.0, 2.0, 3.0]) == pytest.approx(1.0)
    assert standard_error([9.0]) == standard_error([9.0, 1.0]) == 0.0


def test_a_jackknife_of_single_numbers_gives_the_textbook_error_of_their_mean() -> None:
    numbers = np.array([0.3, 0.1, 0.7, 0.2, 0.4])
    without = [np.delete(numbers, place).mean() for place in range(numbers.size)]
    assert jackknife_error(without) == pytest.approx(stats.sem(numbers))


@pytest.mark.parametrize("confidence", [0.95, 0.8])
def test_the_error_of_a_jackknifed_mean_is_that_of_the_textbook(confidence: float) -> None:
    gain = np.array([0.031, 0.012, 0.045, -0.008, 0.027, 0.019])
    mean = jackknife_over_families(lambda keep: gain[keep].mean(), list("abcdef"), confidence=confidence)
    assert standard_error_of(mean, confidence) == pytest.approx(stats.sem(gain))


def test_a_single_family_leaves_the_error_open() -> None:
    mean = jackknife_over_families(lambda keep: 0.5, ["a", "a"])  # noqa: ARG005
    assert math.isinf(standard_error_of(mean))
