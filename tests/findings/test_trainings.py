"""Trainings that differ in one thing: means, steps and doses on a cube whose every value is known."""

import numpy as np
import pytest
import xarray as xr

from clipsafe_utils.findings.properties import Property
from clipsafe_utils.findings.trainings import Trainings, common_side, tables_of_studies
from clipsafe_utils.say import Missing, Value
from tests.chapters.synthetic_causes import CLIP, SEED_STEPS, synthetic_causes

OF_SOURCE = {"labels": 0.2, "wit": 0.7, "laion": 0.8}
KNOB = "texture_correlation"


@pytest.fixture(scope="module")
def trainings() -> Trainings:
    """Each training has the value of its source, or 0.95 less its dose, and the step of its seed."""
    cube = synthetic_causes({"accuracy": 1.0, "temperature": 1.0})
    rows = cube[["knob", "level", "seed", "source"]].to_dataframe()
    values = []
    for _, row in rows.iterrows():
        value = 0.95 - row["level"] if row["knob"] == KNOB else OF_SOURCE[row["source"]]
        values.append(value + SEED_STEPS[int(row["seed"])])
    return Trainings(cube.assign(value=cube["value"] * 0 + xr.DataArray(values, dims="model")), 0.95)


def test_a_mean_and_a_step_have_the_interval_of_their_seeds(trainings: Trainings) -> None:
    # Seeds step by 0, +1 and -1 points: variance 1/3 of the mean; two degrees of freedom, four of a step.
    mean = trainings.mean("accuracy", ("a", "wit"))
    step = trainings.step("accuracy", ("a", "wit"), ("a", "labels"))
    of_mean, of_step = 4.3026527 * np.sqrt(0.01**2 / 3), 2.7764451 * np.sqrt(2 * 0.01**2 / 3)
    assert (mean.estimate, mean.high - mean.estimate) == pytest.approx((0.7, of_mean))
    assert (step.estimate, step.high - step.estimate) == pytest.approx((0.5, of_step))
    assert (step.units, step.unit) == (3, "run")


def test_a_property_is_written_on_its_scale(trainings: Trainings) -> None:
    place, other = ("a", "wit"), ("a", "labels")
    assert [trainings.mean(name, place).scale for name in ("accuracy", "temperature")] == ["share", "number"]
    steps = [trainings.step(name, place, other) for name in ("accuracy", "temperature")]
    assert [step.scale for step in steps] == ["difference", "change"]


def test_what_a_knob_does_from_its_lowest_level_to_its_highest(trainings: Trainings) -> None:
    response = trainings.dose_response("accuracy", KNOB, CLIP)
    assert [response.low.estimate, response.high.estimate] == pytest.approx([0.2, 0.95])
    assert response.change.estimate == pytest.approx(-0.75)
    assert [response.at_low.estimate, response.at_high.estimate] == pytest.approx([0.75, 0.0])
    assert response.at_high.low == 0 < response.at_high.high
    assert KNOB in trainings.knobs
    assert isinstance(trainings.dose_response("accuracy", KNOB, "no such loss").change, Missing)


@pytest.mark.parametrize("trained", [True, False])
def test_what_was_not_trained_is_missing_with_its_reason(trainings: Trainings, trained: bool) -> None:
    asked = trainings if trained else Trainings(None, 0.95)
    place = ("a", "wit")
    for value in (asked.step("accuracy", place, place), asked.mean("shape_bias", place)):
        assert isinstance(value, Missing)
        assert value.reason == (
            "the same training, or none" if trained else "no study has trainings that differ in one thing"
        )
    assert asked.ladder("shape_bias").empty
    assert asked.doses("shape_bias", KNOB).empty


def test_what_is_no_number_is_missing(trainings: Trainings) -> None:
    assert trainings.cube is not None
    empty = Trainings(trainings.cube.assign(value=trainings.cube["value"] * np.nan), 0.95)
    place, other = ("a", "wit"), ("a", "labels")
    response = empty.dose_response("accuracy", KNOB, CLIP)
    for value in (empty.mean("accuracy", place), empty.step("accuracy", place, other), response.at_low):
        assert isinstance(value, Missing)


def test_panels_are_named_by_their_study_where_there_are_several(trainings: Trainings) -> None:
    shown = {
        "accuracy": Property("Accuracy", "right, %"),
        "shape_bias": Property("Shape bias", "by shape, %"),
    }
    one = tables_of_studies({"mine": trainings}, shown, Trainings.ladder)
    assert [panel.title for panel in one] == ["Accuracy"]
    several = tables_of_studies({"mine": trainings, "yours": trainings}, shown, Trainings.ladder)
    assert [panel.title for panel in several] == ["Accuracy (mine)", "Accuracy (yours)"]
    assert [table.empty for table in tables_of_studies({}, shown, Trainings.ladder).values()] == [True, True]


@pytest.mark.parametrize(
    ("steps", "side"),
    [
        ([Value(0.2, 0.1, 0.3), Value(0.3, 0.2, 0.4)], "up"),
        ([Value(-0.2, -0.3, -0.1)], "down"),
        ([Value(0.2, 0.1, 0.3), Value(-0.2, -0.3, -0.1)], "neither"),
        ([Value(0.2, 0.1, 0.3), Value(0.1, -0.1, 0.3)], "neither"),
    ],
)
def test_steps_share_a_side_or_have_none(steps: list[Value], side: str) -> None:
    assert common_side(steps) == side
    assert isinstance(common_side([*steps, Missing("no training")]), Missing)
