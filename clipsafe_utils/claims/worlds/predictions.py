"""The predictions of the laboratory as data, and what is not compared, with the reason."""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal

from clipsafe_utils.claims.registry import find_claim

FIRST = ("laboratory", "record")
"""Whose number stood in this book before the other was read."""

REASONS = ("built in", "no real number", "no number there")
"""Why something is not compared."""


@dataclass(frozen=True)
class Prediction:
    """A prediction of the laboratory that a real number can meet."""

    id: str
    topic: str
    sentence: str
    direction: Literal["up", "down", "none"]
    chapter: str
    differs: str
    first: Literal["laboratory", "record"]
    claim: str = ""
    measure: str = ""
    unit: str = ""
    smallest_effect: float = 0.0
    because: str = ""

    @property
    def sign(self) -> float:
        """1 or −1: what an effect is multiplied with, so that a predicted one is above zero."""
        return -1.0 if self.direction == "down" else 1.0


@dataclass(frozen=True)
class LeftOut:
    """What is not compared, why, and what was looked at."""

    what: str
    why: str
    because: str


@cache
def predictions() -> tuple[Prediction, ...]:
    """Return all predictions, in order; those of a claim have its unit and smallest effect."""
    return tuple(_prediction(row) for row in _file()["prediction"])


@cache
def left_out() -> tuple[LeftOut, ...]:
    """Return what is not compared."""
    return tuple(LeftOut(**row) for row in _file()["left_out"])


def _file() -> dict[str, list[dict[str, Any]]]:
    text = files("clipsafe_utils.claims.worlds").joinpath("predictions.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def _prediction(row: dict[str, Any]) -> Prediction:
    if "claim" not in row:
        return Prediction(**row)
    claim = find_claim(row["claim"])
    return Prediction(
        **row, unit=claim.unit, smallest_effect=claim.smallest_effect, because=f"claim {claim.id}"
    )
