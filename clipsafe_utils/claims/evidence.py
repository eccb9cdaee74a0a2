"""What a statistic of a claim returns: an effect of each case, and what it could be by chance.

A *case* is the smallest thing that has an effect of its own: a network against others, a pair of networks,
or a training source within which networks are compared. A *unit* is what is independent of the others: a
training lineage, or a couple of them.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from clipsafe_utils.metrics.arguments import Array
from clipsafe_utils.metrics.families import Estimate
from clipsafe_utils.metrics.intervals import student_quantile

_MEDIAN_OF_NORMAL = 0.6744897501960817
"""Median of the absolute value of a standard normal number."""

JOINT, BINOMIAL, HANLEY_MCNEIL, UNKNOWN = "joint draws", "binomial", "Hanley–McNeil", "unknown"
IMAGES_ERRORS = (JOINT, BINOMIAL, HANLEY_MCNEIL, UNKNOWN)
"""How the chance of an effect over images may be known."""


@dataclass(frozen=True)
class Case:
    """The effect of one case."""

    name: str
    value: float  # In the unit of the claim.
    unit: str  # The independent unit that it belongs to, such as its lineage.
    families: tuple[str, ...]  # Of encoders.
    error: float = 0.0  # Standard error of the case's own chance, over images above all.
    freedom: float = math.inf  # Degrees of freedom of that error.
    networks: int = 1
    stratum: str = ""  # What may part cases on different sides.


@dataclass(frozen=True)
class Evidence:
    """What a study has on a claim."""

    cases: tuple[Case, ...]
    case: str  # What a case is, such as "pair of networks".
    unit: str  # What a unit is, such as "training lineage".
    images_error: str = UNKNOWN  # One of `IMAGES_ERRORS`.
    error_of_images: float = 0.0  # Of the mean over units, where images move all cases together.
    floor: float = 0.0  # Median difference of two readings of one network, in the unit of the claim.
    readings: int = 0  # How many readings of networks a case compares that the floor speaks of.
    which: str = ""  # Of several alternatives, this one: a factor, a contrast.
    alternatives: Mapping[str, "Evidence"] = field(default_factory=dict)  # All, where one was chosen.

    @property
    def networks(self) -> int:
        """How many networks were looked at."""
        return sum(case.networks for case in self.cases)

    @property
    def families(self) -> int:
        """Of how many families their encoders are."""
        return len({family for case in self.cases for family in case.families})

    @property
    def units(self) -> list[str]:
        """The independent units, in order."""
        return list(dict.fromkeys(case.unit for case in self.cases))

    @property
    def values(self) -> Array:
        """The effects, by case."""
        return np.array([case.value for case in self.cases])

    def errors(self) -> Array:
        """Return the standard errors, by case: each case's own, and that of reading a network again.

        If two readings differ by a normal number, its median size is 0.674 of its deviation, which is that
        of one reading times the root of two.
        """
        of_reading = self.floor / (_MEDIAN_OF_NORMAL * math.sqrt(2))
        own = np.array([case.error for case in self.cases])
        return np.asarray(np.sqrt(own**2 + self.readings * of_reading**2))

    def without(self, unit: str) -> "Evidence":
        """Leave one unit out; of several alternatives, choose again."""
        left = {name: one.without(unit) for name, one in self.alternatives.items()}
        if left:
            return among({name: one for name, one in left.items() if one.cases})
        return replace(self, cases=tuple(case for case in self.cases if case.unit != unit))


def among(alternatives: Mapping[str, Evidence]) -> Evidence:
    """Join the evidence on several alternatives, of which a claim says that some are large.

    The one that is shown, and that decides, is furthest from zero in its own errors, one of several cases
    before one of a single case, whose spread is not known; every test pays for the choice (Bonferroni).
    """
    name = max(alternatives, key=lambda one: (len(alternatives[one].cases) > 1, _distance(alternatives[one])))
    return replace(alternatives[name], which=name, alternatives=dict(alternatives))


def standard_error(draws: Sequence[float] | Array) -> float:
    """Return the spread of draws over images, the first of which is the estimate; 0 without draws."""
    values = np.asarray(draws, np.float64)[1:]
    return float(values.std(ddof=1)) if values.size > 1 else 0.0


def jackknife_error(without: Sequence[float] | Array) -> float:
    """Return the standard error of a number from what it is without each group in turn (Tukey 1958)."""
    values = np.asarray(without, np.float64)
    return float(np.sqrt((values.size - 1) / values.size * ((values - values.mean()) ** 2).sum()))


def standard_error_of(estimate: Estimate, confidence: float = 0.95) -> float:
    """Return the standard error of a jackknife of a single number that was made at a level."""
    half = float(estimate.high - estimate.low) / 2
    return half / float(student_quantile(confidence, max(1, estimate.families - 1)))


def _distance(evidence: Evidence) -> float:
    """Return how far from zero the mean of the cases is, in its own errors: what chooses an alternative."""
    values, errors = evidence.values, evidence.errors()
    spread = values.var(ddof=1) / values.size if values.size > 1 else 0.0
    error = math.sqrt(spread + evidence.error_of_images**2 + float((errors**2).mean()) / values.size)
    size = abs(float(values.mean()))
    return size / error if error else math.inf * size if size else 0.0
