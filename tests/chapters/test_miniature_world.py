"""The page of the miniature world: it tells the files of the world and the list of the zoo as they are."""

import re
from pathlib import Path

import pytest

from clipsafe_engine.lab.chapters.miniature_world import sheets, world_tables, zoo
from clipsafe_engine.lab.training.ledger import Row
from clipsafe_engine.lab.training.recipe import read_group, read_groups
from clipsafe_engine.lab.world.concepts import GROUPS
from clipsafe_engine.lab.world.sets import ONE_FACTOR, TEST_SETS, make_test_set
from clipsafe_engine.lab.world.sources import draw
from clipsafe_engine.lab.world.world import load_world
from clipsafe_utils.chapters.example_images import factor_strips
from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.registry.knobs import CAPTION_KNOBS, IMAGE_KNOBS
from clipsafe_utils.show.contact_sheets import FOLDER, Strip, contact_sheet
from tests.conftest import REPOSITORY

WORLD = load_world()
LARGEST_STRIPS = 250_000
PAGE = REPOSITORY / "notebooks" / "miniature-world.md"


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


def test_tables_of_the_page_hold_what_the_files_say() -> None:
    for table, words in (
        (sheets.sets_table(WORLD), "10,560"),
        (world_tables.concepts_table(WORLD), "airplane"),
        (world_tables.typical_table(WORLD), "striped red and white"),
        (world_tables.sources_table(WORLD, ["labels", "mixed"]), "0.5 / 0.4"),
        (world_tables.knobs_table(WORLD, ["wit"]), "rotation_sd"),
        (world_tables.captions_table(WORLD, ["wit"], seed=0), "nice image for free [shows: tree]"),
    ):
        assert words in table.markup
    assert world_tables.sample(WORLD, "labels", seed=0)[:2] == [
        "a photo of a big red airplane",
        "a good big tree",
    ]


def test_an_unknown_source_is_refused() -> None:
    with pytest.raises(ClipsafeError, match="no source 'web'"):
        world_tables.sources_table(WORLD, ["web"])


def test_every_test_set_is_told_with_its_size() -> None:
    assert {one.name for one in sheets.SETS} == set(TEST_SETS) - set(ONE_FACTOR)
    notes = {strip.name: strip.note for strip in (*sheets.shift_strips(WORLD), *sheets.foreign_strips(WORLD))}
    assert notes["natural"] == "ImageNet, validation; 20,000 images"
    for name in ("natural", "sequences", "unseen_glyphs", "scenes_known", "cue_conflict"):
        images = len(make_test_set(WORLD, name, seed=5).labels)
        assert notes[name].endswith(f" {images:,} images")


def test_every_strip_of_the_page_is_there_and_none_is_left_over() -> None:
    strips = [*sheets.source_strips(), *factor_strips()]
    strips += [*sheets.shift_strips(WORLD), *sheets.foreign_strips(WORLD)]
    assert sorted(strip.name for strip in strips) == sorted(path.stem for path in FOLDER.glob("*.png"))
    assert sum(path.stat().st_size for path in FOLDER.glob("*.png")) <= LARGEST_STRIPS
    markup = contact_sheet(strips).markup
    assert all(f'alt="{strip.alt}"' in markup for strip in strips)


def test_a_missing_strip_is_named_with_the_command_that_draws_it(tmp_path: Path) -> None:
    with pytest.raises(ClipsafeError, match=r"lost\.png: cannot be read; python -m clipsafe_engine"):
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
    assert zoo.trained(Path("nowhere")) == {}
    assert markup.count(">not in the list<") == 2 * (len(zoo.PURPOSES) - 1)


def test_the_recipe_on_the_page_can_be_trained(tmp_path: Path) -> None:
    recipe = re.search(r"```toml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert recipe is not None
    file = tmp_path / "my.toml"
    file.write_text(recipe[1], encoding="utf-8")
    assert [one.name for one in read_group(file)] == [
        "mine-texture_correlation-0.1",
        "mine-texture_correlation-0.9",
    ]
