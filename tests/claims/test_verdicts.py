"""From effect to verdict: every direction, the edges, few units, several claims at once."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some
from scipy import stats

from clipsafe_utils.claims.effects import Effect, strongest, weakest
from clipsafe_utils.claims.verdicts import (
    Judgement,
    Verdict,
    deciding,
    few_units,
    judge,
    leaning,
    of_parts,
    plural,
)
from tests.claims.made import SMALLEST, claim, effect

UP, DOWN, EITHER, NONE = (claim(direction=direction) for direction in ("up", "down", "either", "none"))
S, C, U = Verdict.SUPPORTED, Verdict.CONTRADICTED, Verdict.UNDECIDED


@pytest.mark.parametrize(
    ("asked", "value", "error", "expected"),
    [
        (UP, 0.03, 0.002, S),
        (UP, 0.03, 0.03, U),
        (UP, 0.005, 0.0005, C),
        (UP, -0.03, 0.002, C),
        (UP, 0.005, 0.005, U),
        (DOWN, -0.03, 0.002, S),
        (DOWN, -0.03, 0.03, U),
        (DOWN, -0.005, 0.0005, C),
        (DOWN, 0.03, 0.002, C),
        (EITHER, 0.03, 0.002, S),
        (EITHER, -0.03, 0.002, S),
        (EITHER, 0.001, 0.0005, C),
        (EITHER, -0.001, 0.0005, C),
        (EITHER, 0.005, 0.005, U),
        (NONE, 0.001, 0.0005, S),
        (NONE, 0.03, 0.002, C),
        (NONE, -0.03, 0.002, C),
        (NONE, 0.03, 0.03, U),
    ],
)
def test_every_direction(asked, value, error, expected):
    (found,) = judge([(asked, effect(value, error))])
    assert found.verdict is expected
    assert bool(found.reason) is (expected is U)


def test_the_p_value_is_that_of_student_against_the_bound_that_decides():
    above, below = effect(0.03, 0.01, units=6), effect(0.004, 0.01, units=6)
    assert judge([(UP, above)])[0].p_value == pytest.approx(2 * stats.t.sf(3.0, 5))
    assert judge([(UP, below)])[0].p_value == pytest.approx(2 * stats.t.sf(0.6, 5))


@pytest.mark.parametrize(
    ("asked", "value", "leans"),
    [
        (UP, SMALLEST, S),
        (UP, SMALLEST - 1e-9, C),
        (DOWN, -SMALLEST, S),
        (EITHER, -SMALLEST, S),
        (NONE, SMALLEST, C),
        (NONE, SMALLEST - 1e-9, S),
        (replace(UP, smallest_effect=0.0), 0.0, C),
        (replace(UP, smallest_effect=0.0), 1e-9, S),
        (replace(DOWN, smallest_effect=0.0), -1e-9, S),
    ],
)
def test_at_the_edges(asked, value, leans):
    assert leaning(asked, effect(value))[0] is leans


@given(value=some.floats(-0.1, 0.1), error=some.floats(1e-4, 0.1), units=some.integers(2, 30))
def test_directions_mirror_each_other(value, error, units):
    one, other = effect(value, error, units=units), effect(-value, error, units=units)
    assert leaning(UP, one) == leaning(DOWN, other)
    assert leaning(EITHER, one) == leaning(EITHER, other)
    assert leaning(EITHER, one)[0] is not leaning(NONE, one)[0]
    assert leaning(EITHER, one)[1] == leaning(NONE, one)[1]


def test_few_units_decide_nothing_however_clear():
    found = judge([(UP, effect(0.5, 1e-6, units=4)), (UP, Effect(0.5, 1, "run", np.inf))])
    assert [one.verdict for one in found] == [U, U]
    assert found[0].reason == "too few families: 4, and 5 are needed"
    assert few_units(Effect(0.5, 1, "run", np.inf)) == found[1].reason
    assert all(np.isnan(one.p_value) for one in found)
    assert (plural("family"), plural("image")) == ("families", "images")


def test_holm_counts_the_claims_that_may_be_decided():
    # Alone p is 0.03; two of them are not beyond 0.05 together, and one without units costs nothing.
    at = stats.t.isf(0.015, 7) * 0.01
    alone, few = (UP, effect(at, 0.01)), (UP, effect(at, 0.01, units=3))
    assert [one.verdict for one in judge([alone])] == [S]
    assert [one.verdict for one in judge([alone, few])] == [S, U]
    assert [one.verdict for one in judge([alone, alone])] == [U, U]
    assert [one.verdict for one in judge([alone, (UP, effect(0.5))])] == [S, S]
    assert judge([alone, alone])[0].p_value == pytest.approx(0.06)
    assert [one.verdict for one in judge([alone, alone], alpha=0.1)] == [S, S]


def test_nothing_to_judge():
    assert judge([]) == []


@pytest.mark.parametrize(
    ("asked", "value", "words"),
    [
        (UP, 0.03, "an effect as large as matters, but chance may explain it"),
        (UP, 0.0, "smaller than matters, but a larger effect is not ruled out"),
        (NONE, 0.03, "an effect as large as matters, but chance may explain it"),
        (NONE, 0.0, "smaller than matters, but a larger effect is not ruled out"),
    ],
)
def test_why_it_is_undecided(asked, value, words):
    assert judge([(asked, effect(value, 0.05))])[0].reason == words


def _part(verdict, p_value=0.001):
    return Judgement(verdict, p_value=p_value)


def test_parts_make_a_whole():
    missing = Judgement(Verdict.NOT_MEASURED)
    assert of_parts([("a", _part(S)), ("b", _part(S))]).verdict is S
    assert of_parts([("a", _part(S)), ("b", _part(U))]) == Judgement(U, "b is undecided")
    assert of_parts([("a", _part(S)), ("b", missing)]) == Judgement(U, "b is not measured")
    assert of_parts([("a", missing), ("b", missing)]).verdict is Verdict.NOT_MEASURED
    assert of_parts([("a", _part(C)), ("b", missing)]) == Judgement(C, "a is contradicted, b is not measured")


def test_several_parts_are_several_chances_of_a_contradiction():
    weak = ("a", _part(C, 0.02))
    assert of_parts([weak, ("b", _part(S))]).verdict is C
    whole = of_parts([weak, ("b", _part(S)), ("c", _part(S))])
    assert whole == Judgement(U, "a is contradicted, but one of 3 parts may be so by chance")
    assert of_parts([weak, ("b", _part(C, 0.001)), ("c", _part(S))]).verdict is C
    assert of_parts([weak, ("b", _part(S)), ("c", _part(S))], alpha=0.1).verdict is C


def test_of_several_effects_the_clearest_large_one_decides():
    several = {"a": effect(0.03, 0.01), "b": effect(0.05, 0.01), "c": effect(0.009, 0.0001)}
    found = deciding(EITHER, strongest(several))
    assert (found.which, found.choices) == ("b", 3)
    assert deciding(EITHER, effect(0.03)) == effect(0.03)


def test_some_effect_is_contradicted_only_if_each_is_ruled_out():
    precise, vague = effect(0.005, 0.0001), effect(0.004, 0.02)
    found = deciding(EITHER, strongest({"a": precise, "b": vague}))
    assert (found.which, found.choices) == ("b", 1)
    assert judge([(EITHER, found)])[0].verdict is U
    both = deciding(EITHER, strongest({"a": precise, "b": precise}))
    assert judge([(EITHER, both)])[0].verdict is C
    downwards = deciding(UP, strongest({"a": precise, "b": effect(-0.5, 0.01)}))
    assert downwards.which == "a"


def test_of_every_effect_the_choice_is_paid_for_where_it_contradicts() -> None:
    large, small = effect(0.03, 0.001), effect(0.001, 0.001)
    agrees = deciding(UP, weakest({"a": large, "b": replace(large, value=0.04)}, 1))
    assert (agrees.which, agrees.choices) == ("a", 1)
    denies = deciding(UP, weakest({"a": large, "b": small}, 1))
    assert (denies.which, denies.choices) == ("b", 2)
    assert deciding(UP, denies) == denies
