"""Numbers as the prose shows them: one way to write a share, a difference and an interval."""

from collections.abc import Mapping, Sequence

NOT_MEASURED = "not measured"


def percent(share: float, digits: int = 1) -> str:
    r"""Write a share in percent, with a space that does not break.

    Examples
    --------
    >>> percent(0.9587)
    '95.9\xa0%'
    """
    return f"{100 * share:.{digits}f}\N{NO-BREAK SPACE}%"


def points(difference: float, digits: int = 1) -> str:
    """Write a difference of shares in percentage points, with its sign and a true minus.

    Examples
    --------
    >>> points(-0.0297), points(0.0297), points(-0.0001)
    ('−3.0', '+3.0', '0.0')
    """
    text = f"{100 * difference:+.{digits}f}"
    return text.lstrip("+-") if float(text) == 0 else text.replace("-", "−")


def level(confidence: float) -> str:
    r"""Write the level of an interval.

    Examples
    --------
    >>> level(0.95), level(0.999)
    ('95\xa0%', '99.9\xa0%')
    """
    return f"{100 * confidence:g}\N{NO-BREAK SPACE}%"


def interval(low: float, high: float) -> str:
    """Write an interval of differences in points; an unbounded one in words.

    Examples
    --------
    >>> interval(-0.01, 0.02), interval(float("-inf"), float("inf"))
    ('−1.0 to +2.0', 'unbounded')
    """
    return "unbounded" if high == float("inf") else f"{points(low)} to {points(high)}"


def complete(keys: tuple[str, ...], values: Mapping[str, str]) -> dict[str, str]:
    """Give every key that the prose uses; what a study cannot say becomes "not measured".

    Examples
    --------
    >>> complete(("a", "b"), {"a": "1"})
    {'a': '1', 'b': 'not measured'}
    """
    return {key: values.get(key, NOT_MEASURED) for key in keys}


def listed(names: Sequence[str]) -> str:
    """Write names as a list in a sentence.

    Examples
    --------
    >>> listed(["a", "b", "c"]), listed([])
    ('a, b and c', 'none')
    """
    if len(names) < 2:
        return names[0] if names else "none"
    return f"{', '.join(names[:-1])} and {names[-1]}"
