"""Contact sheets: one picture of each test set and training source, for a page of the book.

Command: python -m clipsafe_utils.lab.world.contact_sheets FOLDER
"""

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.files import replacing
from clipsafe_utils.lab.world.filtering import FILTERED, rows_path
from clipsafe_utils.lab.world.material import seed_called
from clipsafe_utils.lab.world.parameters import Parameters
from clipsafe_utils.lab.world.patterns import SIDE
from clipsafe_utils.lab.world.renderer import render
from clipsafe_utils.lab.world.sequences import sequences
from clipsafe_utils.lab.world.sets import TEST_SETS, make_test_set
from clipsafe_utils.lab.world.sources import draw
from clipsafe_utils.lab.world.world import World, load_world

COLUMNS, ROWS, ZOOM = 12, 4, 2

_COLOURS = 128  # in a file: the noise of the pixels would otherwise fill megabytes


def contact_sheet(world: World, parameters: Parameters, columns: int = COLUMNS) -> NDArray[np.uint8]:
    """Draw images beside and below each other.

    Parameters
    ----------
    world : World
        The world.
    parameters : Parameters
        One row an image; a last line that is not full is left out.
    columns : int
        Images beside each other.

    Returns
    -------
    ndarray of uint8, shape (height, width, 3)

    Examples
    --------
    >>> world = load_world()
    >>> contact_sheet(world, draw(world, "wit", images=24, seed=0)).shape
    (128, 768, 3)
    """
    lines = len(parameters) // columns
    images = render(world, parameters.rows(slice(0, lines * columns))).numpy()
    tiled = images.reshape(lines, columns, 3, SIDE, SIDE).transpose(0, 3, 1, 4, 2)
    sheet = tiled.reshape(lines * SIDE, columns * SIDE, 3)
    return np.ascontiguousarray(sheet.repeat(ZOOM, axis=0).repeat(ZOOM, axis=1))


def tables(world: World, seed: int) -> Iterator[tuple[str, Parameters, int]]:
    """Give name, parameters and columns of each sheet.

    Examples
    --------
    >>> world = load_world()
    >>> next(tables(world, seed=71))[0]
    'source-labels'
    """
    shown = COLUMNS * ROWS
    for source in world.sources:
        yield f"source-{source}", draw(world, source, shown, seed), COLUMNS
    for name in TEST_SETS:
        if name in FILTERED and not rows_path(world, name, seed).exists():
            continue
        if name == "sequences":
            frames = len(np.unique(sequences(world, seed).columns["frame"]))
            yield name, make_test_set(world, name, seed).parameters.rows(slice(0, frames * ROWS)), frames
            continue
        table = make_test_set(world, name, seed).parameters
        # Images from all over the set: some sets are ordered.
        yield name, table.rows(np.linspace(0, len(table) - 1, shown).astype(np.int64)), COLUMNS


def draw_contact_sheets(world: World, folder: Path, seed: int) -> list[Path]:
    """Write one PNG for each source and test set.

    Raises
    ------
    ClipsafeError
        If a file cannot be written.

    Examples
    --------
    >>> draw_contact_sheets(load_world(), Path("/proc/nowhere"), seed=71)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ...
    clipsafe_utils.errors.ClipsafeError: ...
    """
    written = []
    for name, table, columns in tables(world, seed):
        path = folder / f"{name}.png"
        with replacing(path) as temporary:
            sheet = Image.fromarray(contact_sheet(world, table, columns))
            sheet.quantize(_COLOURS).save(temporary, optimize=True)
        written.append(path)
    return written


if __name__ == "__main__":
    try:
        the_world = load_world()
        sheets = draw_contact_sheets(
            the_world, Path(sys.argv[1]), seed_called(the_world.folder, "development")
        )
        print(f"{len(sheets)} sheets drawn.")
    except ClipsafeError as error:
        raise SystemExit(str(error)) from error
