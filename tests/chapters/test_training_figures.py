"""Figures of trainings show what the tables say, where a reader looks for it."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from clipsafe_utils.chapters.training_figures import doses, doses_frame, ladder, ladder_frame
from clipsafe_utils.findings.ladder import RUNGS, dose
from clipsafe_utils.findings.ladder import ladder as tabulate_ladder
from clipsafe_utils.findings.properties import Property
from tests.chapters.synthetic_causes import synthetic_causes

PANELS = {
    "accuracy": Property("Accuracy", "right, %"),
    "temperature": Property("Temperature", "temperature", 1.0),
}


@pytest.fixture(scope="module")
def cube() -> xr.Dataset:
    return synthetic_causes({"accuracy": 0.5, "temperature": 0.8})


def means(frame: pd.DataFrame, panel: str, look: str) -> np.ndarray:
    here = (frame["panel"] == panel) & (frame["look"] == look) & (frame["mark"] == "mean")
    return frame.loc[here, ["x", "value"]].to_numpy(float)


def test_the_ladder_has_a_mark_a_cell_at_its_rung(cube: xr.Dataset) -> None:
    tables = {panel: tabulate_ladder(cube, name, 0.95) for name, panel in PANELS.items()}
    frame = ladder_frame(tables)
    for panel, table in tables.items():
        for source, rows in table.groupby("source"):
            expected = [[list(RUNGS).index(row.rung), panel.scale * row.value] for row in rows.itertuples()]
            np.testing.assert_allclose(means(frame, panel.title, f"source/{source}"), expected)
    assert means(frame, "Accuracy", "source/wit")[-1, 1] == pytest.approx(75.0)
    assert (frame["mark"] == "single").sum() == 3 * (frame["mark"] == "mean").sum()
    shown = ladder(tables, [])
    for name in ("off captions", "names only", "whole captions"):
        assert f">{name}</text>" in shown.markup


def test_doses_have_a_curve_a_loss(cube: xr.Dataset) -> None:
    tables = {panel: dose(cube, "texture_correlation", name, 0.95) for name, panel in PANELS.items()}
    frame = doses_frame(tables, unit=100)
    assert set(frame["look"]) == {"loss/clip", "loss/cross_entropy"}
    np.testing.assert_allclose(
        means(frame, "Accuracy", "loss/clip"), [[20, 50], [50, 75], [80, 55], [95, 60]]
    )


def test_a_loss_without_a_look_is_drawn_in_ink_under_its_name(cube: xr.Dataset) -> None:
    table = dose(cube, "batch", "accuracy", 0.95).assign(loss="another loss")
    frame = doses_frame({PANELS["accuracy"]: table})
    assert set(zip(frame["look"], frame["label"], strict=True)) == {("ink", "another loss")}


def test_the_interval_of_a_share_stays_within_its_bounds(cube: xr.Dataset) -> None:
    table = dose(cube, "texture_correlation", "accuracy", 0.95).assign(low=-0.1, high=1.2)
    for panel, ends in ((Property("a", "b", is_share=True), (0, 100)), (Property("a", "b"), (-10, 120))):
        frame = doses_frame({panel: table})
        assert (frame["low"].min(), frame["high"].max()) == pytest.approx(ends)


def test_a_knob_of_ratios_has_a_tick_a_level(cube: xr.Dataset) -> None:
    table = dose(cube, "batch", "accuracy", 0.95)
    markup = doses({Property("accuracy", "right, %"): table}, "batch", [], ratios=True).markup
    for level in ("64", "256", "1,024"):
        assert f">{level}</text>" in markup


def test_what_was_not_trained_is_said_in_a_line(cube: xr.Dataset) -> None:
    nothing = dose(cube, "texture_correlation", "accuracy", 0.95).iloc[:0]
    assert "not measured yet: batch" in doses({Property("Accuracy", "right, %"): nothing}, "batch", []).markup
    assert "not measured yet: the ladder" in ladder({}, []).markup
