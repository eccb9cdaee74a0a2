"""The frame that every figure draws: its columns, and the range of its axis."""

import math

import pytest

from clipsafe_utils.show.frame import DEFAULTS, inside, marks


def test_a_slip_of_the_pen_is_named() -> None:
    with pytest.raises(ValueError, match="no column vaule"):
        marks([{"vaule": 1.0}])


def test_a_frame_has_every_column() -> None:
    assert list(marks([]).columns) == list(marks([{"value": 1.0}]).columns) == list(DEFAULTS)


def test_an_interval_far_wider_than_others_sets_no_axis() -> None:
    usual = [{"value": float(v), "low": v - 1.0, "high": v + 1.0} for v in range(5)]
    first, last = inside(marks([*usual, {"value": 2.0, "low": -225.0, "high": 258.0}]), None)
    assert (first, last) == pytest.approx((-1.3, 5.3))


def test_an_interval_no_wider_than_the_values_lie_apart_is_whole() -> None:
    near = [{"value": v / 10, "low": v / 10 - 0.1, "high": v / 10 + 0.1} for v in range(5)]
    far = {"value": -23.0, "low": -28.0, "high": -18.0}
    assert inside(marks([*near, far]), None)[0] < -28


def test_what_is_not_bounded_sets_no_axis() -> None:
    assert inside(marks([{"value": 1.0, "low": -math.inf, "high": math.inf}]), None) == pytest.approx(
        (0.95, 1.05)
    )


def test_an_axis_never_leaves_what_is_possible() -> None:
    frame = marks([{"value": 99.0, "low": 60.0, "high": 117.0}])
    assert inside(frame, (0.0, 100.0))[1] == 100.0
    assert inside(marks([]), (0.0, 100.0)) == (0.0, 100.0)
