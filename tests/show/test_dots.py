"""Dots with intervals: lines of a row, grey bars alone, values to follow through all rows."""

import pytest

from clipsafe_utils.show import dot_rows
from clipsafe_utils.show.dot_plot import Scale, dots
from clipsafe_utils.show.frame import marks

BAR = {"row": "pose", "mark": "none", "band_low": -1.0, "band_high": 1.0}


def test_a_grey_bar_alone_takes_no_line_of_its_row() -> None:
    frame = marks([BAR, {"row": "pose", "value": 0.5, "look": "group/standard"}])
    assert dot_rows._is_bar_alone(frame).tolist() == [True, False]
    assert dot_rows._looks_in_a_row(frame) == 1
    assert "pose 0.5" in dots(frame, "points", "Dots.").markup


@pytest.mark.parametrize(
    ("looks", "lines"),
    [
        ({"a": "01", "b": "01"}, [0, 1, 0, 1]),
        ({"a": "01", "b": "1"}, [0, 1, 1]),
        ({"a": "01", "b": "2"}, [0, 1, 0]),
    ],
)
def test_a_look_has_the_same_line_in_each_row_where_all_fit(looks: dict[str, str], lines: list[int]) -> None:
    frame = marks({"row": row, "look": f"yours/{n}", "value": 1.0} for row, of in looks.items() for n in of)
    assert dot_rows._lines(frame, number=2).tolist() == lines


def test_a_value_is_followed_through_all_rows() -> None:
    frame = marks([{"row": "mine", "value": 40.0, "look": "yours/0"}, {"row": "other", "value": 60.0}])
    plain, followed = (
        dots(frame, "%", "Dots.", scale=Scale(through=through)).markup for through in ({}, {"yours/0": 40.0})
    )
    assert followed.count("stroke-dasharray") == plain.count("stroke-dasharray") + 1
