"""Values write themselves, in one way; what is missing says so wherever it is asked."""

import math
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clipsafe_utils import say
from clipsafe_utils.say import MINUS, NO_BREAK, NOT_MEASURED, Missing, Said, Text, Value


def difference(estimate: float, low: float, high: float) -> Value:
    return Value(estimate, low, high, "difference", units=3, unit="run")


def test_a_difference_has_a_direction_only_where_its_interval_allows_one() -> None:
    assert difference(-0.30, -0.32, -0.28).moved == "lower by 30.0 points (28.0 to 32.0)"
    assert difference(0.30, 0.28, 0.32).moved == "higher by 30.0 points (28.0 to 32.0)"
    unsure = "not clearly different (−1.0 to +3.0 points)"
    assert difference(0.01, -0.01, 0.03).moved == unsure


@given(st.floats(-1, 1), st.floats(0, 1))
def test_the_side_is_that_of_the_whole_interval(estimate: float, half: float) -> None:
    value = difference(estimate, estimate - half, estimate + half)
    assert (value.side == "up") == (estimate - half > 0)
    assert (value.side == "down") == (estimate + half < 0)


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (Value(0.9587), f"95.9{NO_BREAK}%"),
        (difference(-0.0297, -1, 1), f"{MINUS}3.0"),
        (difference(-0.0001, -1, 1), "0.0"),
        (Value(-1.5, scale="number"), f"{MINUS}1.50"),
        (Value(0.5, 0.4, 0.6).interval, f"40.0{NO_BREAK}% to 60.0{NO_BREAK}%"),
        (difference(0.1, -math.inf, math.inf).interval, "unbounded"),
        (difference(0.8, -4.9, 6.4).interval, "unbounded"),
        (difference(0.8, -4.9, 6.4).moved, "not clearly different (unbounded)"),
        (Value(0.5, -0.1, 1.1).interval, "unbounded"),
        (Value(1.2, -0.4, 2.8, scale="change").interval, f"{MINUS}0.40 to +2.80"),
        (Value(0.5).interval, NOT_MEASURED),
    ],
)
def test_how_values_are_written(value: object, written: str) -> None:
    assert str(value) == repr(value) == written


def test_a_value_without_an_interval_has_no_side() -> None:
    with pytest.raises(ValueError, match="no side"):
        _ = Value(0.5).side


def test_what_is_missing_answers_all_that_a_value_answers_and_nothing_else() -> None:
    missing = Missing("nobody asked")
    asked = [
        missing.percent(0),
        missing.points(),
        missing.size(),
        missing.interval,
        missing.moved,
        missing.side,
    ]
    assert {str(one) for one in asked} == {NOT_MEASURED}
    assert missing.reason == "nobody asked"
    for name in ("pecent", "_estimate", "__len_of__"):
        with pytest.raises(AttributeError):
            getattr(missing, name)


def test_lists_and_counts() -> None:
    assert [say.listed(list(names)) for names in ("a", "ab", "abc")] == ["a", "a and b", "a, b and c"]
    assert say.count(7, 8) == "7 of 8"


def test_every_case_needs_its_text() -> None:
    texts = {"up": "raises", "down": "lowers"}
    assert say.choose("up", texts) == "raises"
    assert isinstance(say.choose(Missing("x"), texts), Missing)
    with pytest.raises(KeyError):
        say.choose("neither", texts)


def test_a_text_shows_itself_without_quotes() -> None:
    assert repr(Text("95 %")) == "95 %"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.6059, "0.606"),
        (-0.2549, f"{MINUS}0.255"),
        (0.0004, "0.000"),
        (-0.0004, "0.000"),
        (0.9984, "0.998"),
        (0.99961, "0.999"),
        (-0.99961, f"{MINUS}0.999"),
        (1 - 1e-12, "1.000"),
        (-1.0, f"{MINUS}1.000"),
    ],
)
def test_a_correlation_is_rounded_and_only_a_perfect_one_reads_one(value: float, text: str) -> None:
    assert say.correlation(value) == text


@given(st.floats(-1, 1))
def test_a_written_correlation_is_as_near_as_its_digits_can_be(value: float) -> None:
    written = float(say.correlation(value).replace(MINUS, "-"))
    assert abs(written - value) < (0.000501 if abs(value) < 0.9995 else 0.001)
    assert abs(written) < 1 or abs(value) > 1 - 1e-9


def test_the_span_of_numbers() -> None:
    spans = [say.span(values, say.points) for values in ([0.1, -0.1, 0.0], [0.1], [])]
    assert spans == [f"{MINUS}10.0 to +10.0", "+10.0", NOT_MEASURED]


def test_a_result_of_nothing_says_why() -> None:
    @dataclass
    class Change:
        before: Said
        after: Said

    change = say.nothing(Change, "nothing was trained")
    assert isinstance(change.after, Missing)
    assert change.after.reason == "nothing was trained"
