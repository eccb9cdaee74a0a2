"""Negative log-likelihood (NLL) as a function of the inverse temperature, with its two derivatives."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from clipsafe_utils.metrics.arguments import Array
from clipsafe_utils.metrics.logit_blocks import blocks, refuse_infinite, working_blocks, working_precision


class Derivatives(NamedTuple):
    """NLL of each image at one inverse temperature, its slope and its curvature: three (images,) arrays."""

    nll: Array
    slope: Array
    curvature: Array


class ImageLikelihoods:
    """NLL of labelled images, or of every so many-th of them, at any inverse temperature.

    With p the softmax of logits z over temperature T and y the label, the slope in 1 / T is the mean of z
    under p less z of y, and the curvature is the variance of z under p: never negative, so NLL is convex.
    """

    def __init__(self, logits: NDArray[np.floating], labels: NDArray[np.int64], step: int = 1) -> None:
        self.step = step
        self.logits, self.labels = logits[::step], labels[::step]
        self.classes = np.arange(logits.shape[1])
        rows = np.arange(self.labels.size)
        parts = working_blocks(self.logits, self.classes)
        self.top = np.concatenate([part.argmax(axis=1) for _, part in parts])
        self.maximum = self.logits[rows, self.top].astype(working_precision(logits))
        with np.errstate(invalid="ignore"):  # what is not finite is found and named in `at`
            self.label_below = self.logits[rows, self.labels].astype(np.float64) - self.maximum
        """How far the label's logit is below the largest one: 0 or less."""

    def constant(self) -> NDArray[np.bool_]:
        """Whether each image has equal logits for all classes."""
        return np.asarray(self.logits.min(axis=1) == self.maximum)

    def at(self, inverse_temperature: float) -> Derivatives:
        """NLL and its derivatives at one inverse temperature, in one blocked pass."""
        columns = np.empty((3, self.labels.size))
        shape = 2, blocks(*self.logits.shape)[0].stop, self.classes.size
        workspace = np.empty(shape, working_precision(self.logits))
        with np.errstate(invalid="ignore", over="ignore"):
            for block, part in working_blocks(self.logits, self.classes):
                columns[:, block] = self._block(block, part, inverse_temperature, workspace[:, : len(part)])
        refuse_infinite(np.asarray(np.isfinite(columns).all(axis=0)), self.logits.dtype, self.step)
        return Derivatives(*columns)

    def _block(
        self,
        block: slice,
        logits: NDArray[np.floating],
        inverse_temperature: float,
        workspace: NDArray[np.floating],
    ) -> Array:
        below, powers = workspace
        np.subtract(logits, self.maximum[block, None], out=below)
        np.multiply(below, below.dtype.type(inverse_temperature), out=powers)
        np.exp(powers, out=powers)
        powers[np.arange(len(powers)), self.top[block]] = 0  # its power is exactly 1 and is added in float64
        others = powers.sum(axis=1, dtype=np.float64)
        first = np.vecdot(powers, below) / (1 + others)
        powers *= below
        second = np.vecdot(powers, below) / (1 + others)
        label = self.label_below[block]
        nll = np.log1p(others) - inverse_temperature * label
        return np.stack([nll, first - label, np.maximum(second - first**2, 0)])
