"""What a statistic is: a study and choices in; an effect out, or why there is none."""

from collections.abc import Callable
from functools import wraps

from clipsafe_utils.claims.choices import Choices
from clipsafe_utils.claims.effects import Effect
from clipsafe_utils.claims.reading import NotMeasuredError, Reader

Statistic = Callable[[Reader, Choices], Effect | str]

STATISTICS: dict[str, Statistic] = {}
"""All statistics by name."""


def statistic(measure: Callable[[Reader, Choices], Effect]) -> Statistic:
    """Enter a function among `STATISTICS`; where it raises NotMeasuredError, it returns the reason."""

    @wraps(measure)
    def measure_or_say_why_not(reader: Reader, choices: Choices) -> Effect | str:
        try:
            return measure(reader, choices)
        except NotMeasuredError as reason:
            return str(reason)

    STATISTICS[measure.__name__] = measure_or_say_why_not
    return measure_or_say_why_not
