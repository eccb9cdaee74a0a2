"""Many temperatures from passes at few: what to measure at which, and how to interpolate between.

A softmax probability is a smooth function of log T. Known at seven Chebyshev nodes in a band of +-5 %, it is
known between them to 1e-7, for logits of up to 20,000 classes; in the +-2 % that bootstrap draws of a
temperature usually span, to about 1e-10. So are means over images: to interpolate is to take a weighted sum.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from clipsafe_utils.metrics.arguments import Array, numbers

NODES = 7
HALF_WIDTH = 0.05
"""Of a band, in log T."""
INTERPOLATION_RULE = f"polynomial through {NODES} temperatures in each band of +-{HALF_WIDTH:.0%}"

# Temperatures that agree to this many digits of log T are taken for equal: nodes must not coincide.
_DIGITS = 12


class Band(NamedTuple):
    """Draws of nearby temperatures, and the temperatures at which to measure for them."""

    draws: NDArray[np.int64]  # their numbers
    temperatures: Array  # (nodes,): where to measure
    shares: Array  # (draws, nodes): the value in a draw is the sum over nodes of share times value there


def temperature_bands(temperature: ArrayLike) -> list[Band]:
    """Group draws by temperature so that few passes serve them all; every draw is in one band.

    Draw 0, the estimate, is a band of its own: it is measured where it is. So are the draws of a band that
    has no more than `NODES` temperatures, such as one for all.
    """
    temperatures = numbers("temperature", temperature)
    if temperatures.ndim != 1 or (temperatures <= 0).any():
        raise ValueError("temperature: expected a positive number for each draw, got others.")
    bands = [Band(np.array([0]), temperatures[:1], np.ones((1, 1)))]
    logs = np.log(temperatures).round(_DIGITS)
    rest = 1 + np.argsort(logs[1:], kind="stable")
    while rest.size:
        inside = logs[rest] <= logs[rest[0]] + 2 * HALF_WIDTH
        draws, rest = rest[inside], rest[~inside]
        distinct = np.unique(logs[draws])
        nodes = distinct if distinct.size <= NODES else chebyshev_nodes(distinct[0], distinct[-1])
        bands.append(Band(draws, np.exp(nodes), polynomial_shares(nodes, logs[draws])))
    return bands


def chebyshev_nodes(low: float, high: float) -> Array:
    """Place the nodes at which a polynomial from `low` to `high` is best known, in rising order."""
    angles = (np.arange(NODES) + 0.5) * np.pi / NODES
    return np.asarray((low + high) / 2 - (high - low) / 2 * np.cos(angles))


def polynomial_shares(nodes: Array, at: Array) -> Array:
    """Return the shares (points, nodes) of values at nodes in the polynomial through them (Lagrange).

    The nodes are distinct; one row for all points, or one for each.
    """
    itself = np.eye(nodes.shape[-1], dtype=bool)
    apart = np.where(itself, 1, nodes[..., :, None] - nodes[..., None, :])
    towards = at[:, None, None] - nodes[..., None, :]
    return np.asarray(np.where(itself, 1, towards / apart).prod(axis=-1))
