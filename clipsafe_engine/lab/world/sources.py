"""Training sources: from a name, a number of images and a seed to parameters and labels."""

import dataclasses

import numpy as np
from numpy.typing import NDArray

from clipsafe_engine.lab.world.dice import roll
from clipsafe_engine.lab.world.parameters import NO_CONCEPT, Parameters
from clipsafe_engine.lab.world.sampling import sample
from clipsafe_engine.lab.world.world import World
from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.registry.knobs import CAPTION_KNOBS, IMAGE_KNOBS, SourceParts, check_image_knobs, moved


def draw(world: World, source: str, images: int, seed: int) -> Parameters:
    """Draw the parameters of a training source.

    Parameters
    ----------
    world : World
        The world, its sources included.
    source : str
        A name of `[source.*]` in `sources.toml`.
    images : int
        Number of images. The first ones do not depend on it.
    seed : int
        Two sources of one seed differ only where their knobs do.

    Raises
    ------
    ClipsafeError
        If there is no such source.

    Examples
    --------
    >>> from clipsafe_engine.lab.world.world import load_world
    >>> table = draw(load_world(), "laion", images=1000, seed=0)
    >>> len(table), bool((table.concept < 40).all())
    (1000, True)
    """
    parts = source_parts(world, source)
    dice = roll(images, seed)
    tables = [sample(world, world.image_knobs[name], dice) for name in parts.images]
    return take_turns(tables)


def take_turns(tables: list[Parameters]) -> Parameters:
    """Take row after row from each table in turn.

    Parameters
    ----------
    tables : list of Parameters
        Of equal length.

    Examples
    --------
    >>> from clipsafe_engine.lab.world.world import load_world
    >>> wit, laion = (draw(load_world(), name, images=4, seed=0) for name in ("wit", "laion"))
    >>> turns = take_turns([wit, laion])
    >>> bool(turns.light[0] == wit.light[0] and turns.light[1] == laion.light[1])
    True
    """
    if len(tables) == 1:
        return tables[0]
    turn = turns(len(tables[0]), len(tables))
    rows = np.arange(len(turn))
    return Parameters(
        **{name: np.stack([getattr(table, name) for table in tables])[turn, rows] for name in vars(tables[0])}
    )


def turns(images: int, parts: int) -> NDArray[np.int64]:
    """Return which part each row comes from, shape (images,).

    Examples
    --------
    >>> turns(5, 2).tolist()
    [0, 1, 0, 1, 0]
    """
    return np.arange(images) % parts


def label_concepts(world: World, source: str) -> NDArray[np.int64]:
    """Return the concept of each label of a source, shape (labels,).

    The tested classes come first; then what else the source knows by name, web-only concepts included.

    Examples
    --------
    >>> from clipsafe_engine.lab.world.world import load_world
    >>> [len(label_concepts(load_world(), name)) for name in ("labels", "labels_wide_near", "wit")]
    [24, 48, 40]
    """
    knobs = [world.image_knobs[name] for name in source_parts(world, source).images]
    classes = world.in_groups(knobs[0].classes)
    if any(part.extra_concepts for part in knobs):
        classes = np.union1d(classes, world.captioned)
    return classes


def labels(world: World, source: str, parameters: Parameters) -> NDArray[np.int64]:
    """Return the true labels of images of a source.

    Returns
    -------
    ndarray of int64, shape (images,)
        Place in `label_concepts`; -1 where the source has no label for what the image shows.

    Examples
    --------
    >>> from clipsafe_engine.lab.world.world import load_world
    >>> world = load_world()
    >>> table = draw(world, "labels_wide_far", images=500, seed=0)
    >>> found = labels(world, "labels_wide_far", table)
    >>> int(found.min()), int(found.max())
    (0, 47)
    """
    known = label_concepts(world, source)
    place = np.full(len(world.concepts) + 1, NO_CONCEPT)  # the last entry is for what shows no concept
    place[known] = np.arange(len(known))
    return place[parameters.concept]


def with_knobs(world: World, source: str, **knobs: float) -> World:
    """Return a world in which some knobs of a source stand elsewhere.

    Parameters
    ----------
    world : World
        The world to start from; it is left as it is.
    source : str
        The source to change. All its images and captions get the knobs that they have.
    **knobs : float
        New values of fields of `ImageKnobs` and `CaptionKnobs`.

    Raises
    ------
    ClipsafeError
        If a knob is unknown to the source or its value is out of range.

    Examples
    --------
    >>> from clipsafe_engine.lab.world.world import load_world
    >>> world = with_knobs(load_world(), "wit", texture_correlation=0.9)
    >>> draw(world, "wit", images=8, seed=0).texture_of.shape
    (8,)
    """
    parts, place = source_parts(world, source), f"source {source!r}"
    groups = frozenset(concept.group for concept in world.concepts)
    of_images = {name: value for name, value in knobs.items() if name in IMAGE_KNOBS}
    of_captions = {name: value for name, value in knobs.items() if name in CAPTION_KNOBS}
    for name in knobs:
        if name not in of_images and not (parts.captions and name in of_captions):
            raise ClipsafeError(f"{place}: has no knob {name!r}.")
    images = {f"{source}/{name}": moved(world.image_knobs[name], of_images, place) for name in parts.images}
    captions = {
        f"{source}/{name}": moved(world.caption_knobs[name], of_captions, place) for name in parts.captions
    }
    for one in images.values():
        check_image_knobs(one, groups, place)
    return dataclasses.replace(
        world,
        image_knobs={**world.image_knobs, **images},
        caption_knobs={**world.caption_knobs, **captions},
        sources={**world.sources, source: SourceParts(tuple(images), tuple(captions))},
    )


def source_parts(world: World, source: str) -> SourceParts:
    """Return the names of the knobs of a source.

    Raises
    ------
    ClipsafeError
        If there is no such source.

    Examples
    --------
    >>> from clipsafe_engine.lab.world.world import load_world
    >>> source_parts(load_world(), "mixed").images
    ('wit', 'laion')
    """
    if source not in world.sources:
        raise ClipsafeError(
            f"{world.folder / 'sources.toml'}: no source {source!r}; expected {', '.join(world.sources)}."
        )
    return world.sources[source]
