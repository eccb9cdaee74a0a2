"""Choosing the filtered test sets by the two references: once a seed, since the rows are kept as data."""

from pathlib import Path

import numpy as np
from scipy.special import softmax

from clipsafe_engine.lab.training.evaluation import outputs
from clipsafe_engine.lab.training.objectives import load_network
from clipsafe_engine.lab.world.filtering import (
    FILTERED,
    candidates,
    choose_adversarial,
    choose_fooling,
    keep_rows,
)
from clipsafe_engine.lab.world.material import counts
from clipsafe_engine.lab.world.renderer import render
from clipsafe_engine.lab.world.world import World
from clipsafe_utils.errors import ClipsafeError


def choose_filtered(world: World, weights: Path, seed: int) -> list[Path]:
    """Let the references choose the rows of all filtered sets and keep them.

    Parameters
    ----------
    world : World
        Its folder gets the files.
    weights : Path
        Holds `reference-labels.safetensors` and `reference-wit.safetensors`.
    seed : int
        Of the test sets.

    Returns
    -------
    list of Path
        The files written.

    Raises
    ------
    ClipsafeError
        If a reference is missing, or is right too often to give enough images of each class.

    Examples
    --------
    >>> from clipsafe_engine.lab.world.world import load_world
    >>> choose_filtered(load_world(), Path("nowhere"), seed=0)
    Traceback (most recent call last):
    ...
    clipsafe_utils.errors.ClipsafeError: nowhere/reference-labels.safetensors: there is no such weight file.
    """
    written = []
    for name in FILTERED:
        kind, reference = name.split("_")
        network, described = load_network(world, weights / f"reference-{reference}.safetensors")
        pool = candidates(world, name, seed)
        logits = outputs(network, described["form"], render(world, pool.parameters))
        probabilities = softmax(logits[:, : world.classes].astype(np.float64), axis=1)
        wanted = getattr(counts(world.folder), kind)
        try:
            rows = (
                choose_adversarial(pool.labels, probabilities, wanted)
                if kind == "adversarial"
                else choose_fooling(probabilities, wanted)
            )
        except ValueError as error:
            raise ClipsafeError(f"{name}, seed {seed}: {error}") from error
        written.append(keep_rows(world, name, seed, rows))
    return written
