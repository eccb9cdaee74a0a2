"""The laboratory's figures draw what the tables say, where a reader looks for it."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection
from matplotlib.colors import to_hex

from clipsafe_utils.figures.causes import LOSS_LOOKS, doses
from clipsafe_utils.figures.causes import ladder as draw_ladder
from clipsafe_utils.figures.style import SOURCE_COLOURS, show
from clipsafe_utils.findings.ladder import RUNGS, dose, ladder
from clipsafe_utils.findings.properties import Property
from tests.chapters.synthetic_causes import CLIP, LABELS, synthetic_causes

PANELS = {
    "accuracy": Property("Accuracy", "right, %"),
    "temperature": Property("Temperature", "temperature", 1.0),
}


@pytest.fixture(scope="module")
def cube() -> xr.Dataset:
    return synthetic_causes({"accuracy": 0.5, "temperature": 0.8})


def drawn_means(axes: Axes) -> dict[str, np.ndarray]:
    """Return the large marks of a panel by their label, shape (marks, 2)."""
    marks = [item for item in axes.collections if isinstance(item, PathCollection)]
    return {
        str(item.get_label()): np.asarray(item.get_offsets())
        for item in marks
        if not str(item.get_label()).startswith("_")
    }


def test_the_ladder_draws_a_mark_a_cell_at_its_rung(cube: xr.Dataset) -> None:
    tables = {panel: ladder(cube, name, 0.95) for name, panel in PANELS.items()}
    figure = draw_ladder(tables, RUNGS)
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["Accuracy", "Temperature"]
    for axes, (panel, table) in zip(figure.axes, tables.items(), strict=True):
        means = drawn_means(axes)
        assert set(means) == {"labels", "wit", "laion"}
        for source, rows in table.groupby("source"):
            places = means[str(source)]
            np.testing.assert_array_equal(
                places[:, 0].round(), [list(RUNGS).index(rung) for rung in rows["rung"]]
            )
            np.testing.assert_allclose(places[:, 1], panel.scale * rows["value"])
    assert drawn_means(figure.axes[0])["wit"][-1, 1] == pytest.approx(75.0)


def test_sources_keep_their_colours_and_stand_apart(cube: xr.Dataset) -> None:
    axes = draw_ladder({PANELS["accuracy"]: ladder(cube, "accuracy", 0.95)}, RUNGS).axes[0]
    colours = {
        str(item.get_label()): to_hex(item.get_facecolor()[0]).upper()
        for item in axes.collections
        if isinstance(item, PathCollection) and not str(item.get_label()).startswith("_")
    }
    assert colours == {source: SOURCE_COLOURS[source].upper() for source in ("labels", "wit", "laion")}
    at_rung_a = [places[0, 0] for places in drawn_means(axes).values()]
    assert len(set(at_rung_a)) == 3


def test_every_seed_has_its_small_mark(cube: xr.Dataset) -> None:
    axes = draw_ladder({PANELS["accuracy"]: ladder(cube, "accuracy", 0.95)}, RUNGS).axes[0]
    small = [
        item
        for item in axes.collections
        if isinstance(item, PathCollection) and str(item.get_label()).startswith("_")
    ]
    assert [len(item.get_offsets()) for item in small] == [3] * 11


def test_names_of_rungs_are_broken_in_two(cube: xr.Dataset) -> None:
    figure = draw_ladder({PANELS["accuracy"]: ladder(cube, "accuracy", 0.95)}, RUNGS)
    names = [label.get_text() for label in figure.axes[-1].get_xticklabels()]
    assert names == [
        "a:\nlabels",
        "b: labels read\noff captions",
        "c: CLIP,\nnames only",
        "d: CLIP,\nwhole captions",
    ]


def test_doses_draw_a_curve_a_loss(cube: xr.Dataset) -> None:
    tables = {panel: dose(cube, "texture_correlation", name, 0.95) for name, panel in PANELS.items()}
    figure = doses(tables, "images with the typical texture, %", unit=100)
    assert len(figure.axes) == 2
    means = drawn_means(figure.axes[0])
    assert set(means) == {CLIP, LABELS} == set(LOSS_LOOKS)
    np.testing.assert_allclose(means[CLIP], [[20, 50], [50, 75], [80, 55], [95, 60]])
    assert figure.legends[0].get_title().get_text() == "images with the typical texture, %"


def test_three_panels_leave_no_empty_axes_to_see(cube: xr.Dataset) -> None:
    table = dose(cube, "batch", "accuracy", 0.95)
    figure = doses({Property(str(place), "right, %"): table for place in range(3)}, "batch")
    assert [axes.get_visible() for axes in figure.axes] == [True, True, True, False]


def test_a_loss_without_a_look_is_drawn_in_ink(cube: xr.Dataset) -> None:
    table = dose(cube, "batch", "accuracy", 0.95).assign(loss="another loss")
    drawn = show(doses({PANELS["accuracy"]: table}, "batch"), alt="One curve.").svg
    assert "another loss" in drawn
    assert "currentColor" in drawn


def test_empty_tables_leave_empty_panels() -> None:
    nothing = pd.DataFrame(columns=["rung", "source", "value", "low", "high", "runs", "seeds"])
    figure = draw_ladder({PANELS["accuracy"]: nothing}, RUNGS)
    assert drawn_means(figure.axes[0]) == {}
    assert not figure.legends


def test_doses_without_a_level_say_so(cube: xr.Dataset) -> None:
    nothing = dose(cube, "texture_correlation", "accuracy", 0.95).iloc[:0]
    figure = doses({Property("Accuracy", "right, %"): nothing}, "batch")
    assert [text.get_text() for text in figure.texts] == ["not measured yet: batch"]
    assert figure.axes == []


def test_the_interval_of_a_share_stays_within_its_bounds(cube: xr.Dataset) -> None:
    table = dose(cube, "texture_correlation", "accuracy", 0.95).assign(low=-0.1, high=1.2)
    for panel, top in ((Property("a", "b", is_share=True), 100), (Property("a", "b"), 120)):
        (axes,) = doses({panel: table}, "batch").axes
        ends = [
            segment[:, 1] for lines in axes.collections for segment in getattr(lines, "get_segments", list)()
        ]
        assert max(end.max() for end in ends) == pytest.approx(top)


def test_a_knob_of_ratios_has_a_tick_a_level(cube: xr.Dataset) -> None:
    table = dose(cube, "batch", "accuracy", 0.95)
    (axes,) = doses({Property("accuracy", "right, %"): table}, "batch", ratios=True).axes
    assert axes.get_xscale() == "log"
    assert [label.get_text() for label in axes.get_xticklabels()] == ["64", "256", "1024"]


def test_a_ladder_of_nothing_is_said_in_a_line() -> None:
    assert draw_ladder({}, RUNGS).texts[0].get_text() == "not measured yet: the ladder"
