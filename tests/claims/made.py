"""Claims, effects and entries made by hand."""

from typing import Any

from clipsafe_utils.claims.effects import Effect
from clipsafe_utils.claims.ledger import Changed, Entry
from clipsafe_utils.claims.registry import Claim
from clipsafe_utils.claims.verdicts import Judgement, Verdict

SMALLEST = 0.01


def claim(name: str = "X", **changes: Any) -> Claim:
    """A claim of an effect upwards of a point or more, unless something else is said."""
    given: dict[str, Any] = {
        "chapter": "shape-bias",
        "figure": "fig-shape-bias",
        "cube": "factors",
        "groups": ("clip_zero_shot",),
        "statistic": "made",
        "unit": "points",
        "direction": "up",
        "smallest_effect": SMALLEST,
    }
    return Claim(name, f"{name} is so.", "paper", **(given | changes))


def effect(value: float, error: float = 0.001, units: int = 8, **changes: Any) -> Effect:
    """An effect over families."""
    return Effect(value, units, "family", error, **changes)


def entry(
    of: Claim,
    verdict: Verdict = Verdict.SUPPORTED,
    found: Effect | None = None,
    study: str = "published",
    reason: str = "",
    evidence: str = "measured",
    of_proxy: bool = False,
) -> Entry:
    """What a study says of a claim."""
    return Entry(of, study, Judgement(verdict, reason), found, evidence, of_proxy)


def changed(before: Entry, verdict: Verdict, choice: str = "axes", value: str = "probit") -> Changed:
    """The same under another choice, with the same effect."""
    return Changed(before, choice, value, Judgement(verdict), before.effect)
