"""What the ledger adds up to: the result of chapter 8."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from clipsafe_utils.claims.ledger import Changed, Entry, ledger, sensitivity
from clipsafe_utils.claims.statistics.calibration import ALWAYS
from clipsafe_utils.claims.summary import (
    DECIDED,
    Agreement,
    agreements,
    by_choice,
    by_study,
    counts,
    findings,
    forest,
    furthest,
    measured_twice,
)
from clipsafe_utils.claims.verdicts import Verdict
from clipsafe_utils.claims.wording import CHANGES, interval, number
from clipsafe_utils.cubes import Study, find_study
from clipsafe_utils.cubes.source_lines import source_lines
from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.parameters import CheckedParameters
from clipsafe_utils.say import Missing, Said, Text, Value, count, level, listed


@dataclass(frozen=True)
class Flips:
    """What turns if one choice at a time is made differently."""

    share: Text  # Of those that were measured both ways.
    change: Text  # The one that turns most.
    turned: Text


@dataclass(frozen=True)
class Furthest:
    """The contradicted claim that is furthest from what is claimed."""

    claim: Text  # Its id and sentence.
    study: Text
    effect: Text
    evidence: str  # `measured` or `proxy`; or missing.


@dataclass(frozen=True)
class Consistency:
    """Both readings of "not consistently better calibrated", in the first study that measures it."""

    study: Text
    better: Said  # Share of the pairs in which CLIP is better.
    literal: Text  # Verdict if better alone denies the claim.
    either_way: Text  # Verdict if worse does, too.


@dataclass(frozen=True)
class ClaimsLedger:
    """What some studies say of all claims."""

    studies: Sequence[Study]
    groups: Sequence[str]  # Of models that may speak.
    confidence: float  # Level of the intervals and of the verdicts.
    entries: list[Entry]

    @cached_property
    def changed(self) -> list[Changed]:
        """The verdicts with one choice at a time made differently."""
        return sensitivity(self.studies, self.entries, groups=self.groups, alpha=1 - self.confidence)

    @cached_property
    def effects(self) -> pd.DataFrame:
        """Every effect, as `forest` has them."""
        return forest(self.entries, self.confidence)

    @cached_property
    def sources(self) -> list[str]:
        """Where the numbers of the effects come from, and under which licences."""
        asked = {(entry.study, entry.claim.cube): None for entry in self.entries if entry.effect is not None}
        return source_lines(
            study.read(cube) for study in self.studies for name, cube in asked if name == study.name
        )

    @property
    def number(self) -> Text:
        """How many findings there are."""
        return Text(len({entry.claim.id for entry in findings(self.entries)}))

    @property
    def answer(self) -> Text:
        """How many findings each study supports, contradicts and leaves open."""
        return Text("; ".join(map(_counted, by_study(self.entries).values())))

    @property
    def effects_decided(self) -> Text:
        """How many effects are decided."""
        return count(int(self.effects["verdict"].isin(DECIDED).sum()), len(self.effects))

    @property
    def decided(self) -> Text:
        """Which findings each study decides."""
        return Text("; ".join(map(_decided, by_study(self.entries).values())))

    @property
    def agreement(self) -> Text:
        """What the studies say of the claims that two of them decide."""
        pairs = [_in_words(pair) for pair in agreements(self.entries)]
        return Text("; ".join(pairs)) if pairs else Missing("one study alone was asked")

    @property
    def chance(self) -> Text:
        """Chance of one or more false verdicts within a chapter and study."""
        return level(1 - self.confidence)

    @property
    def flips(self) -> Flips:
        """What turns if one choice is made differently."""
        choices = by_choice(self.changed)
        tried = measured_twice(self.changed)
        flipped = sum(one.flips for one in tried)
        change: Text = Missing("no verdict flips")
        turned = change
        if flipped:
            choice, most = next(iter(choices.items()))
            names = [one.entry.claim.id for one in most if one.flips]
            change, turned = Text(CHANGES[choice]), Text(f"{len(names)} ({', '.join(names)})")
        share = count(flipped, len(tried)) if tried else Missing("no choice bears on what is measured")
        return Flips(share, change, turned)

    @property
    def furthest(self) -> Furthest:
        """The contradicted claim that is furthest from what is claimed."""
        entry = furthest(self.entries)
        if entry is None or entry.effect is None:
            return Furthest(*[Missing("no claim with a smallest effect is contradicted")] * 4)
        claim, effect = entry.claim, entry.effect
        span = interval(claim, effect, self.confidence)
        return Furthest(
            Text(f"{claim.id}, “{claim.sentence.rstrip('.')}”"),
            Text(entry.study),
            Text(f"{number(claim, effect.value)} {claim.unit} ({span})"),
            entry.evidence,
        )

    @property
    def consistency(self) -> Consistency:
        """Both readings of F8."""
        for entry in self.entries:
            if entry.claim.id == "F8" and entry.effect is not None:
                either = [one for one in self.changed if one.entry is entry and one.choice == "consistency"]
                none = Missing("the other reading could not be measured")
                return Consistency(
                    Text(entry.study),
                    Value(ALWAYS - entry.effect.value),
                    Text(entry.judgement.verdict),
                    Text(either[0].judgement.verdict) if either else none,
                )
        return Consistency(*[Missing("no study measures F8")] * 4)


def _counted(entries: Sequence[Entry]) -> str:
    number_of = counts(findings(entries))
    proxy = " (a proxy)" if entries[0].of_proxy else ""
    verdicts = ", ".join(f"{number_of[verdict]} {verdict}" for verdict in Verdict)
    return f"in the study {entries[0].study}{proxy} {verdicts}"


def _decided(entries: Sequence[Entry]) -> str:
    named = []
    for verdict in DECIDED:
        names = [entry.claim.id for entry in findings(entries) if entry.judgement.verdict is verdict]
        named.append(f"{verdict} {', '.join(names) or 'none'}")
    return f"{entries[0].study}: {', '.join(named)}"


def _in_words(pair: Agreement) -> str:
    studies, both = f"{pair.first} and {pair.second}", (*pair.alike, *pair.otherwise)
    if not both:
        return f"no claim is decided by both {studies}"
    if len(both) == 1:
        verb = "agree" if pair.alike else "part"
        return f"on {both[0]}, the one claim that both {studies} decide, they {verb}"
    apart = f" and part on {listed(pair.otherwise)}" if pair.otherwise else ""
    return f"of {len(both)} claims that both {studies} decide, they agree on {len(pair.alike)}{apart}"


def claims_ledger(chosen: CheckedParameters) -> ClaimsLedger:
    """Ask every claim of some studies, and say what that adds up to.

    Parameters
    ----------
    chosen : CheckedParameters
        Parameters of chapter 8.

    Raises
    ------
    ClipsafeError
        If a study or one of its cubes is at fault, or no claim can be asked of any.

    Examples
    --------
    >>> from clipsafe_utils import parameters_of
    >>> claims_ledger(parameters_of("claims", {"studies": ["published"]})).decided
    published: supported S1, S2, contradicted none
    """
    studies = [find_study(name) for name in chosen.studies]
    entries = ledger(studies, groups=chosen.groups, alpha=1 - chosen.confidence)
    if all(entry.effect is None for entry in entries):
        names = listed(study.name for study in studies)
        raise ClipsafeError(
            f"Nothing to show: {names} can be asked no claim with these groups;"
            " `clipsafe render what-we-cannot-say` shows why."
        )
    return ClaimsLedger(studies, chosen.groups, chosen.confidence, entries)
