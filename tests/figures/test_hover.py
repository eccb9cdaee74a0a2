"""Figures to explore: what is published beside the printed figure is what the chapter computed."""

import json
import re
from typing import Any

import numpy as np
import pytest
import xarray as xr

from clipsafe_utils.cubes import GROUPS
from clipsafe_utils.figures import hover_views
from clipsafe_utils.figures.hover import Marks, View, explorable
from clipsafe_utils.figures.style import (
    GROUP_COLOURS,
    GROUP_MARKERS,
    SOURCE_MARKERS,
    ThemedFigure,
    source_look,
)

PRINTED = ThemedFigure("<svg></svg>")


def marks_of(names: list[str], group: str = "Standard", **more: Any) -> Marks:
    x = np.arange(len(names), dtype=float)
    return Marks(group, "#2F86C1", "o", names, x, x + 0.5, **more)


def published(*views: View) -> dict[str, Any]:
    markup = explorable(PRINTED, "All", views).markup
    found = re.fullmatch(r'.*<script type="application/json" class="explore-data">(.*)</script>', markup)
    assert found is not None
    data: dict[str, Any] = json.loads(found[1])
    return data


def test_the_printed_figure_stands_first_and_whole() -> None:
    markup = explorable(PRINTED, "All", [View("v", "x, %", "y, %", [marks_of(["a"])])]).markup
    assert markup.startswith('<div class="themed-figure"><svg></svg></div><script type="application/json"')


def test_without_marks_there_is_the_printed_figure_alone() -> None:
    for views in ([], [View("v", "x, %", "y, %", [marks_of([])])]):
        assert explorable(PRINTED, "All", views).markup == PRINTED._repr_html_()


def test_names_are_stored_once_for_all_views() -> None:
    one = View("one", "x, %", "y, %", [marks_of(["a", "b"])])
    other = View("other", "x, %", "y, %", [marks_of(["c", "a"]), marks_of([], "Empty")])
    data = published(one, other)
    assert data["names"] == ["a", "b", "c"]
    assert [view["marks"][0]["names"] for view in data["views"]] == [[0, 1], [2, 0]]
    assert [len(view["marks"]) for view in data["views"]] == [1, 1]


def test_numbers_are_rounded_and_gaps_are_null() -> None:
    low = np.array([0.123, np.nan])
    extra = np.array([-0.001, 7.0])
    view = View("v", "x, %", "y, %", [marks_of(["a", "b"], low=low, high=low + 1, extra=extra)], extra="e")
    drawn = published(view)["views"][0]
    assert drawn["extra"] == "e"
    (marks,) = drawn["marks"]
    assert (marks["low"], marks["high"], marks["extra"]) == ([0.12, None], [1.12, None], [0.0, 7.0])
    assert "-0.0" not in explorable(PRINTED, "All", [view]).markup


def test_a_name_cannot_end_the_script_early() -> None:
    markup = explorable(PRINTED, "All", [View("v", "x", "y", [marks_of(["</script><b>"])])]).markup
    assert markup.count("</script>") == 1
    assert published(View("v", "x", "y", [marks_of(["</script><b>"])]))["names"] == ["</script><b>"]


def test_every_marker_of_the_house_has_a_symbol_and_hollow_ones_are_open() -> None:
    markers = {*GROUP_MARKERS.values(), *SOURCE_MARKERS.values(), source_look("a crawl of mine")[1]}
    for marker in markers:
        marks = Marks("g", "#000000", marker, ["a"], np.zeros(1), np.zeros(1), hollow=True)
        assert published(View("v", "x", "y", [marks]))["views"][0]["marks"][0]["symbol"].endswith("-open")
    with pytest.raises(ValueError, match=r"marker must be one of o, s, .*, not '8'"):
        published(View("v", "x", "y", [Marks("g", "#000000", "8", ["a"], np.zeros(1), np.zeros(1))]))


def test_same_views_same_bytes() -> None:
    views = [View("v", "x, %", "y, %", [marks_of(["a", "b"])])]
    assert explorable(PRINTED, "All", views) == explorable(PRINTED, "All", views)


def test_factors_show_what_is_near_the_line_and_hollow_what_is_not_measured() -> None:
    result = xr.Dataset(
        {
            name: (("model", "factor"), np.array(values)[:, np.newaxis])
            for name, values in {
                "accuracy": [0.5, 0.7, 0.6, 0.2],
                "reference_accuracy": [0.5, 0.6, 0.55, 0.1],
                "residual": [0.0, 0.05, 0.02, 0.1],
                "measured": [True, True, False, True],
            }.items()
        },
        {"model": ["a", "b", "c", "far"], "factor": ["partial_view"]},
    )
    models = xr.Dataset({"group": ("model", ["standard", "standard", "clip_zero_shot", "standard"])})
    line = xr.DataArray(
        [[0.5, 0.6]],
        dims=("factor", "at"),
        coords={"factor": ["partial_view"], "reference_accuracy": (("factor", "at"), [[0.5, 0.6]])},
    )
    (view,) = hover_views.factors({"mine": result}, {"mine": models}, {"mine": line})
    shown = [marks for marks in view.marks if len(marks.names)]
    assert view.name == "mine: partial view"
    assert [(marks.group, list(marks.names), marks.hollow) for marks in shown] == [
        (GROUPS["clip_zero_shot"], ["c"], True),
        (GROUPS["standard"], ["a", "b"], False),
    ]
    assert shown[1].colour == GROUP_COLOURS["standard"]
    assert shown[1].extra is not None
    np.testing.assert_allclose(shown[1].extra, [0, 5])
    np.testing.assert_allclose(shown[1].y, [50, 70])
    np.testing.assert_allclose(view.lines[0], [[50, 60], [50, 60]])


def test_clouds_show_sources_in_their_colours_and_detection_without_a_line() -> None:
    cloud = xr.Dataset(
        {
            "group": ("model", ["standard", "clip_zero_shot", "clip_zero_shot", "control"]),
            "training_source": ("model", ["IN-1k", "WIT", "WebLI", "IN-1k"]),
            "x": ("model", [0.7, 0.6, 0.8, 0.5]),
            "y": ("model", [0.5, 0.55, 0.7, 0.3]),
        },
        {"model": ["net", "wit", "webli", "control"]},
    )
    detected = cloud.assign(low=cloud["y"] - 0.1, high=cloud["y"] + 0.1)
    line = xr.DataArray([0.4, 0.6], dims="x", coords={"x": [0.5, 0.7]})
    shift, detection = hover_views.clouds(
        {"mine": {"r": cloud, "detection": detected}}, {"mine": ["WIT"]}, {"mine": {"r": line}}
    )
    assert (shift.name, detection.name) == ("mine: ImageNet-R", "mine: detection (AUROC)")
    assert [list(marks.names) for marks in shift.marks] == [["net"], ["wit"]]
    assert shift.marks[1].colour == source_look("WIT")[0]
    assert shift.marks[1].low is None
    assert len(shift.lines) == 1
    assert detection.lines == []
    low = detection.marks[1].low
    assert low is not None
    np.testing.assert_allclose(low, [45])
