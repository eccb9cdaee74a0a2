"""From an effect to a verdict: the rule, Holm's correction within a chapter, and what would settle the rest.

A claim is *supported* where the effect has the predicted sign beyond chance and is as large as matters;
*contradicted* where an effect as large as matters is ruled out; *undecided* otherwise, and by rule where it
rests on fewer than five units. A claim of no effect is the other way round.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from clipsafe_utils.claims.effects import Effect
from clipsafe_utils.claims.registry import Claim
from clipsafe_utils.metrics.families import MINIMUM_FAMILIES
from clipsafe_utils.metrics.intervals import holm

ALPHA = 0.05
"""Chance of one or more false verdicts within the claims of a chapter and study."""


class Verdict(StrEnum):
    """What a study says of a claim."""

    SUPPORTED = "supported"
    CONTRADICTED = "contradicted"
    UNDECIDED = "undecided"
    NOT_MEASURED = "not measured"


@dataclass(frozen=True)
class Judgement:
    """A verdict with its reason."""

    verdict: Verdict
    reason: str = ""  # Why nothing could be decided or measured.
    p_value: float = np.nan  # After Holm's correction; NaN where nothing was tested.


def judge(effects: Sequence[tuple[Claim, Effect]], alpha: float = ALPHA) -> list[Judgement]:
    """Judge the claims of one chapter and study together, in their order.

    For each claim one of two tests can decide: against no effect where the estimate is as large as matters,
    else against the smallest effect that matters. Holm (1979) corrects over the claims that may be decided.
    """
    tests = [leaning(claim, effect) for claim, effect in effects]
    decidable = np.array([effect.enough_units for _, effect in effects], dtype=bool)
    adjusted = np.full(len(tests), np.nan)
    if decidable.any():
        adjusted[decidable] = holm([p for (_, p), may in zip(tests, decidable, strict=True) if may])
    judgements = []
    for (claim, effect), (verdict, _), p_value in zip(effects, tests, adjusted.tolist(), strict=True):
        if np.isnan(p_value):
            judgements.append(Judgement(Verdict.UNDECIDED, few_units(effect)))
        elif p_value < alpha:
            judgements.append(Judgement(verdict, p_value=p_value))
        else:
            judgements.append(Judgement(Verdict.UNDECIDED, _doubt(claim, verdict), p_value))
    return judgements


def leaning(claim: Claim, effect: Effect) -> tuple[Verdict, float]:
    """Return the verdict that the estimate leans to, and the p-value of the test that could decide it."""
    matters = claim.smallest_effect
    as_large = _as_large(claim, effect)
    if as_large:
        p_value = effect.p_value(0.0)
    elif claim.direction in ("up", "down"):
        p_value = effect.p_value(matters if claim.direction == "up" else -matters)
    else:
        # Ruled out only if both an effect upwards and one downwards are (two one-sided tests).
        p_value = max(effect.p_value(matters), effect.p_value(-matters))
    agrees = as_large != (claim.direction == "none")
    return (Verdict.SUPPORTED if agrees else Verdict.CONTRADICTED), p_value


def deciding(claim: Claim, effect: Effect) -> Effect:
    """Return, of several effects, the one that the verdict rests on, corrected for how it was chosen.

    Where some have to be as large as claimed, it is the clearest of those that are, and that rest on units
    enough, corrected for the choice. If none is, it is the one that reaches furthest: the claim is
    contradicted only if each of them is ruled out, which needs no correction (the intersection-union test).
    Where every one has to be, it is the one most in doubt, and it is the other way round.
    """
    if not effect.among:
        return effect
    if effect.of_every:
        return replace(effect, choices=1 if _as_large(claim, effect) else len(effect.among))
    large = [one for one in effect.among if _as_large(claim, one)]
    if large:
        return min(large, key=lambda one: (not one.enough_units, one.p_value()))

    def reach(one: Effect) -> float:
        low, high = one.interval()
        return {"up": high, "down": -low}.get(claim.direction, max(-low, high))

    return max((replace(one, choices=1) for one in effect.among), key=reach)


def _as_large(claim: Claim, effect: Effect) -> bool:
    signed = {"up": effect.value, "down": -effect.value}.get(claim.direction, abs(effect.value))
    return signed >= claim.smallest_effect and signed > 0


def of_parts(parts: Sequence[tuple[str, Judgement]], alpha: float = ALPHA) -> Judgement:
    """Join the judgements on the parts, by id, of a claim that says several things at once.

    One contradicted part contradicts the whole, but several parts are several chances of that: its p-value
    must be small beyond Bonferroni's correction. That all parts are supported needs no correction.
    """
    verdicts = {judgement.verdict for _, judgement in parts}
    reason = ", ".join(
        f"{name} is {judgement.verdict}"
        for name, judgement in parts
        if judgement.verdict is not Verdict.SUPPORTED
    )
    if verdicts == {Verdict.SUPPORTED}:
        return Judgement(Verdict.SUPPORTED)
    if verdicts == {Verdict.NOT_MEASURED}:
        return Judgement(Verdict.NOT_MEASURED, reason)
    if Verdict.CONTRADICTED not in verdicts:
        return Judgement(Verdict.UNDECIDED, reason)
    least = min(one.p_value for _, one in parts if one.verdict is Verdict.CONTRADICTED)
    if least * len(parts) < alpha:
        return Judgement(Verdict.CONTRADICTED, reason)
    return Judgement(Verdict.UNDECIDED, f"{reason}, but one of {len(parts)} parts may be so by chance")


def few_units(effect: Effect) -> str:
    """Say by the rule of few families why nothing is decided."""
    return f"too few {plural(effect.unit)}: {effect.units}, and {MINIMUM_FAMILIES} are needed"


def plural(unit: str) -> str:
    """Return the plural of the name of a unit."""
    return unit[:-1] + "ies" if unit.endswith("y") else unit + "s"


def _doubt(claim: Claim, towards: Verdict) -> str:
    if (towards is Verdict.SUPPORTED) != (claim.direction == "none"):
        return "an effect as large as matters, but chance may explain it"
    return "smaller than matters, but a larger effect is not ruled out"
