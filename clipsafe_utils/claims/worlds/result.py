"""The laboratory against the record: the result of its page."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from clipsafe_utils.claims.reading import NotMeasuredError, Reader
from clipsafe_utils.claims.worlds.measures import Measured, measure_of
from clipsafe_utils.claims.worlds.outcomes import Outcome, outcome
from clipsafe_utils.claims.worlds.predictions import LeftOut, Prediction, left_out, predictions
from clipsafe_utils.cubes import find_study
from clipsafe_utils.cubes.source_lines import source_lines
from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.parameters import CheckedParameters
from clipsafe_utils.say import Missing, Said, Scale, Text, Value, count, listed, number

_SCALES: Mapping[str, Scale] = {
    "points": "difference",
    "points of AUROC": "difference",
    "points of the spread": "difference",
}
"""How an effect of a unit is written; of every other it is a number with its sign."""

_FEWEST = 2
_OF_CALIBRATION = ("confidence", "temperature", "error-before-scaling", "error-after-scaling")
_OF_ENCODERS = ("zero-shot-transformers", "zero-shot-resnets", "transformers-beside-resnets")
_OF_TUNING = ("fine-tuning-and-shape", "fine-tuning-and-shift")


@dataclass(frozen=True)
class Compared:
    """A prediction, what each world measured of it, and what comes of it."""

    prediction: Prediction
    laboratory: Measured | Missing
    record: Measured | Missing

    @property
    def is_compared(self) -> bool:
        """Whether both worlds have a number."""
        return isinstance(self.laboratory, Measured) and isinstance(self.record, Measured)

    @property
    def outcome(self) -> Outcome | Missing:
        """What comes of it."""
        if isinstance(self.laboratory, Missing) or isinstance(self.record, Missing):
            return Missing("one of the two worlds has no number")
        return outcome(self.laboratory.interval, self.record.interval, self.prediction.smallest_effect)

    @property
    def case(self) -> str | Missing:
        """The outcome; of an open one, whose interval settles nothing: `laboratory`, `real` or `both`.

        `small` where both effects are too small to matter.
        """
        if self.outcome is not Outcome.OPEN or isinstance(self.laboratory, Missing):
            return self.outcome
        assert isinstance(self.record, Measured)
        size = self.prediction.smallest_effect
        drawn, real = (
            one.interval.side == 0 and not one.interval.is_within(size)
            for one in (self.laboratory, self.record)
        )
        if drawn and real:
            return "both"
        return "laboratory" if drawn else "real" if real else "small"

    @property
    def predicted(self) -> Said:
        """What the laboratory says."""
        return self._value(self.laboratory)

    @property
    def real(self) -> Said:
        """What the record says."""
        return self._value(self.record)

    @property
    def ratio(self) -> Text:
        """How many times the laboratory's effect the real one is; missing where they do not agree."""
        if isinstance(self.laboratory, Missing) or isinstance(self.record, Missing):
            return Missing("one of the two worlds has no number")
        if self.outcome is not Outcome.AGREE:
            return Missing("sizes are compared where the signs agree")
        return Text(f"{self.record.estimate / self.laboratory.estimate:.1f}")

    @property
    def from_zero(self) -> Text:
        """How far the real interval is from 0, in the digits of its unit; 0 where it holds 0."""
        if isinstance(self.record, Missing):
            return self.record
        low, high = self.record.interval
        distance = max(low, -high, 0.0)
        return number(100 * distance if self.prediction.unit in _SCALES else distance)

    @property
    def are_apart(self) -> bool:
        """Whether the two intervals do not meet, whatever their signs."""
        if isinstance(self.laboratory, Missing) or isinstance(self.record, Missing):
            return False
        one, other = self.laboratory.interval, self.record.interval
        return one.high < other.low or other.high < one.low

    def _value(self, measured: Measured | Missing) -> Said:
        if isinstance(measured, Missing):
            return measured
        return Value(measured.estimate, *measured.interval, scale=_SCALES.get(self.prediction.unit, "change"))


@dataclass(frozen=True)
class AgainstRecord:
    """What comes of all predictions."""

    laboratory: str  # The study that stands in for real models.
    record: str  # The study of real models.
    rows: Sequence[Compared]
    confidence: float
    source_lines: Sequence[str] = ()

    def __getitem__(self, name: str) -> Compared:
        """Return a prediction by its id."""
        return next(row for row in self.rows if row.prediction.id == name)

    @property
    def compared(self) -> list[Compared]:
        """The predictions of which both worlds have a number."""
        return [row for row in self.rows if row.is_compared]

    @property
    def ordered(self) -> list[Compared]:
        """All predictions: those that agree, disagree and are open, and those without a number."""
        order = [*Outcome, None]
        return sorted(self.rows, key=lambda row: order.index(row.outcome if row.is_compared else None))

    @property
    def left_out(self) -> tuple[LeftOut, ...]:
        """What is not compared."""
        return left_out()

    @property
    def number(self) -> Text:
        """How many predictions are compared."""
        return Text(len(self.compared))

    def having(self, one: str) -> list[Compared]:
        """Return the predictions with an outcome."""
        return [row for row in self.compared if row.outcome == one]

    def counted(self, one: str) -> Text:
        """Return how many have it."""
        return Text(len(self.having(one)))

    def topics(self, one: str) -> Text:
        """Return what these are about."""
        return _named(self.having(one)) or Text("none")

    @property
    def apart(self) -> Text:
        """What the open predictions are about of which the two intervals do not meet."""
        topics = _named([row for row in self.having("open") if row.are_apart])
        return topics or Missing("the intervals of each open prediction meet")

    @property
    def has_apart(self) -> str:
        """Whether there are such predictions: `yes` or `no`."""
        return "no" if isinstance(self.apart, Missing) else "yes"

    @property
    def score(self) -> Text:
        """With how many real models agree, disagree, and how many they leave open."""
        agree, disagree, left = (self.counted(one) for one in Outcome)
        return Text(f"agree with {agree}, disagree with {disagree} and leave {left} open")

    @property
    def predicted_first(self) -> Text:
        """How many of the predictions stood in this book before the real number was read."""
        return count(sum(row.prediction.first == "laboratory" for row in self.compared), len(self.compared))

    @property
    def agree_first(self) -> Text:
        """How many of those that agree did."""
        agree = self.having("agree")
        return count(sum(row.prediction.first == "laboratory" for row in agree), len(agree))

    @property
    def tuning(self) -> str:
        """What comes of the predictions on fine-tuning; see `_together`."""
        return self._together(_OF_TUNING)

    @property
    def encoders(self) -> str:
        """What comes of those on encoders and shape bias."""
        return self._together(_OF_ENCODERS)

    @property
    def calibration(self) -> str:
        """What comes of those on calibration."""
        return self._together(_OF_CALIBRATION)

    def _together(self, names: Iterable[str]) -> str:
        """Return `disagree` where one does, `agree` where all do, `open` otherwise, `none` without any."""
        found = [self[name].outcome for name in names if self[name].is_compared]
        if not found:
            return "none"
        if Outcome.DISAGREE in found:
            return "disagree"
        return "agree" if set(found) == {Outcome.AGREE} else "open"

    @cached_property
    def frame(self) -> pd.DataFrame:
        """A row a prediction and world: its effect in smallest effects that matter, above 0 as predicted.

        Where any size matters the effect is in its own unit, in points.
        """
        rows = []
        for row in self.ordered:
            if not row.is_compared:
                continue
            prediction = row.prediction
            size = prediction.smallest_effect or 0.01
            for world, one in (("laboratory", row.laboratory), ("real models", row.record)):
                assert isinstance(one, Measured)
                ends = sorted(prediction.sign * end / size for end in one.interval)
                rows.append(
                    {
                        "id": prediction.id,
                        "sentence": prediction.sentence,
                        "unit": "" if prediction.smallest_effect else prediction.unit,
                        "world": world,
                        "value": prediction.sign * one.estimate / size,
                        "low": ends[0],
                        "high": ends[1],
                        "counted": one.counted,
                        "outcome": str(row.outcome),
                    }
                )
        columns = ["id", "sentence", "unit", "world", "value", "low", "high", "counted", "outcome"]
        return pd.DataFrame(rows, columns=columns)


def against_record(chosen: CheckedParameters) -> AgainstRecord:
    """Hold the predictions of the first drawn study against the first study of real models.

    Parameters
    ----------
    chosen : CheckedParameters
        Parameters of the page.

    Raises
    ------
    ClipsafeError
        If a study or one of its cubes is at fault, one of the two kinds of study is absent, or no prediction
        has a number in both.

    Examples
    --------
    >>> from clipsafe_utils import parameters_of
    >>> against_record(parameters_of("against-the-record", {}))["fine-tuning-and-shape"].outcome.value
    'agree'
    """
    readers = [Reader(find_study(name)) for name in chosen.studies]
    drawn = [reader for reader in readers if reader.is_proxy]
    real = [reader for reader in readers if not reader.is_proxy]
    if not drawn or not real:
        raise ClipsafeError(
            f"Nothing to compare: {listed(chosen.studies)} hold no study of a drawn world beside one of real "
            "models; `studies: [published, miniature]` does."
        )
    # One study after the other: what several predictions read is kept of the study that is asked now.
    asked = (
        [_asked(one, reader, chosen.confidence) for one in predictions()] for reader in (drawn[0], real[0])
    )
    rows = [Compared(*row) for row in zip(predictions(), *asked, strict=True)]
    if not any(row.is_compared for row in rows):
        raise ClipsafeError(
            f"Nothing to compare: {drawn[0].study.name} and {real[0].study.name} have no prediction of which "
            "both have a number."
        )
    return AgainstRecord(
        drawn[0].study.name,
        real[0].study.name,
        rows,
        chosen.confidence,
        _sources(rows, (real[0], drawn[0])),
    )


def _named(rows: Iterable[Compared]) -> Text:
    return Text("; ".join(row.prediction.topic for row in rows))


def _asked(prediction: Prediction, reader: Reader, confidence: float) -> Measured | Missing:
    try:
        return measure_of(prediction.measure, prediction.claim)(reader, confidence)
    except NotMeasuredError as reason:
        return Missing(str(reason))


def _sources(rows: Sequence[Compared], readers: Sequence[Reader]) -> list[str]:
    cubes = ("factors", "shape_bias", "shifts", "ood", "calibration", "prompts", "causes")
    found = [reader.cube(name) for reader in readers for name in cubes] if rows else []
    return source_lines(cube for cube in found if cube is not None)
