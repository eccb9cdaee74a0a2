"""The images that a model is run on, and what names a drawing of the world."""

import hashlib
import json

import numpy as np
from numpy.typing import NDArray

from clipsafe_engine.lab.training.ledger import Row
from clipsafe_engine.lab.world.filtering import FILTERED, rows_path
from clipsafe_engine.lab.world.parameters import Parameters
from clipsafe_engine.lab.world.sets import HARD, TEST_SETS, make_test_set
from clipsafe_engine.lab.world.sources import draw, with_knobs
from clipsafe_engine.lab.world.world import World

OWN_SOURCE = "own_source"
"""Name of the held-out images of a model's own source."""

OWN_IMAGES = 5000

_HELD_OUT = 2**20
"""Added to the seed of the test sets: sources are trained on with small seeds."""

_PICTURED = (
    "atlas.png",
    "atlas.json",
    "appearance.toml",
    "concepts.toml",
    "sources.toml",
    "factors.toml",
    "test_sets.toml",
)


def model_name(row: Row) -> str:
    """Name a model as the store and the cubes do.

    Examples
    --------
    >>> from clipsafe_engine.lab.training.recipe import Recipe
    >>> model_name(Row.of(Recipe("mine", "resnet_xs", "wit", "clip"), "ab12", 0.9, 60.0))
    'miniature:mine'
    """
    return f"miniature:{row.name}"


def own_source(row: Row) -> str:
    """Name the source of a model with the knobs that stand elsewhere; captions do not change its images.

    Examples
    --------
    >>> from clipsafe_engine.lab.training.recipe import Recipe
    >>> recipe = Recipe("mine", "resnet_xs", "wit", "clip", knobs=(("rotation_sd", 2.0),))
    >>> own_source(Row.of(recipe, "ab12", 0.9, 60.0))
    'wit {"rotation_sd": 2.0}'
    """
    knobs = json.loads(row.knobs)
    return f"{row.source} {row.knobs}" if knobs else row.source


def images_of(world: World, name: str, seed: int) -> tuple[Parameters, NDArray[np.int64]]:
    """Return the parameters and the labels of a test set, or of held-out images of a source.

    Parameters
    ----------
    world : World
        The world.
    name : str
        One of `TEST_SETS`, `HARD`, or what `own_source` gives.
    seed : int
        Of the test sets.

    Raises
    ------
    ClipsafeError
        If the set needs rows that were not chosen for this seed, or there is no such source.

    Examples
    --------
    >>> from clipsafe_engine.lab.world.world import load_world
    >>> parameters, labels = images_of(load_world(), "wit", seed=71)
    >>> len(parameters), int(labels.max())
    (5000, 23)
    """
    if name in (*TEST_SETS, HARD):
        made = make_test_set(world, name, seed)
        return made.parameters, made.labels
    source, _, knobs = name.partition(" ")
    if knobs:
        world = with_knobs(world, source, **json.loads(knobs))
    # The widest source shows a tested class in half of its images.
    drawn = draw(world, source, 3 * OWN_IMAGES, seed + _HELD_OUT)
    rows = np.flatnonzero(drawn.concept < world.classes)[:OWN_IMAGES]
    return drawn.rows(rows), drawn.concept[rows]


def world_hash(world: World, seed: int) -> str:
    """Return what tells apart the test sets of two worlds or seeds: 16 hexadecimal digits.

    Examples
    --------
    >>> from clipsafe_engine.lab.world.world import load_world
    >>> world_hash(load_world(), 71) == world_hash(load_world(), 72)
    False
    """
    digest = hashlib.sha256(str(seed).encode())
    chosen = [rows_path(world, name, seed) for name in FILTERED]
    for path in [*(world.folder / name for name in _PICTURED), *filter(lambda path: path.exists(), chosen)]:
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()[:16]
