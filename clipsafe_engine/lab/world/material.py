"""What a test set is, how many images each has, and from which seed."""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clipsafe_engine.lab.world.dice import Dice, roll
from clipsafe_engine.lab.world.parameters import Parameters
from clipsafe_engine.lab.world.sampling import sample
from clipsafe_engine.lab.world.world import World
from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.registry.toml_tables import entry, fill, read_toml


@dataclass(frozen=True)
class TestSet:
    """Images to test on, as parameters, and what is known of them.

    Examples
    --------
    >>> from clipsafe_engine.lab.world.sets import make_test_set
    >>> from clipsafe_engine.lab.world.world import load_world
    >>> made = make_test_set(load_world(), "sketches", seed=71)
    >>> len(made.parameters), made.namespace
    (5040, 'sketches')
    """

    __test__ = False  # not a test, whatever pytest thinks of the name

    name: str
    parameters: Parameters
    labels: NDArray[np.int64]
    """True class of each image; -1 throughout out of distribution."""
    namespace: str
    """Sets with shared images have it in common: the namespace of the paired bootstrap draws."""
    image_ids: NDArray[np.int64]
    """What names an image in its namespace; frames of one sequence share theirs."""
    columns: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    """What else is known of each image of this set."""


def _count() -> Any:
    return field(metadata={"low": 1, "high": 1_000_000})


@dataclass(frozen=True)
class Counts:
    """How many images each set has; `test_sets.toml` says what each entry means.

    Examples
    --------
    >>> from clipsafe_utils.registry.drawn_world import DATA
    >>> counts(DATA).natural
    20000
    """

    natural: int = _count()
    one_factor: int = _count()
    redrawn: int = _count()
    redrawn_candidates: int = _count()
    renditions: int = _count()
    adversarial: int = _count()
    adversarial_candidates: int = _count()
    sketches: int = _count()
    controlled: int = _count()
    sequences: int = _count()
    sequence_reach: int = _count()
    stylised: int = _count()
    unseen_glyphs: int = _count()
    scenes: int = _count()
    textures: int = _count()
    fooling: int = _count()
    fooling_candidates: int = _count()
    cue_conflict: int = _count()
    hard: int = _count()


def counts(folder: Path) -> Counts:
    """Read how many images each set has.

    Raises
    ------
    ClipsafeError
        If an entry of `test_sets.toml` is missing, unknown or not a whole number above 0.

    Examples
    --------
    >>> from clipsafe_utils.registry.drawn_world import DATA
    >>> counts(DATA).cue_conflict
    1200
    """
    path = folder / "test_sets.toml"
    return fill(Counts, entry(read_toml(path), "counts", dict, str(path)), f"{path}, [counts]")


def seed_called(folder: Path, name: str) -> int:
    """Return the seed of a name: `development` to tune on, `reported` for what the book shows.

    Raises
    ------
    ClipsafeError
        If there is no such seed.

    Examples
    --------
    >>> from clipsafe_utils.registry.drawn_world import DATA
    >>> seed_called(DATA, "development") != seed_called(DATA, "reported")
    True
    """
    path = folder / "test_sets.toml"
    seeds = entry(read_toml(path), "seeds", dict, str(path))
    seed = seeds.get(name)
    if type(seed) is not int or seed < 0:
        raise ClipsafeError(f"{path}, [seeds]: expected {name!r} with a whole number of 0 or more.")
    return seed


def dice_for(namespace: str, images: int, seed: int) -> Dice:
    """Roll dice that no other namespace and no training source has.

    Examples
    --------
    >>> one, other = dice_for("natural", 5, 71), dice_for("sketches", 5, 71)
    >>> bool((one.numbers == other.numbers).any())
    False
    """
    return roll(images, seed, stream=1 + zlib.crc32(namespace.encode()))


def balanced(world: World, images: int) -> NDArray[np.int64]:
    """Return each class in turn, shape (images,).

    Examples
    --------
    >>> from clipsafe_engine.lab.world.world import load_world
    >>> balanced(load_world(), 26)[-3:].tolist()
    [23, 0, 1]
    """
    return np.arange(images) % world.classes


def drawn_with(world: World, namespace: str, knobs: str, images: int, seed: int) -> Parameters:
    """Draw images of the tested classes, each class in turn, with the knobs of a name.

    Examples
    --------
    >>> from clipsafe_engine.lab.world.world import load_world
    >>> len(drawn_with(load_world(), "natural", "labels", 48, seed=71))
    48
    """
    dice = dice_for(namespace, images, seed)
    return sample(world, world.image_knobs[knobs], dice, balanced(world, images))


def of_classes(
    name: str,
    parameters: Parameters,
    namespace: str = "",
    ids: NDArray[np.int64] | None = None,
    **columns: Any,
) -> TestSet:
    """Make a test set whose labels are the concepts it shows.

    Examples
    --------
    >>> from clipsafe_engine.lab.world.world import load_world
    >>> table = drawn_with(load_world(), "natural", "labels", 48, seed=71)
    >>> of_classes("natural", table).labels[:2].tolist()
    [0, 1]
    """
    image_ids = np.arange(len(parameters)) if ids is None else ids
    return TestSet(name, parameters, parameters.concept, namespace or name, image_ids, columns)
