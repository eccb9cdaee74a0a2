"""A forest of effects: no rule goes through a heading, and a long heading is read whole."""

import math
import re
from typing import Any

import pytest
from matplotlib.text import Annotation

from clipsafe_utils.show import forest_plot
from clipsafe_utils.show.forest_plot import forest
from clipsafe_utils.show.frame import marks

LONG = "F21c  " + "Fewer prompts leave robustness to visual factors exactly as it is. " * 2


def test_a_long_heading_is_broken_not_cut() -> None:
    frame = marks([{"heading": LONG, "row": "published", "value": 2.0, "note": "✓ supported"}])
    markup = forest(frame, {"": "effects"}, "Effects.").markup
    said = " ".join(re.findall(r"<text[^>]*>([^<]*)</text>", markup))
    assert " ".join(LONG.split()) in " ".join(said.split())
    assert "✓ supported" in said
    assert forest_plot._height(LONG) > forest_plot._height("F1  CLIP is better.")


def test_rules_stand_beside_effects_alone() -> None:
    rows = [{"heading": f"F{n}", "row": "published", "value": 2.0, "band_high": 1.0} for n in (1, 2)]
    figure = forest_plot._draw(marks(rows), {"": "effects"})
    (axes,) = figure.axes
    upright = [path for drawn in axes.collections for path in drawn.get_paths() if len(path.vertices) == 2]
    spans = {tuple(path.vertices[:, 1].round(3)) for path in upright if len(set(path.vertices[:, 0])) == 1}
    heading, row = forest_plot._height("F1"), forest_plot._ROW
    assert spans >= {(round(heading, 3), round(heading + row, 3))}
    assert all(last - first <= row + 1e-9 for first, last in spans)
    assert not axes.xaxis.get_gridlines()[0].get_visible()


def texts_of(row: dict[str, Any]) -> dict[str, tuple[float, float]]:
    """Give the texts that are drawn beside one mark, each with its place along the axis and its offset."""
    (axes,) = forest_plot._draw(marks([row]), {"": "effects"}).axes
    return {one.get_text(): (one.xy[0], one.xyann[0]) for one in axes.texts if isinstance(one, Annotation)}


@pytest.mark.parametrize(
    ("row", "at", "side"),
    [
        ({"value": 2.0}, 0.0, -1),
        ({"value": -2.0, "band_high": 1.0}, 1.0, 1),
        ({"value": 2.0, "band_low": -1.0}, -1.0, -1),
    ],
)
def test_an_interval_that_is_not_bounded_is_said_not_drawn(row: dict[str, Any], at: float, side: int) -> None:
    open_ = {
        "heading": "F1",
        "row": "published",
        "low": -math.inf,
        "high": math.inf,
        "note": "? unclear",
    } | row
    ((place, offset),) = texts_of(open_).values()
    assert place == at
    assert offset * side > 0
    (axes,) = forest_plot._draw(marks([open_]), {"": "effects"}).axes
    level = [path for drawn in axes.collections for path in drawn.get_paths() if len(path.vertices) == 2]
    assert not [path for path in level if len(set(path.vertices[:, 1])) == 1]
    markup = forest(marks([open_]), {"": "effects"}, "Effects.").markup
    assert "? unclear; interval: no bound" in markup
    assert '"inf"' not in markup


def test_an_interval_with_one_bound_is_drawn_to_the_end_of_the_axis() -> None:
    row = {
        "heading": "F5",
        "row": "published",
        "value": 2.0,
        "low": -3.0,
        "high": math.inf,
        "note": "? unclear",
    }
    assert texts_of(row) == {}
    (axes,) = forest_plot._draw(marks([row]), {"": "effects"}).axes
    level = [
        path.vertices for drawn in axes.collections for path in drawn.get_paths() if len(path.vertices) == 2
    ]
    assert [line[:, 0].tolist() for line in level if line[0, 1] == line[1, 1]] == [[-3.0, forest_plot.REACH]]
    assert "no bound" not in forest(marks([row]), {"": "effects"}, "Effects.").markup


def test_the_chart_has_the_axis_of_print() -> None:
    (axes,) = forest_plot._draw(marks([{"heading": "F1", "value": 2.0}]), {"": "effects"}).axes
    turned = axes.xaxis.get_transform().transform([-100.0, -1.0, 0.0, 0.5, 1.0, 10.0])
    # As chart.js: a value up to 1 over 1.5; beyond it, 1 over 1.5 and the decades.
    assert turned.tolist() == pytest.approx([-(1 / 1.5 + 2), -1 / 1.5, 0, 0.5 / 1.5, 1 / 1.5, 1 / 1.5 + 1])
