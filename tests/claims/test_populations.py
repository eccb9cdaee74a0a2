"""Both populations by hand, against the textbook, and in properties: bands of networks, means of units."""

import math
from dataclasses import replace

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import assume, given
from hypothesis import strategies as some
from scipy import stats

from clipsafe_utils.claims.evidence import Case, Evidence, among
from clipsafe_utils.claims.populations import (
    ALPHA,
    Side,
    UnitMean,
    effect_of,
    effects_of_units,
    half_widths,
    mean_over_units,
    sides,
)
from tests.claims.made import claim, networks

GAIN = [0.031, 0.012, 0.045, -0.008, 0.027, 0.019]
MEANS = some.builds(
    UnitMean,
    estimate=some.floats(-0.9, 0.9),
    spread=some.floats(0.001, 1.0),
    units=some.integers(2, 40),
    error_of_images=some.just(0.0) | some.floats(0.001, 1.0),
    choices=some.integers(1, 10),
)


def _mean(values: list[float], **changes: float) -> UnitMean:
    return mean_over_units(networks(values, **changes))


# The networks measured


def test_a_band_by_hand() -> None:
    # Two-sided at 5 % over 3 cases: 0.8333 % in each tail, 2.3940 normal errors; over 2 more alternatives
    # 0.2778 %, 2.7729; with five degrees of freedom 3.5341.
    evidence = networks([0.1, 0.2, 0.3], error=0.01)
    assert half_widths(evidence) == pytest.approx([0.023940] * 3, abs=1e-6)
    chosen = among(dict.fromkeys("abc", evidence))
    assert half_widths(chosen) == pytest.approx([0.027729] * 3, abs=1e-6)
    student = replace(evidence, cases=tuple(replace(case, freedom=5) for case in evidence.cases))
    assert half_widths(student) == pytest.approx([0.035341] * 3, abs=1e-6)
    assert half_widths(evidence, 0.3) == pytest.approx([stats.norm.isf(0.05) * 0.01] * 3)


def test_a_band_holds_all_networks_at_once_however_they_hang_together() -> None:
    rng, cases = np.random.default_rng(1), 6
    half = half_widths(networks([0.0] * cases, error=1.0))
    missed = {}
    for shared in (0.0, 0.5, 0.95):
        noise = np.sqrt(shared) * rng.normal(size=(20_000, 1))
        noise = noise + np.sqrt(1 - shared) * rng.normal(size=(20_000, cases))
        missed[shared] = (np.abs(noise) > half).any(axis=1).mean()
    assert missed[0.0] == pytest.approx(1 - (1 - ALPHA / cases) ** cases, abs=0.005)
    assert missed[0.95] < missed[0.5] < missed[0.0] < ALPHA + 0.005


def test_where_no_chance_is_known_the_band_is_unbounded() -> None:
    unknown = networks([0.5, -0.5], error=0.0)
    assert half_widths(unknown).tolist() == [math.inf, math.inf]
    assert sides(claim(), unknown) == [Side.OPEN, Side.OPEN]
    # A second reading is knowledge of chance.
    read_twice = replace(unknown, floor=0.01, readings=1)
    assert sides(claim(), read_twice) == [Side.CLAIMED, Side.AGAINST]


UP, DOWN, EITHER, NONE = (claim(direction=direction) for direction in ("up", "down", "either", "none"))
C, A, S, O = Side.CLAIMED, Side.AGAINST, Side.SMALL, Side.OPEN  # noqa: E741


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (UP, [C, A, S, O, C]),
        (DOWN, [A, C, S, O, A]),
        (EITHER, [C, A, S, O, C]),
        (NONE, [A, A, C, O, O]),
    ],
)
def test_sides_of_every_direction(asked: object, expected: list[Side]) -> None:
    # With an error of 0.001 the band of five is 0.0026: above, below, within a point, reaching over it, and
    # beyond zero but not as large as matters.
    values = [0.030, -0.025, 0.002, 0.0005, 0.0095]
    cases = networks(values, error=0.001).cases
    wide = replace(cases[3], error=0.01)
    evidence = Evidence((*cases[:3], wide, cases[4]), "network", "training lineage")
    assert sides(asked, evidence) == expected


def test_either_sign_goes_by_the_mean() -> None:
    assert sides(EITHER, networks([-0.03, -0.03, 0.02])) == [C, C, A]
    assert sides(EITHER, networks([0.03, 0.03, -0.02])) == [C, C, A]


def test_small_is_what_the_whole_band_is() -> None:
    # The band of one is 1.96 errors: 0.0080 + 0.00196 is within a point, 0.0081 + 0.00196 is not.
    assert sides(UP, networks([0.0080], "a")) == [S]
    assert sides(UP, networks([0.0081], "a")) == [C]
    assert sides(UP, networks([0.0019], "a", error=0.001)) == [S]
    assert sides(claim(smallest_effect=0.0), networks([0.00195], "a")) == [O]
    assert sides(claim(smallest_effect=0.0), networks([0.00197], "a")) == [C]


# Another unit


def test_the_mean_over_units_is_a_t_test() -> None:
    mean, expected = _mean(GAIN), stats.ttest_1samp(GAIN, 0.0)
    assert (mean.estimate, mean.units, mean.choices) == (pytest.approx(np.mean(GAIN)), 6, 1)
    assert mean.error_of_units == pytest.approx(stats.sem(GAIN))
    assert mean.interval() == pytest.approx(tuple(expected.confidence_interval()))
    assert mean.interval(0.8) == pytest.approx(tuple(expected.confidence_interval(0.8)))
    assert mean.p_value() == pytest.approx(expected.pvalue, rel=1e-6)
    assert mean.p_value(0.05) == pytest.approx(stats.ttest_1samp(GAIN, 0.05).pvalue, rel=1e-6)


def test_networks_of_a_unit_are_one_witness() -> None:
    units = "abaacb"
    means = [np.mean([GAIN[0], GAIN[2], GAIN[3]]), np.mean([GAIN[1], GAIN[5]]), GAIN[4]]
    evidence = networks(GAIN, units)
    assert effects_of_units(evidence) == pytest.approx(dict(zip("abc", means, strict=True)))
    expected = stats.ttest_1samp(means, 0.0)
    mean = mean_over_units(evidence)
    assert mean.units == 3
    assert mean.interval() == pytest.approx(tuple(expected.confidence_interval()))


def test_of_some_the_largest_is_shown_with_its_share_of_the_band() -> None:
    evidence = networks([0.1, -0.3, 0.2, -0.1], "aabb", error=0.01)
    largest = effect_of(claim(quantifier="some"), evidence)
    # Bonferroni over four: 0.05 / 8 leaves 2.4977 errors to each side.
    assert (largest.estimate, largest.units) == (0.2, 2)
    assert largest.interval() == pytest.approx((0.175023, 0.224977), abs=1e-6)
    assert largest.next_unit() == (-np.inf, np.inf)
    assert effect_of(claim(quantifier="some", direction="down"), evidence).estimate == -0.3
    assert effect_of(claim(), evidence) == mean_over_units(evidence)


def test_images_add_in_quadrature_by_hand() -> None:
    # Four units with a spread of 0.02, 0.01 in the mean; t with three degrees of freedom 3.1824, z 1.9600.
    mean = UnitMean(0.04, 0.02, 4, error_of_images=0.02)
    # 0.031824 and 0.039199, squared 0.0010128 and 0.0015366: together the square of 0.050491.
    assert mean.interval() == pytest.approx((-0.010491, 0.090491), abs=1e-6)
    evidence = networks([0.02, 0.06], error_of_images=0.02)
    assert mean_over_units(evidence).error_of_images == 0.02


def test_the_next_unit_by_hand() -> None:
    # The spread of one more is 0.02 * sqrt(1 + 1/4) = 0.02236, times 3.1824.
    low, high = UnitMean(0.04, 0.02, 4).next_unit()
    assert (low, high) == pytest.approx((0.04 - 0.071162, 0.04 + 0.071162), abs=1e-6)
    low, high = UnitMean(0.04, 0.02, 4, error_of_images=0.02).next_unit()
    assert high - 0.04 == pytest.approx(math.hypot(0.071162, 0.039199), abs=1e-6)
    assert 0.04 - low == pytest.approx(high - 0.04)


@pytest.mark.parametrize("confidence", [0.95, 0.8])
def test_the_next_unit_is_that_of_an_independent_implementation(confidence: float) -> None:
    only_a_mean = sm.OLS(GAIN, np.ones(len(GAIN))).fit()
    expected = only_a_mean.get_prediction([1.0]).conf_int(obs=True, alpha=1 - confidence)[0]
    assert _mean(GAIN).next_unit(confidence) == pytest.approx(tuple(expected))


def test_the_next_unit_is_held_as_often_as_promised() -> None:
    rng = np.random.default_rng(2)
    held = 0
    for *seen, new in rng.normal(0.3, 1.0, (4_000, 6)).tolist():
        low, high = UnitMean(float(np.mean(seen)), float(np.std(seen, ddof=1)), 5).next_unit()
        held += low < new < high
    assert held / 4_000 == pytest.approx(1 - ALPHA, abs=0.012)


def test_one_unit_leaves_everything_open() -> None:
    mean = mean_over_units(networks([0.1, 0.2], "aa"))
    assert (mean.estimate, mean.units) == (pytest.approx(0.15), 1)
    assert math.isnan(mean.spread)
    assert mean.interval() == mean.next_unit() == (-math.inf, math.inf)
    assert mean.p_value() == mean.p_value(0.01) == 1.0


def test_a_choice_is_paid_for() -> None:
    alone = _mean(GAIN)
    one_of = replace(alone, choices=3)
    assert one_of.p_value() == pytest.approx(3 * alone.p_value())
    assert one_of.interval(0.95) == pytest.approx(alone.interval(1 - 0.05 / 3))
    assert replace(alone, choices=1_000).p_value() == 1.0
    chosen = among({"one": networks(GAIN), "other": networks([0.0, 0.001])})
    assert mean_over_units(chosen).choices == 2


def test_without_any_spread_all_but_the_mean_itself_is_ruled_out() -> None:
    certain = UnitMean(0.5, 0.0, 4)
    assert certain.interval() == (0.5, 0.5)
    assert certain.p_value(0.5) == 1.0
    assert certain.p_value() < 1e-11
    assert replace(certain, choices=4).p_value() == pytest.approx(4 * certain.p_value())


@given(mean=MEANS, null=some.floats(-0.9, 0.9))
def test_at_the_level_of_its_p_value_the_interval_just_touches(mean: UnitMean, null: float) -> None:
    p_value = mean.p_value(null)
    assume(1e-11 * mean.choices < p_value < 1)
    low, high = mean.interval(1 - p_value)
    end = low if null < mean.estimate else high
    assert end == pytest.approx(null, abs=1e-6 * (1 + high - low))


@given(mean=MEANS)
def test_the_interval_of_the_next_unit_is_the_wider_one(mean: UnitMean) -> None:
    alone = replace(mean, choices=1)
    assert alone.next_unit()[0] < alone.interval()[0]
    assert alone.interval()[1] < alone.next_unit()[1]


@given(value=some.floats(-1, 1), units=some.lists(some.sampled_from("abcd"), min_size=1, max_size=11))
def test_another_network_of_a_known_unit_adds_no_unit(value: float, units: list[str]) -> None:
    evidence = networks([0.1] * len(units), units)
    more = Case("another", value, units[-1], ("ConvNeXt",))
    after = replace(evidence, cases=(*evidence.cases, more))
    assert after.units == evidence.units
    assert mean_over_units(after).units == mean_over_units(evidence).units == len(set(units))
