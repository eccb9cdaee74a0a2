"""What teaching costs: minutes of the plans, seconds of the reruns as `benchmarks/reruns.py` timed them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

import pandas as pd

from clipsafe_utils.chapters.teaching.judge import KINDS
from clipsafe_utils.chapters.teaching.plans import (
    CARD,
    FIRST_LAB,
    HALF_DAY,
    JUDGE,
    ONE_HOUR,
    ROOM,
    Step,
    reruns,
)
from clipsafe_utils.say import Text, number
from clipsafe_utils.show.shown import Shown
from clipsafe_utils.show.tables import table

FIRST_BUILD = "make book, in a fresh clone"
WORDS_A_MINUTE = 120
"""Pace of a lecturer who reads aloud to people who take notes; slower than conversation."""


def plan_table(plan: Sequence[Step], caption: str) -> Shown:
    """Tabulate a plan: a row a step, with its minutes, title, page and parameters to vary."""
    ends = list(accumulate(step.minutes for step in plan))
    rows = [
        {
            "From": _clock(end - step.minutes),
            "To": _clock(end),
            "What": step.title,
            "Page": step.page or "none",
            "Parameters to vary": "; ".join(one.parameters for one in step.reruns) or "none",
        }
        for step, end in zip(plan, ends, strict=True)
    ]
    return table(pd.DataFrame(rows), caption)


def times_table(timed: Mapping[str, Any]) -> Shown:
    """Tabulate what the commands of the plans cost."""
    rows = [(what, f"{seconds:.0f}") for what, seconds in timed["seconds"].items()]
    return table(
        pd.DataFrame(rows, columns=["Command", "Seconds"]),
        f"What the commands of the plans cost on {timed['cores']} cores of {timed['machine']}, "
        f"which had a load of {timed['load']} meanwhile; {timed['date']}. A rerun: median of three.",
    )


@dataclass(frozen=True)
class LessonCosts:
    """What a class costs in minutes, and its commands in seconds."""

    hour: Text  # Minutes of the plan.
    half_day: Text
    first_lab: Text
    judge: Text
    first_build: Text  # Minutes of `make book` in a fresh clone.
    room: Text  # Minutes of the command that makes the folder for a class.
    quickest: Text  # Seconds of a rerun.
    slowest: Text
    cards: Text  # Seconds of import and card, for all models that are judged.
    pace: Text  # Words a minute of a lecturer who reads aloud.
    busy_hour: Text  # Minutes of the plan in which the lecturer reads aloud or a command runs.
    busy_half_day: Text
    busy_judge: Text


def lesson_costs(timed: Mapping[str, Any]) -> LessonCosts:
    """Return what the page says of times."""
    seconds = timed["seconds"]
    of_reruns = [seconds[one.command] for one in reruns()]
    cards = len(KINDS) * sum(seconds[command] for command in CARD)
    hour, half_day = (
        seconds[FIRST_BUILD] + sum(seconds[one.command] for step in plan for one in step.reruns)
        for plan in (ONE_HOUR, HALF_DAY)
    )
    return LessonCosts(
        _minutes(ONE_HOUR),
        _minutes(HALF_DAY),
        _minutes(FIRST_LAB),
        _minutes(JUDGE),
        number(seconds[FIRST_BUILD] / 60, 1),
        number(seconds[ROOM] / 60, 1),
        number(min(of_reruns), 0),
        number(max(of_reruns), 0),
        number(cards, 0),
        Text(WORDS_A_MINUTE),
        _busy_minutes(timed["words"]["hour"], hour),
        _busy_minutes(timed["words"]["half_day"], half_day),
        _busy_minutes(timed["words"]["judge"], cards),
    )


def _minutes(plan: Sequence[Step]) -> Text:
    return Text(sum(step.minutes for step in plan))


def _busy_minutes(words: int, seconds: float) -> Text:
    return number(words / WORDS_A_MINUTE + seconds / 60, 0)


def _clock(minutes: int) -> str:
    return f"{minutes // 60}:{minutes % 60:02d}"
