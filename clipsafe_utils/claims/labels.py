"""The rule: from the evidence on the claims of a study to a label for each.

Where four or more units were measured, another unit is spoken of: *supported* or *contradicted*, by Student's
t over units after Holm's correction within a family of claims. Else, or where that decides nothing, the label
is about the networks measured: *reproduced*, *not reproduced* or *mixed*, by a simultaneous band; and where
these are one or two, or of one family, *agrees so far* or *disagrees so far*. What is left is *unclear*.
What is claimed of some networks is asked of those measured alone: one is enough.
A study that stands in for real models says the same in other words, and never contradicts a claim about them.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from clipsafe_utils.claims.evidence import Evidence
from clipsafe_utils.claims.populations import (
    ALPHA,
    FEWEST_FAMILIES,
    FEWEST_NETWORKS,
    Side,
    UnitMean,
    mean_over_units,
    sides,
)
from clipsafe_utils.claims.registry import Claim
from clipsafe_utils.metrics.families import FEWEST_UNITS
from clipsafe_utils.metrics.intervals import holm


class Label(StrEnum):
    """What a study says of a claim."""

    SUPPORTED = "supported"
    CONTRADICTED = "contradicted"
    REPRODUCED = "reproduced"
    NOT_REPRODUCED = "not reproduced"
    AGREES = "agrees so far"
    DISAGREES = "disagrees so far"
    MIXED = "mixed"
    UNCLEAR = "unclear"
    NO_DATA = "no data"
    OUTSIDE = "outside"
    SHOWN_POSSIBLE = "shown possible"
    OPPOSITE = "the opposite shown possible"
    NOT_SHOWN = "not shown"
    BUILT_IN = "built in"
    NOT_TESTABLE = "not testable"


OF_A_PROXY: Mapping[Label, Label] = {
    Label.SUPPORTED: Label.SHOWN_POSSIBLE,
    Label.REPRODUCED: Label.SHOWN_POSSIBLE,
    Label.CONTRADICTED: Label.OPPOSITE,
    Label.NOT_REPRODUCED: Label.OPPOSITE,
    Label.AGREES: Label.NOT_SHOWN,
    Label.DISAGREES: Label.NOT_SHOWN,
    Label.MIXED: Label.NOT_SHOWN,
    Label.UNCLEAR: Label.NOT_SHOWN,
}
"""What a label becomes where the study stands in for real models; the others stay."""


CLOSED = {Label.NO_DATA, Label.OUTSIDE, Label.BUILT_IN, Label.NOT_TESTABLE}
"""Labels of what a study was not asked, or cannot be."""


@dataclass(frozen=True)
class Judgement:
    """A label with its reason."""

    label: Label
    reason: str = ""
    p_value: float = np.nan  # Of another unit, after Holm's correction; NaN where none is spoken of.

    def in_proxy(self) -> "Judgement":
        """Say the same of a study that stands in for real models."""
        return replace(self, label=OF_A_PROXY.get(self.label, self.label))


def judge(evidence: Sequence[tuple[Claim, Evidence]]) -> list[Judgement]:
    """Judge the claims of one study that are corrected together, in their order."""
    tests = [leaning(claim, _means(of_claim)) for claim, of_claim in evidence]
    tried = [test is not None for test in tests]
    adjusted = np.full(len(tests), np.nan)
    if any(tried):
        adjusted[tried] = holm([test.p_value for test in tests if test is not None])
    judgements = []
    for (claim, of_claim), test, p_value in zip(evidence, tests, adjusted.tolist(), strict=True):
        of_networks = judge_networks(claim, of_claim)
        if test is not None and p_value < ALPHA:
            judgements.append(Judgement(test.label, in_words(sides(claim, of_claim), of_claim), p_value))
        else:
            judgements.append(replace(of_networks, p_value=p_value))
    return judgements


def _means(evidence: Evidence) -> list[UnitMean]:
    """Return the mean over units of each alternative, each corrected for their number."""
    alternatives = list((evidence.alternatives or {"": evidence}).values())
    return [replace(mean_over_units(one), choices=len(alternatives)) for one in alternatives]


@dataclass(frozen=True)
class Leaning:
    """The label that the mean over units leans to, and the p-value of the test that could give it."""

    label: Label
    p_value: float


def leaning(claim: Claim, means: Sequence[UnitMean]) -> Leaning | None:
    """Test against no effect where a mean is as large as matters, else against the least that matters.

    Of several alternatives one that is large is enough. That none is large needs no correction for their
    number, since each has to be ruled out. None where too few units were measured, or one network is enough.
    """
    known = [mean for mean in means if mean.units >= FEWEST_UNITS]
    # That some networks are so is shown by one of them, whatever the next lineage does; and the largest of
    # several is large by chance alone, so the mean of such over lineages tests nothing.
    if not known or claim.quantifier == "some":
        return None
    large = [mean.p_value() for mean in known if _as_large(claim, mean.estimate)]
    claims_none = claim.direction == "none"
    if large:
        return Leaning(Label.CONTRADICTED if claims_none else Label.SUPPORTED, min(large))
    ruled_out = max(_p_value_of_small(claim, replace(mean, choices=1)) for mean in known)
    return Leaning(Label.SUPPORTED if claims_none else Label.CONTRADICTED, ruled_out)


def _p_value_of_small(claim: Claim, mean: UnitMean) -> float:
    matters = claim.smallest_effect
    if claim.direction in ("up", "down"):
        return mean.p_value(matters if claim.direction == "up" else -matters)
    # Two one-sided tests: an effect upwards and one downwards have to be ruled out.
    return max(mean.p_value(matters), mean.p_value(-matters))


def _as_large(claim: Claim, value: float) -> bool:
    signed = {"up": value, "down": -value}.get(claim.direction, abs(value))
    return signed >= claim.smallest_effect and signed > 0


def judge_networks(claim: Claim, evidence: Evidence) -> Judgement:
    """Judge by the networks measured alone."""
    lying = sides(claim, evidence)
    towards, away = _all_on_one_side(claim, evidence, lying)
    reason = in_words(lying, evidence)
    number = Counter(lying)
    if not towards and not away:
        if number[Side.CLAIMED] and number[Side.AGAINST]:
            return Judgement(Label.MIXED, f"{reason}{_parted(lying, evidence)}")
        return Judgement(Label.UNCLEAR, reason)
    if evidence.networks < FEWEST_NETWORKS or evidence.families < FEWEST_FAMILIES:
        return Judgement(Label.AGREES if towards else Label.DISAGREES, reason)
    return Judgement(Label.REPRODUCED if towards else Label.NOT_REPRODUCED, reason)


def _all_on_one_side(claim: Claim, evidence: Evidence, lying: Sequence[Side]) -> tuple[bool, bool]:
    """Say whether the cases bear the claim out, and whether they speak against it; of some, one will do."""
    against = {Side.AGAINST, Side.SMALL}
    if claim.quantifier == "some":
        return Side.CLAIMED in lying, set(lying) <= against
    others = [sides(claim, one) for one in evidence.alternatives.values()] or [list(lying)]
    return set(lying) == {Side.CLAIMED}, all(set(one) <= against for one in others)


def of_parts(parts: Sequence[tuple[str, Judgement]]) -> Judgement:
    """Join the judgements on the parts, by id, of a claim that says several things at once.

    It is as strong as its weakest part. One part that is contradicted contradicts it, but several parts are
    several chances of that: its p-value must be small beyond Bonferroni's correction.
    """
    labels = {judgement.label for _, judgement in parts}
    reason = ", ".join(f"{name} is {judgement.label}" for name, judgement in parts)
    if len(labels) == 1 and labels != {Label.CONTRADICTED}:
        return Judgement(parts[0][1].label, reason)
    contradicted = [one.p_value for _, one in parts if one.label is Label.CONTRADICTED]
    if contradicted and min(contradicted) * len(parts) < ALPHA:
        return Judgement(Label.CONTRADICTED, reason)
    for denied in (Label.NOT_REPRODUCED, Label.OPPOSITE):
        if denied in labels:
            return Judgement(denied, reason)
    for weakest, allowed in _CHAINS.items():
        if labels <= allowed:
            return Judgement(weakest, reason)
    in_proxy = labels & {*OF_A_PROXY.values(), Label.BUILT_IN, Label.NOT_TESTABLE}
    return Judgement(Label.NOT_SHOWN if in_proxy else Label.UNCLEAR, reason)


_CHAINS: Mapping[Label, set[Label]] = {
    Label.REPRODUCED: {Label.SUPPORTED, Label.REPRODUCED},
    Label.AGREES: {Label.SUPPORTED, Label.REPRODUCED, Label.AGREES},
}
"""The label of a whole whose parts are as strong as these."""


def in_words(lying: Sequence[Side], evidence: Evidence) -> str:
    """Count the cases by side, and say of how many units they are."""
    number = Counter(lying)
    cases = len(lying)
    name = evidence.case if cases == 1 else plural(evidence.case)
    counted = [f"{number[Side.CLAIMED]} of {cases} {name} as claimed"]
    counted += [f"{number[side]} {side}" for side in (Side.AGAINST, Side.SMALL, Side.OPEN) if number[side]]
    units = len(evidence.units)
    return f"{', '.join(counted)}; {units} {evidence.unit if units == 1 else plural(evidence.unit)}"


def plural(unit: str) -> str:
    """Return the plural of the name of a case or unit; of a "pair of networks", pairs."""
    head, _, tail = unit.partition(" of ")
    many = head[:-1] + "ies" if head.endswith("y") else head + "s"
    return f"{many} of {tail}" if tail else many


def _parted(lying: Sequence[Side], evidence: Evidence) -> str:
    """Say what parts the cases of the two sides, if one stratum lies on one side only."""
    by_stratum: dict[str, set[Side]] = {}
    for case, side in zip(evidence.cases, lying, strict=True):
        if side in (Side.CLAIMED, Side.AGAINST):
            by_stratum.setdefault(case.stratum, set()).add(side)
    if len(by_stratum) < 2 or any(len(found) > 1 for found in by_stratum.values()):
        return "; what separates them is not known"
    return "; separated by " + ", ".join(
        f"{name or 'the rest'}: {next(iter(found))}" for name, found in by_stratum.items()
    )
