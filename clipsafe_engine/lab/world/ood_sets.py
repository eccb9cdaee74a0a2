"""The sets out of distribution: what no label fits."""

import numpy as np

from clipsafe_engine.lab.world.material import TestSet, counts, dice_for, drawn_with
from clipsafe_engine.lab.world.parameters import NO_CONCEPT, SCENE, TEXTURE, Parameters
from clipsafe_engine.lab.world.sampling import random_texture
from clipsafe_engine.lab.world.world import World

SCENES = {"scenes_known": "known", "scenes_unseen": "unseen"}
"""The two kinds of scene and the role of their backgrounds."""


def unseen_glyphs(world: World, seed: int) -> TestSet:
    """Draw glyphs that no source shows, dressed in nothing typical: the part of iNaturalist.

    The column `exposed` says whether `labels_wide_near` shows other drawings of the same kind.

    Examples
    --------
    >>> from clipsafe_engine.lab.world.world import load_world
    >>> made = unseen_glyphs(load_world(), seed=71)
    >>> set(made.labels.tolist()), float(made.columns["exposed"].mean())
    ({-1}, 0.5)
    """
    images = counts(world.folder).unseen_glyphs
    return _unseen(world, "unseen_glyphs", drawn_with(world, "unseen_glyphs", "unseen", images, seed))


def fooling_candidates(world: World, seed: int) -> TestSet:
    """Draw unseen glyphs in the dress of a class: those that fool a reference are sought among them.

    Examples
    --------
    >>> from clipsafe_engine.lab.world.world import load_world
    >>> len(fooling_candidates(load_world(), seed=71).parameters)
    23040
    """
    images = counts(world.folder).fooling_candidates
    return _unseen(world, "fooling", drawn_with(world, "fooling", "labels", images, seed))


def scenes(world: World, name: str, seed: int) -> TestSet:
    """Draw backgrounds without an object: known ones (SUN's part) or new ones (Places').

    Examples
    --------
    >>> from clipsafe_engine.lab.world.world import load_world
    >>> set(scenes(load_world(), "scenes_unseen", seed=71).parameters.style.tolist())
    {4}
    """
    images = counts(world.folder).scenes
    table = drawn_with(world, name, "unseen", images, seed)
    grounds = world.palette.with_role(SCENES[name])
    return _nothing(
        name,
        table.replace(background=grounds[np.arange(images) % len(grounds)], style=np.full(images, SCENE)),
    )


def textures(world: World, seed: int) -> TestSet:
    """Fill the frame with a texture: every other one is typical of a class, which `texture_of` names.

    Examples
    --------
    >>> from clipsafe_engine.lab.world.world import load_world
    >>> float((textures(load_world(), seed=71).parameters.texture_of >= 0).mean())
    0.5
    """
    images = counts(world.folder).textures
    typical = drawn_with(world, "textures", "plain", images, seed)
    dice = dice_for("textures", images, seed)
    every_other = np.arange(images) // world.classes % 2 == 0
    mixed = {
        name: np.where(every_other, getattr(typical, name), values)
        for name, values in random_texture(world, dice).items()
    }
    return _nothing("textures", typical.replace(**mixed, style=np.full(images, TEXTURE)))


def _unseen(world: World, name: str, table: Parameters) -> TestSet:
    which = np.arange(len(table)) // world.classes % len(world.unseen)
    made = _nothing(name, table.replace(glyph=world.unseen_glyphs[which]))
    return TestSet(
        name, made.parameters, made.labels, name, made.image_ids, {"exposed": world.exposed[which]}
    )


def _nothing(name: str, table: Parameters) -> TestSet:
    none = np.full(len(table), NO_CONCEPT)
    return TestSet(name, table.replace(concept=none), none, name, np.arange(len(table)))
