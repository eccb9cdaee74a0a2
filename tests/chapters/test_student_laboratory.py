"""The page of the student's laboratory: knobs, mistakes, and what is trained."""

import importlib.util
import re
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from clipsafe_engine.lab.chapters.student_laboratory import figures, mistakes, tables, training
from clipsafe_engine.lab.findings.student.in_small import Charted
from clipsafe_engine.lab.findings.student.result import StudentLaboratory, student_laboratory
from clipsafe_engine.lab.student.knobs import MEANINGS
from clipsafe_engine.lab.world.world import load_world
from clipsafe_utils.cubes.studies import Study
from clipsafe_utils.findings.trainings import Trainings
from clipsafe_utils.parameters import check_parameters
from tests.chapters.synthetic_causes import synthetic_causes
from tests.markup import cells_of

MODELS = ["zoo:clip", "zoo:standard", "mine:wit-wrong_0.2-s0", "mine:laion-s1"]
LABELS = ["wit, wrong 0.2", "laion, seed 1"]


@pytest.fixture
def models() -> xr.Dataset:
    """Two models of the zoo and two of the reader's."""
    said = {
        "group": ["clip_zero_shot", "standard", "other", "other"],
        "training_source": ["wit", "labels", "yours", "yours"],
        "checkpoint": MODELS,
    }
    return xr.Dataset({name: ("model", values) for name, values in said.items()}, {"model": MODELS})


def test_residuals_stand_over_what_a_new_family_shows(models: xr.Dataset) -> None:
    dims = ("model", "factor")
    table = xr.Dataset(
        {
            "residual": (dims, np.array([[0.01, 0.02], [0.0, 0.0], [0.03, -0.04], [0.05, 0.06]])),
            "half_width": (dims, np.array([[0.09, 0.09], [0.0, 0.0], [0.02, 0.01], [0.01, 0.03]])),
            "measured": (dims, np.array([[True, False], [True] * 2, [True, False], [True] * 2])),
            "image_low": (dims, np.full((4, 2), -0.1)),
            "image_high": (dims, np.full((4, 2), 0.1)),
        },
        {"model": MODELS, "factor": ["pose", "partial_view"]},
    )
    frame = figures.factors_frame(Charted(table, models))
    assert frame["row"].drop_duplicates().tolist() == ["pose", "partial view"]
    bars = frame[frame["mark"] == "none"]
    assert bars["band_high"].tolist() == [2.0, 3.0], "that of the reader's own models where there are some"
    clips = frame[frame["look"] == "group/clip_zero_shot"]
    assert clips[["row", "value", "name"]].values.tolist() == [["pose", 1.0, "clip"]], "measured ones alone"
    mine = frame[frame["look"].str.startswith("yours/")]
    assert mine["value"].tolist() == [3.0, 5.0, -4.0, 6.0]
    assert mine["label"].tolist() == LABELS * 2
    assert mine["decided"].tolist() == [True, True, False, True]
    assert mine["low"].tolist() == [-10.0] * 4
    shipped = {"model": MODELS[:2]}
    bars = figures.factors_frame(Charted(table.sel(shipped), models.sel(shipped)))
    assert bars.loc[bars["mark"] == "none", ["row", "band_high"]].values.tolist() == [["pose", 9.0]]
    assert figures.factors_frame(Charted()).empty


def test_shape_bias_has_a_row_a_group_below_the_readers_own(models: xr.Dataset) -> None:
    values = {"shape_bias": [0.7, 0.2, 0.4, 0.5], "low": [0.6, 0.1, 0.3, 0.4], "high": [0.8, 0.3, 0.5, 0.6]}
    table = xr.Dataset({name: ("model", shares) for name, shares in values.items()}, {"model": MODELS})
    frame = figures.shape_bias_frame(Charted(table, models))
    assert frame["row"].tolist() == [*LABELS, "CLIP, zero-shot", "Standard"]
    assert frame["look"].tolist() == ["yours/0", "yours/1", "group/clip_zero_shot", "group/standard"]
    assert frame["value"].tolist() == pytest.approx([40, 50, 70, 20])
    assert frame["low"].notna().tolist() == [True, True, False, False]
    assert figures.shape_bias_frame(Charted()).empty


def test_reliability_has_a_mark_a_bin_that_holds_images() -> None:
    dims = ("panel", "bin")
    panels = xr.Dataset(
        {
            "bin_count": (dims, [[10.0, 0.0, 30.0], [0.0, 0.0, 40.0]]),
            "bin_confidence": (dims, [[0.2, np.nan, 0.9], [np.nan, np.nan, 0.8]]),
            "bin_hits": (dims, [[5.0, 0.0, 30.0], [0.0, 0.0, 20.0]]),
            "title": ("panel", ["mine", "standard network"]),
            "group": ("panel", ["other", "standard"]),
        }
    )
    frame = figures.reliability_frame(panels, 0.95)
    assert frame["look"].tolist() == ["yours/0", "yours/0", "group/standard"]
    assert frame["panel"].tolist() == ["mine", "mine", "standard network"]
    assert frame["x"].tolist() == [20, 90, 80]
    assert frame["value"].tolist() == [50, 100, 50]
    assert frame["weight"].tolist() == [0.25, 0.75, 1]
    assert (frame["low"] < frame["high"]).all()


def test_the_point_stands_at_its_dose() -> None:
    zoo = synthetic_causes({"shape_bias": 0.5, "accuracy": 0.4})
    name = "mine:wit-texture_correlation_0.8-s0"
    one = zoo.sel(model=["test:d-wit-s0"]).assign_coords(model=[name])
    chosen = check_parameters("student-laboratory", {"level": 0.8})
    found = StudentLaboratory(chosen, load_world(), {"mine": Trainings(zoo, 0.95)}, [(one, name)], [])
    marks = figures.marks_at_dose(found)
    assert [(mark["panel"], mark["x"]) for mark in marks] == [
        ("Shape bias", 80.0),
        ("Accuracy, natural images", 80.0),
    ]
    assert marks[0]["value"] == pytest.approx(found.marks["Shape bias"][0][1])
    assert {(mark["look"], mark["label"]) for mark in marks} == {("yours/0", "wit, texture correlation 0.8")}
    shown = figures.dose(found).markup
    assert "wit, texture correlation 0.8: 75.0 at 80." in shown
    assert "; 80 is marked." in shown


def test_what_is_lacking_is_a_figure_of_one_line() -> None:
    found = student_laboratory(
        check_parameters("student-laboratory", {"studies": ["field"], "knob": "batch"})
    )
    for shown in (figures.dose(found), figures.factors(found), figures.reliability(found)):
        assert "not measured yet: " in shown.markup


def test_every_knob_stands_in_the_table_with_its_range() -> None:
    markup = cells_of(tables.knobs_table(load_world()))
    for knob in MEANINGS:
        assert f">{knob}</th>" in markup
    assert re.search(
        r">wrong</th><td[^>]*>[^<]*</td><td>0 to 1</td><td[^>]*>0</td><td[^>]*>0\.05</td>", markup
    )
    assert "<td>256 to 1,000,000</td>" in markup


def test_each_mistake_gets_the_sentence_of_its_own() -> None:
    markup = mistakes.mistakes_table().markup
    for said in (
        "did you mean",
        "expected a number from 0 to 1.",
        "this source has no captions",
        "must not be more than 1 together",
        "is more than the 512 training images",
        "not in the vocabulary",
        "has no glyphs",
        "there is no known background",
    ):
        assert said in markup
    assert str(load_world().folder) not in markup
    assert "/tmp" not in markup


def test_a_mistake_that_is_none_is_found() -> None:
    with pytest.raises(AssertionError, match="is none"):
        mistakes._sentence(str)


def test_nothing_is_trained_unasked() -> None:
    chosen = check_parameters("student-laboratory", {"train": "no", "knob": "wrong", "level": 0.2})
    done = training.train_if_asked(chosen)
    assert (done.case, done.chosen, done.change.name) == ("not asked", chosen, "wit-wrong_0.2-s0")


@pytest.mark.parametrize("has_torch", [True, False])
def test_a_training_is_shown_alone(has_torch: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: object() if has_torch else None)
    monkeypatch.setattr(training, "make_mine", lambda *_: Study("mine", tmp_path))
    done = training.train_if_asked(check_parameters("student-laboratory", {"train": "yes", "level": 0.1}))
    assert done.case == ("trained" if has_torch else "without torch")
    assert done.chosen.studies == ([str(tmp_path.resolve())] if has_torch else ["miniature"])
    assert done.change.name == "wit-texture_correlation_0.1-s0"
    assert done.chosen.knob == "texture_correlation"
