"""What comes of the predictions, counted and named."""

import math
from dataclasses import replace

import pytest

from clipsafe_utils import parameters_of
from clipsafe_utils.claims.worlds.measures import Measured
from clipsafe_utils.claims.worlds.outcomes import Interval
from clipsafe_utils.claims.worlds.predictions import Prediction, predictions
from clipsafe_utils.claims.worlds.result import AgainstRecord, Compared, against_record
from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.say import Missing

NOTHING = Missing("nothing was measured")


def effect(low: float, high: float) -> Measured:
    return Measured((low + high) / 2, Interval(low, high), "each of 3 networks")


ABOVE, BELOW = effect(0.02, 0.04), effect(-0.06, -0.02)
SMALL, WIDE = effect(-0.002, 0.004), effect(-0.2, 0.3)


def prediction(name: str, **changes: object) -> Prediction:
    made = Prediction(name, f"about {name}", f"{name} is so.", "up", "shape-bias", "All differs.", "record")
    return replace(made, unit="points", smallest_effect=0.01, **changes)  # type: ignore[arg-type]


def compared(laboratory: Measured | Missing, record: Measured | Missing, name: str = "a") -> Compared:
    return Compared(prediction(name), laboratory, record)


def result(*rows: Compared) -> AgainstRecord:
    return AgainstRecord("miniature", "published", rows, 0.95)


@pytest.mark.parametrize(
    ("laboratory", "record", "case"),
    [
        (ABOVE, ABOVE, "agree"),
        (ABOVE, BELOW, "disagree"),
        (ABOVE, SMALL, "disagree"),
        (WIDE, ABOVE, "laboratory"),
        (WIDE, SMALL, "laboratory"),
        (ABOVE, WIDE, "real"),
        (WIDE, WIDE, "both"),
        (SMALL, SMALL, "small"),
    ],
)
def test_the_sentence_is_chosen_by_what_settles_nothing(
    laboratory: Measured, record: Measured, case: str
) -> None:
    assert compared(laboratory, record).case == case


def test_without_a_number_nothing_comes_of_it() -> None:
    for row in (compared(NOTHING, ABOVE), compared(ABOVE, NOTHING)):
        assert isinstance(row.case, Missing)
        assert isinstance(row.ratio, Missing)
        assert not row.is_compared
        assert not row.are_apart


def test_sizes_are_a_ratio_where_signs_agree() -> None:
    assert compared(ABOVE, effect(0.05, 0.07)).ratio == "2.0"
    assert isinstance(compared(ABOVE, BELOW).ratio, Missing)
    assert compared(ABOVE, effect(-0.01, 0.015)).are_apart
    assert not compared(ABOVE, effect(-0.01, 0.025)).are_apart


def test_the_score_counts_what_was_compared() -> None:
    rows = [
        compared(ABOVE, WIDE, "a"),
        compared(ABOVE, ABOVE, "b"),
        compared(ABOVE, effect(-0.015, 0.015), "c"),
        compared(ABOVE, BELOW, "d"),
        compared(ABOVE, NOTHING, "e"),
    ]
    found = result(*rows)
    assert found.number == "4"
    assert found.score == "agree with 1, disagree with 1 and leave 2 open"
    assert found.topics("open") == "about a; about c"
    assert found.apart == "about c"
    assert [row.prediction.id for row in found.ordered] == ["b", "d", "a", "c", "e"]
    assert found.predicted_first == "0 of 4"
    assert found["d"] is rows[3]


def test_several_predictions_disagree_where_one_does() -> None:
    shape, shift = "fine-tuning-and-shape", "fine-tuning-and-shift"
    assert result(compared(ABOVE, ABOVE, shape), compared(ABOVE, BELOW, shift)).tuning == "disagree"
    assert result(compared(ABOVE, ABOVE, shape), compared(ABOVE, WIDE, shift)).tuning == "open"
    assert result(compared(ABOVE, ABOVE, shape), compared(ABOVE, NOTHING, shift)).tuning == "agree"
    assert result(compared(NOTHING, ABOVE, shape), compared(ABOVE, NOTHING, shift)).tuning == "none"


def test_the_frame_turns_what_was_predicted_to_the_right() -> None:
    down = Compared(prediction("down", direction="down"), BELOW, ABOVE)
    any_size = Compared(replace(prediction("any"), smallest_effect=0.0), ABOVE, effect(-math.inf, math.inf))
    frame = result(down, any_size).frame.set_index(["id", "world"])
    drawn = frame.loc[("down", "laboratory")]
    assert (drawn["low"], drawn["value"], drawn["high"]) == pytest.approx((2.0, 4.0, 6.0))
    assert frame.loc[("down", "real models"), "value"] == pytest.approx(-3.0)
    assert frame.loc[("any", "laboratory"), "value"] == pytest.approx(3.0)  # In points.
    assert frame.loc[("any", "real models"), "high"] == math.inf
    assert frame["unit"].to_list() == ["", "", "points", "points"]


def test_the_laboratory_gives_the_direction_that_is_predicted() -> None:
    found = against_record(parameters_of("against-the-record", {}))
    assert [row.prediction.id for row in found.rows] == [one.id for one in predictions()]
    for row in found.rows:
        drawn, direction = row.laboratory, row.prediction.direction
        assert isinstance(drawn, Measured), row.prediction.id
        if direction == "none":
            assert drawn.interval.is_within(row.prediction.smallest_effect)
        else:
            assert row.prediction.sign * drawn.estimate > 0, row.prediction.id


@pytest.mark.parametrize("studies", [["published"], ["miniature"], ["published", "field"]])
def test_both_worlds_are_needed(studies: list[str]) -> None:
    with pytest.raises(ClipsafeError, match="no study of a drawn world beside one of real models"):
        against_record(parameters_of("against-the-record", {"studies": studies}))
