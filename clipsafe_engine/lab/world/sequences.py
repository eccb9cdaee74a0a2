"""Short sequences of frames that hardly differ, and what it takes to get a whole one right."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from clipsafe_engine.lab.world.material import TestSet, counts, dice_for, drawn_with, of_classes
from clipsafe_engine.lab.world.parameters import NOISE_OFFSETS
from clipsafe_engine.lab.world.world import World

_STEP = {"rotation": 2.5, "x": 0.02, "y": 0.02, "log_scale": 0.015, "light": 0.02}
"""Standard deviation of the drift from one frame to the next."""

_SHAKE = 0.5  # of each frame by itself, in steps


def sequences(world: World, seed: int) -> TestSet:
    """Draw anchors and the frames around each, as ImageNet-Vid-Robust has them (Shankar et al. 2021).

    The object drifts steadily in rotation, place, size and light; each frame shakes a little and has noise of
    its own. Frame 0 is the anchor.

    Examples
    --------
    >>> from clipsafe_engine.lab.world.world import load_world
    >>> made = sequences(load_world(), seed=71)
    >>> made.columns["frame"][:11].tolist()
    [-5, -4, -3, -2, -1, 0, 1, 2, 3, 4, 5]
    """
    anchors, reach = counts(world.folder).sequences, counts(world.folder).sequence_reach
    frames = np.arange(-reach, reach + 1)
    anchor, frame = np.repeat(np.arange(anchors), len(frames)), np.tile(frames, anchors)
    still = drawn_with(world, "sequences", "labels", anchors, seed).rows(anchor)
    drift, shake = dice_for("sequences/drift", anchors, seed), dice_for("sequences/shake", len(anchor), seed)
    moved = {}
    for name, decision in zip(_STEP, ("rotation", "x", "y", "scale", "light"), strict=True):
        steady = drift.normal(decision)[anchor] * frame
        moved[name] = _STEP[name] * (steady + np.where(frame == 0, 0, _SHAKE) * shake.normal(decision))
    table = still.replace(
        rotation=still.rotation + moved["rotation"],
        x=still.x + moved["x"],
        y=still.y + moved["y"],
        scale=still.scale * np.exp(moved["log_scale"]),
        light=still.light + moved["light"],
        noise=np.where(frame == 0, still.noise, shake.choice("noise", NOISE_OFFSETS)),
    )
    return of_classes("sequences", table, "sequences", anchor, frame=frame)


def perturbed_hits(hits: ArrayLike, made: TestSet, reach: int) -> NDArray[np.bool_]:
    """Say of each sequence whether all frames up to some distance from the anchor are right.

    Parameters
    ----------
    hits : array_like of bool, shape (images,)
        Whether each frame is right.
    made : TestSet
        The sequences.
    reach : int
        0 asks for the anchor alone (pm-0), k for all frames from -k to k (pm-k).

    Returns
    -------
    ndarray of bool, shape (sequences,)

    Raises
    ------
    ValueError
        If there is not one hit a frame, or the reach is beyond the frames.

    Examples
    --------
    >>> from clipsafe_engine.lab.world.world import load_world
    >>> made = sequences(load_world(), seed=71)
    >>> right = made.columns["frame"] < 3
    >>> [float(perturbed_hits(right, made, reach).mean()) for reach in (0, 2, 3)]
    [1.0, 1.0, 0.0]
    """
    frame = made.columns["frame"]
    right = np.asarray(hits, bool)
    if right.shape != frame.shape:
        raise ValueError(f"hits: expected the shape {frame.shape}, got {right.shape}.")
    if not 0 <= reach <= frame.max():
        raise ValueError(f"reach: expected 0 to {frame.max()}, got {reach}.")
    asked = right | (np.abs(frame) > reach)
    whole: NDArray[np.bool_] = asked.reshape(-1, len(np.unique(frame))).all(axis=1)
    return whole
