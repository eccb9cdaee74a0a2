"""All test sets by name."""

from collections.abc import Callable
from functools import partial

from clipsafe_engine.lab.world.annotations import annotate
from clipsafe_engine.lab.world.filtering import FILTERED, filtered
from clipsafe_engine.lab.world.material import TestSet, counts, dice_for, drawn_with, of_classes
from clipsafe_engine.lab.world.one_factor import move_factor
from clipsafe_engine.lab.world.ood_sets import SCENES, scenes, textures, unseen_glyphs
from clipsafe_engine.lab.world.sequences import sequences
from clipsafe_engine.lab.world.shifts import (
    REDRAWN,
    controlled,
    cue_conflict,
    drawn_otherwise,
    redrawn,
    stylised,
)
from clipsafe_engine.lab.world.world import World
from clipsafe_utils.cubes.schema import HEADLINE_FACTORS

TEXTURES = {"typical": "plain", "random": "plain_random_texture"}
"""The two versions of the one-factor sets and their knobs."""

ONE_FACTOR = tuple(f"{factor}_{texture}" for factor in ("plain", *HEADLINE_FACTORS) for texture in TEXTURES)
"""`plain_typical` and `plain_random` are what the others are compared with."""

SHIFTS = (*REDRAWN, "renditions", *FILTERED[:2], "sketches", "controlled", "sequences", "stylised")

OUT_OF_DISTRIBUTION = ("unseen_glyphs", *SCENES, "textures", *FILTERED[2:])

TEST_SETS = ("natural", *ONE_FACTOR, *SHIFTS, *OUT_OF_DISTRIBUTION, "cue_conflict")
"""Every set of the zoo; the filtered ones exist once a reference has chosen them."""

HARD = "hard"
"""Natural images of which a trained model misses a third: the experiments read calibration on it."""


def make_test_set(world: World, name: str, seed: int) -> TestSet:
    """Make a test set.

    Parameters
    ----------
    world : World
        The world.
    name : str
        One of `TEST_SETS`, or `HARD`.
    seed : int
        See `seed_called`.

    Raises
    ------
    ValueError
        If there is no such set.
    ClipsafeError
        If a filtered set has no rows for this seed.

    Examples
    --------
    >>> from clipsafe_engine.lab.world.world import load_world
    >>> make_test_set(load_world(), "cue_conflict", seed=71).labels.shape
    (1200,)
    """
    if name not in (*TEST_SETS, HARD):
        raise ValueError(f"name: expected one of {', '.join(TEST_SETS)}, got {name!r}.")
    if name in ONE_FACTOR:
        return _one_factor(world, name, seed)
    return _MAKERS[name](world, seed=seed)


def _natural(world: World, seed: int) -> TestSet:
    table = drawn_with(world, "natural", "labels", counts(world.folder).natural, seed)
    found = annotate(world, table)
    return of_classes("natural", table, top_factor=found.top, factors=found.present)


def _one_factor(world: World, name: str, seed: int) -> TestSet:
    factor, _, texture = name.rpartition("_")
    images = counts(world.folder).one_factor
    plain = drawn_with(world, "one_factor", TEXTURES[texture], images, seed)
    if factor == "plain":
        return of_classes(name, plain)
    moved = move_factor(world, factor, plain, dice_for("one_factor/moved", images, seed))
    return of_classes(name, moved)


_MAKERS: dict[str, Callable[..., TestSet]] = {
    "natural": _natural,
    **{name: partial(redrawn, name=name) for name in REDRAWN},
    **{name: partial(drawn_otherwise, name=name) for name in ("renditions", "sketches", HARD)},
    **{name: partial(filtered, name=name) for name in FILTERED},
    **{name: partial(scenes, name=name) for name in SCENES},
    "controlled": controlled,
    "sequences": sequences,
    "stylised": stylised,
    "unseen_glyphs": unseen_glyphs,
    "textures": textures,
    "cue_conflict": cue_conflict,
}
