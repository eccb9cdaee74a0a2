"""The student's laboratory: what a knob does, and where one's own model stands, on a cube of known values."""

import re

import pytest
import xarray as xr

from clipsafe_engine.lab.chapters.student_laboratory import tables
from clipsafe_engine.lab.findings.student import in_small
from clipsafe_engine.lab.findings.student.comparison import COMPARED, compare, unchanged_source
from clipsafe_engine.lab.findings.student.result import StudentLaboratory, student_laboratory, yours_in
from clipsafe_engine.lab.world.world import load_world
from clipsafe_utils.cubes.yours import label_of
from clipsafe_utils.findings.trainings import Trainings
from clipsafe_utils.parameters import check_parameters
from clipsafe_utils.say import NOT_MEASURED, Missing
from tests.chapters.synthetic_causes import synthetic_causes

CONFIDENCE = 0.95
MINE = "mine:wit-texture_correlation_0.8-s0"
STARTS = {"shape_bias": 0.5, **dict.fromkeys(set(COMPARED) - {"shape_bias"}, 0.4)}
HIGHER = 0.3
"""By what part the reader's model is above the unchanged recipe on `wit`."""


@pytest.fixture(scope="module")
def cube() -> xr.Dataset:
    zoo = synthetic_causes(STARTS)
    one = zoo.sel(model=["test:d-wit-s0"]).assign_coords(model=[MINE])
    one["value"] = one["value"] + HIGHER * zoo["value"].isel(draw=0).sel(model="test:d-wit-s0")
    for name, said in {"rung": "none", "source": "wit, texture_correlation 0.8"}.items():
        one[name] = ("model", [said])
    return xr.concat([zoo, one], "model", combine_attrs="override")


def laboratory(cube: xr.Dataset | None, **chosen: object) -> StudentLaboratory:
    checked = check_parameters("student-laboratory", {"level": 0.8, **chosen})
    trainings = {} if cube is None else {"mine": Trainings(cube, checked.confidence)}
    return StudentLaboratory(checked, load_world(), trainings, [] if cube is None else [(cube, MINE)], [])


def test_yours_is_held_against_the_same_source(cube: xr.Dataset) -> None:
    (found,) = laboratory(cube).yours
    assert (found.source, found.others) == ("wit", 3)
    assert set(found.table.index) == set(COMPARED)
    # Rung d on wit is 1 + 0.4 + 0.1 times the start; its seeds 0, +0.01 and -0.01 cancel in the mean.
    assert found.table.loc["shape_bias", "unchanged"].estimate == pytest.approx(0.5 * 1.5)
    assert found.table.loc["shape_bias", "unchanged"].units == 3
    assert found.shape_bias.estimate == pytest.approx(0.5 * 1.5 * HIGHER)
    assert found.shape_bias.side == "up"


def test_yours_are_told_from_the_zoo_by_their_source(cube: xr.Dataset) -> None:
    sources = ["yours" if name == MINE else "wit" for name in cube["model"].values]
    models = xr.Dataset({"training_source": ("model", sources)}, {"model": cube["model"].values})
    assert yours_in(cube, models) == [MINE]


@pytest.mark.parametrize(
    ("source", "unchanged"), [("mixed, wrong 0.2", "wit"), ("laion_images_wit_captions", "laion")]
)
def test_another_source_is_held_against_its_images_or_wit(
    cube: xr.Dataset, source: str, unchanged: str
) -> None:
    other = cube.assign(source=("model", [*cube["source"].values[:-1], source]))
    assert unchanged_source(Trainings(other, CONFIDENCE), MINE) == unchanged


def test_a_study_without_the_recipe_has_no_difference(cube: xr.Dataset) -> None:
    found = compare(cube.sel(model=[MINE]), MINE, CONFIDENCE)
    assert found.others == 0
    assert isinstance(found.shape_bias, Missing)
    row = tables.comparison_rows(found)[0]
    assert row["unchanged wit"] == row["difference, points"] == NOT_MEASURED


def test_the_point_stands_at_its_dose(cube: xr.Dataset) -> None:
    found = laboratory(cube)
    assert found.marks["Shape bias"] == [(label_of(MINE), pytest.approx(100 * 0.5 * 1.5 * (1 + HIGHER)))]
    for other in ({"level": 0.9}, {"knob": "wrong"}):
        assert not any(laboratory(cube, **other).marks.values())


@pytest.mark.parametrize(
    ("knob", "ends"),
    [
        ("texture_correlation", ("20\N{NO-BREAK SPACE}%", "95\N{NO-BREAK SPACE}%")),
        ("images", ("4,096", "65,536")),
        ("rotation_sd", ("2", "30")),
    ],
)
def test_the_ends_of_a_knob_are_written_as_what_they_are(
    cube: xr.Dataset, knob: str, ends: tuple[str, str]
) -> None:
    found = laboratory(cube, knob=knob)
    assert (found.lowest, found.highest) == ends
    assert found.is_count == (knob == "images")


def test_shape_bias_is_that_of_the_ends(cube: xr.Dataset) -> None:
    # The lowest level starts at 0, the highest is two steps of 0.1 above.
    response = laboratory(cube).shape_bias_of_knob
    assert [response.at_low.estimate, response.at_high.estimate] == pytest.approx([0.5, 0.6])


def test_what_is_lacking_is_said() -> None:
    none = laboratory(None, knob="batch", studies=["field"])
    for value in (none.lowest, none.shape_bias_of_knob.at_low):
        assert isinstance(value, Missing)
    assert (none.doses, none.yours) == ({}, [])
    assert not any(none.marks.values())
    factors, shape_bias = none.factors, in_small.shape_biases([], CONFIDENCE)
    assert factors.lacking == []
    assert shape_bias.table is None
    assert none.reliability.sizes["panel"] == 0
    for value in (none.beyond, none.middle.clip, none.right_and_sure):
        assert isinstance(value, Missing)
    assert none.sources("causes") == []


def test_the_shipped_zoo_has_the_knob_and_none_of_yours() -> None:
    found = student_laboratory(check_parameters("student-laboratory", {"confidence": 0.8}))
    assert found.yours == []
    assert (found.put_in.classes, found.left_out) == (24, [])
    assert found.seconds.estimate > 0
    assert found.stands == "0.965 in labels, 0.5 in wit, 0.4 in laion"
    assert found.shape_bias.table is not None
    assert found.middle.clip.estimate > found.middle.standard.estimate
    assert re.fullmatch(r"\d+ of 420", str(found.beyond))
    assert str(found.right_and_sure).startswith("CLIP, same recipe: right in 9")
    assert found.sources("causes") == ["study miniature, made by this project, CC BY 4.0"]


def test_a_study_without_causes_is_left_out_in_words() -> None:
    found = student_laboratory(check_parameters("student-laboratory", {"studies": ["field"]}))
    assert found.trainings == {}
    assert any("has no cube `causes`" in sentence for sentence in found.left_out)
