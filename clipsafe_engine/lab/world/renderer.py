"""From render parameters to images. An image depends on its row and on nothing else: no seed is used here."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from clipsafe_engine.lab.world.palette import PATTERNS, Drawing
from clipsafe_engine.lab.world.parameters import (
    DEFORMATION_FIELDS,
    FLAT,
    NOISE_OFFSETS,
    POSTER,
    SCENE,
    SKETCH,
    TEXTURE,
    Parameters,
)
from clipsafe_engine.lab.world.patterns import NOISE_LENGTH, SIDE, draw_patterns, pixel_places, waves
from clipsafe_engine.lab.world.world import World

BLOCK = 128
"""Images drawn at once: as many as stay in the cache of one core."""

_NOISE_SEED = 0
_FIELD_SEED = 1
_FIELD_KNOTS = 4  # a side: the outline bends over a quarter of the frame
_INK = 0.9

Columns = dict[str, Tensor]


def render(world: World, parameters: Parameters, block: int = BLOCK) -> Tensor:
    """Draw images.

    Parameters
    ----------
    world : World
        What the numbers in the table mean.
    parameters : Parameters
        One row an image.
    block : int
        Images drawn at once; changes the time, not the images.

    Returns
    -------
    Tensor of uint8, shape (images, 3, 32, 32)
        Red, green, blue.

    Raises
    ------
    ValueError
        If the block has no image.

    Examples
    --------
    >>> from clipsafe_engine.lab.world.sources import draw
    >>> from clipsafe_engine.lab.world.world import load_world
    >>> world = load_world()
    >>> images = render(world, draw(world, "labels", images=4, seed=0))
    >>> images.shape, images.dtype
    (torch.Size([4, 3, 32, 32]), torch.uint8)
    """
    if block < 1:
        raise ValueError(f"block: expected 1 or more, got {block}.")
    images = torch.empty(len(parameters), 3, SIDE, SIDE, dtype=torch.uint8)
    with torch.no_grad():
        for start in range(0, len(parameters), block):
            rows = slice(start, start + block)
            images[rows] = _draw(_materials(world), _tensors(parameters.rows(rows)))
    return images


def silhouettes(world: World, parameters: Parameters) -> Tensor:
    """Draw how much of each pixel the object covers, before any bar hides it.

    Returns
    -------
    Tensor of float32, shape (images, 32, 32)
        From 0 to 1.

    Examples
    --------
    >>> from clipsafe_engine.lab.world.sources import draw
    >>> from clipsafe_engine.lab.world.world import load_world
    >>> world = load_world()
    >>> float(silhouettes(world, draw(world, "labels", images=4, seed=0)).max())
    1.0
    """
    with torch.no_grad():
        return _silhouette(_materials(world), _tensors(parameters))[:, 0]


@dataclass(frozen=True)
class _Materials:
    """What is made once for a world."""

    atlas: Tensor  # (glyphs, 1, 40, 40)
    colours: Tensor  # (colours, 3)
    shades: Tensor  # (backgrounds, 6)
    background_pattern: Tensor
    background_angle: Tensor
    background_frequency: Tensor
    noise: Tensor  # (offsets, 3072)
    fields: Tensor  # (fields, 2, 32, 32)
    drawing: Drawing


@lru_cache(maxsize=4)
def _materials(world: World) -> _Materials:
    backgrounds = world.palette.backgrounds
    # NumPy's generator keeps its stream over versions; torch's need not.
    noise = np.random.default_rng(_NOISE_SEED).standard_normal(NOISE_OFFSETS + NOISE_LENGTH - 1, np.float32)
    knots = np.random.default_rng(_FIELD_SEED).standard_normal(
        (DEFORMATION_FIELDS, 2, _FIELD_KNOTS, _FIELD_KNOTS), np.float32
    )
    fields = functional.interpolate(
        torch.from_numpy(knots), (SIDE, SIDE), mode="bicubic", align_corners=False
    )
    return _Materials(
        atlas=torch.from_numpy(world.atlas.tiles)[:, None].float() / 255,
        colours=torch.from_numpy(world.palette.rgb),
        shades=torch.tensor([background.shades for background in backgrounds]).flatten(1),
        background_pattern=torch.tensor([PATTERNS.index(background.pattern) for background in backgrounds]),
        background_angle=torch.tensor([background.angle for background in backgrounds]),
        background_frequency=torch.tensor([background.frequency for background in backgrounds]),
        noise=torch.from_numpy(noise).unfold(0, NOISE_LENGTH, 1),  # a view: the stretches overlap
        fields=fields,
        drawing=world.palette.drawing,
    )


def _tensors(parameters: Parameters) -> Columns:
    return {name: torch.from_numpy(np.ascontiguousarray(values)) for name, values in vars(parameters).items()}


def _draw(made: _Materials, row: Columns) -> Tensor:
    mask = _silhouette(made, row)
    outside = functional.max_pool2d(mask, 3, 1, 1)
    inside = -functional.max_pool2d(-mask, 3, 1, 1)
    outline = outside - inside
    texture, first, second = _texture(made, row)
    picture = torch.lerp(_background(made, row), texture, mask) * (1 - made.drawing.outline * outline)
    picture = _restyled(picture, row["style"], mask, outline, texture, first, second)
    picture = _occluded(picture, row)
    noise = made.noise[row["noise"]].view_as(picture)
    picture = picture * (1 + row["light"])[:, None, None, None] + noise * made.drawing.pixel_noise
    return (picture.clamp_(0, 1) * 255).round_().to(torch.uint8)


def _silhouette(made: _Materials, row: Columns) -> Tensor:
    """Look up, for each pixel, the place of the atlas that the object's pose brings there."""
    x, y = pixel_places()
    bend = made.fields[row["deformation_field"]] * row["deformation"][:, None, None, None]
    right = x - row["x"][:, None, None]
    down = y - row["y"][:, None, None]
    turn = torch.deg2rad(row["rotation"])
    cosine, sine = (part[:, None, None] for part in (torch.cos(turn), torch.sin(turn)))
    upright_x, upright_y = right * cosine + down * sine, down * cosine - right * sine
    size = row["scale"][:, None, None]
    sheared = (upright_x - upright_y * row["shear"][:, None, None]) / size
    faced = torch.where(row["mirrored"][:, None, None], -sheared, sheared)
    grid = torch.stack((faced + bend[:, 0], upright_y / size + bend[:, 1]), dim=-1)
    tiles = made.atlas[row["glyph"]] * (row["style"] != SCENE)[:, None, None, None]
    return functional.grid_sample(tiles, grid, align_corners=False)


def _texture(made: _Materials, row: Columns) -> tuple[Tensor, Tensor, Tensor]:
    jitter, mix = made.drawing.object_jitter, made.drawing.texture_mix
    first = (made.colours[row["first_colour"]] + row["first_tint"] * jitter).clamp_(0, 1)
    second = (made.colours[row["second_colour"]] + row["second_tint"] * jitter).clamp_(0, 1)
    laid = waves(row["angle"], row["frequency"], row["phase"])
    drawn = draw_patterns(row["pattern"], laid, made.noise, row["noise"])
    return _between(first, second + (first - second) * mix, drawn), first, second


def _background(made: _Materials, row: Columns) -> Tensor:
    which = row["background"]
    shades = (made.shades[which] + row["background_tint"] * made.drawing.background_jitter).clamp_(0, 1)
    angle = made.background_angle[which] + row["background_angle"]
    laid = waves(angle, made.background_frequency[which], row["background_phase"])
    # The marble of the ground must not be the marble of the object: half the table lies between them.
    at = (row["noise"] + NOISE_OFFSETS // 2) % NOISE_OFFSETS
    return _between(
        shades[:, :3], shades[:, 3:], draw_patterns(made.background_pattern[which], laid, made.noise, at)
    )


def _between(first: Tensor, second: Tensor, share: Tensor) -> Tensor:
    start, stop = first[:, :, None, None], second[:, :, None, None]
    return start + (stop - start) * share[:, None]


def _restyled(
    picture: Tensor,
    style: Tensor,
    mask: Tensor,
    outline: Tensor,
    texture: Tensor,
    first: Tensor,
    second: Tensor,
) -> Tensor:
    """Draw over the images that are not natural. A scene has a mask of nothing, so it needs no case here."""
    for kind in (SKETCH, FLAT, POSTER, TEXTURE):
        which = torch.nonzero(style == kind)[:, 0]
        if not len(which):
            continue
        if kind == SKETCH:
            drawn = (1 - _INK * outline[which]).expand(-1, 3, -1, -1)
        elif kind == FLAT:
            drawn = _between(second[which], first[which], mask[which, 0])
        elif kind == POSTER:
            drawn = 1 + (texture[which] - 1) * mask[which]
        else:
            drawn = texture[which]
        picture[which] = drawn
    return picture


def _occluded(picture: Tensor, row: Columns) -> Tensor:
    which = torch.nonzero(row["occlusion"] > 0)[:, 0]
    if not len(which):
        return picture
    place = (torch.arange(SIDE) + 0.5) / SIDE
    side = row["occluder_side"][which]
    depth = torch.where((side < 2)[:, None], place, 1 - place) < row["occlusion"][which][:, None]
    upright = (side % 2 == 0)[:, None, None]
    hidden = torch.where(upright, depth[:, :, None], depth[:, None, :])[:, None]
    picture[which] = torch.where(hidden, row["occluder_colour"][which][:, :, None, None], picture[which])
    return picture
