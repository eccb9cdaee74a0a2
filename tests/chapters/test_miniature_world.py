"""The appendix on the miniature world: it tells the files as they are, and the cube as worked out by hand."""

import re
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from clipsafe_utils.chapters.miniature_world.analysis import PROPERTIES, results, steps, texture_doses

from clipsafe_utils.chapters.miniature_world import sheets, words, world_tables, zoo
from clipsafe_utils.cubes import GROUPS as MODEL_GROUPS
from clipsafe_utils.cubes import write_cube
from clipsafe_utils.cubes.panels import Panel
from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.figures.miniature_world_sheets import FOLDER, Strip, contact_sheet
from clipsafe_utils.lab.training.ledger import Row
from clipsafe_utils.lab.training.recipe import read_group, read_groups
from clipsafe_utils.lab.world.concepts import GROUPS
from clipsafe_utils.lab.world.knobs import CAPTION_KNOBS, IMAGE_KNOBS
from clipsafe_utils.lab.world.sets import ONE_FACTOR, TEST_SETS, make_test_set
from clipsafe_utils.lab.world.sources import draw
from clipsafe_utils.lab.world.world import load_world
from tests.chapters.synthetic_causes import synthetic_causes
from tests.conftest import REPOSITORY, labelled

WORLD = load_world()
STARTS = dict.fromkeys(PROPERTIES, 0.5) | {"accuracy": 0.6}
LARGEST_STRIPS = 250_000
PAGE = REPOSITORY / "notebooks" / "miniature-world.md"


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


@pytest.fixture(scope="module")
def panel() -> Panel:
    cube = synthetic_causes(STARTS)
    return Panel("test", cube, described(cube))


def test_steps_are_those_of_the_cube(panel: Panel) -> None:
    found = steps(panel.cube, 0.95)
    # Each value is start * (1 + steps): CLIP's loss adds 0.2, the images of wit 0.1, captions another 0.2.
    assert found["loss", "wit", "shape_bias"].estimate == pytest.approx(0.5 * 0.2)
    assert found["images", "wit", "shape_bias"].estimate == pytest.approx(0.5 * 0.1)
    assert found["captions", "laion", "accuracy"].estimate == pytest.approx(0.6 * 0.2)
    assert ("images", "labels", "accuracy") not in found
    assert ("noise", "labels", "accuracy") not in found
    assert len(found) == (2 + 2 + 3 + 3) * len(PROPERTIES)


def test_numbers_are_worked_out_by_hand(panel: Panel) -> None:
    numbers = words.result_numbers([panel], 0.95)
    # Three seeds a side with standard deviation 0.005: 2.776 * 0.005 * sqrt(2 / 3) is 1.1 points.
    assert numbers["miniature-loss-wit-shape"] == "higher by 10.0 points (8.9 to 11.1)"
    assert numbers["miniature-images-laion-shape"] == "higher by 10.0 points (8.9 to 11.1)"
    # a on labels has 0.6 and neighbours; d on wit 0.9, on laion 0.96 and so above the shared range.
    assert numbers["miniature-shared-standard"] == "3"
    assert numbers["miniature-shared-clips"] == "3"
    assert numbers["miniature-best-clip"] == "96.6\N{NO-BREAK SPACE}%"
    assert numbers["miniature-models"] == str(panel.cube.sizes["model"])
    assert numbers["miniature-dose-lowest"] == "20\N{NO-BREAK SPACE}%"
    assert re.match(r"50\s% \(\d+–\d+\) to 60\s% \(\d+–\d+\)", numbers["miniature-dose-clip"])
    assert "not measured" not in numbers.values()


def test_what_is_missing_is_not_measured(panel: Panel) -> None:
    is_left = (panel.cube["rung"] == "a") | (panel.cube["rung"] == "none")
    cube = panel.cube.isel(model=is_left.values & (panel.cube["knob"] == "none").values)
    numbers = words.result_numbers([Panel("few", cube, described(cube))], 0.95)
    assert numbers["miniature-loss-wit-shape"] == "not measured"
    assert numbers["miniature-best-clip"] == "not measured"
    assert numbers["miniature-dose-clip"] == "not measured"
    assert texture_doses(cube, 0.95) == {}
    assert set(numbers) == set(words.RESULT_KEYS)


def test_tables_and_words_hold_every_step_and_model(panel: Panel) -> None:
    stepped = words.steps_table([panel], 0.95).markup
    assert stepped.count("<tr>") == 1 + 10
    assert "+10.0 (+8.9 to +11.1)" in stepped
    assert words.models_table([panel]).markup.count("<tr>") == 1 + panel.cube.sizes["model"]
    assert "Shape bias on wit by rung: a 55\N{NO-BREAK SPACE}%" in words.describe_ladder([panel], 0.95)


def test_a_study_is_read_or_left_out_in_words(
    panel: Panel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLIPSAFE_CUBES", str(tmp_path))
    panels, absent = results(["miniature"], list(MODEL_GROUPS))
    assert panels == []
    assert absent == ["The study `miniature` was not made here: its panel is left out."]
    causes = panel.cube.copy(deep=True)
    causes["level"].attrs["not_measured"] = "a model that turns no knob has no level"
    for name, cube in (("causes", causes), ("models", panel.models)):
        write_cube(cube, tmp_path / "miniature" / f"{name}.nc")
    panels, absent = results(["miniature"], list(MODEL_GROUPS))
    assert [one.study for one in panels] == ["miniature"]
    assert absent == []
    panels, _ = results(["miniature"], ["standard"])
    assert panels[0].cube.sizes["model"] == 3


def test_losses_are_named_as_the_laboratory_names_them() -> None:
    pytest.importorskip("torch")
    from clipsafe_utils.lab.zoo import LOSSES

    assert set(words._DOSES.values()) <= set(LOSSES.values())


def test_every_group_and_knob_has_its_words() -> None:
    assert set(zoo.PURPOSES) == set(read_groups())
    assert set(world_tables.CONCEPTS) == set(GROUPS)
    assert set(world_tables.MAIN_KNOBS) <= {*IMAGE_KNOBS, *CAPTION_KNOBS}


def test_captions_that_do_not_name_the_object_are_marked() -> None:
    said = world_tables.sample(WORLD, "laion", seed=3)
    shown = [WORLD.concepts[concept].name for concept in draw(WORLD, "laion", len(said), 3).concept]
    for text, name in zip(said, shown, strict=True):
        caption, mark, _ = text.partition(" [shows:")
        assert bool(mark) != (name in caption.split()), text
    marked = [text for seed in range(5) for text in world_tables.sample(WORLD, "laion", seed)]
    assert any("[shows:" in text for text in marked)
    assert not any(
        "[shows:" in text for seed in range(5) for text in world_tables.sample(WORLD, "labels", seed)
    )


def test_an_unknown_source_is_refused() -> None:
    with pytest.raises(ClipsafeError, match="no source 'web'"):
        world_tables.sources_table(WORLD, ["web"])


def test_every_test_set_is_told_with_its_size() -> None:
    assert {one.name for one in sheets.SETS} == set(TEST_SETS) - set(ONE_FACTOR)
    notes = {strip.name: strip.note for strip in (*sheets.shift_strips(WORLD), *sheets.foreign_strips(WORLD))}
    for name in ("natural", "sequences", "unseen_glyphs", "scenes_known", "cue_conflict"):
        images = len(make_test_set(WORLD, name, seed=5).labels)
        assert notes[name].endswith(f" {images:,} images")


def test_every_strip_of_the_page_is_there_and_none_is_left_over() -> None:
    strips = [*sheets.source_strips(), *sheets.factor_strips()]
    strips += [*sheets.shift_strips(WORLD), *sheets.foreign_strips(WORLD)]
    assert sorted(strip.name for strip in strips) == sorted(path.stem for path in FOLDER.glob("*.png"))
    assert sum(path.stat().st_size for path in FOLDER.glob("*.png")) <= LARGEST_STRIPS
    markup = contact_sheet(strips).markup
    assert all(f'alt="{strip.alt}"' in markup for strip in strips)


def test_a_missing_strip_is_named_with_the_command_that_draws_it(tmp_path: Path) -> None:
    with pytest.raises(ClipsafeError, match=r"lost\.png: cannot be read; python -m clipsafe_utils"):
        contact_sheet([Strip("lost", "lost", "", "Nothing.")], tmp_path)


def test_the_zoo_is_told_as_its_list_has_it() -> None:
    first, second, *_ = read_groups()["ladder"]
    ledger = {
        recipe.name: Row.of(recipe, "ab12", accuracy, 90.0)
        for recipe, accuracy in ((first, 0.9), (second, 0.95))
    }
    markup = zoo.zoo_table(ledger).markup
    assert "90.0 to 95.0\N{NO-BREAK SPACE}%" in markup
    row = next(part for part in markup.split("<tr>") if "three seeds</td>" in part and ">ladder<" in part)
    assert re.findall(r">(\d+)</td>", row)[-1] == "3"  # minutes
    assert markup.count("not trained yet") == 2 * (len(zoo.PURPOSES) - 1)


def test_the_recipe_on_the_page_can_be_trained(tmp_path: Path) -> None:
    recipe = re.search(r"```toml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert recipe is not None
    file = tmp_path / "my.toml"
    file.write_text(recipe[1], encoding="utf-8")
    assert [one.name for one in read_group(file)] == [
        "mine-texture_correlation-0.1",
        "mine-texture_correlation-0.9",
    ]
