"""Contact sheets: a strip of images of each source, test set and factor, for a page of the book.

Command: python -m clipsafe_engine.lab.world.contact_sheets [FOLDER]
"""

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from clipsafe_engine.lab.world.filtering import FILTERED
from clipsafe_engine.lab.world.material import seed_called
from clipsafe_engine.lab.world.parameters import Parameters
from clipsafe_engine.lab.world.patterns import SIDE
from clipsafe_engine.lab.world.renderer import render
from clipsafe_engine.lab.world.sets import ONE_FACTOR, TEST_SETS, TEXTURES, make_test_set
from clipsafe_engine.lab.world.sources import draw
from clipsafe_engine.lab.world.world import World, load_world
from clipsafe_utils.cubes.schema import HEADLINE_FACTORS
from clipsafe_utils.cubes.studies import REPOSITORY
from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.files import replacing

FOLDER = REPOSITORY / "book" / "_static" / "miniature"
"""Where the book has them."""

SEED = 2020
"""Of the strips alone: nothing is trained, tuned or tested on it."""

COLUMNS = 8
GAP = 2
"""Pixels between two images; they are transparent."""

_COLOURS = 64  # of a strip: the noise of the pixels would otherwise fill megabytes


def contact_strip(world: World, parameters: Parameters) -> Image.Image:
    """Draw images beside each other.

    Parameters
    ----------
    world : World
        The world.
    parameters : Parameters
        One row an image.

    Returns
    -------
    PIL.Image.Image
        With a palette; what is between the images is transparent.

    Examples
    --------
    >>> world = load_world()
    >>> contact_strip(world, draw(world, "wit", images=8, seed=0)).size
    (270, 32)
    """
    images = render(world, parameters).numpy().transpose(0, 2, 3, 1)
    row = np.ascontiguousarray(images.transpose(1, 0, 2, 3).reshape(SIDE, -1, 3))
    drawn = Image.fromarray(row).quantize(_COLOURS)
    strip = Image.new("P", (len(images) * (SIDE + GAP) - GAP, SIDE), color=_COLOURS)
    strip.putpalette([*(drawn.getpalette() or [])[: 3 * _COLOURS], *(0, 0, 0)])
    for place in range(len(images)):
        here = (place * SIDE, 0, (place + 1) * SIDE, SIDE)
        strip.paste(drawn.crop(here), (place * (SIDE + GAP), 0))
    strip.info["transparency"] = _COLOURS
    return strip


def strips(world: World) -> Iterator[tuple[str, Parameters]]:
    """Give the name and the images of each strip.

    The strip of a factor shows the same objects with typical, then with random textures. The filtered sets
    are those of the development seed, for which alone and for the reported one a reference chose.

    Examples
    --------
    >>> name, images = next(strips(load_world()))
    >>> name, len(images)
    ('source-labels', 8)
    """
    for source, parts in world.sources.items():
        if parts.images == (source,):  # the others show images of these
            yield f"source-{source}", draw(world, source, COLUMNS, SEED)
    for factor in ("plain", *HEADLINE_FACTORS):
        halves = [make_test_set(world, f"{factor}_{texture}", SEED).parameters for texture in TEXTURES]
        yield f"factor-{factor}", _joined([half.rows(slice(0, COLUMNS // 2)) for half in halves])
    for name in TEST_SETS:
        if name in ONE_FACTOR:
            continue
        seed = seed_called(world.folder, "development") if name in FILTERED else SEED
        made = make_test_set(world, name, seed)
        rows = np.random.default_rng(SEED).permutation(len(made.labels))[:COLUMNS]
        if name == "sequences":
            rows = np.flatnonzero(made.columns["frame"] % 3 == 1)[:COLUMNS]
        yield name, made.parameters.rows(rows)


def draw_contact_sheets(world: World, folder: Path) -> list[Path]:
    """Write one PNG a strip.

    Raises
    ------
    ClipsafeError
        If a file cannot be written.

    Examples
    --------
    >>> draw_contact_sheets(load_world(), Path("/proc/nowhere"))  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ...
    clipsafe_utils.errors.ClipsafeError: ...
    """
    written = []
    for name, parameters in strips(world):
        path = folder / f"{name}.png"
        with replacing(path) as temporary:
            contact_strip(world, parameters).save(temporary, format="PNG", optimize=True)
        written.append(path)
    return written


def _joined(tables: list[Parameters]) -> Parameters:
    return Parameters(
        **{name: np.concatenate([getattr(table, name) for table in tables]) for name in vars(tables[0])}
    )


if __name__ == "__main__":
    try:
        written = draw_contact_sheets(load_world(), Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)
        print(f"{len(written)} strips drawn.")
    except ClipsafeError as error:
        raise SystemExit(str(error)) from error
