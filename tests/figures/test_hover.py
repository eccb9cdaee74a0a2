"""Figures to explore: what is published beside the printed figure is what the chapter computed."""

import json
import re
from typing import Any

import numpy as np
import pytest
import xarray as xr

from clipsafe_utils.cubes.panels import Panel
from clipsafe_utils.figures import hover_views
from clipsafe_utils.figures.hover import Marks, View, explorable
from clipsafe_utils.figures.style import (
    GROUP_MARKERS,
    SOURCE_MARKERS,
    ThemedFigure,
    source_look,
)
from clipsafe_utils.findings.calibration.variants import every_model

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


def test_calibration_shows_every_scaling_and_set_with_its_interval() -> None:
    draws = np.array([0.04, 0.03, 0.04, 0.05, 0.04])
    cube = xr.Dataset(
        {
            "accuracy": (("draw", "model", "condition", "scaling"), np.full((5, 2, 2, 1), 0.8)),
            "ece_debiased": (
                ("draw", "model", "condition", "scaling"),
                np.tile(draws[:, np.newaxis, np.newaxis, np.newaxis], (1, 2, 2, 1)),
            ),
            "bin_count": (
                ("model", "condition", "scaling", "bin"),
                np.stack([np.full((2, 1, 2), 2000.0), np.full((2, 1, 2), 3000.0)], axis=1),
            ),
        },
        {"model": ["a", "b"], "condition": ["sketches", "id"], "scaling": ["before"]},
    )
    cube["ece_debiased"][0, 1, 1, 0] = np.nan
    models = xr.Dataset({"group": ("model", ["standard", "clip_zero_shot"])})
    few, many = hover_views.calibration(every_model([Panel("mine", cube, models)], 0.9), 5_000)
    assert few.name == "mine: sketches, before scaling, 4,000 images"
    assert many.name == "mine: all images, before scaling, 6,000 images"
    assert [marks.hollow for marks in few.marks] == [True, True]
    assert [list(marks.names) for marks in many.marks] == [["a"]]
    (standard,) = many.marks
    assert standard.low is not None
    assert standard.high is not None
    assert standard.y[0] == pytest.approx(4)
    assert standard.low[0] < standard.y[0] < standard.high[0]
