"""How the kinds of figures lay out a frame: panels, sides, cells, ticks."""

import re

import pytest

from clipsafe_utils.show.alt import describe
from clipsafe_utils.show.dose_curves import Panel, curves
from clipsafe_utils.show.dot_plot import Scale, dots
from clipsafe_utils.show.drawing import two_lines
from clipsafe_utils.show.frame import marks
from clipsafe_utils.show.heat_table import matrix
from clipsafe_utils.show.scatter_plot import Axes2D, scatter
from clipsafe_utils.show.shown import Shown


def texts(shown: Shown) -> list[str]:
    return re.findall(r"<text[^>]*>([^<]*)</text>", shown.markup)


def test_sides_beyond_the_columns_stand_below_with_their_axes() -> None:
    frame = marks([{"side": side, "row": "pose", "value": 1.0} for side in ("a", "b", "c")])
    axes = {side: f"{side}, points" for side in ("a", "b", "c")}
    folded = texts(dots(frame, axes, "Dots.", scale=Scale(columns=2)))
    assert [text for text in folded if text in ("pose", *axes.values())].count("pose") == 2
    assert set(axes.values()) <= set(folded)
    assert texts(dots(frame, axes, "Dots.")).count("pose") == 1


def test_a_cell_is_written_with_two_digits_and_in_brackets_where_undecided() -> None:
    values = {"far": -12.34, "near": 1.26, "open": 0.4}
    frame = marks(
        {"row": row, "side": "accuracy", "value": value, "decided": row != "open"}
        for row, value in values.items()
    )
    assert {"−12", "+1.3", "(+0.4)"} <= set(texts(matrix(frame, "points", "Matrix.")))


def test_a_number_of_ratios_has_a_tick_a_level() -> None:
    frame = marks([{"panel": "accuracy", "x": x, "value": 1.0} for x in (64.0, 256.0, 1024.0)])
    drawn = texts(curves(frame, "batch", {"accuracy": Panel("%")}, "Curves.", ratios=True))
    assert {"64", "256", "1,024"} <= set(drawn)


@pytest.mark.parametrize(
    ("name", "broken"),
    [
        ("d: CLIP, whole captions", "d: CLIP,\nwhole captions"),
        ("temperature × 100", "temperature\n× 100"),
        ("one", "one"),
    ],
)
def test_a_name_is_broken_near_its_middle(name: str, broken: str) -> None:
    assert two_lines(name) == broken
    assert two_lines(name, letters=40) == name


def test_small_values_are_said_with_more_decimals() -> None:
    frame = marks([{"panel": "NLL", "row": row, "value": v} for row, v in {"a": -0.0004, "b": 0.013}.items()])
    assert describe(frame, "Dots.") == "Dots. NLL: a 0.000 and b 0.013."


@pytest.mark.parametrize(
    ("ends", "kept"), [((20.0, 90.0), {"20", "40", "60", "80"}), ((78.0, 85.0), {"78", "80", "82", "84"})]
)
def test_an_axis_of_percent_has_round_ticks_and_more_where_it_is_short(
    ends: tuple[float, float], kept: set[str]
) -> None:
    frame = marks([{"panel": "p", "x": end, "value": end, "name": f"{end}"} for end in ends])
    drawn = texts(scatter(frame, Axes2D("x, %", "y, %", "probit"), "Scatter."))
    assert kept <= set(drawn)
