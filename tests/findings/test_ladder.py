"""Means of the laboratory's cells, worked by hand on a cube whose every number is a sum of known steps."""

import numpy as np
import pytest
import xarray as xr
from scipy import stats

from clipsafe_utils.cubes.storage import write_cube
from clipsafe_utils.findings.ladder import (
    KNOBS,
    RUNGS,
    SOURCES,
    axis_of,
    cell,
    dose,
    ladder,
    levels,
    members,
    read_causes,
)
from clipsafe_utils.findings.trainings import Trainings
from clipsafe_utils.say import Missing, Value
from tests.chapters.synthetic_causes import CLIP, LABELS, REPLICATES, synthetic_causes

START = 0.5
BETWEEN_SEEDS = 0.01 * START
"""Standard deviation of a property over the three seeds."""


@pytest.fixture(scope="module")
def cube() -> xr.Dataset:
    return synthetic_causes({"accuracy": START, "shape_bias": 0.2})


def without(cube: xr.Dataset, **chosen: str) -> xr.Dataset:
    """Leave out the trainings of which all that is named holds."""
    named = np.logical_and.reduce([cube[name].values == value for name, value in chosen.items()])
    return cube.isel(model=~named)


def test_a_cell_holds_its_three_trainings_in_every_draw(cube: xr.Dataset) -> None:
    found = cell(cube, "accuracy", "c", "laion")
    assert found.shape == (1 + REPLICATES, 3)
    np.testing.assert_allclose(found[0], START * (1.4 + np.array([0.0, 0.01, -0.01])))
    assert cell(cube, "accuracy", "b", "labels").shape[1] == 0


def test_a_source_with_its_captions_named_is_that_source(cube: xr.Dataset) -> None:
    """Rung c is trained on "wit, name_only" in the recipe's words."""
    named = [f"{source}, name_only" if rung == "c" else source for source, rung in cube_rows(cube)]
    renamed = cube.assign(source=("model", named))
    np.testing.assert_array_equal(cell(renamed, "accuracy", "c", "wit"), cell(cube, "accuracy", "c", "wit"))


def cube_rows(cube: xr.Dataset) -> list[tuple[str, str]]:
    return list(zip(cube["source"].values.tolist(), cube["rung"].values.tolist(), strict=True))


def test_the_order_of_dims_does_not_matter(cube: xr.Dataset) -> None:
    turned = cube.transpose("property", "model", "draw")
    np.testing.assert_array_equal(cell(turned, "accuracy", "d", "wit"), cell(cube, "accuracy", "d", "wit"))


def test_the_ladder_has_every_cell_but_one(cube: xr.Dataset) -> None:
    table = ladder(cube, "accuracy", 0.95)
    assert len(table) == len(RUNGS) * len(SOURCES) - 1
    assert list(table["rung"]) == sorted(table["rung"])
    assert set(table["runs"]) == {3}
    by_cell = table.set_index(["rung", "source"])
    # 0.5 * (1 + 0.4 of rung d + 0.2 of laion).
    assert by_cell.loc[("d", "laion"), "value"] == pytest.approx(0.8)
    assert by_cell.loc[("a", "labels"), "seeds"] == pytest.approx([0.5, 0.505, 0.495])
    assert (table["low"] < table["value"]).all()
    assert (table["value"] < table["high"]).all()


def test_a_ladder_leaves_out_what_the_cube_lacks(cube: xr.Dataset) -> None:
    table = ladder(without(cube, rung="a"), "accuracy", 0.95)
    assert "a" not in set(table["rung"])
    assert ladder(cube.isel(model=[]), "accuracy", 0.95).empty


def test_a_step_is_paired_over_images_and_not_over_seeds(cube: xr.Dataset) -> None:
    found = Trainings(cube, 0.95).step("accuracy", ("d", "wit"), ("a", "wit"))
    assert isinstance(found, Value)
    assert found.estimate == pytest.approx(0.4 * START)
    # The noise of the images is common; of the seeds, two equal variances over three leave 4 freedoms.
    half = stats.t.ppf(0.975, 4) * np.sqrt(2 * BETWEEN_SEEDS**2 / 3)
    assert (found.low, found.high) == pytest.approx((found.estimate - half, found.estimate + half))


def test_a_step_from_a_missing_cell_is_missing(cube: xr.Dataset) -> None:
    trained = Trainings(cube, 0.95)
    assert isinstance(trained.step("accuracy", ("b", "labels"), ("a", "labels")), Missing)
    assert isinstance(trained.step("accuracy", ("a", "labels"), ("b", "labels")), Missing)


def test_a_dose_takes_its_usual_level_from_the_ladder(cube: xr.Dataset) -> None:
    table = dose(cube, "texture_correlation", "accuracy", 0.95)
    clip, labels = (table[table["loss"] == loss] for loss in (CLIP, LABELS))
    assert clip["level"].tolist() == labels["level"].tolist() == [0.2, 0.5, 0.8, 0.95]
    # Levels add 0, 0.1, 0.2; the usual one is rung d (0.4) or a (0) on wit (0.1).
    assert clip["value"].tolist() == pytest.approx([0.5, 0.75, 0.55, 0.6])
    assert labels["value"].tolist() == pytest.approx([0.5, 0.55, 0.55, 0.6])


def test_a_dose_without_its_ladder_has_its_own_levels(cube: xr.Dataset) -> None:
    table = dose(without(cube, rung="d"), "rotation_sd", "accuracy", 0.95)
    assert table["level"].tolist() == [2.0, 30.0]
    assert dose(without(cube, knob="wrong"), "wrong", "accuracy", 0.95).empty


def test_the_usual_level_of_a_knob_is_a_cell_of_the_ladder(cube: xr.Dataset) -> None:
    by_level = levels(cube, "wrong")[CLIP]
    assert sorted(by_level) == [0.0, 0.05, 0.2]
    np.testing.assert_array_equal(by_level[0.05], members(cube, "d", "wit"))
    assert [int(chosen.sum()) for chosen in by_level.values()] == [3, 3, 3]
    assert levels(cube, "none of them") == {}


def test_the_difference_of_a_dose_is_that_of_its_ends(cube: xr.Dataset) -> None:
    response = Trainings(cube, 0.95).dose_response("accuracy", "texture_correlation", CLIP)
    assert (response.low.estimate, response.high.estimate) == (0.2, 0.95)
    assert response.change.estimate == pytest.approx(0.2 * START)
    assert response.change.units == 3
    still = Trainings(without(cube, knob="batch"), 0.95)
    assert isinstance(still.dose_response("accuracy", "batch", CLIP).change, Missing)


def test_knobs_are_those_that_are_turned(cube: xr.Dataset) -> None:
    assert Trainings(cube, 0.95).knobs == set(KNOBS)
    assert Trainings(without(cube, knob="batch"), 0.95).knobs == set(KNOBS) - {"batch"}


def test_the_axis_of_a_knob_has_a_name_and_a_scale() -> None:
    assert axis_of("wrong") == ("captions that name another object, %", 100.0)
    assert axis_of("images") == ("images, thousands", 1 / 1024)


def test_usual_levels_and_rungs_are_those_of_the_recipe() -> None:
    """The laboratory's own files say where the knobs of `wit` stand."""
    world = pytest.importorskip("clipsafe_engine.lab.world.world").load_world()
    images = world.image_knobs["wit"]
    for knob in ("texture_correlation", "background_correlation", "rotation_sd"):
        assert getattr(images, knob) == KNOBS[knob].usual
    assert world.caption_knobs["wit"].wrong == KNOBS["wrong"].usual


def test_studies_without_the_cube_are_passed_over(
    cube: xr.Dataset, tmp_path_factory: pytest.TempPathFactory
) -> None:
    root = tmp_path_factory.mktemp("studies")
    noted = cube.copy()
    noted["level"].attrs["not_measured"] = "a model that turns no knob has no level"
    write_cube(noted, root / "mine" / "causes.nc")
    (root / "bare").mkdir()
    found = read_causes([str(root / "bare"), str(root / "mine")])
    assert list(found) == ["mine"]
    np.testing.assert_allclose(
        cell(found["mine"], "accuracy", "a", "wit"), cell(cube, "accuracy", "a", "wit"), rtol=1e-6
    )
