"""Values in words: the only place that writes a number into a sentence."""

# What a finding holds is a `Value`, or `Missing` with the reason why there is none. Both write themselves,
# and what they write is a `Text`, whose repr is the text, so that a page and JupyterLab show the same.

import math
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, is_dataclass
from typing import Literal, TypeVar, get_type_hints

NOT_MEASURED = "not measured"
NO_BREAK = "\N{NO-BREAK SPACE}"
MINUS = "−"

Scale = Literal["share", "difference", "number", "change", "correlation"]
Side = Literal["up", "down", "neither"]
_ALMOST_ONE = 0.999
"""The largest correlation short of one that three digits can write."""

_Result = TypeVar("_Result")


class Text(str):
    """A piece of a sentence."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


class Missing(Text):
    """What stands in the place of a value that a study does not have.

    It answers whatever a `Value` answers, and nothing else: a name that is misspelt fails here, too.

    Examples
    --------
    >>> missing = Missing("no people took part")
    >>> missing.points(0), missing.reason
    (not measured, 'no people took part')
    >>> missing.pionts(0)
    Traceback (most recent call last):
    AttributeError: A value has no 'pionts'.
    """

    reason: str

    def __new__(cls, reason: str) -> "Missing":
        """Make the text "not measured", with its reason."""
        missing = super().__new__(cls, NOT_MEASURED)
        missing.reason = reason
        return missing

    def __getattr__(self, name: str) -> "Missing":
        if name.startswith("_") or not (hasattr(Value, name) or name in Value.__dataclass_fields__):
            raise AttributeError(f"A value has no '{name}'.")
        return self

    def __call__(self, *_: object, **__: object) -> "Missing":
        """Answer a method that is missing, too."""
        return self


@dataclass(frozen=True)
class Value:
    """A number that a finding is about, and how sure it is.

    Attributes
    ----------
    estimate : float
        The number.
    low, high : float
        Ends of its interval; NaN where the number is a count or has no chance in it.
    scale : {"share", "difference", "number", "change", "correlation"}
        A share is written in percent, a difference of shares in points with its sign, a number as it is, a
        change of a number with its sign, a correlation in three digits that read 1.000 of nothing less.
    units : int
        How many independent units it rests on; 0 where nothing is counted.
    unit : str
        What one of them is.

    Examples
    --------
    >>> change = Value(-0.098, -0.171, -0.024, scale="difference", units=3, unit="run")
    >>> change, change.interval, change.moved
    (−9.8, −17.1 to −2.4, lower by 9.8 points (2.4 to 17.1))
    """

    estimate: float
    low: float = math.nan
    high: float = math.nan
    scale: Scale = "share"
    units: int = 0
    unit: str = ""

    def __repr__(self) -> str:
        return str(self)

    def __str__(self) -> str:
        return self._write(self.estimate)

    def percent(self, digits: int = 1) -> Text:
        """Write a share in percent."""
        return percent(self.estimate, digits)

    def points(self, digits: int = 1) -> Text:
        """Write a difference of shares in percentage points, with its sign."""
        return points(self.estimate, digits)

    def size(self, digits: int = 1) -> Text:
        """Write how large a difference of shares is, in points without a sign."""
        return Text(f"{100 * abs(self.estimate):.{digits}f}")

    def number(self, digits: int = 2) -> Text:
        """Write the number as it is."""
        return number(self.estimate, digits)

    def change(self, digits: int = 2) -> Text:
        """Write the number with its sign."""
        return change(self.estimate, digits)

    @property
    def has_interval(self) -> bool:
        """Whether its chance is known."""
        return not (math.isnan(self.low) or math.isnan(self.high))

    @property
    def is_bounded(self) -> bool:
        """Whether the interval says anything: it is narrower than a share, or a difference, can vary."""
        return self.high - self.low < {"share": 1, "difference": 2}.get(self.scale, math.inf)

    @property
    def interval(self) -> Text:
        """The interval, in the scale of the value; in words where it is not bounded."""
        return self._interval()

    @property
    def with_interval(self) -> Text:
        """The value, and in brackets its interval where it has one."""
        return Text(f"{self} ({self.interval})" if self.has_interval else self)

    def in_full(self, digits: int | None = None) -> Text:
        """Write the value with its unit and its interval; without `digits`, a small one with a digit more.

        Examples
        --------
        >>> Value(-0.006, -0.008, -0.004, "difference").in_full()
        −0.60 points (−0.80 to −0.40)
        """
        if digits is None:
            is_small = self.scale == "difference" and abs(self.estimate) < 0.01
            digits = 3 if self.scale in ("number", "change") else 2 if is_small else 1
        unit = " points" if self.scale == "difference" else ""
        ends = f" ({self._interval(digits)})" if self.has_interval else ""
        return Text(f"{self._write(self.estimate, digits)}{unit}{ends}")

    def _interval(self, digits: int | None = None) -> Text:
        if not self.has_interval:
            return Missing("the value has no interval")
        if not self.is_bounded:
            return Text("unbounded")
        return Text(f"{self._write(self.low, digits)} to {self._write(self.high, digits)}")

    def _write(self, number_: float, digits: int | None = None) -> Text:
        if self.scale == "correlation":
            return correlation(number_)
        write, usual = _WRITERS[self.scale]
        return write(number_, usual if digits is None else digits)

    @property
    def side(self) -> Side:
        """The side of zero on which the whole interval lies."""
        if not self.has_interval:
            raise ValueError("A value without an interval has no side.")
        return "up" if self.low > 0 else "down" if self.high < 0 else "neither"

    def excludes(self, number: float) -> bool:
        """Whether a number lies outside the interval."""
        if not self.has_interval:
            raise ValueError("A value without an interval excludes nothing.")
        return not self.low <= number <= self.high

    @property
    def moved(self) -> Text:
        """A difference with its direction where the interval has one."""
        unit, scale, digits = (" points", 100, 1) if self.scale == "difference" else ("", 1, 2)
        if self.side == "neither":
            within = f"{self.interval}{unit}" if self.is_bounded else self.interval
            return Text(f"not clearly different ({within})")
        direction = "higher" if self.side == "up" else "lower"
        size = scale * abs(self.estimate)
        low, high = sorted((scale * abs(self.low), scale * abs(self.high)))
        return Text(f"{direction} by {size:.{digits}f}{unit} ({low:.{digits}f} to {high:.{digits}f})")


Said = Value | Missing
"""What a field of a finding holds."""


def nothing(kind: type[_Result], reason: str) -> _Result:
    """Make a result, a dataclass of values, texts and such dataclasses, of which every value is missing."""
    parts = get_type_hints(kind).values()
    nested = ((part, isinstance(part, type) and is_dataclass(part)) for part in parts)
    return kind(*(nothing(part, reason) if has_parts else Missing(reason) for part, has_parts in nested))


def percent(share: float, digits: int = 1) -> Text:
    r"""Write a share in percent, with a space that does not break.

    Examples
    --------
    >>> str(percent(0.9587))
    '95.9\xa0%'
    """
    return Text(f"{100 * share:.{digits}f}{NO_BREAK}%")


def points(difference: float, digits: int = 1) -> Text:
    """Write a difference of shares in percentage points, with its sign and a true minus.

    Examples
    --------
    >>> points(-0.0297), points(0.0297), points(-0.0001)
    (−3.0, +3.0, 0.0)
    """
    return change(100 * difference, digits)


def number(value: float, digits: int = 2) -> Text:
    """Write a number as it is, with a true minus.

    Examples
    --------
    >>> number(1.234), number(-0.001)
    (1.23, 0.00)
    """
    text = f"{value:.{digits}f}"
    return Text(text.lstrip("-") if float(text) == 0 else text.replace("-", MINUS))


def change(difference: float, digits: int = 2) -> Text:
    """Write the change of a number, with its sign.

    Examples
    --------
    >>> change(0.17), change(-0.06), change(0.001)
    (+0.17, −0.06, 0.00)
    """
    text = f"{difference:+.{digits}f}"
    return Text(text.lstrip("+-") if float(text) == 0 else text.replace("-", MINUS))


def correlation(value: float) -> Text:
    """Write a correlation in three digits; what would read 1.000 and is less reads 0.999.

    Examples
    --------
    >>> correlation(0.6059), correlation(-0.9996), correlation(1 - 1e-12)
    (0.606, −0.999, 1.000)
    """
    is_perfect = round(abs(value), 9) == 1  # but for what arithmetic leaves
    return number(value if is_perfect else min(max(value, -_ALMOST_ONE), _ALMOST_ONE), 3)


def level(confidence: float) -> Text:
    r"""Write the level of an interval.

    Examples
    --------
    >>> str(level(0.95)), str(level(0.999))
    ('95\xa0%', '99.9\xa0%')
    """
    return Text(f"{100 * confidence:g}{NO_BREAK}%")


_WRITERS: Mapping[Scale, tuple[Callable[[float, int], Text], int]] = {
    "share": (percent, 1),
    "difference": (points, 1),
    "number": (number, 2),
    "change": (change, 2),
}
"""How a number of each scale is written, and with how many digits."""


def count(part: int, whole: int) -> Text:
    """Write how many of how many.

    Examples
    --------
    >>> count(7, 8)
    7 of 8
    """
    return Text(f"{part} of {whole}")


def span(values: Iterable[float], write: Callable[[float], str]) -> Text:
    """Write the range of some numbers."""
    every = list(values)
    if not every:
        return Missing("there is nothing to range over")
    low, high = write(min(every)), write(max(every))
    return Text(low if low == high else f"{low} to {high}")


def listed(names: Iterable[str], last: str = "and") -> Text:
    """Write names one after another; without any there is nothing to say.

    Examples
    --------
    >>> listed(["pose"]), listed(["pose", "color", "shape"], last="or"), listed([])
    (pose, pose, color or shape, not measured)
    """
    every = list(names)
    if not every:
        return Missing("there is nothing to list")
    *most, final = every
    return Text(f"{', '.join(most)} {last} {final}" if most else final)


def choose(case: Hashable, texts: Mapping[Hashable, str]) -> Text:
    """Choose the sentence that is true: one for every case, beside the text that it stands in.

    Parameters
    ----------
    case : object
        What is the case; a missing value stays missing.
    texts : mapping of object to str
        A text for each case that there may be.

    Raises
    ------
    KeyError
        If the case has no text.

    Examples
    --------
    >>> choose("up", {"up": "raises it", "down": "lowers it", "neither": "does not move it one way"})
    raises it
    """
    return case if isinstance(case, Missing) else Text(texts[case])
