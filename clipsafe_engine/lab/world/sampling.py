"""From knobs and dice to render parameters."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from clipsafe_engine.lab.world.dice import Dice
from clipsafe_engine.lab.world.palette import PATTERNS
from clipsafe_engine.lab.world.parameters import (
    DEFORMATION_FIELDS,
    FLAT,
    NATURAL,
    NO_CONCEPT,
    NOISE_OFFSETS,
    POSTER,
    SIDES,
    SKETCH,
    Parameters,
)
from clipsafe_engine.lab.world.world import World
from clipsafe_utils.registry.knobs import ImageKnobs

Whole = NDArray[np.int64]
Real = NDArray[np.float64]

_LEAST_ROOM = (
    0.06  # an object that fills the frame may still be off its centre by this much of half the frame
)
_TEXTURE_ANGLE_SD = 4.0
_TEXTURE_FREQUENCY_SD = 0.15
_FREQUENCIES = (2.0, 6.0)


def sample(world: World, knobs: ImageKnobs, dice: Dice, concept: Whole | None = None) -> Parameters:
    """Draw the render parameters of images.

    Parameters
    ----------
    world : World
        What can be drawn.
    knobs : ImageKnobs
        How often what is drawn.
    dice : Dice
        The chance, one row an image.
    concept : ndarray of int64, shape (images,), optional
        What the images show; drawn where it is not given.

    Returns
    -------
    table : Parameters
        One row an image.

    Examples
    --------
    >>> from clipsafe_engine.lab.world.dice import roll
    >>> from clipsafe_engine.lab.world.world import load_world
    >>> world = load_world()
    >>> table = sample(world, world.image_knobs["labels"], roll(2000, seed=0))
    >>> round(float((table.texture_of == table.concept).mean()), 1)
    0.9
    """
    shown = _concept(world, knobs, dice) if concept is None else concept
    scale = np.clip(
        knobs.scale_mean + knobs.scale_sd * dice.normal("scale"), knobs.scale_min, knobs.scale_max
    )
    room = np.maximum(1 - scale, _LEAST_ROOM)
    free = dice.below("rotation_is_free", knobs.free_rotation)
    rotation = np.where(
        free, dice.uniform("free_rotation") * 360 - 180, dice.normal("rotation") * knobs.rotation_sd
    )
    # The absolute value of a normal number has the mean sqrt(2 / pi).
    deformation = knobs.deformation * np.abs(dice.normal("deformation")) * np.sqrt(np.pi / 2)
    columns: dict[str, NDArray[Any]] = {
        "concept": shown,
        "glyph": _glyph(world, knobs, dice, shown),
        **_texture(world, knobs, dice, shown),
        **_background(world, knobs, dice, shown),
        "rotation": rotation,
        "mirrored": dice.below("mirrored", 0.5),
        "shear": dice.normal("shear") * knobs.shear_sd,
        "scale": scale,
        "x": (dice.uniform("x") * 2 - 1) * room,
        "y": (dice.uniform("y") * 2 - 1) * room,
        "deformation": deformation,
        "deformation_field": dice.choice("deformation_field", DEFORMATION_FIELDS),
        **_occlusion(knobs, dice),
        "style": _style(knobs, dice),
        "light": np.clip(dice.normal("light"), -2, 2) * knobs.light_sd,
        "noise": dice.choice("noise", NOISE_OFFSETS),
    }
    return Parameters(**{name: _compact(values) for name, values in columns.items()})


def random_texture(world: World, dice: Dice) -> dict[str, NDArray[Any]]:
    """Draw textures that are typical of nothing: columns `texture_of` to `frequency`.

    Examples
    --------
    >>> from clipsafe_engine.lab.world.dice import roll
    >>> from clipsafe_engine.lab.world.world import load_world
    >>> sorted(random_texture(load_world(), roll(3, seed=0)))
    ['angle', 'first_colour', 'frequency', 'pattern', 'second_colour', 'texture_of']
    """
    colours = len(world.palette.colours)
    first = dice.choice("first_colour", colours)
    low, high = _FREQUENCIES
    return {
        "texture_of": np.full(len(dice), NO_CONCEPT),
        "pattern": dice.choice("pattern", len(PATTERNS)),
        "first_colour": first,
        "second_colour": (first + 1 + dice.choice("second_colour", colours - 1)) % colours,
        "angle": dice.uniform("angle") * 180,
        "frequency": low + dice.uniform("frequency") * (high - low),
    }


def typical_texture(world: World, dice: Dice, of: Whole) -> dict[str, NDArray[Any]]:
    """Draw the typical texture of one concept for each image: columns `texture_of` to `frequency`.

    Examples
    --------
    >>> from clipsafe_engine.lab.world.dice import roll
    >>> from clipsafe_engine.lab.world.world import load_world
    >>> typical_texture(load_world(), roll(3, seed=0), np.array([5, 6, 7]))["texture_of"].tolist()
    [5, 6, 7]
    """
    typical = world.typical
    return {
        "texture_of": of,
        "pattern": typical.pattern[of],
        "first_colour": typical.first_colour[of],
        "second_colour": typical.second_colour[of],
        "angle": typical.angle[of] + dice.normal("angle_jitter") * _TEXTURE_ANGLE_SD,
        "frequency": typical.frequency[of] + dice.normal("frequency_jitter") * _TEXTURE_FREQUENCY_SD,
    }


def _concept(world: World, knobs: ImageKnobs, dice: Dice) -> Whole:
    classes = world.in_groups(knobs.classes)
    extras = np.setdiff1d(world.captioned, classes)
    of_class = classes[dice.choice("which_class", len(classes))]
    if knobs.extra_concepts == 0:
        return of_class
    extra = extras[dice.choice("which_extra", len(extras))]
    return np.where(dice.below("is_extra", knobs.extra_concepts), extra, of_class)


def _glyph(world: World, knobs: ImageKnobs, dice: Dice, concept: Whole) -> Whole:
    tiles, counts = world.common_glyphs
    common = tiles[concept, dice.choice("glyph", counts[concept])]
    rare = world.rare_glyphs[concept]
    return np.where(dice.below("is_rare", knobs.rare_glyphs) & (rare >= 0), rare, common)


def _texture(world: World, knobs: ImageKnobs, dice: Dice, concept: Whole) -> dict[str, NDArray[Any]]:
    typical, random = typical_texture(world, dice, concept), random_texture(world, dice)
    kept = dice.below("texture_kept", knobs.texture_correlation)
    columns = {name: np.where(kept, typical[name], random[name]) for name in typical}
    other_pattern = kept & ~dice.below("pattern_kept", knobs.pattern_correlation)
    other_colours = kept & ~dice.below("colour_kept", knobs.colour_correlation)
    columns["pattern"] = np.where(other_pattern, random["pattern"], columns["pattern"])
    for name in ("first_colour", "second_colour"):
        columns[name] = np.where(other_colours, random[name], columns[name])
    columns["texture_of"] = np.where(other_pattern | other_colours, NO_CONCEPT, columns["texture_of"])
    tints = {
        "first_tint": _tint(dice.several("object_tint", 6)[:, :3]),
        "second_tint": _tint(dice.several("object_tint", 6)[:, 3:]),
    }
    return {**columns, "phase": dice.uniform("phase") * 2 * np.pi, **tints}


def _background(world: World, knobs: ImageKnobs, dice: Dice, concept: Whole) -> dict[str, NDArray[Any]]:
    known = world.palette.with_role("known")
    typical = world.typical.backgrounds[concept, dice.choice("typical_background", 2)]
    random = known[dice.choice("background", len(known))]
    return {
        "background": np.where(dice.below("background_kept", knobs.background_correlation), typical, random),
        "background_angle": dice.normal("background_angle") * _TEXTURE_ANGLE_SD,
        "background_phase": dice.uniform("background_phase") * 2 * np.pi,
        "background_tint": _tint(dice.several("background_tint", 6)),
    }


def _occlusion(knobs: ImageKnobs, dice: Dice) -> dict[str, NDArray[Any]]:
    size = knobs.occlusion_min + dice.uniform("occlusion") * (knobs.occlusion_max - knobs.occlusion_min)
    return {
        "occlusion": np.where(dice.below("is_occluded", knobs.occluded), size, 0.0),
        "occluder_side": dice.choice("occluder_side", len(SIDES)),
        "occluder_colour": dice.several("occluder_colour", 3),
    }


def _style(knobs: ImageKnobs, dice: Dice) -> Whole:
    bounds = np.cumsum([knobs.sketches, knobs.flats, knobs.posters])
    return np.array([SKETCH, FLAT, POSTER, NATURAL])[
        np.searchsorted(bounds, dice.uniform("style"), side="right")
    ]


def _tint(uniform: Real) -> Real:
    # Uniform rather than normal: a tint must not turn one colour into another.
    return (uniform * 2 - 1) * 3**0.5


def _compact(values: NDArray[Any]) -> NDArray[Any]:
    return values.astype(np.float32) if values.dtype.kind == "f" else values
