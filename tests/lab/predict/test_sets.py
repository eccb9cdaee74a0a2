"""The images that models are run on: held out, of tested classes, named by what they were drawn from."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from clipsafe_engine.lab.predict.sets import OWN_IMAGES, images_of, model_name, own_source, world_hash
from clipsafe_engine.lab.training.ledger import Row
from clipsafe_engine.lab.training.recipe import Recipe, read_groups
from clipsafe_engine.lab.world.material import seed_called
from clipsafe_engine.lab.world.parameters import Parameters, changed_columns
from clipsafe_engine.lab.world.sets import make_test_set
from clipsafe_engine.lab.world.sources import draw
from clipsafe_engine.lab.world.world import load_world
from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.registry.drawn_world import DATA

WORLD = load_world(DATA)
SEED = seed_called(DATA, "development")
IMAGES_SEED = 1
"""As in `training.objectives`, which needs torch."""


def poses(table: Parameters) -> set[tuple[float, ...]]:
    """Return what no two different images share."""
    columns = (table.x, table.y, table.rotation, table.scale, table.light, table.phase)
    return set(zip(*(column.tolist() for column in columns), strict=True))


@pytest.mark.parametrize("source", WORLD.sources)
def test_own_images_are_of_tested_classes_and_of_no_training_set(source: str) -> None:
    table, labels = images_of(WORLD, source, SEED)
    assert len(table) == len(labels) == OWN_IMAGES
    assert (labels == table.concept).all()
    assert set(labels.tolist()) == set(range(WORLD.classes))
    assert not np.isin(table.glyph, WORLD.unseen_glyphs).any()
    own = poses(table)
    assert len(own) == OWN_IMAGES
    assert not own & poses(draw(WORLD, source, 65_536, IMAGES_SEED))
    assert not own & poses(make_test_set(WORLD, "natural", SEED).parameters)


def test_own_images_have_the_source_s_knobs() -> None:
    plain, _ = images_of(WORLD, "wit", SEED)
    moved, _ = images_of(WORLD, 'wit {"texture_correlation": 0.95}', SEED)
    assert (plain.texture_of == plain.concept).mean() == pytest.approx(0.5, abs=0.03)
    assert (moved.texture_of == moved.concept).mean() == pytest.approx(0.95, abs=0.03)
    assert (plain.x == moved.x).all()


def test_a_test_set_is_as_it_is_made() -> None:
    table, labels = images_of(WORLD, "sketches", SEED)
    made = make_test_set(WORLD, "sketches", SEED)
    assert changed_columns(table, made.parameters) == frozenset()
    assert (labels == made.labels).all()


def test_an_unknown_source_is_named() -> None:
    with pytest.raises(ClipsafeError, match="no source 'flickr'"):
        images_of(WORLD, "flickr", SEED)
    with pytest.raises(ClipsafeError, match="has no knob 'colour'"):
        images_of(WORLD, 'wit {"colour": 1}', SEED)


def test_models_of_one_source_share_their_images() -> None:
    rows = [Row.of(recipe, "0f", 0.9, 1.0) for group in read_groups().values() for recipe in group]
    of = {row.name: own_source(row) for row in rows}
    assert of["clip-resnet_xs-wit-64k-s0"] == of["clip_names-resnet_xs-wit-64k-s2"] == "wit"
    assert of["clip-texture_correlation-0.8-s1"] == 'wit {"texture_correlation": 0.8}'
    assert of["clip-batch-64-s0"] == "wit"
    assert model_name(Row.of(Recipe("a", "resnet_xs", "wit", "clip"), "", 0, 0)) == "miniature:a"


def test_the_hash_names_what_is_drawn(tmp_path: Path) -> None:
    world = replace(WORLD, folder=Path(shutil.copytree(DATA, tmp_path / "data")))
    before = world_hash(world, SEED)
    assert before == world_hash(WORLD, SEED)
    assert before != world_hash(world, SEED + 1)
    (world.folder / "prompts.toml").write_text("# other prompts, the same images\n")
    assert before == world_hash(world, SEED)
    found = {before}
    for name in ("sources.toml", "test_sets.toml", f"filtered/fooling_wit-{SEED}.json"):
        with (world.folder / name).open("a") as stream:
            stream.write("\n")
        found.add(world_hash(world, SEED))
    (world.folder / "filtered" / f"fooling_wit-{SEED}.json").unlink()
    found.add(world_hash(world, SEED))
    assert len(found) == 5
