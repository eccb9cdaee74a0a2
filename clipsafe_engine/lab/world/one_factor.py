"""One-factor sets: typical in all but one factor, once with typical and once with random textures.

A network that lives on textures is saved by a typical texture whatever happens to the shape, so each set has
a twin in which the texture says nothing.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clipsafe_engine.lab.world.dice import Dice
from clipsafe_engine.lab.world.palette import PATTERNS
from clipsafe_engine.lab.world.parameters import NO_CONCEPT, Parameters
from clipsafe_engine.lab.world.sampling import random_texture
from clipsafe_engine.lab.world.world import World
from clipsafe_utils.cubes.schema import HEADLINE_FACTORS

Changed = dict[str, NDArray[Any]]

_TEXTURE = frozenset({"texture_of", "pattern", "first_colour", "second_colour", "angle", "frequency"})

MOVES = {
    "pose": frozenset({"rotation", "shear"}),
    "background": frozenset({"background"}),
    "pattern": frozenset({"texture_of", "pattern"}),
    "color": frozenset({"texture_of", "first_colour", "second_colour"}),
    "smaller": frozenset({"scale"}),
    "shape": frozenset({"deformation"}),
    "partial_view": frozenset({"occlusion"}),
    "subcategory": frozenset({"glyph"}),
    "texture": _TEXTURE,
    "larger": frozenset({"scale"}),
}
"""The columns that each factor may move; `texture_of` keeps the books."""


def move_factor(world: World, factor: str, plain: Parameters, dice: Dice) -> Parameters:
    """Change one factor of plain images.

    Parameters
    ----------
    world : World
        The world.
    factor : str
        One of the ten headline factors.
    plain : Parameters
        The images to start from.
    dice : Dice
        Chance of its own, one row an image.

    Returns
    -------
    table : Parameters
        Equal to `plain` in all columns but those of `MOVES`.

    Raises
    ------
    ValueError
        If there is no such factor.

    Examples
    --------
    >>> from clipsafe_engine.lab.world.dice import roll
    >>> from clipsafe_engine.lab.world.parameters import changed_columns
    >>> from clipsafe_engine.lab.world.sampling import sample
    >>> from clipsafe_engine.lab.world.world import load_world
    >>> world = load_world()
    >>> plain = sample(world, world.image_knobs["plain"], roll(50, seed=0))
    >>> changed_columns(plain, move_factor(world, "smaller", plain, roll(50, seed=0, stream=1)))
    frozenset({'scale'})
    """
    if factor not in _MOVERS:
        raise ValueError(f"factor: expected one of {', '.join(HEADLINE_FACTORS)}, got {factor!r}.")
    return plain.replace(**_MOVERS[factor](world, plain, dice))


def _between(dice: Dice, decision: str, low: float, high: float) -> NDArray[np.float64]:
    return low + dice.uniform(decision) * (high - low)


def _pose(_world: World, _plain: Parameters, dice: Dice) -> Changed:
    side = np.where(dice.below("mirrored", 0.5), -1, 1)
    return {
        "rotation": side * _between(dice, "rotation", 40, 130),
        "shear": _between(dice, "shear", -0.4, 0.4),
    }


def _background(world: World, plain: Parameters, dice: Dice) -> Changed:
    return {"background": background_elsewhere(world, [plain.concept], dice)}


def background_elsewhere(world: World, concepts: list[NDArray[np.int64]], dice: Dice) -> NDArray[np.int64]:
    """Draw known backgrounds that are typical of none of some concepts, shape (images,).

    Examples
    --------
    >>> from clipsafe_engine.lab.world.dice import roll
    >>> from clipsafe_engine.lab.world.world import load_world
    >>> world, concept = load_world(), np.zeros(100, int)
    >>> drawn = background_elsewhere(world, [concept], roll(100, seed=0))
    >>> bool(np.isin(drawn, world.typical.backgrounds[0]).any())
    False
    """
    known = world.palette.with_role("known")
    allowed = np.ones((len(dice), len(known)), bool)
    for concept in concepts:
        allowed &= (known[None, :, None] != world.typical.backgrounds[concept][:, None, :]).all(axis=2)
    return known[_pick(dice, "background", allowed)]


def _pattern(_world: World, plain: Parameters, dice: Dice) -> Changed:
    step = 1 + dice.choice("pattern", len(PATTERNS) - 1)
    return {"texture_of": _none(plain), "pattern": (plain.pattern + step) % len(PATTERNS)}


def _color(world: World, plain: Parameters, dice: Dice) -> Changed:
    """Give both colours new values that differ from the old ones and from each other."""
    colours = len(world.palette.colours)
    first = (plain.first_colour + 1 + dice.choice("first_colour", colours - 1)) % colours
    every = np.arange(colours)
    allowed = (every != plain.second_colour[:, None]) & (every != first[:, None])
    second = _pick(dice, "second_colour", allowed)
    return {"texture_of": _none(plain), "first_colour": first, "second_colour": second}


def _pick(dice: Dice, decision: str, allowed: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Draw one of the allowed columns of each row."""
    place = dice.choice(decision, allowed.sum(axis=1))
    picked: NDArray[np.int64] = (allowed.cumsum(axis=1) > place[:, None]).argmax(axis=1)
    return picked


def _smaller(_world: World, _plain: Parameters, dice: Dice) -> Changed:
    return {"scale": _between(dice, "scale", 0.5, 0.6)}


def _larger(_world: World, _plain: Parameters, dice: Dice) -> Changed:
    return {"scale": _between(dice, "scale", 1.1, 1.4)}


def _shape(_world: World, _plain: Parameters, dice: Dice) -> Changed:
    return {"deformation": _between(dice, "deformation", 0.10, 0.16)}


def _partial_view(_world: World, _plain: Parameters, dice: Dice) -> Changed:
    return {"occlusion": _between(dice, "occlusion", 0.35, 0.55)}


def _subcategory(world: World, plain: Parameters, _dice: Dice) -> Changed:
    return {"glyph": world.rare_glyphs[plain.concept]}


def _texture(world: World, plain: Parameters, dice: Dice) -> Changed:
    return {**random_texture(world, dice), **_pattern(world, plain, dice), **_color(world, plain, dice)}


def _none(plain: Parameters) -> NDArray[np.int64]:
    return np.full(len(plain), NO_CONCEPT)


_MOVERS: dict[str, Callable[[World, Parameters, Dice], Changed]] = {
    "pose": _pose,
    "background": _background,
    "pattern": _pattern,
    "color": _color,
    "smaller": _smaller,
    "shape": _shape,
    "partial_view": _partial_view,
    "subcategory": _subcategory,
    "texture": _texture,
    "larger": _larger,
}
