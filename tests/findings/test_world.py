"""What came out of the miniature world, on a cube whose every value is known; and what was put in."""

from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from clipsafe_engine.lab.chapters.miniature_world import figures, outcome_tables
from clipsafe_engine.lab.findings.world.put_in import knob_values, stands_at
from clipsafe_engine.lab.findings.world.result import PROPERTIES, STEPS, MiniatureWorld, miniature_world
from clipsafe_engine.lab.world.world import load_world
from clipsafe_utils.cubes import find_study, write_cube
from clipsafe_utils.cubes.panels import Panel
from clipsafe_utils.parameters import check_parameters
from clipsafe_utils.say import Missing
from tests.chapters.synthetic_causes import synthetic_causes
from tests.conftest import labelled
from tests.markup import cells_of

WORLD = load_world()
STARTS = dict.fromkeys(PROPERTIES, 0.5) | {"accuracy": 0.6}


def described(cube: xr.Dataset) -> xr.Dataset:
    """Say who the models of a synthetic cube are: rung a on labels is standard, rung d of the web is CLIP."""
    rung, source = cube["rung"].values, cube["source"].values
    is_clip = (rung == "d") & np.isin(source, ["wit", "laion"])
    is_standard = (rung == "a") & (source == "labels")
    names = ("training_source", "architecture", "pretraining", "fine_tuning", "reference")
    numbers = ("training_images", "samples_seen", "parameters", "image_size")
    columns = {name: ("model", np.full(rung.size, "x")) for name in names}
    columns |= {name: ("model", np.ones(rung.size)) for name in numbers}
    group = np.select([is_clip, is_standard], ["clip_zero_shot", "standard"], "control")
    own = dict.fromkeys(("family", "checkpoint"), ("model", cube["model"].values))
    return labelled(
        xr.Dataset(columns | own | {"group": ("model", group)}, {"model": cube["model"]}), "models"
    )


def world_with(*panels: Panel) -> MiniatureWorld:
    return MiniatureWorld(WORLD, panels, [], 0.95)


@pytest.fixture(scope="module")
def panel() -> Panel:
    cube = synthetic_causes(STARTS)
    return Panel("test", cube, described(cube))


@pytest.fixture(scope="module")
def found(panel: Panel) -> MiniatureWorld:
    return world_with(panel)


def test_steps_are_those_of_the_cube(found: MiniatureWorld) -> None:
    by_place = found.steps.set_index(["title", "source"])
    title = {change: step[0] for change, step in STEPS.items()}
    # Each value is start * (1 + steps): CLIP's loss adds 0.2, the images of wit 0.1, captions another 0.2.
    assert by_place.loc[(title["loss"], "wit"), "shape_bias"].estimate == pytest.approx(0.5 * 0.2)
    images = by_place.loc[(title["images"], "wit for labels"), "shape_bias"]
    assert images.estimate == pytest.approx(0.5 * 0.1)
    assert by_place.loc[(title["captions"], "laion"), "accuracy"].estimate == pytest.approx(0.6 * 0.2)
    assert len(found.steps) == 2 + 2 + 3 + 3
    assert not found.steps[list(PROPERTIES)].map(lambda step: isinstance(step, Missing)).any(axis=None)


def test_the_sentences_speak_of_the_steps_of_the_first_study(panel: Panel, found: MiniatureWorld) -> None:
    # Three seeds a side with standard deviation 0.005: 2.776 * 0.005 * sqrt(2 / 3) is 1.1 points.
    loss = found.changes["loss"].wit
    assert (loss.estimate, loss.low, loss.high) == pytest.approx((0.1, 0.0887, 0.1113), abs=1e-4)
    assert found.changes["images"].laion.estimate == pytest.approx(0.1)
    assert found.changes["noise"].wit.estimate == pytest.approx(0.6 * 0.1)
    other = Panel("other", panel.cube.assign(value=panel.cube["value"] * 0), panel.models)
    assert world_with(panel, other).changes["loss"].wit == loss
    assert world_with(other, panel).changes["loss"].wit.estimate == 0


def test_models_of_equal_accuracy_are_counted(panel: Panel, found: MiniatureWorld) -> None:
    population = found.population
    # a on labels has 0.6 and neighbours; d on wit 0.9, on laion 0.96 and so above the shared range.
    assert (population.clips, population.standard) == ("3 of 6", "3 of 3")
    assert population.best_clip.estimate == pytest.approx(0.966)
    assert population.models == str(panel.cube.sizes["model"])
    assert population.comparable == "yes"
    standard = (panel.models["group"] == "standard").values
    alone = world_with(Panel("few", panel.cube.isel(model=standard), panel.models.isel(model=standard)))
    assert isinstance(alone.population.best_clip, Missing)
    assert isinstance(alone.population.clips, Missing)
    assert alone.population.comparable == "no"


def test_a_dose_has_both_its_ends(found: MiniatureWorld) -> None:
    for loss in ("clip", "labels"):
        dose = found.typical[loss]
        ends = (dose.low.estimate, dose.high.estimate, dose.at_low.estimate, dose.at_high.estimate)
        assert ends == pytest.approx((0.2, 0.95, 0.5, 0.6))
        assert dose.at_low.low < 0.5 < dose.at_low.high


@pytest.mark.parametrize("has_a_study", [True, False])
def test_what_is_missing_is_not_measured(panel: Panel, has_a_study: bool) -> None:
    is_left = (panel.cube["rung"] == "a") | (panel.cube["rung"] == "none")
    cube = panel.cube.isel(model=is_left.values & (panel.cube["knob"] == "none").values)
    few = world_with(*[Panel("few", cube, described(cube))] * has_a_study)
    assert isinstance(few.changes["loss"].wit, Missing)
    assert isinstance(few.population.best_clip, Missing)
    assert isinstance(few.typical["clip"].at_low, Missing)
    assert len(few.models) == few.panels[0].cube.sizes["model"] if has_a_study else few.models.empty
    assert few.put_in.classes == 24


def test_tables_and_words_hold_every_step_and_model(panel: Panel, found: MiniatureWorld) -> None:
    stepped = cells_of(outcome_tables.steps_table(found))
    assert stepped.count("<tr>") == 1 + 10
    assert "+10.0 (+8.9 to +11.1)" in stepped
    assert outcome_tables.models_table(found).markup.count("<tr>") == 1 + panel.cube.sizes["model"]
    assert "Shape bias: labels: a: labels 50.0" in figures.ladder(found).markup


def test_a_property_without_a_number_is_missing(panel: Panel) -> None:
    cube = panel.cube.copy(deep=True)
    cube["value"].loc[{"property": "auroc"}] = np.nan
    without = world_with(Panel("test", cube.drop_sel(property="accuracy_shifts"), panel.models))
    for name in ("auroc", "accuracy_shifts"):
        assert all(isinstance(value, Missing) for value in without.models[name])
        assert all(isinstance(step, Missing) for step in without.steps[name])


def test_a_study_is_read_or_left_out_in_words(
    panel: Panel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLIPSAFE_CUBES", str(tmp_path))
    causes = panel.cube.copy(deep=True)
    causes["level"].attrs["not_measured"] = "a model that turns no knob has no level"
    for study, cubes in (("mine", ("causes", "models")), ("bare", ("models",))):
        for name in cubes:
            write_cube({"causes": causes, "models": panel.models}[name], tmp_path / study / f"{name}.nc")
    both = miniature_world(check_parameters("miniature-world", {"studies": ["bare", "mine"]}))
    assert [one.study for one in both.panels] == ["mine"]
    assert len(both.left_out) == 1
    assert "The study `bare` has no cube `causes`" in both.left_out[0]
    few = miniature_world(check_parameters("miniature-world", {"studies": ["mine"], "groups": ["standard"]}))
    assert few.panels[0].cube.sizes["model"] == 3


def test_a_knob_stands_where_the_source_or_the_recipe_has_it() -> None:
    sources = ("labels", "wit", "mixed", "labels_wide_far")
    assert [knob_values(WORLD, source, "wrong") for source in sources] == ["0", "0.05", "0.05 / 0.08", "–"]
    assert (stands_at(WORLD, "wit", "wrong"), stands_at(WORLD, "wit", "images")) == ("0.05", "65,536")


def test_what_was_put_in_is_counted(found: MiniatureWorld) -> None:
    put_in = found.put_in
    assert put_in.classes < put_in.concepts
    assert put_in.typical["wit"].estimate == float(knob_values(WORLD, "wit", "texture_correlation"))
    # The page says that the two references and ten that are only fine-tuned from are not measured.
    assert put_in.recipes - find_study("miniature").read("models").sizes["model"] == 12
