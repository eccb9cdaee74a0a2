"""The chance in a table of parameters: one row of uniform numbers an image, one named column a decision.

A knob changes what a decision is compared with, never the decision's number. So two sources drawn from one
seed differ only where their knobs do: image 17 of both has the same object at the same place unless a knob
moved it. And the first thousand images of a seed are the same however many are drawn.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

DECISIONS = (
    *("is_extra", "which_extra", "which_class", "is_rare", "glyph"),
    *("texture_kept", "pattern_kept", "colour_kept", "pattern", "first_colour", "second_colour", "angle"),
    *("frequency", "phase", "angle_jitter", "frequency_jitter"),
    *("background_kept", "typical_background", "background", "background_angle", "background_phase"),
    *("rotation_is_free", "free_rotation", "rotation", "mirrored", "shear", "scale", "x", "y"),
    *(
        "deformation",
        "deformation_field",
        "is_occluded",
        "occlusion",
        "occluder_side",
        "style",
        "light",
        "noise",
    ),
    *(f"object_tint_{place}" for place in range(6)),
    *(f"background_tint_{place}" for place in range(6)),
    *(f"occluder_colour_{place}" for place in range(3)),
)
"""Appended to, never reordered: a column's place is what its numbers are drawn by."""

_PLACES = {name: place for place, name in enumerate(DECISIONS)}


@dataclass(frozen=True)
class Dice:
    """The rolled numbers.

    Examples
    --------
    >>> dice = roll(1000, seed=0)
    >>> bool((dice.uniform("x")[:10] == roll(10, seed=0).uniform("x")).all())
    True
    >>> bool(0.2 < dice.below("is_rare", 0.25).mean() < 0.3)
    True
    """

    numbers: NDArray[np.float64]
    """Shape (images, decisions), from 0 up to 1."""

    def __len__(self) -> int:
        return len(self.numbers)

    def uniform(self, decision: str) -> NDArray[np.float64]:
        """Return numbers from 0 up to 1, shape (images,)."""
        return self.numbers[:, _PLACES[decision]]

    def normal(self, decision: str) -> NDArray[np.float64]:
        """Return standard normal numbers, shape (images,)."""
        spread: NDArray[np.float64] = ndtri(np.maximum(self.uniform(decision), 1e-12))
        return spread

    def below(self, decision: str, share: float) -> NDArray[np.bool_]:
        """Return True in this share of the images, shape (images,)."""
        return self.uniform(decision) < share

    def choice(self, decision: str, choices: int | NDArray[np.int64]) -> NDArray[np.int64]:
        """Return whole numbers from 0 up to the number of choices, shape (images,)."""
        return (self.uniform(decision) * choices).astype(np.int64)

    def several(self, decision: str, count: int) -> NDArray[np.float64]:
        """Return the uniform columns `decision_0`, `decision_1`, ..., shape (images, count)."""
        first = _PLACES[f"{decision}_0"]
        return self.numbers[:, first : first + count]


def roll(images: int, seed: int, stream: int = 0) -> Dice:
    """Roll the dice for a number of images.

    Parameters
    ----------
    images : int
        Number of rows.
    seed : int
        Names the table; not negative.
    stream : int
        Tables of one seed and different streams are independent.

    Raises
    ------
    ValueError
        If there is less than one image, or the seed or the stream is negative.

    Examples
    --------
    >>> len(roll(5, seed=1))
    5
    """
    if images < 1:
        raise ValueError(f"images: expected 1 or more, got {images}.")
    if seed < 0 or stream < 0:
        raise ValueError(f"seed, stream: expected 0 or more, got {seed} and {stream}.")
    generator = np.random.default_rng([seed, stream])
    return Dice(generator.random((images, len(DECISIONS))))
