"""The glyph atlas: one committed image of silhouettes and an index that says what each of them is."""

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from clipsafe_utils.errors import ClipsafeError

TILE = 40
"""Side of a glyph in the atlas, in pixels; a glyph fills 36 of them."""


@dataclass(frozen=True)
class Atlas:
    """Silhouettes and their names.

    Examples
    --------
    >>> from clipsafe_engine.lab.world.world import load_world
    >>> atlas = load_world().atlas
    >>> atlas.tiles.shape[1:], atlas.names[0]
    ((40, 40), 'mdi:airplane')
    """

    tiles: NDArray[np.uint8]
    """Shape (glyphs, 40, 40); 255 is inside."""
    names: tuple[str, ...]
    """`font:glyph`, one a tile."""

    @cached_property
    def places(self) -> dict[str, int]:
        """The number of each glyph."""
        return {name: place for place, name in enumerate(self.names)}


def read_atlas(folder: Path) -> Atlas:
    """Read `atlas.png` and `atlas.json`.

    Parameters
    ----------
    folder : Path
        Where both files are.

    Raises
    ------
    ClipsafeError
        If a file is missing or the two do not fit together.

    Examples
    --------
    >>> from clipsafe_utils.registry.drawn_world import DATA
    >>> read_atlas(DATA).tiles.dtype
    dtype('uint8')
    """
    index, picture = folder / "atlas.json", folder / "atlas.png"
    try:
        content = json.loads(index.read_text(encoding="utf-8"))
        names = tuple(str(row["glyph"]) for row in content["glyphs"])
    except OSError as error:
        raise ClipsafeError(f"{index}: cannot be read ({error.strerror or error}).") from error
    except (ValueError, TypeError, KeyError) as error:
        raise ClipsafeError(f"{index}: expected a list 'glyphs' of rows with an entry 'glyph'.") from error
    try:
        with Image.open(picture, formats=("PNG",)) as image:
            pixels = np.asarray(image.convert("L"))
    except OSError as error:
        raise ClipsafeError(f"{picture}: cannot be read as an image ({error}).") from error
    rows, columns = pixels.shape[0] // TILE, pixels.shape[1] // TILE
    if (
        pixels.shape != (rows * TILE, columns * TILE)
        or not columns * (rows - 1) < len(names) <= columns * rows
    ):
        raise ClipsafeError(
            f"{picture}: expected tiles of {TILE} pixels for the {len(names)} glyphs of {index.name}."
        )
    tiles = pixels.reshape(rows, TILE, columns, TILE).swapaxes(1, 2).reshape(-1, TILE, TILE)
    return Atlas(np.ascontiguousarray(tiles[: len(names)]), names)
