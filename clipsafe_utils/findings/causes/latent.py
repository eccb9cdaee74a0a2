"""Chapter 7 in the laboratory: how much of all properties is one thing, and which of them it is."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from clipsafe_utils.findings.causes.effects import NEEDS, Need
from clipsafe_utils.findings.shift.laboratory import Laboratory
from clipsafe_utils.metrics.arguments import Array
from clipsafe_utils.metrics.draws import centred_interval, draw_weights
from clipsafe_utils.say import Missing, Said, Text, Value, listed, nothing

READ: Mapping[str, Need] = {**NEEDS, "temperature": Need("temperature", ("temperature",))}
"""Each property once: variants of one number would make an axis of their own."""

_ANCHOR = "shape_bias"  # an axis has no sign of its own: it is turned so that shape bias loads above zero
_SHUFFLES = 100
_STRONGEST = 4
_SEED = re.compile(r"-s\d+$")


@dataclass(frozen=True, eq=False)
class OneAxis:
    """The first principal axis of the properties of all trainings."""

    share: Said  # of the variance of all properties, each scaled to one
    second: Said  # what the axis at right angles to it has
    chance: Said  # share of the first axis where every property is shuffled by itself
    trainings: Text
    properties: Text
    strongest: Text  # the properties that load most, with their correlation
    accuracy: Said  # how accuracy loads
    loadings: pd.DataFrame | Missing  # columns property (its key), value, low, high; the strongest first

    @property
    def is_more_than_chance(self) -> Literal["yes", "no"] | Missing:
        """Whether the interval of the share lies above what shuffled properties give."""
        if isinstance(self.share, Missing) or isinstance(self.chance, Missing):
            return Missing("no axis is known")
        return "yes" if self.share.low > self.chance.estimate else "no"


def one_axis(laboratory: Laboratory | None, confidence: float) -> OneAxis:
    """Find the first principal axis of the properties of `READ` over all trainings of a laboratory.

    Intervals are over paired draws of the images and, within each, of the kinds of training: seeds of one
    recipe are drawn together.
    """
    if laboratory is None or not laboratory.has(_ANCHOR):
        return nothing(OneAxis, "no study has trainings with a shape bias")
    needs = {key: need for key, need in READ.items() if laboratory.has(*need.parts)}
    models = laboratory.causes["model"].values.tolist()
    values = np.stack([laboratory.mean(need.parts, models) for need in needs.values()], axis=-1)
    kept = np.isfinite(values).all(axis=(0, 2))
    kinds, kind = np.unique([_SEED.sub("", name) for name in np.array(models)[kept]], return_inverse=True)
    weights = draw_weights("kinds of training", kinds, len(values) - 1)[:, kind]
    axes = [
        principal_axis(draw, weight, list(needs).index(_ANCHOR))
        for draw, weight in zip(values[:, kept], weights, strict=True)
    ]
    shares, loadings = (np.stack(column) for column in zip(*axes, strict=True))
    low, high = centred_interval(shares, confidence)
    first, second = (Value(float(shares[0, at]), float(low[at]), float(high[at])) for at in (0, 1))
    by_key = {key: _loading(loadings[:, at], confidence) for at, key in enumerate(needs)}
    table = _table(by_key)
    return OneAxis(
        first,
        second,
        Value(_chance(values[0, kept])),
        Text(int(kept.sum())),
        Text(len(needs)),
        listed([f"{needs[key].title} {by_key[key]}" for key in table["property"][:_STRONGEST]]),
        by_key.get("accuracy", Missing("no accuracy is known")),
        table,
    )


def principal_axis(values: ArrayLike, weights: ArrayLike, anchor: int) -> tuple[Array, Array]:
    """Return the share of each principal axis, the largest first, and how each property goes with the first.

    Parameters
    ----------
    values : array_like, shape (trainings, properties)
        Properties are scaled to equal variance.
    weights : array_like of int, shape (trainings,)
        How often a training counts.
    anchor : int
        The property that goes with the axis, and not against it.

    Examples
    --------
    >>> shares, loadings = principal_axis([[0, 0, 1], [1, 2, 0], [2, 4, 1], [3, 6, 0]], [1] * 4, anchor=0)
    >>> shares.round(2), loadings.round(2)
    (array([0.77, 0.23, 0.  ]), array([ 0.97,  0.97, -0.66]))
    """
    covariance = np.cov(np.asarray(values, float), rowvar=False, fweights=np.asarray(weights))
    spread = np.sqrt(np.diag(covariance))
    sizes, axes = np.linalg.eigh(covariance / np.outer(spread, spread))
    loadings = axes[:, -1] * np.sqrt(sizes[-1])
    return sizes[::-1] / sizes.size, loadings * np.sign(loadings[anchor])


def _chance(values: Array) -> float:
    """Return the mean share of the first axis where every property is shuffled by itself."""
    random = np.random.default_rng(0)
    once = np.ones(len(values), int)
    shuffled = (random.permuted(values, axis=0) for _ in range(_SHUFFLES))
    return float(np.mean([principal_axis(each, once, 0)[0][0] for each in shuffled]))


def _loading(draws: Array, confidence: float) -> Value:
    """Take the interval on Fisher's scale, where it is even and stays within one."""
    low, high = np.tanh(centred_interval(np.arctanh(draws), confidence))
    return Value(float(draws[0]), float(low), float(high), scale="correlation")


def _table(loadings: Mapping[str, Value]) -> pd.DataFrame:
    rows = [(key, value.estimate, value.low, value.high) for key, value in loadings.items()]
    table = pd.DataFrame(rows, columns=["property", "value", "low", "high"])
    return table.sort_values("value", key=abs, ascending=False, ignore_index=True)
