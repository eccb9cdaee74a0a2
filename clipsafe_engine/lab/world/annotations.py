"""What an image shows that is not typical of its class: ImageNet-X's labels, read off the render parameters.

People annotated ImageNet-X by comparing an image with typical ones of its class (Idrissi et al. 2023). Here
the comparison is exact: each departure is measured against `factors.toml`.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clipsafe_engine.lab.world.parameters import Parameters
from clipsafe_engine.lab.world.world import World
from clipsafe_utils.cubes.schema import HEADLINE_FACTORS
from clipsafe_utils.registry.toml_tables import entry, fill, read_toml

NO_FACTOR = -1

_GLYPH_SHARE = 0.9  # a glyph fills 36 of the 40 pixels of its tile


def _positive() -> Any:
    return field(metadata={"low": 1e-6})


@dataclass(frozen=True)
class Sizes:
    """Departures that count as 1.

    Examples
    --------
    >>> from clipsafe_utils.registry.drawn_world import DATA
    >>> read_rules(DATA)[0].rotation
    25.0
    """

    rotation: float = _positive()
    shear: float = _positive()
    off_centre: float = _positive()
    smaller: float = _positive()
    larger: float = _positive()
    deformation: float = _positive()
    hidden: float = _positive()
    angle: float = _positive()
    frequency: float = _positive()
    prototype: float = _positive()


@dataclass(frozen=True)
class Strengths:
    """Strength of departures that are either there or not.

    Examples
    --------
    >>> from clipsafe_utils.registry.drawn_world import DATA
    >>> read_rules(DATA)[1].texture
    2.0
    """

    background: float = _positive()
    pattern: float = _positive()
    color: float = _positive()
    texture: float = _positive()
    subcategory: float = _positive()


@dataclass(frozen=True)
class Annotations:
    """Factors of images; the order of the factors is that of `HEADLINE_FACTORS`.

    Examples
    --------
    >>> from clipsafe_engine.lab.world.sources import draw
    >>> from clipsafe_engine.lab.world.world import load_world
    >>> world = load_world()
    >>> found = annotate(world, draw(world, "labels", images=500, seed=0))
    >>> found.present.shape, bool((found.top[found.present.any(axis=1)] >= 0).all())
    ((500, 10), True)
    """

    strength: NDArray[np.float64]
    """Shape (images, 10)."""
    prototype: float
    """Largest strength of an image that is typical throughout."""

    @property
    def present(self) -> NDArray[np.bool_]:
        """The multi-factor labels, shape (images, 10)."""
        return self.strength >= 1

    @property
    def top(self) -> NDArray[np.int64]:
        """The top factor, shape (images,): the strongest, be it below 1; -1 for ImageNet-X's *prototypes*."""
        departs = self.strength.max(axis=1) > self.prototype
        return np.where(departs, self.strength.argmax(axis=1), NO_FACTOR)

    @property
    def departure(self) -> NDArray[np.float64]:
        """How far from typical an image is in all, shape (images,)."""
        return np.asarray(np.linalg.norm(self.strength, axis=1), np.float64)


def read_rules(folder: Path) -> tuple[Sizes, Strengths]:
    """Read `factors.toml`.

    Raises
    ------
    ClipsafeError
        If a rule is missing, unknown or not positive.

    Examples
    --------
    >>> from clipsafe_utils.registry.drawn_world import DATA
    >>> read_rules(DATA)[0].hidden
    0.15
    """
    path = folder / "factors.toml"
    table = read_toml(path)
    sizes = fill(Sizes, entry(table, "sizes", dict, str(path)), f"{path}, [sizes]")
    return sizes, fill(Strengths, entry(table, "strengths", dict, str(path)), f"{path}, [strengths]")


def annotate(world: World, parameters: Parameters) -> Annotations:
    """Compare images with what is typical of their concepts.

    Parameters
    ----------
    world : World
        Says what is typical.
    parameters : Parameters
        One row an image; each shows a concept.

    Raises
    ------
    ValueError
        If an image shows no concept.

    Examples
    --------
    >>> from clipsafe_engine.lab.world.sources import draw
    >>> from clipsafe_engine.lab.world.world import load_world
    >>> world = load_world()
    >>> annotate(world, draw(world, "laion", images=500, seed=0)).strength.shape
    (500, 10)
    """
    if (parameters.concept < 0).any():
        raise ValueError("parameters: expected a concept in each image; some show none.")
    sizes, strengths = read_rules(world.folder)
    typical, concept = world.typical, parameters.concept
    pattern = parameters.pattern != typical.pattern[concept]
    color = (parameters.first_colour != typical.first_colour[concept]) | (
        parameters.second_colour != typical.second_colour[concept]
    )
    grain = np.maximum(
        _turned(parameters.angle - typical.angle[concept], 180) / sizes.angle,
        np.abs(parameters.frequency - typical.frequency[concept]) / sizes.frequency,
    )
    elsewhere = (parameters.background[:, None] != typical.backgrounds[concept]).all(axis=1)
    mean = world.image_knobs["labels"].scale_mean
    strength = {
        "pose": _pose(parameters, sizes),
        "background": np.where(elsewhere, strengths.background, 0),
        "pattern": np.where(pattern, strengths.pattern, 0),
        "color": np.where(color, strengths.color, 0),
        "smaller": np.maximum(mean - parameters.scale, 0) / sizes.smaller,
        "shape": parameters.deformation / sizes.deformation,
        "partial_view": hidden_share(parameters) / sizes.hidden,
        "subcategory": np.where(parameters.glyph == world.rare_glyphs[concept], strengths.subcategory, 0),
        # Where pattern and colours are both others, the texture is; its grain counts where they are not.
        "texture": np.where(pattern & color, strengths.texture, np.where(pattern | color, 0, grain)),
        "larger": np.maximum(parameters.scale - mean, 0) / sizes.larger,
    }
    columns = np.column_stack([strength[factor] for factor in HEADLINE_FACTORS])
    return Annotations(columns.astype(np.float64), sizes.prototype)


def hidden_share(parameters: Parameters) -> NDArray[np.float64]:
    """Return how much of the object's box is behind a bar or out of the frame, shape (images,), from 0 to 1.

    Examples
    --------
    >>> from clipsafe_engine.lab.world.sources import draw
    >>> from clipsafe_engine.lab.world.world import load_world
    >>> bool((hidden_share(draw(load_world(), "labels", images=100, seed=0)) >= 0).all())
    True
    """
    half = parameters.scale * _GLYPH_SHARE
    bar = 2 * parameters.occlusion
    visible = np.ones(len(parameters))
    for centre, first, last in ((parameters.y, 0, 2), (parameters.x, 1, 3)):
        low = -1 + np.where(parameters.occluder_side == first, bar, 0)
        high = 1 - np.where(parameters.occluder_side == last, bar, 0)
        visible *= np.clip(np.minimum(centre + half, high) - np.maximum(centre - half, low), 0, None) / (
            2 * half
        )
    return 1 - visible


def _pose(parameters: Parameters, sizes: Sizes) -> NDArray[np.float64]:
    departures = np.array(
        [
            _turned(parameters.rotation, 360) / sizes.rotation,
            np.abs(parameters.shear) / sizes.shear,
            np.abs(parameters.x) / sizes.off_centre,
            np.abs(parameters.y) / sizes.off_centre,
        ]
    )
    return np.asarray(departures.max(axis=0), np.float64)


def _turned(angle: NDArray[Any], period: float) -> NDArray[np.float64]:
    """Return the size of a turn, as the shorter way round."""
    return np.asarray(np.abs((angle + period / 2) % period - period / 2), np.float64)
