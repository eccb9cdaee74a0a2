"""The two populations of which every claim is asked: the networks measured, and another unit of its kind.

*The networks measured* have effects of their own. A simultaneous band says on which side of zero each lies;
Bonferroni's correction over the cases holds however their images hang together. *Another unit*, as a rule
another training lineage, is spoken of by the mean over units and Student's t; networks of one unit are one
witness.
"""

import math
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from scipy import optimize
from scipy.special import ndtri, stdtrit

from clipsafe_utils.claims.evidence import Evidence
from clipsafe_utils.claims.registry import Claim
from clipsafe_utils.metrics.arguments import Array
from clipsafe_utils.metrics.intervals import ALPHA as ALPHA

FEWEST_NETWORKS, FEWEST_FAMILIES = 3, 2
"""The networks measured are spoken of together where they are as many, of as many families of encoders."""

_SMALLEST_P = 1e-12


class Side(StrEnum):
    """Where the band of a case lies."""

    CLAIMED = "as claimed"
    AGAINST = "the other way"
    SMALL = "smaller than matters"
    OPEN = "open"


def half_widths(evidence: Evidence, level: float = ALPHA) -> Array:
    """Return half the widths of the simultaneous band, by case, at a level over all cases together.

    Where nothing is known of the chance of a case, neither over images nor by a second reading, the band is
    unbounded.
    """
    comparisons = len(evidence.cases) * max(1, len(evidence.alternatives))
    tail = level / comparisons / 2
    quantiles = np.array([_quantile(case.freedom, tail) for case in evidence.cases])
    errors = evidence.errors()
    return np.where(errors > 0, quantiles * errors, np.inf)


def sides(claim: Claim, evidence: Evidence) -> list[Side]:
    """Say on which side the band of each case lies.

    Small is what lies within the smallest effect that matters on both sides of zero. A claim of no effect is
    borne out by small cases; of one of either sign, the side is that of the mean.
    """
    matters = claim.smallest_effect
    towards = -1.0 if _points_down(claim, evidence) else 1.0
    centres = towards * evidence.values
    half = half_widths(evidence)
    is_small = (np.abs(centres) + half < matters).tolist()
    above, below = (centres - half > 0).tolist(), (centres + half < 0).tolist()
    large = (np.abs(centres) >= matters).tolist()
    found = []
    for small, up, down, matters_here in zip(is_small, above, below, large, strict=True):
        if claim.direction == "none":
            away = (up or down) and matters_here
            found.append(Side.CLAIMED if small else Side.AGAINST if away else Side.OPEN)
        elif small:
            found.append(Side.SMALL)
        else:
            found.append(Side.CLAIMED if up else Side.AGAINST if down else Side.OPEN)
    return found


@dataclass(frozen=True)
class UnitMean:
    """The mean effect over units, and how far chance could move it."""

    estimate: float
    spread: float  # Standard deviation between units; NaN for one.
    units: int
    error_of_images: float = 0.0
    choices: int = 1  # Of how many alternatives it was chosen.

    @property
    def error_of_units(self) -> float:
        """Standard error of the mean, by the spread between units; infinite for one."""
        return self.spread / math.sqrt(self.units) if self.units > 1 else math.inf

    def interval(self, confidence: float = 1 - ALPHA) -> tuple[float, float]:
        """Return the ends of the interval of the mean."""
        half = self._half((1 - confidence) / self.choices)
        return self.estimate - half, self.estimate + half

    def next_unit(self, confidence: float = 1 - ALPHA) -> tuple[float, float]:
        """Return the ends of the interval into which the effect of one more unit falls."""
        if self.units < 2:
            return -math.inf, math.inf
        spread = self.spread * math.sqrt(1 + 1 / self.units)
        tail = (1 - confidence) / 2
        half = math.hypot(-stdtrit(self.units - 1, tail) * spread, -ndtri(tail) * self.error_of_images)
        return self.estimate - half, self.estimate + half

    def p_value(self, null: float = 0.0) -> float:
        """Return the two-sided p-value against a value: the level at which the interval would just reach it.

        It is 1 for one unit, whose spread is not known.
        """
        distance = abs(self.estimate - null)
        if not np.isfinite(self.error_of_units) or distance <= self._half(1.0):
            return 1.0
        if distance >= self._half(_SMALLEST_P):
            return min(1.0, _SMALLEST_P * self.choices)
        exponent = optimize.brentq(
            lambda power: self._half(10.0**power) - distance, np.log10(_SMALLEST_P), 0.0, xtol=1e-9
        )
        return float(min(1.0, 10.0**exponent * self.choices))

    def _half(self, level: float) -> float:
        if self.units < 2:
            return math.inf
        by_units = -stdtrit(self.units - 1, level / 2) * self.error_of_units
        return math.hypot(by_units, -ndtri(level / 2) * self.error_of_images)


@dataclass(frozen=True)
class LargestCase:
    """The largest effect of the networks measured, with its share of their simultaneous band."""

    estimate: float
    evidence: Evidence
    place: int  # Of the case among all.

    @property
    def units(self) -> int:
        """Of how many units the networks are."""
        return len(self.evidence.units)

    def interval(self, confidence: float = 1 - ALPHA) -> tuple[float, float]:
        """Return the ends of its band."""
        half = float(half_widths(self.evidence, 1 - confidence)[self.place])
        return self.estimate - half, self.estimate + half

    def next_unit(self, confidence: float = 1 - ALPHA) -> tuple[float, float]:  # noqa: ARG002
        """Return an interval without ends: what one network shows says nothing of the next unit."""
        return -math.inf, math.inf


Effect = UnitMean | LargestCase
"""What is shown of a claim: the mean over units, or the largest where it speaks of some networks."""


def effect_of(claim: Claim, evidence: Evidence) -> Effect:
    """Return the effect that is shown of a claim."""
    if claim.quantifier == "each":
        return mean_over_units(evidence)
    sign = -1.0 if claim.direction == "down" else 1.0
    place = int(np.argmax(sign * evidence.values))
    return LargestCase(float(evidence.values[place]), evidence, place)


def effects_of_units(evidence: Evidence) -> dict[str, float]:
    """Return the effect of each unit: the mean of its cases."""
    values = evidence.values
    return {
        unit: float(values[[case.unit == unit for case in evidence.cases]].mean()) for unit in evidence.units
    }


def mean_over_units(evidence: Evidence) -> UnitMean:
    """Average the effects over units."""
    effects = np.array(list(effects_of_units(evidence).values()))
    spread = float(effects.std(ddof=1)) if effects.size > 1 else math.nan
    choices = max(1, len(evidence.alternatives))
    return UnitMean(float(effects.mean()), spread, effects.size, evidence.error_of_images, choices)


def _points_down(claim: Claim, evidence: Evidence) -> bool:
    if claim.direction == "either":
        return bool(evidence.values.mean() < 0)
    return claim.direction == "down"


def _quantile(freedom: float, tail: float) -> float:
    return float(-ndtri(tail) if math.isinf(freedom) else -stdtrit(freedom, tail))
