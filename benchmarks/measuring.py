"""What the benchmark of the metrics is run on, and how its work is timed."""

import time
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

RUNS = 7
LONG = 1.0
"""Seconds beyond which a call is timed once."""
TEMPERATURE = 1.3


class Timed(NamedTuple):
    """What a call returned, and the seconds of the fastest of `RUNS` calls."""

    value: float | None
    seconds: float


def timed(function: Callable[[], Any]) -> Timed:
    """Call a function a few times, or once where that is long."""
    seconds: list[float] = []
    while len(seconds) < RUNS and (not seconds or seconds[0] < LONG):
        begun = time.perf_counter()
        value = function()
        seconds.append(time.perf_counter() - begun)
    return Timed(None if value is None else float(value), min(seconds))


class Inputs:
    """Logits of a model that is calibrated at a temperature of 1.3, and scores near CLIP's largest logits."""

    def __init__(self, images: int, classes: int) -> None:
        random = np.random.default_rng(0)
        logits = 2 * random.standard_normal((images, classes), dtype=np.float32)
        logits[np.arange(images), random.integers(0, classes, images)] += random.uniform(2, 16, images)
        self.labels = np.array([_label(row, random) for row in logits])
        self.logits = TEMPERATURE * logits
        self.known, self.other = random.normal(26, 2, images), random.normal(23, 2, images)

    def probabilities(self) -> np.ndarray:
        """Softmax of the logits, for the libraries that take no logits."""
        powers = np.exp(self.logits - self.logits.max(axis=1, keepdims=True))
        return powers / powers.sum(axis=1, keepdims=True)


def _label(logits: np.ndarray, random: np.random.Generator) -> int:
    cumulative = np.cumsum(np.exp(logits - logits.max()))
    return int(np.searchsorted(cumulative, random.random() * cumulative[-1]))
