"""The patterns of textures and backgrounds, drawn for many images at once."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from clipsafe_engine.lab.world.palette import PATTERNS

SIDE = 32
"""Side of an image, in pixels."""

NOISE_LENGTH = SIDE * SIDE * 3

_SHARPNESS = 4.0  # of the edge between two colours: high enough to be an edge, low enough to have no stairs
_DISC = 0.7  # a disc is where the sum of two cosines is above this
_GRAIN = 8.0  # waves a frame at which marble shows every point of its noise


@dataclass(frozen=True)
class Waves:
    """Where each pixel stands in the waves of its pattern.

    Examples
    --------
    >>> waves(torch.zeros(2), torch.ones(2), torch.zeros(2)).along.shape
    torch.Size([2, 32, 32])
    """

    along: Tensor
    """Angle along the waves in radians without the phase, shape (images, 32, 32)."""
    across: Tensor
    phase: Tensor
    """Shape (images, 1, 1)."""
    frequency: Tensor
    """Shape (images,)."""

    def rows(self, which: Tensor) -> "Waves":
        """Return the waves of some of the images."""
        return Waves(self.along[which], self.across[which], self.phase[which], self.frequency[which])


def pixel_places() -> tuple[Tensor, Tensor]:
    """Return x and y of the middle of each pixel, from -1 to 1, each of shape (32, 32).

    Examples
    --------
    >>> x, y = pixel_places()
    >>> round(float(x[0, 0]), 3), round(float(y[-1, 0]), 3)
    (-0.969, 0.969)
    """
    line = (torch.arange(SIDE) + 0.5) * (2 / SIDE) - 1
    return line.repeat(SIDE, 1), line[:, None].repeat(1, SIDE)


def waves(angle: Tensor, frequency: Tensor, phase: Tensor) -> Waves:
    """Lay waves over the frame.

    Parameters
    ----------
    angle : Tensor, shape (images,)
        In degrees.
    frequency : Tensor, shape (images,)
        In waves a frame.
    phase : Tensor, shape (images,)
        In radians.

    Examples
    --------
    >>> laid = waves(torch.zeros(1), torch.full((1,), 2.0), torch.zeros(1))
    >>> round(float(laid.along[0, 0, -1] / math.pi), 3)
    1.938
    """
    x, y = pixel_places()
    turn = angle[:, None, None] * (math.pi / 180)
    # The frame is 2 wide, so a wave a frame is pi for each unit of x.
    rate = frequency[:, None, None] * math.pi
    cosine, sine = torch.cos(turn) * rate, torch.sin(turn) * rate
    return Waves(x * cosine + y * sine, y * cosine - x * sine, phase[:, None, None], frequency)


def draw_patterns(kind: Tensor, laid: Waves, noise: Tensor, at: Tensor) -> Tensor:
    """Draw one pattern for each image.

    Parameters
    ----------
    kind : Tensor of int64, shape (images,)
        Place in `PATTERNS`.
    laid : Waves
        The waves of the images.
    noise : Tensor, shape (offsets, 3072)
        All stretches of the common table of noise: marble is made of it.
    at : Tensor of int64, shape (images,)
        Where in the table each image begins.

    Returns
    -------
    Tensor, shape (images, 32, 32)
        0 is the first colour, 1 the second.

    Examples
    --------
    >>> laid = waves(torch.zeros(1), torch.full((1,), 2.0), torch.zeros(1))
    >>> noise = torch.zeros(1, NOISE_LENGTH)
    >>> draw_patterns(torch.tensor([1]), laid, noise, torch.tensor([0])).shape
    torch.Size([1, 32, 32])
    """
    drawn = torch.empty_like(laid.along)
    for place, name in enumerate(PATTERNS):
        which = torch.nonzero(kind == place)[:, 0]
        if len(which):
            part = laid.rows(which)
            values = _marbled(part, noise[at[which]]) if name == "marbled" else _REGULAR[name](part)
            drawn.index_copy_(0, which, values)
    return drawn


def _edge(height: Tensor) -> Tensor:
    return torch.sigmoid(height * _SHARPNESS)


def _plain(laid: Waves) -> Tensor:
    return torch.sigmoid(laid.across * 0.3) * 0.6 + 0.2


def _striped(laid: Waves) -> Tensor:
    return _edge(torch.sin(laid.along + laid.phase))


def _dotted(laid: Waves) -> Tensor:
    return _edge(torch.cos(laid.along + laid.phase) + torch.cos(laid.across + laid.phase) - _DISC)


def _checked(laid: Waves) -> Tensor:
    return _edge(torch.sin(laid.along + laid.phase) * torch.sin(laid.across + laid.phase) * 6)


def _ringed(laid: Waves) -> Tensor:
    radius = torch.sqrt(laid.along * laid.along + laid.across * laid.across + 0.01)
    return _edge(torch.sin(radius * 1.3 + laid.phase))


def _wavy(laid: Waves) -> Tensor:
    return _edge(torch.sin(laid.along + laid.phase + torch.sin(laid.across + laid.phase) * 1.2))


def _marbled(laid: Waves, noise: Tensor) -> Tensor:
    grain = noise[:, : SIDE * SIDE].reshape(-1, 1, SIDE, SIDE)
    zoom = torch.clamp(laid.frequency / _GRAIN, 0.1, 1.0)[:, None, None]
    x, y = pixel_places()
    grid = torch.stack((x * zoom, y * zoom), dim=-1)
    return torch.sigmoid(functional.grid_sample(grain, grid, align_corners=False)[:, 0] * 2.5)


_REGULAR = {
    "plain": _plain,
    "striped": _striped,
    "dotted": _dotted,
    "checked": _checked,
    "ringed": _ringed,
    "wavy": _wavy,
}
