"""Causes against properties: a mark where the table says, filled only where something is decided."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PathCollection

from clipsafe_utils.figures.causes import doses, ladder
from clipsafe_utils.figures.causes_matrix import effects, record
from clipsafe_utils.findings.ladder import RUNGS, dose
from clipsafe_utils.findings.properties import Property
from tests.chapters.synthetic_causes import synthetic_causes

TITLES = {"accuracy": "accuracy", "auroc": "detection", "absent": "absent"}
COLUMNS = ["kind", "cause", "property", "value", "low", "high", "moves"]
TABLE = pd.DataFrame(
    [
        ("Images", "web", "accuracy", 0.1, 0.05, 0.15, True),
        ("Images", "web", "auroc", -0.02, -0.05, 0.01, False),
        ("Language", "captions", "accuracy", -0.2, -0.3, -0.1, True),
        ("Language", "captions", "auroc", 0.03, 0.01, 0.05, True),
    ],
    columns=COLUMNS,
)
PAIRS = TABLE.assign(decided=TABLE["cause"] == "web", each=[[0.08, 0.12]] * len(TABLE))


def marks(axes: Axes, *, filled: bool) -> list[tuple[float, float]]:
    """Return the large marks of a panel, filled or hollow."""
    found = []
    for item in axes.collections:
        is_mark = isinstance(item, PathCollection) and item.get_sizes()[0] > 10
        if is_mark and (len(item.get_facecolor()) > 0) == filled:
            found += [tuple(place) for place in np.asarray(item.get_offsets()).tolist()]
    return found


def intervals(axes: Axes) -> dict[float, tuple[float, float]]:
    """Return the ends of each interval by its row."""
    lines = [item for item in axes.collections if isinstance(item, LineCollection)]
    return {line[0][1]: (line[0][0], line[1][0]) for item in lines for line in item.get_segments()}


def test_each_property_has_a_panel_and_each_cause_a_row() -> None:
    figure = effects(TABLE, TITLES)
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["accuracy", "detection"]
    names = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert names == ["Images", "web", "Language", "captions"]
    assert [label.get_fontweight() for label in figure.axes[0].get_yticklabels()] == ["bold", "normal"] * 2
    assert figure.legends[0].get_title().get_text() == "change in points"


def test_marks_are_filled_where_the_interval_leaves_zero_out() -> None:
    accuracy, detection = effects(TABLE, TITLES).axes
    assert marks(accuracy, filled=True) == [(10, 2), (-20, 0)]
    assert marks(accuracy, filled=False) == []
    assert marks(detection, filled=True) == [(3, 0)]
    assert marks(detection, filled=False) == [(-2, 2)]
    assert intervals(detection) == {0.0: pytest.approx((1, 5)), 2.0: pytest.approx((-5, 1))}


def test_strips_beyond_four_panels_leave_no_empty_axes_to_see() -> None:
    many = pd.concat([TABLE.assign(property=str(place)) for place in range(6)])
    figure = effects(many, {str(place): str(place) for place in range(6)})
    assert [axes.get_visible() for axes in figure.axes] == [True] * 6 + [False] * 2


def test_few_families_are_hollow_and_have_no_interval() -> None:
    accuracy, _ = record(PAIRS, {"accuracy": "accuracy", "auroc": "detection"}).axes
    assert marks(accuracy, filled=True) == [(10, 2)]
    assert marks(accuracy, filled=False) == [(-20, 0)]
    assert list(intervals(accuracy)) == [2.0]
    small = [item for item in accuracy.collections if isinstance(item, PathCollection)]
    pairs = [np.asarray(item.get_offsets()).tolist() for item in small if item.get_sizes()[0] < 10]
    assert pairs[0] == [[8, 1.75], [12, 1.75]]


def test_a_measure_without_rows_is_an_empty_panel() -> None:
    _, empty = record(PAIRS, {"accuracy": "accuracy", "at_equal": "at equal"}).axes
    assert marks(empty, filled=True) == marks(empty, filled=False) == []


def test_nothing_measured_is_said_in_a_line() -> None:
    nothing = TABLE.iloc[:0]
    for figure in (effects(nothing, TITLES), record(nothing, TITLES)):
        assert figure.texts[0].get_text().startswith("not measured yet: ")
        assert figure.axes == []


def test_a_knob_of_ratios_has_a_tick_a_level() -> None:
    table = dose(synthetic_causes({"accuracy": 0.5}), "batch", "accuracy", 0.95)
    (axes,) = doses({Property("accuracy", "right, %"): table}, "batch", ratios=True).axes
    assert axes.get_xscale() == "log"
    assert [label.get_text() for label in axes.get_xticklabels()] == ["64", "256", "1024"]


def test_a_ladder_of_nothing_is_said_in_a_line() -> None:
    assert ladder({}, RUNGS).texts[0].get_text() == "not measured yet: the ladder"
