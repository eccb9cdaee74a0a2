"""What a statistic of a claim returns: an estimate, and how far chance alone could move it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike
from scipy import optimize
from scipy.special import ndtri, stdtrit

from clipsafe_utils.metrics.correlation import largest_rank_correlation
from clipsafe_utils.metrics.families import MINIMUM_FAMILIES, Estimate

_LEVEL = 0.95
"""Level at which intervals of others are read to get back their standard error; any level gives the same."""

_SMALLEST_P = 1e-12
_ALMOST_ONE = 1 - 1e-12


@dataclass(frozen=True)
class Effect:
    """An estimate with two sources of chance: the units it rests on, and the images."""

    value: float  # In the unit of the claim.
    units: int  # What chance is counted by; images where the models are given.
    unit: str  # Name of one of them, such as "family".
    error_of_units: float = 0.0  # Standard error, for Student's t; of a correlation on Fisher's z scale.
    error_of_images: float = 0.0  # Standard error by paired draws; 0 where a study has no draws.
    is_correlation: bool = False
    choices: int = 1  # Of how many it is the strongest or most doubtful: Bonferroni's correction.
    which: str = ""  # Which of them it is.
    among: tuple["Effect", ...] = ()  # All of them.
    of_every: bool = False  # Whether every one is claimed to be as large, not just some.

    @property
    def enough_units(self) -> bool:
        """Whether the rule of few families lets it be decided."""
        return self.units >= MINIMUM_FAMILIES

    def half_width(self, confidence: float = 0.95) -> float:
        """Return half of the interval's width, of a correlation on Fisher's scale."""
        return self._half((1 - confidence) / self.choices)

    def interval(self, confidence: float = 0.95) -> tuple[float, float]:
        """Return the ends of the interval, simultaneous where the effect is one of several."""
        half = self.half_width(confidence)
        if not self.is_correlation:
            return self.value - half, self.value + half
        centre = _fisher(self.value)
        return float(np.tanh(centre - half)), float(np.tanh(centre + half))

    def p_value(self, null: float = 0.0) -> float:
        """Return the two-sided p-value against a value, corrected where the effect is one of several.

        The level at which the interval would just reach it; 1 for one unit, whose error is not known.
        """
        if not np.isfinite(self.error_of_units):
            return 1.0
        scale = _fisher if self.is_correlation else float
        distance = abs(scale(self.value) - scale(null))
        if distance <= self._half(1.0):
            return 1.0
        if distance >= self._half(_SMALLEST_P):
            return min(1.0, _SMALLEST_P * self.choices)
        exponent = optimize.brentq(
            lambda power: self._half(10.0**power) - distance, np.log10(_SMALLEST_P), 0.0, xtol=1e-9
        )
        return float(min(1.0, 10.0**exponent * self.choices))

    def _half(self, level: float) -> float:
        by_units = by_images = 0.0
        if self.error_of_units:
            by_units = -stdtrit(max(1, self.units - 1), level / 2) * self.error_of_units
        if self.error_of_images:
            by_images = -ndtri(level / 2) * self.error_of_images
        return float(np.hypot(by_units, by_images))


def of_families(estimate: Estimate, unit: str, *, ranked: int | None = None) -> Effect:
    """Take over a jackknife of a single number over families that was made at the level 0.95.

    `ranked` is the number of models behind a correlation, whose interval is made on Fisher's scale. Full
    agreement counts as `largest_rank_correlation`.
    """
    value, low, high = float(estimate.estimate), float(estimate.low), float(estimate.high)
    quantile = -stdtrit(max(1, estimate.families - 1), (1 - _LEVEL) / 2)
    if ranked is None:
        half = (high - low) / 2
    else:
        largest = largest_rank_correlation(ranked)
        value = float(np.clip(value, -largest, largest))
        # The end nearer to zero is read: the other one may have been moved to hold the estimate.
        near = low if value > 0 else high
        half = abs(_fisher(value) - _fisher(near)) if abs(near) < 1 else np.inf
    error = half / quantile if np.isfinite(half) else np.inf
    return Effect(value, estimate.families, unit, error, is_correlation=ranked is not None)


def of_pairs(differences: ArrayLike, families: Sequence[str], unit: str) -> Effect:
    """Average paired differences, (draws, pairs) or (pairs,): within each family first, then over families.

    Draw 0 is the estimate; without draws the images add nothing. ValueError if a difference is missing.
    """
    table = np.atleast_2d(np.asarray(differences, dtype=np.float64))
    if not table.shape[1] or not np.isfinite(table).all() or table.shape[1] != len(families):
        raise ValueError(f"differences: expected a number for each of {len(families)} pairs.")
    names, place = np.unique(list(families), return_inverse=True)
    share = (place[:, None] == np.arange(names.size)) / np.bincount(place)
    by_family = table @ share
    means = by_family.mean(axis=1)
    error = by_family[0].std(ddof=1) / np.sqrt(names.size) if names.size > 1 else np.inf
    images = means[1:].std(ddof=1) if len(means) > 2 else 0.0
    return Effect(float(means[0]), int(names.size), unit, float(error), float(images))


def of_images(draws: ArrayLike, images: int) -> Effect:
    """Take draws, the first the estimate, about given models: chance is in the images alone."""
    values = np.asarray(draws, dtype=np.float64)
    return Effect(float(values[0]), images, "image", error_of_images=float(values[1:].std(ddof=1)))


def strongest(effects: dict[str, Effect]) -> Effect:
    """Return, of several effects of which some are claimed to be large, the one furthest from zero.

    Bonferroni's correction pays for the choice. The effect keeps the others (`among`): what decides may be
    another one once it is known how large an effect matters (`claims.verdicts.deciding`).
    """
    named = tuple(replace(effect, which=name, choices=len(effects)) for name, effect in effects.items())
    return replace(min(named, key=lambda one: one.p_value()), among=named)


def weakest(effects: dict[str, Effect], sign: int) -> Effect:
    """Return, of several effects that are all claimed to be large, the one for which that is most in doubt.

    To support the claim needs no correction, since each of them has to be supported (the intersection-union
    test). To contradict it, one has been chosen: `claims.verdicts.deciding` corrects for that.
    """
    named = tuple(replace(effect, which=name) for name, effect in effects.items())
    least = min(named, key=lambda effect: sign * effect.interval()[0 if sign > 0 else 1])
    return replace(least, among=named, of_every=True)


def _fisher(correlation: float) -> float:
    return float(np.arctanh(np.clip(correlation, -_ALMOST_ONE, _ALMOST_ONE)))
