"""The student's laboratory: what a knob does, where one's own model stands, and what mistakes are told."""

import re
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from clipsafe_utils.chapters.formats import NOT_MEASURED
from clipsafe_utils.chapters.student_laboratory import analysis, descriptions, mistakes, points, words
from clipsafe_utils.cubes.studies import REPOSITORY
from clipsafe_utils.cubes.yours import is_yours, label_of
from clipsafe_utils.figures import causes as causes_figures
from clipsafe_utils.figures import student_laboratory as figures
from clipsafe_utils.lab.student.knobs import MEANINGS
from clipsafe_utils.lab.world.world import World, load_world
from tests.chapters.synthetic_causes import CLIP, synthetic_causes

CONFIDENCE = 0.95
MINE = "mine:wit-texture_correlation_0.8-s0"
STARTS = {"shape_bias": 0.5, **dict.fromkeys(set(analysis.COMPARED) - {"shape_bias"}, 0.4)}
HIGHER = 0.3
"""By what part the reader's model is above the unchanged recipe on `wit`."""


@pytest.fixture(scope="module")
def world() -> World:
    return load_world()


@pytest.fixture(scope="module")
def cube() -> xr.Dataset:
    zoo = synthetic_causes(STARTS)
    one = zoo.sel(model=["test:d-wit-s0"]).assign_coords(model=[MINE])
    one["value"] = one["value"] + HIGHER * zoo["value"].isel(draw=0).sel(model="test:d-wit-s0")
    for name, said in {"rung": "none", "source": "wit, texture_correlation 0.8"}.items():
        one[name] = ("model", [said])
    return xr.concat([zoo, one], "model", combine_attrs="override")


@pytest.fixture(scope="module")
def models(cube: xr.Dataset) -> xr.Dataset:
    sources = ["yours" if name == MINE else "wit" for name in cube["model"].values]
    return xr.Dataset({"training_source": ("model", sources)}, {"model": cube["model"].values})


def test_yours_is_held_against_the_same_source(cube: xr.Dataset, models: xr.Dataset) -> None:
    assert analysis.yours_in(cube, models) == [MINE]
    assert is_yours(models).sum() == 1
    table = analysis.compare(cube, MINE, CONFIDENCE).set_index("property")
    assert set(table.index) == set(analysis.COMPARED)
    # Rung d on wit is 1 + 0.4 + 0.1 times the start; its seeds 0, +0.01 and -0.01 cancel in the mean.
    assert table.loc["shape_bias", "unchanged"].estimate == pytest.approx(0.5 * 1.5)
    assert table.loc["shape_bias", "difference"].estimate == pytest.approx(0.5 * 1.5 * HIGHER)
    assert table.loc["shape_bias", "difference"].low > 0
    assert table.loc["shape_bias", "unchanged"].units == 3


def test_another_source_is_held_against_its_images_or_wit(cube: xr.Dataset) -> None:
    other = cube.copy()
    other["source"] = ("model", [*cube["source"].values[:-1], "mixed, wrong 0.2"])
    assert analysis.unchanged_source(other, MINE) == "wit"
    other["source"] = ("model", [*cube["source"].values[:-1], "laion_images_wit_captions"])
    assert analysis.unchanged_source(other, MINE) == "laion"


def test_a_study_without_the_recipe_has_no_difference(cube: xr.Dataset) -> None:
    alone = cube.sel(model=[MINE])
    table = analysis.compare(alone, MINE, CONFIDENCE)
    assert table["difference"].isna().all()
    row = words.comparison_rows(alone, MINE, CONFIDENCE)[0]
    assert row["unchanged wit"] == row["difference, points"] == NOT_MEASURED


def test_the_point_stands_at_its_dose(cube: xr.Dataset, models: xr.Dataset) -> None:
    found = analysis.points_at({"mine": cube}, {"mine": models}, "texture_correlation", 0.8)
    assert found["Shape bias"] == [(label_of(MINE), pytest.approx(100 * 0.5 * 1.5 * (1 + HIGHER)))]
    for knob, level in (("texture_correlation", 0.9), ("wrong", 0.8)):
        assert not any(analysis.points_at({"mine": cube}, {"mine": models}, knob, level).values())


def test_the_figure_of_the_dose_has_the_level_and_the_point(cube: xr.Dataset, models: xr.Dataset) -> None:
    tables = analysis.dose_tables({"mine": cube}, "texture_correlation", CONFIDENCE)
    marks = analysis.points_at({"mine": cube}, {"mine": models}, "texture_correlation", 0.8)
    figure = figures.with_level(causes_figures.doses(tables, "texture", 100), 80.0, marks)
    for axes in figure.axes:
        assert [80.0, 80.0] in [list(line.get_xdata()) for line in axes.lines]
        (value,) = (value for _, value in marks[axes.get_title(loc="left")])
        placed = [np.asarray(drawn.get_offsets()).tolist() for drawn in axes.collections]
        assert [[80.0, pytest.approx(value)]] in placed
    said = descriptions.describe_doses(tables, 0.8)
    assert f"Shape bias, {CLIP}: " in said


def test_numbers_of_the_prose_are_those_of_the_ends(cube: xr.Dataset, world: World) -> None:
    response = analysis.response({"mine": cube}, "texture_correlation", "shape_bias", CONFIDENCE)
    given = words.numbers(world, "texture_correlation", response, "0.5 in wit", REPOSITORY / "weights")
    assert set(given) == set(words.KEYS)
    assert given["student-laboratory-low"] == "20\N{NO-BREAK SPACE}%"
    assert given["student-laboratory-high"] == "95\N{NO-BREAK SPACE}%"
    # The lowest level starts at 0, the highest is two steps of 0.1 above.
    assert given["student-laboratory-at-low"].startswith("50.0\N{NO-BREAK SPACE}% (")
    assert given["student-laboratory-at-high"].startswith("60.0\N{NO-BREAK SPACE}% (")
    assert given["student-laboratory-classes"] == "24"
    assert re.fullmatch(r"\d+\N{NO-BREAK SPACE}seconds", given["student-laboratory-training"])


def test_counts_are_written_as_counts(cube: xr.Dataset, world: World) -> None:
    response = analysis.response({"mine": cube}, "images", "shape_bias", CONFIDENCE)
    given = words.numbers(world, "images", response, "", Path("nowhere"))
    assert (given["student-laboratory-low"], given["student-laboratory-high"]) == ("4,096", "65,536")
    assert given["student-laboratory-training"] == NOT_MEASURED


def test_what_is_lacking_is_said(world: World) -> None:
    assert analysis.response({}, "batch", "shape_bias", CONFIDENCE) is None
    given = words.numbers(world, "batch", None, "", Path("nowhere"))
    assert given["student-laboratory-at-low"] == NOT_MEASURED
    result, models, sentences = points.residuals([], CONFIDENCE)
    for figure in (
        figures.factors(result, models),
        figures.shape_bias(*points.shape_biases([], CONFIDENCE)),
        figures.reliability(points.reliability([], "wit"), CONFIDENCE),
    ):
        assert "not measured yet" in figure.texts[0].get_text()
    assert sentences == []
    assert descriptions.describe_factors(result, models) == "No line of standard models can be drawn."


def test_verdicts_have_the_direction_of_the_interval(cube: xr.Dataset) -> None:
    said = words.verdicts({"mine": cube}, {"mine": [MINE]}, CONFIDENCE)
    assert re.search(r"\*wit, texture correlation 0\.8\* is higher by 22\.5 points \(", said)


def test_every_knob_stands_in_the_table_with_its_range(world: World) -> None:
    markup = words.knobs_table(world, ["labels", "wit"]).markup
    for knob in MEANINGS:
        assert f">{knob}</th>" in markup
    assert re.search(r">wrong</th><td>[^<]*</td><td>0 to 1</td><td[^>]*>0</td><td[^>]*>0\.05</td>", markup)
    assert "<td>256 to 1,000,000</td>" in markup


def test_each_mistake_gets_the_sentence_of_its_own(world: World) -> None:
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
    assert str(world.folder) not in markup
    assert "/tmp" not in markup


def test_a_mistake_that_is_none_is_found() -> None:
    with pytest.raises(AssertionError, match="is none"):
        mistakes._sentence(str)
