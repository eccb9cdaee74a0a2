"""The shifted test sets, each built the way its real counterpart was."""

import numpy as np

from clipsafe_engine.lab.world.annotations import annotate
from clipsafe_engine.lab.world.material import TestSet, balanced, counts, dice_for, drawn_with, of_classes
from clipsafe_engine.lab.world.one_factor import background_elsewhere
from clipsafe_engine.lab.world.sampling import typical_texture
from clipsafe_engine.lab.world.world import World

REDRAWN = {"redrawn_top": 0.4, "redrawn_threshold": 0.75, "redrawn_plain": 1.0}
"""Shares of the most typical candidates that a set is drawn from: falling typicality, as in ImageNet-V2's
TopImages, Threshold0.7 and MatchedFrequency (Recht et al. 2019)."""

_ROTATIONS = (-90.0, -60.0, -30.0, 0.0, 30.0, 60.0, 90.0)
_SCALES = (0.55, 0.75, 0.95)


def redrawn(world: World, name: str, seed: int) -> TestSet:
    """Draw a test set anew from candidates, by how typical they are.

    All three sets choose among the same candidates, class by class: among the more typical 40 %, the more
    typical 75 %, or all. So they share images, and shared images share their id.

    Examples
    --------
    >>> from clipsafe_engine.lab.world.world import load_world
    >>> top, threshold = (redrawn(load_world(), name, seed=71) for name in list(REDRAWN)[:2])
    >>> bool(np.isin(top.image_ids, threshold.image_ids).any())
    True
    """
    size, candidates = counts(world.folder).redrawn, counts(world.folder).redrawn_candidates
    table = drawn_with(world, "redrawn", "redrawn", candidates, seed)
    departure = annotate(world, table).departure
    # One lot for each candidate, the same in all three sets: that is why they share images.
    lot = dice_for("redrawn/lot", candidates, seed).uniform("noise")
    chosen = []
    for concept in range(world.classes):
        ours = np.flatnonzero(table.concept == concept)
        ranked = ours[np.argsort(departure[ours], kind="stable")]
        eligible = ranked[: round(REDRAWN[name] * len(ranked))]
        chosen.append(eligible[np.argsort(lot[eligible])][: size // world.classes])
    rows = np.sort(np.concatenate(chosen))
    return of_classes(name, table.rows(rows), "redrawn", rows)


def drawn_otherwise(world: World, name: str, seed: int) -> TestSet:
    """Draw the renditions, the sketches or the hard images: nothing but their knobs is special.

    Examples
    --------
    >>> from clipsafe_engine.lab.world.world import load_world
    >>> set(drawn_otherwise(load_world(), "sketches", seed=71).parameters.style.tolist())
    {1}
    """
    return of_classes(name, drawn_with(world, name, name, getattr(counts(world.folder), name), seed))


def controlled(world: World, seed: int) -> TestSet:
    """Cross every class with every background, rotation and size, as ObjectNet did (Barbu et al. 2019).

    Examples
    --------
    >>> from clipsafe_engine.lab.world.world import load_world
    >>> made = controlled(load_world(), seed=71)
    >>> sorted({round(float(scale), 2) for scale in made.parameters.scale})
    [0.55, 0.75, 0.95]
    """
    images = counts(world.folder).controlled
    known = world.palette.with_role("known")
    grid = np.indices((len(_SCALES), len(_ROTATIONS), len(known))).reshape(3, -1)
    # The class runs fastest, so a shorter set is still balanced.
    scale, rotation, background = grid[:, np.arange(images) // world.classes % grid.shape[1]]
    table = drawn_with(world, "controlled", "controlled", images, seed)
    size = np.array(_SCALES)[scale]
    room = np.maximum(1 - size, 0) / np.maximum(1 - table.scale, 0.06)
    return of_classes(
        "controlled",
        table.replace(
            rotation=table.rotation + np.array(_ROTATIONS)[rotation],
            scale=size,
            background=known[background],
            x=table.x * room,
            y=table.y * room,
        ),
    )


def stylised(world: World, seed: int) -> TestSet:
    """Paint object and ground with patterns that belong to neither (Geirhos et al. 2019).

    Examples
    --------
    >>> from clipsafe_engine.lab.world.world import load_world
    >>> world = load_world()
    >>> made = stylised(world, seed=71)
    >>> bool(np.isin(made.parameters.background, world.palette.with_role("painted")).all())
    True
    """
    images = counts(world.folder).stylised
    table = drawn_with(world, "stylised", "stylised", images, seed)
    painted = world.palette.with_role("painted")
    which = dice_for("stylised/ground", images, seed).choice("background", len(painted))
    return of_classes("stylised", table.replace(background=painted[which]))


def adversarial_candidates(world: World, seed: int) -> TestSet:
    """Draw the images among which those are sought that a reference gets wrong.

    Examples
    --------
    >>> from clipsafe_engine.lab.world.world import load_world
    >>> len(adversarial_candidates(load_world(), seed=71).labels)
    96000
    """
    images = counts(world.folder).adversarial_candidates
    return of_classes("adversarial", drawn_with(world, "adversarial", "adversarial", images, seed))


def cue_conflict(world: World, seed: int) -> TestSet:
    """Draw the shape of one class with the texture of another, each pair equally often (Geirhos et al. 2019).

    Examples
    --------
    >>> from clipsafe_engine.lab.world.world import load_world
    >>> made = cue_conflict(load_world(), seed=71)
    >>> bool((made.labels == made.columns["texture_class"]).any())
    False
    """
    images = counts(world.folder).cue_conflict
    shape = balanced(world, images)
    texture = (shape + 1 + np.arange(images) // world.classes % (world.classes - 1)) % world.classes
    table = drawn_with(world, "cue_conflict", "cue_conflict", images, seed)
    dice = dice_for("cue_conflict/cues", images, seed)
    conflicting = table.replace(
        **typical_texture(world, dice, texture),
        background=background_elsewhere(world, [shape, texture], dice),
    )
    return of_classes("cue_conflict", conflicting, texture_class=texture)
