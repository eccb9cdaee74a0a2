"""What a statistic is: a study and choices in; the evidence out, or NotMeasuredError with the reason."""

from collections.abc import Callable

from clipsafe_utils.claims.choices import Choices
from clipsafe_utils.claims.evidence import Evidence
from clipsafe_utils.claims.reading import Reader

Statistic = Callable[[Reader, Choices], Evidence]

STATISTICS: dict[str, Statistic] = {}
"""All statistics by name."""


def statistic(measure: Statistic) -> Statistic:
    """Enter a function among `STATISTICS`."""
    STATISTICS[measure.__name__] = measure
    return measure
