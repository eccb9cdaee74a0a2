"""What training does to images: small shifts; for the self-supervised nets also crops and colours."""

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

PADDING = 2
"""Pixels by which an image is shifted at most."""

Chance = np.random.Generator


def shifted(images: Tensor, chance: Chance) -> Tensor:
    """Shift each image by up to two pixels each way; what comes in repeats the edge.

    Parameters
    ----------
    images : Tensor of uint8, shape (images, 3, side, side)
    chance : numpy.random.Generator

    Examples
    --------
    >>> shifted(torch.zeros(4, 3, 32, 32, dtype=torch.uint8), np.random.default_rng(0)).shape
    torch.Size([4, 3, 32, 32])
    """
    count, _, side, _ = images.shape
    padded = functional.pad(images.float(), (PADDING,) * 4, mode="replicate").to(images.dtype)
    start = torch.from_numpy(chance.integers(0, 2 * PADDING + 1, (2, count)))
    rows, columns = start[:, :, None] + torch.arange(side)
    place = torch.arange(count)[:, None, None]
    # Indexing rows and columns around a slice puts the channels last.
    return padded[place, :, rows[:, :, None], columns[:, None, :]].permute(0, 3, 1, 2)


def view(images: Tensor, chance: Chance) -> Tensor:
    """Make one of the two views that SimCLR compares: a crop, perhaps mirrored, in other colours.

    Parameters
    ----------
    images : Tensor of float32, shape (images, 3, side, side)
        As `prepare` gives them.
    chance : numpy.random.Generator

    Examples
    --------
    >>> view(torch.zeros(4, 3, 32, 32), np.random.default_rng(0)).shape
    torch.Size([4, 3, 32, 32])
    """
    count = len(images)
    size = chance.uniform(0.6, 1.0, count)
    mirror = np.where(chance.random(count) < 0.5, -1.0, 1.0)
    place = chance.uniform(-1, 1, (2, count)) * (1 - size)
    turn = np.zeros((count, 2, 3), np.float32)
    turn[:, 0, 0], turn[:, 1, 1], turn[:, :, 2] = size * mirror, size, place.T
    grid = functional.affine_grid(torch.from_numpy(turn), list(images.shape), align_corners=False)
    crops = functional.grid_sample(images, grid, padding_mode="reflection", align_corners=False)
    gain = torch.from_numpy(chance.uniform(0.6, 1.4, (count, 3, 1, 1)).astype(np.float32))
    lift = torch.from_numpy(chance.uniform(-0.4, 0.4, (count, 3, 1, 1)).astype(np.float32))
    coloured = crops * gain + lift
    grey = torch.from_numpy(chance.random((count, 1, 1, 1)) < 0.2)
    return torch.where(grey, coloured.mean(dim=1, keepdim=True), coloured)
