"""Colours, patterns and backgrounds: what silhouettes are filled with and stand before."""

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.registry.toml_tables import entry, fill, read_toml

PATTERNS = ("plain", "striped", "dotted", "checked", "marbled", "ringed", "wavy")
"""The patterns that `patterns.py` can draw; a texture is a pattern, two colours, an angle and a frequency."""

ROLES = ("known", "unseen", "painted")


def _share() -> Any:
    return field(metadata={"low": 0, "high": 1})


@dataclass(frozen=True)
class Drawing:
    """The small irregularities of the drawing.

    Examples
    --------
    >>> from clipsafe_engine.lab.world.world import load_world
    >>> load_world().palette.drawing.outline
    0.75
    """

    outline: float = _share()
    texture_mix: float = _share()
    object_jitter: float = _share()
    background_jitter: float = _share()
    pixel_noise: float = _share()


@dataclass(frozen=True)
class Background:
    """A pattern between two shades.

    Examples
    --------
    >>> from clipsafe_engine.lab.world.world import load_world
    >>> load_world().palette.backgrounds[0].name
    'grass'
    """

    name: str
    role: str
    pattern: str
    frequency: float = field(metadata={"low": 0.1, "high": 16})
    angle: float
    shades: tuple[tuple[float, ...], ...] = field(metadata={"low": 0, "high": 1})


@dataclass(frozen=True)
class Palette:
    """All colours and backgrounds of a world.

    Examples
    --------
    >>> from clipsafe_engine.lab.world.world import load_world
    >>> palette = load_world().palette
    >>> palette.colours[:2], palette.rgb.shape, palette.with_role("known").tolist()
    (('red', 'orange'), (10, 3), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    """

    colours: tuple[str, ...]
    rgb: NDArray[np.float32]
    """Shape (colours, 3), from 0 to 1."""
    backgrounds: tuple[Background, ...]
    drawing: Drawing

    @cached_property
    def background_names(self) -> tuple[str, ...]:
        """One name a background."""
        return tuple(background.name for background in self.backgrounds)

    def with_role(self, role: str) -> NDArray[np.int64]:
        """Return the numbers of the backgrounds of one role, shape (k,)."""
        return np.flatnonzero([background.role == role for background in self.backgrounds])


def read_palette(path: Path) -> Palette:
    """Read `appearance.toml`.

    Raises
    ------
    ClipsafeError
        If an entry is missing, unknown or out of its range.

    Examples
    --------
    >>> from clipsafe_utils.registry.drawn_world import DATA
    >>> len(read_palette(DATA / "appearance.toml").colours)
    10
    """
    table = read_toml(path)
    colours = entry(table, "colours", dict, str(path))
    for name, channels in colours.items():
        if not _is_colour(channels):
            raise ClipsafeError(
                f"{path}, colour {name!r}: expected three numbers from 0 to 1, got {channels!r}."
            )
    backgrounds = []
    for row in entry(table, "background", list, str(path)):
        place = f"{path}, background {row.get('name')!r}"
        background = fill(Background, row, place)
        if background.role not in ROLES:
            raise ClipsafeError(f"{place}: role is {background.role!r}; expected one of {', '.join(ROLES)}.")
        if background.pattern not in PATTERNS:
            raise ClipsafeError(
                f"{place}: no pattern {background.pattern!r}; expected one of {', '.join(PATTERNS)}."
            )
        if len(background.shades) != 2 or not all(_is_colour(list(shade)) for shade in background.shades):
            raise ClipsafeError(f"{place}: expected two shades of three numbers from 0 to 1.")
        backgrounds.append(background)
    for role in ROLES:
        if role not in [background.role for background in backgrounds]:
            raise ClipsafeError(f"{path}: expected at least one background of the role {role!r}.")
    drawing = fill(Drawing, entry(table, "drawing", dict, str(path)), f"{path}, [drawing]")
    return Palette(tuple(colours), np.array(list(colours.values()), np.float32), tuple(backgrounds), drawing)


def _is_colour(channels: object) -> bool:
    return (
        isinstance(channels, list)
        and len(channels) == 3
        and all(isinstance(channel, int | float) and 0 <= channel <= 1 for channel in channels)
    )
