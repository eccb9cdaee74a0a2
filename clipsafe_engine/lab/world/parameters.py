"""The render parameters: one row an image. Images, labels, captions and annotations all follow from them."""

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

STYLES = ("natural", "sketch", "flat", "poster", "scene", "texture")
"""A poster is a textured silhouette on white, a scene has no object, a texture is nothing else."""

NATURAL, SKETCH, FLAT, POSTER, SCENE, TEXTURE = range(len(STYLES))

SIDES = ("top", "left", "bottom", "right")
"""From where a bar comes."""

NO_CONCEPT = -1

NOISE_OFFSETS = 1 << 20
DEFORMATION_FIELDS = 256


@dataclass(frozen=True)
class Parameters:
    """A table of columns of equal length.

    Examples
    --------
    >>> from clipsafe_engine.lab.world.sources import draw
    >>> from clipsafe_engine.lab.world.world import load_world
    >>> table = draw(load_world(), "wit", images=100, seed=0)
    >>> len(table), len(table.rows(slice(0, 10))), table.first_tint.shape
    (100, 10, (100, 3))
    """

    concept: NDArray[np.int64]
    """Number of the concept, -1 for what is out of distribution."""
    glyph: NDArray[np.int64]
    """Tile of the atlas."""
    texture_of: NDArray[np.int64]
    """Concept whose typical texture the object bears, -1 if none."""
    pattern: NDArray[np.int64]
    first_colour: NDArray[np.int64]
    second_colour: NDArray[np.int64]
    angle: NDArray[np.float32]
    """Of the texture, in degrees."""
    frequency: NDArray[np.float32]
    """Of the texture, in waves a frame."""
    phase: NDArray[np.float32]
    """Of the texture, in radians."""
    background: NDArray[np.int64]
    background_angle: NDArray[np.float32]
    """In degrees, beside that of the background itself."""
    background_phase: NDArray[np.float32]
    rotation: NDArray[np.float32]
    """In degrees, clockwise."""
    mirrored: NDArray[np.bool_]
    shear: NDArray[np.float32]
    scale: NDArray[np.float32]
    """1 fills the frame."""
    x: NDArray[np.float32]
    """Centre, from -1 (left) to 1."""
    y: NDArray[np.float32]
    """Centre, from -1 (top) to 1."""
    deformation: NDArray[np.float32]
    """Size of the bending of the outline, in halves of the frame."""
    deformation_field: NDArray[np.int64]
    occlusion: NDArray[np.float32]
    """Share of the frame hidden by a bar; 0 is none."""
    occluder_side: NDArray[np.int64]
    occluder_colour: NDArray[np.float32]
    """Shape (images, 3)."""
    style: NDArray[np.int64]
    light: NDArray[np.float32]
    """Relative change of the brightness."""
    noise: NDArray[np.int64]
    """Where in the common table of noise an image begins."""
    first_tint: NDArray[np.float32]
    """Of standard deviation 1, shape (images, 3): how the first colour departs from the palette."""
    second_tint: NDArray[np.float32]
    background_tint: NDArray[np.float32]
    """Of standard deviation 1, shape (images, 6): the same for the two shades."""

    def __len__(self) -> int:
        return len(self.concept)

    def rows(self, which: slice | NDArray[Any]) -> "Parameters":
        """Return some of the rows."""
        return Parameters(**{name: getattr(self, name)[which] for name in COLUMNS})

    def replace(self, **columns: NDArray[Any]) -> "Parameters":
        """Return the table with some columns exchanged; each keeps its type.

        Raises
        ------
        ValueError
            If a column has another shape than the one it replaces.
        """
        for name, values in columns.items():
            if np.shape(values) != getattr(self, name).shape:
                raise ValueError(
                    f"{name}: expected the shape {getattr(self, name).shape}, got {np.shape(values)}."
                )
        cast = {name: np.asarray(values, getattr(self, name).dtype) for name, values in columns.items()}
        return dataclasses.replace(self, **cast)


COLUMNS = tuple(item.name for item in dataclasses.fields(Parameters))


def stack(tables: Iterable[Parameters]) -> Parameters:
    """Put tables below each other.

    Examples
    --------
    >>> from clipsafe_engine.lab.world.sources import draw
    >>> from clipsafe_engine.lab.world.world import load_world
    >>> table = draw(load_world(), "wit", images=100, seed=0)
    >>> len(stack([table, table]))
    200
    """
    parts = list(tables)
    return Parameters(**{name: np.concatenate([getattr(part, name) for part in parts]) for name in COLUMNS})


def changed_columns(before: Parameters, after: Parameters) -> frozenset[str]:
    """Return the names of the columns in which two tables differ.

    Examples
    --------
    >>> from clipsafe_engine.lab.world.sources import draw
    >>> from clipsafe_engine.lab.world.world import load_world
    >>> table = draw(load_world(), "wit", images=100, seed=0)
    >>> changed_columns(table, table.replace(scale=table.scale * 2))
    frozenset({'scale'})
    """
    return frozenset(
        name for name in COLUMNS if not np.array_equal(getattr(before, name), getattr(after, name))
    )
