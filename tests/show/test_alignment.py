"""Axes of several studies under each other; words and weight of what is drawn."""

import pytest

from clipsafe_utils.show.alt import describe
from clipsafe_utils.show.dot_plot import Scale, _ranges, dots
from clipsafe_utils.show.frame import marks


def test_studies_have_axes_of_their_own_with_zero_at_one_place() -> None:
    frame = marks(
        {"study": study, "value": value} for study in "ab" for value in (-1.0, 4.0 if study == "a" else 90.0)
    )
    ranges = _ranges(frame, Scale(own_axes=True), 0.0)
    shares = [-low / (high - low) for low, high in ranges.values()]
    assert shares[0] == pytest.approx(shares[1])
    assert ranges["b"][1] > 90 > ranges["a"][1] > 4
    assert list(_ranges(frame, Scale(), 0.0)) == [""]


def test_many_marks_of_few_rows_are_said_row_by_row_and_bars_with_their_ends() -> None:
    crowd = [
        {"row": row, "value": float(at), "name": str(at)} for row in ("pose", "color") for at in range(3)
    ]
    assert describe(marks(crowd), "Dots.").endswith("pose 0.0 to 2.0 (3 marks); color 0.0 to 2.0 (3 marks).")
    one = marks([{"row": "pose", "value": -0.01, "band_low": -1.0, "band_high": 1.0}])
    assert describe(one, "Dots.") == "Dots. pose −0.010, bar −1.000 to 1.000."
    line = marks([{"row": "pose", "value": 2.0, "band_high": 1.0}])
    assert describe(line, "Forest.") == "Forest. pose 2.0."


def test_a_style_is_written_once_for_the_marks_that_share_it() -> None:
    rows = [{"row": str(at), "value": at / 7, "look": "group/standard"} for at in range(50)]
    drawn = dots(marks(rows), "points", "Dots.").markup
    assert drawn.count("<use") >= 50
    assert drawn.count("fill: var(--look-1f78b4, #1f78b4)") < 5
