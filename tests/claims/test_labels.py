"""Each label and its edges by hand, claims that are corrected together, wholes of parts, and properties."""

import itertools
import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some
from scipy import stats

from clipsafe_utils.claims.evidence import Evidence, among
from clipsafe_utils.claims.labels import (
    OF_A_PROXY,
    Judgement,
    Label,
    in_words,
    judge,
    judge_networks,
    leaning,
    of_parts,
    plural,
)
from clipsafe_utils.claims.populations import UnitMean, mean_over_units, sides
from clipsafe_utils.claims.registry import Claim
from tests.claims.made import SMALLEST, claim, networks, spread_out, unbounded, with_p

UP, DOWN, EITHER, NONE = (claim(direction=direction) for direction in ("up", "down", "either", "none"))
SOME = claim(quantifier="some")
L = Label


def label(asked: Claim, evidence: Evidence) -> Label:
    """The label of a claim that stands alone."""
    return judge([(asked, evidence)])[0].label


# Another unit: supported, contradicted


@pytest.mark.parametrize(
    ("asked", "mean", "expected"),
    [
        (UP, 0.03, L.SUPPORTED),
        (UP, 0.002, L.CONTRADICTED),
        (UP, -0.002, L.CONTRADICTED),
        (UP, -0.03, L.CONTRADICTED),
        (DOWN, -0.03, L.SUPPORTED),
        (DOWN, -0.002, L.CONTRADICTED),
        (DOWN, 0.03, L.CONTRADICTED),
        (EITHER, 0.03, L.SUPPORTED),
        (EITHER, -0.03, L.SUPPORTED),
        (EITHER, 0.002, L.CONTRADICTED),
        (EITHER, -0.002, L.CONTRADICTED),
        (NONE, 0.002, L.SUPPORTED),
        (NONE, -0.002, L.SUPPORTED),
        (NONE, 0.03, L.CONTRADICTED),
        (NONE, -0.03, L.CONTRADICTED),
    ],
)
def test_every_direction_of_another_unit(asked: Claim, mean: float, expected: Label) -> None:
    assert label(asked, unbounded(spread_out(mean, 0.002))) is expected
    assert label(asked, unbounded(spread_out(mean, 0.1))) is L.UNCLEAR


def test_four_units_are_just_enough() -> None:
    assert label(UP, unbounded([0.030, 0.031, 0.032, 0.033])) is L.SUPPORTED
    assert label(UP, unbounded([0.030, 0.031, 0.032])) is L.UNCLEAR
    # Networks add no unit, however many they are.
    assert label(UP, unbounded([0.030, 0.031, 0.032, 0.033, 0.030, 0.031], units="abcabc")) is L.UNCLEAR
    (three,) = judge([(UP, unbounded([0.030, 0.031, 0.032]))])
    assert math.isnan(three.p_value)


def test_an_estimate_just_short_of_the_smallest_effect_is_not_supported() -> None:
    # Numbers that binary fractions hold exactly: four units whose mean is a quarter.
    asked, at = claim(smallest_effect=0.25), [0.21875, 0.28125, 0.21875, 0.28125]
    assert label(asked, unbounded(at)) is L.SUPPORTED
    assert label(claim(smallest_effect=math.nextafter(0.25, 1)), unbounded(at)) is L.UNCLEAR
    against = claim(direction="none", smallest_effect=0.25)
    assert label(against, unbounded(at)) is L.CONTRADICTED
    just_short = claim(direction="none", smallest_effect=math.nextafter(0.25, 1))
    assert label(just_short, unbounded(at)) is L.UNCLEAR


def test_without_a_smallest_effect_the_sign_is_all() -> None:
    free = claim(smallest_effect=0.0)
    assert label(free, unbounded(spread_out(0.001, 0.0002))) is L.SUPPORTED
    assert label(free, unbounded(spread_out(-0.001, 0.0002))) is L.CONTRADICTED
    assert label(free, unbounded([0.0] * 4)) is L.UNCLEAR


@pytest.mark.parametrize(("p_value", "expected"), [(0.0499, L.SUPPORTED), (0.0501, L.UNCLEAR)])
def test_the_edge_of_chance(p_value: float, expected: Label) -> None:
    (alone,) = judge([(UP, with_p(p_value))])
    assert (alone.label, alone.p_value) == (expected, pytest.approx(p_value, rel=1e-6))


@pytest.mark.parametrize(("p_value", "expected"), [(0.0249, L.SUPPORTED), (0.0251, L.UNCLEAR)])
def test_the_edge_of_chance_after_holm(p_value: float, expected: Label) -> None:
    both = judge([(UP, with_p(p_value)), (UP, with_p(p_value))])
    assert [one.label for one in both] == [expected, expected]
    assert [one.p_value for one in both] == pytest.approx([2 * p_value] * 2, rel=1e-6)


def test_holm_counts_only_what_is_tested_over_units_and_step_by_step() -> None:
    weak, strong, few = with_p(0.03), with_p(0.001), networks([0.03, 0.03])
    assert [one.label for one in judge([(UP, weak), (UP, few)])] == [L.SUPPORTED, L.AGREES]
    # The least of two pays twice, the other once.
    found = judge([(UP, weak), (UP, few), (UP, strong)])
    assert [one.label for one in found] == [L.SUPPORTED, L.AGREES, L.SUPPORTED]
    assert [one.p_value for one in found] == pytest.approx([0.03, math.nan, 0.002], nan_ok=True)
    assert judge([]) == []


def test_the_p_value_is_that_of_student_against_the_bound_that_decides() -> None:
    (above,) = judge([(UP, unbounded(spread_out(0.03, 0.02)))])
    assert above.p_value == pytest.approx(stats.ttest_1samp(spread_out(0.03, 0.02), 0.0).pvalue)
    (below,) = judge([(UP, unbounded(spread_out(0.004, 0.02)))])
    assert below.p_value == pytest.approx(stats.ttest_1samp(spread_out(0.004, 0.02), SMALLEST).pvalue)
    # Either sign: the nearer of the two bounds is the harder one to rule out.
    for asked in (EITHER, NONE):
        (both,) = judge([(asked, unbounded(spread_out(-0.004, 0.02)))])
        nearer = stats.ttest_1samp(spread_out(-0.004, 0.02), -SMALLEST).pvalue
        assert both.p_value == pytest.approx(nearer)


def test_where_another_unit_is_not_decided_the_networks_speak_and_the_p_value_is_kept() -> None:
    (found,) = judge([(UP, networks(spread_out(0.03, 0.02)))])
    assert found.label is L.REPRODUCED
    assert found.p_value == pytest.approx(stats.ttest_1samp(spread_out(0.03, 0.02), 0.0).pvalue)
    assert found.p_value > 0.05


def test_images_that_move_all_units_alike_count() -> None:
    units = spread_out(0.03, 0.002)
    assert label(UP, unbounded(units, error_of_images=0.014)) is L.SUPPORTED
    assert label(UP, unbounded(units, error_of_images=0.016)) is L.UNCLEAR


# Several alternatives


def _several(*evidence: Evidence) -> Evidence:
    return among(dict(zip("abcdefgh", evidence, strict=False)))


@pytest.mark.parametrize(("others", "expected"), [(1, L.SUPPORTED), (2, L.UNCLEAR)])
def test_the_strongest_of_several_pays_for_the_choice(others: int, expected: Label) -> None:
    nothing = unbounded(spread_out(0.0, 0.02))
    (found,) = judge([(EITHER, _several(with_p(0.02), *[nothing] * others))])
    assert (found.label, found.p_value) == (expected, pytest.approx((1 + others) * 0.02, rel=1e-6))


def test_that_none_is_large_has_to_hold_of_each_and_costs_nothing() -> None:
    small, vague = unbounded(spread_out(0.001, 0.002)), unbounded(spread_out(0.001, 0.02))
    (each,) = judge([(EITHER, _several(small, small, small))])
    assert each.label is L.CONTRADICTED
    assert each.p_value == pytest.approx(stats.ttest_1samp(spread_out(0.001, 0.002), SMALLEST).pvalue)
    (one_open,) = judge([(EITHER, _several(small, vague))])
    assert one_open.label is L.UNCLEAR
    assert one_open.p_value == pytest.approx(stats.ttest_1samp(spread_out(0.001, 0.02), SMALLEST).pvalue)


def test_an_alternative_of_few_units_is_not_spoken_of() -> None:
    few, many = unbounded([0.5, 0.51, 0.52]), unbounded(spread_out(0.001, 0.002))
    assert label(EITHER, _several(few, many)) is L.CONTRADICTED


def test_networks_speak_against_some_effect_only_where_each_alternative_does() -> None:
    small, large, open_ = networks([0.001] * 3), networks([0.03] * 3), networks([0.009] * 3, error=0.01)
    assert label(EITHER, _several(small, small)) is L.NOT_REPRODUCED
    assert label(EITHER, _several(small, open_)) is L.UNCLEAR
    assert label(EITHER, _several(small, large)) is L.REPRODUCED


# The networks measured: reproduced, not reproduced, agrees, disagrees, mixed, unclear


@pytest.mark.parametrize(
    ("values", "families", "towards", "against"),
    [
        ([0.03] * 3, "vr", L.REPRODUCED, L.NOT_REPRODUCED),
        ([0.03] * 2, "vr", L.AGREES, L.DISAGREES),
        ([0.03], "v", L.AGREES, L.DISAGREES),
        ([0.03] * 3, "v", L.AGREES, L.DISAGREES),
        ([0.03] * 9, "v", L.AGREES, L.DISAGREES),
        ([0.03] * 3, "vvr", L.REPRODUCED, L.NOT_REPRODUCED),
    ],
)
def test_three_networks_of_two_families_are_spoken_of_together(
    values: list[float], families: str, towards: Label, against: Label
) -> None:
    lineage = "a" * len(values)
    assert label(UP, networks(values, lineage, families)) is towards
    assert label(DOWN, networks(values, lineage, families)) is against
    assert label(EITHER, networks(values, lineage, families)) is towards
    assert label(NONE, networks(values, lineage, families)) is against


def test_smaller_than_matters_is_not_reproduced_either() -> None:
    assert label(UP, networks([0.001] * 3)) is L.NOT_REPRODUCED
    assert label(UP, networks([0.001, -0.03, 0.002])) is L.NOT_REPRODUCED
    assert label(UP, networks([0.001, 0.002])) is L.DISAGREES
    assert label(NONE, networks([0.001] * 3)) is L.REPRODUCED
    assert label(NONE, networks([0.001] * 2)) is L.AGREES


def test_a_source_with_many_networks_counts_them() -> None:
    sources = networks([0.3], "a", error=0.01)
    (case,) = sources.cases
    enough = replace(sources, cases=(replace(case, networks=3, families=("ViT", "ResNet")),))
    assert label(UP, enough) is L.REPRODUCED
    few = replace(sources, cases=(replace(case, networks=2, families=("ViT", "ResNet")),))
    assert label(UP, few) is L.AGREES


def test_mixed_takes_a_network_on_each_side() -> None:
    (both,) = judge([(UP, networks([0.03, 0.02, -0.03], "aaa"))])
    assert both.label is L.MIXED
    assert both.reason == (
        "2 of 3 networks as claimed, 1 the other way; 1 training lineage; what separates them is not known"
    )
    # An open one beside them changes nothing; without a network beyond zero on one side it is unclear.
    assert label(UP, networks([0.03, -0.03, 0.0005])) is L.MIXED
    assert label(UP, networks([0.03, 0.0005, 0.03])) is L.UNCLEAR
    assert label(UP, networks([0.03, 0.03, 0.0001], error=0.003)) is L.UNCLEAR


def test_what_parts_the_sides_is_named() -> None:
    values = [0.03, -0.03, 0.02, -0.02]
    (parted,) = judge([(UP, networks(values, "aaaa", strata=["sharpened", ""]))])
    assert parted.reason.endswith("; separated by sharpened: as claimed, the rest: the other way")
    (crossed,) = judge([(UP, networks(values, "aaaa", strata=["sharpened", "", "", "softened"]))])
    assert crossed.reason.endswith("; what separates them is not known")
    # A stratum of small effects parts nobody.
    (third,) = judge([(UP, networks([0.03, -0.03, 0.001], "aaa", strata=["hot", "cold", "hot"]))])
    assert third.reason.endswith("; separated by hot: as claimed, cold: the other way")


def test_one_open_network_leaves_the_networks_unclear() -> None:
    open_one = networks([0.03, 0.03, 0.03, 0.001], "aaaa", error=0.005)
    assert label(UP, open_one) is L.UNCLEAR
    assert label(UP, networks([0.5] * 3, "aaa", error=0.0)) is L.UNCLEAR


def test_of_some_one_network_will_do() -> None:
    assert label(SOME, networks([0.03, -0.03, 0.001], "aaa")) is L.REPRODUCED
    assert label(UP, networks([0.03, -0.03, 0.001], "aaa")) is L.MIXED
    assert label(SOME, networks([-0.03, 0.001, 0.002], "aaa")) is L.NOT_REPRODUCED
    assert label(SOME, networks([-0.03, 0.001, 0.009], "aaa", error=0.004)) is L.UNCLEAR
    assert label(SOME, networks([0.03, -0.03], "aa")) is L.AGREES
    assert label(SOME, networks([-0.03, -0.02], "aa")) is L.DISAGREES


def test_of_some_no_other_unit_is_spoken_of() -> None:
    # Of the same numbers a claim of each network is supported: nothing is known of the chance of a network.
    values = [0.03, 0.031, 0.032, 0.033]
    assert label(UP, unbounded(values, units="abcd")) is L.SUPPORTED
    assert label(SOME, unbounded(values, units="abcd")) is L.UNCLEAR


def test_the_floor_may_hide_what_images_show() -> None:
    # One reading adds floor / 0.954 in quadrature; the band of three is 2.394 errors wide.
    shown = networks([0.03] * 3, "aaa", error=0.001, readings=1, floor=0.0118)
    hidden = replace(shown, floor=0.0122)
    assert 2.394 * math.hypot(0.001, 0.0118 / 0.95387) < 0.03 < 2.394 * math.hypot(0.001, 0.0122 / 0.95387)
    assert (label(UP, shown), label(UP, hidden)) == (L.REPRODUCED, L.UNCLEAR)


# Other words for a study that stands in for real models


@pytest.mark.parametrize(
    ("said", "in_proxy"),
    [
        (L.SUPPORTED, L.SHOWN_POSSIBLE),
        (L.REPRODUCED, L.SHOWN_POSSIBLE),
        (L.CONTRADICTED, L.OPPOSITE),
        (L.NOT_REPRODUCED, L.OPPOSITE),
        (L.AGREES, L.NOT_SHOWN),
        (L.DISAGREES, L.NOT_SHOWN),
        (L.MIXED, L.NOT_SHOWN),
        (L.UNCLEAR, L.NOT_SHOWN),
        (L.NO_DATA, L.NO_DATA),
        (L.OUTSIDE, L.OUTSIDE),
        (L.SHOWN_POSSIBLE, L.SHOWN_POSSIBLE),
        (L.OPPOSITE, L.OPPOSITE),
        (L.NOT_SHOWN, L.NOT_SHOWN),
        (L.BUILT_IN, L.BUILT_IN),
        (L.NOT_TESTABLE, L.NOT_TESTABLE),
    ],
)
def test_every_word_of_a_proxy(said: Label, in_proxy: Label) -> None:
    before = Judgement(said, "a reason", 0.01)
    assert before.in_proxy() == Judgement(in_proxy, "a reason", 0.01)
    assert not {in_proxy} & set(OF_A_PROXY)


# Wholes of parts


def _whole(*labels: Label, p_value: float = 0.001) -> Label:
    parts = [
        (name, Judgement(one, p_value=p_value if one is L.CONTRADICTED else math.nan))
        for name, one in zip("abcd", labels, strict=False)
    ]
    return of_parts(parts).label


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        *(((one, one), one) for one in L),
        ((L.SUPPORTED, L.REPRODUCED), L.REPRODUCED),
        ((L.SUPPORTED, L.REPRODUCED, L.AGREES), L.AGREES),
        ((L.SUPPORTED, L.AGREES), L.AGREES),
        ((L.SUPPORTED, L.DISAGREES), L.UNCLEAR),
        ((L.SUPPORTED, L.UNCLEAR), L.UNCLEAR),
        ((L.SUPPORTED, L.MIXED), L.UNCLEAR),
        ((L.SUPPORTED, L.NO_DATA), L.UNCLEAR),
        ((L.REPRODUCED, L.NO_DATA, L.NO_DATA), L.UNCLEAR),
        ((L.NO_DATA, L.OUTSIDE), L.UNCLEAR),
        ((L.SUPPORTED, L.CONTRADICTED), L.CONTRADICTED),
        ((L.NO_DATA, L.CONTRADICTED), L.CONTRADICTED),
        ((L.SUPPORTED, L.NOT_REPRODUCED), L.NOT_REPRODUCED),
        ((L.CONTRADICTED, L.NOT_REPRODUCED), L.CONTRADICTED),
        ((L.NOT_REPRODUCED, L.NO_DATA), L.NOT_REPRODUCED),
        ((L.SHOWN_POSSIBLE, L.OPPOSITE), L.OPPOSITE),
        ((L.SHOWN_POSSIBLE, L.NOT_SHOWN), L.NOT_SHOWN),
        ((L.SHOWN_POSSIBLE, L.NO_DATA), L.NOT_SHOWN),
        ((L.SHOWN_POSSIBLE, L.BUILT_IN), L.NOT_SHOWN),
        ((L.BUILT_IN, L.NOT_TESTABLE), L.NOT_SHOWN),
    ],
)
def test_a_whole_is_as_strong_as_its_weakest_part(labels: Sequence[Label], expected: Label) -> None:
    for order in itertools.permutations(labels):
        assert _whole(*order) is expected


def test_several_parts_are_several_chances_of_a_contradiction() -> None:
    assert _whole(L.CONTRADICTED, L.SUPPORTED, p_value=0.0249) is L.CONTRADICTED
    assert _whole(L.CONTRADICTED, L.SUPPORTED, p_value=0.0251) is L.UNCLEAR
    assert _whole(L.CONTRADICTED, L.SUPPORTED, L.NO_DATA, p_value=0.0249) is L.UNCLEAR
    assert _whole(L.CONTRADICTED, L.CONTRADICTED, p_value=0.0249) is L.CONTRADICTED
    assert _whole(L.CONTRADICTED, L.NOT_REPRODUCED, p_value=0.04) is L.NOT_REPRODUCED


def test_the_whole_names_its_parts() -> None:
    whole = of_parts([("F4", Judgement(L.SUPPORTED)), ("F14", Judgement(L.NO_DATA))])
    assert whole.reason == "F4 is supported, F14 is no data"


# In words


def test_the_reason_counts_cases_by_side_and_units() -> None:
    # Of five, the band at an error of 0.001 is 0.0026.
    evidence = networks([0.03, -0.03, 0.001, 0.002], "aabb")
    wide = replace(evidence, cases=(*evidence.cases[:3], replace(evidence.cases[3], error=0.02)))
    assert in_words(sides(UP, wide), wide) == (
        "1 of 4 networks as claimed, 1 the other way, 1 smaller than matters, 1 open; 2 training lineages"
    )
    alone = replace(networks([0.03], "a"), case="pair of networks", unit="couple of lineages")
    assert in_words(sides(UP, alone), alone) == "1 of 1 pair of networks as claimed; 1 couple of lineages"
    assert judge_networks(UP, alone).reason == in_words(sides(UP, alone), alone)
    (of_units,) = judge([(UP, unbounded(spread_out(0.03, 0.002)))])
    assert of_units.reason == "0 of 4 networks as claimed, 4 open; 4 training lineages"


@pytest.mark.parametrize(
    ("singular", "several"),
    [
        ("network", "networks"),
        ("family", "families"),
        ("pair of networks", "pairs of networks"),
        ("couple of lineages", "couples of lineages"),
        ("training lineage", "training lineages"),
    ],
)
def test_plurals(singular: str, several: str) -> None:
    assert plural(singular) == several


# Properties


@some.composite
def _measured(draw: some.DrawFn) -> Evidence:
    size = draw(some.integers(1, 9))
    values = draw(some.lists(some.floats(-0.06, 0.06), min_size=size, max_size=size))
    units = draw(some.lists(some.sampled_from("abcdef"), min_size=size, max_size=size))
    families = draw(some.lists(some.sampled_from("vrc"), min_size=size, max_size=size))
    error = draw(some.sampled_from([0.0, 0.001, 0.01]))
    images = draw(some.sampled_from([0.0, 0.004]))
    floor = draw(some.sampled_from([0.0, 0.003]))
    return networks(values, units, families, error, error_of_images=images, floor=floor, readings=1)


_ASKED = some.builds(
    claim,
    direction=some.sampled_from(["up", "down", "either", "none"]),
    quantifier=some.sampled_from(["each", "some"]),
    smallest_effect=some.sampled_from([0.0, SMALLEST]),
)


def _settled(asked: Claim, evidence: Evidence) -> bool:
    """Whether nothing hangs on the last digit: the mean is on neither of the values where the rule turns."""
    estimate = abs(mean_over_units(evidence).estimate)
    return min(abs(estimate - edge) for edge in (0.0, asked.smallest_effect)) > 1e-6


@given(asked=_ASKED, evidence=_measured(), random=some.randoms(use_true_random=False))
def test_the_order_of_cases_says_nothing(asked: Claim, evidence: Evidence, random: object) -> None:
    if not _settled(asked, evidence):
        return
    cases = list(evidence.cases)
    random.shuffle(cases)  # type: ignore[attr-defined]
    other = replace(evidence, cases=tuple(cases))
    assert label(asked, other) is label(asked, evidence)


@given(asked=_ASKED, evidence=_measured(), power=some.integers(-8, 8))
def test_the_unit_of_measurement_says_nothing(asked: Claim, evidence: Evidence, power: int) -> None:
    scale = 2.0**power
    cases = tuple(
        replace(case, value=scale * case.value, error=scale * case.error) for case in evidence.cases
    )
    other = replace(
        evidence,
        cases=cases,
        error_of_images=scale * evidence.error_of_images,
        floor=scale * evidence.floor,
    )
    in_other = replace(asked, smallest_effect=scale * asked.smallest_effect)
    before, after = judge([(asked, evidence)])[0], judge([(in_other, other)])[0]
    assert (after.label, after.reason) == (before.label, before.reason)
    assert after.p_value == pytest.approx(before.p_value, rel=1e-5, nan_ok=True)


@given(asked=_ASKED, evidence=_measured())
def test_turned_round_a_claim_has_the_same_label(asked: Claim, evidence: Evidence) -> None:
    if asked.quantifier == "some" and asked.direction in ("either", "none"):
        return  # No such claim: which network is the largest would depend on the sign.
    turned = replace(asked, direction={"up": "down", "down": "up"}.get(asked.direction, asked.direction))
    mirrored = tuple(replace(case, value=-case.value) for case in evidence.cases)
    if not _settled(asked, evidence):
        return
    before = judge([(asked, evidence)])[0]
    after = judge([(turned, replace(evidence, cases=mirrored))])[0]
    assert (after.label, after.reason) == (before.label, before.reason)
    assert after.p_value == pytest.approx(before.p_value, nan_ok=True)


@given(evidence=_measured(), smallest=some.sampled_from([0.005, SMALLEST]))
def test_some_effect_and_none_are_each_others_denial(evidence: Evidence, smallest: float) -> None:
    either, none = (
        leaning(claim(direction=direction, smallest_effect=smallest), [mean_over_units(evidence)])
        for direction in ("either", "none")
    )
    assert (either is None) is (none is None)
    if either is not None and none is not None:
        assert {either.label, none.label} == {L.SUPPORTED, L.CONTRADICTED}
        assert either.p_value == none.p_value


@given(mean=some.floats(-0.1, 0.1), spread=some.floats(1e-4, 0.1), units=some.integers(4, 30))
def test_both_directions_are_never_supported(mean: float, spread: float, units: int) -> None:
    up, down = (leaning(asked, [UnitMean(mean, spread, units)]) for asked in (UP, DOWN))
    assert up is not None
    assert down is not None
    assert {up.label, down.label} != {L.SUPPORTED}
    assert leaning(UP, [UnitMean(mean, spread, 3)]) is None


def test_where_there_is_nothing_it_is_rarely_supported() -> None:
    rng = np.random.default_rng(3)
    found = [
        judge([(claim(direction="either"), unbounded(row))])[0].label
        for row in rng.normal(0.0, 0.05, (1_500, 5)).tolist()
    ]
    share = found.count(L.SUPPORTED) / len(found)
    assert 0.03 < share < 0.05 + 3 * math.sqrt(0.05 * 0.95 / 1_500)
    assert L.CONTRADICTED not in found
