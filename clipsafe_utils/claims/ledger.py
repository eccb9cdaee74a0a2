"""The ledger: every claim asked of every study, and what changes if one choice is made differently."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from clipsafe_utils.claims.choices import Choices, one_at_a_time
from clipsafe_utils.claims.effects import Effect
from clipsafe_utils.claims.reading import NotMeasuredError, Reader, evidence
from clipsafe_utils.claims.registry import Claim, claims
from clipsafe_utils.claims.settling import what_would_settle
from clipsafe_utils.claims.statistics import STATISTICS
from clipsafe_utils.claims.verdicts import ALPHA, Judgement, Verdict, deciding, judge, of_parts
from clipsafe_utils.cubes import GROUPS, Study, find_study
from clipsafe_utils.say import Missing, Text

_NOTHING = Judgement(Verdict.NOT_MEASURED)


@dataclass(frozen=True)
class Entry:
    """What one study says of one claim."""

    claim: Claim
    study: str
    judgement: Judgement
    effect: Effect | None = None  # None where nothing was measured or the claim has parts.
    evidence: str = ""  # "measured", "proxy", or empty where there is none.
    of_proxy: bool = False  # Of the study, also where it has nothing on the claim.
    alpha: float = ALPHA  # The level at which it was judged.

    @property
    def settled_by(self) -> str:
        """What would settle it, in words; empty where it is decided, not measured, or made of parts."""
        if self.effect is None or self.judgement.verdict is not Verdict.UNDECIDED:
            return ""
        return what_would_settle(self.claim, self.effect, self.alpha)


@dataclass(frozen=True)
class Changed:
    """A verdict under one choice that is not the headline's."""

    entry: Entry  # Of the headline.
    choice: str
    value: str
    judgement: Judgement
    effect: Effect | None

    @property
    def flips(self) -> bool:
        """Whether something was measured both times and the verdicts differ."""
        verdicts = {self.judgement.verdict, self.entry.judgement.verdict}
        return len(verdicts) > 1 and Verdict.NOT_MEASURED not in verdicts

    @property
    def is_lost(self) -> bool:
        """Whether only the headline could be measured."""
        return self.effect is None and self.entry.effect is not None


def ledger(
    studies: Sequence[Study],
    *,
    groups: Sequence[str] = tuple(GROUPS),
    alpha: float = ALPHA,
    advance: Callable[[str], object] = str,
) -> list[Entry]:
    """Ask every claim of some studies: an entry a claim, in the order of the file, and study.

    `alpha` is the chance of one or more false verdicts within a chapter and study; `advance` is called with
    the name of each study once it is done.
    """
    by_study = []
    for study in studies:
        by_study.append(_of_study(Reader(study, tuple(groups)), Choices(), alpha))
        advance(study.name)
    return [entries[place] for place in range(len(claims())) for entries in by_study]


def verdicts_of(chapter: str, study: str | None) -> dict[str, Text]:
    """Say in words what a study says of the claims of one chapter.

    Verdicts are judged at `ALPHA` on all models of the study, whatever a page shows of them.

    Parameters
    ----------
    chapter : str
        Name of the chapter.
    study : str or None
        Its name, or a path to its folder; None where a page has no study to ask, and each verdict is missing.

    Returns
    -------
    dict of str to Text
        By the id of the claim, its verdict.

    Examples
    --------
    >>> verdicts_of("shape-bias", "miniature")["F6"]
    supported
    """
    of_chapter = tuple(claim for claim in claims() if claim.chapter == chapter)
    if study is None:
        return {claim.id: Missing("no study to ask") for claim in of_chapter}
    together = {claim.judged_in for claim in of_chapter}
    asking = tuple(claim for claim in claims() if claim.judged_in in together)
    entries = _of_study(Reader(find_study(study)), Choices(), ALPHA, asking=asking)
    return {
        entry.claim.id: Text(entry.judgement.verdict) for entry in entries if entry.claim.chapter == chapter
    }


def sensitivity(
    studies: Sequence[Study],
    entries: Sequence[Entry],
    *,
    groups: Sequence[str] = tuple(GROUPS),
    alpha: float = ALPHA,
    advance: Callable[[str], object] = str,
) -> list[Changed]:
    """Judge every claim again with one choice at a time made differently.

    `entries` is what `ledger` says of these studies with these groups and this alpha. One `Changed` for every
    claim that a study can be asked and alternative that bears on it; and wherever another verdict follows: of
    a claim with parts, or by Holm's correction of its neighbours.
    """
    different = []
    for study in studies:
        reader = Reader(study, tuple(groups))
        headline = [entry for entry in entries if entry.study == study.name]
        names = tuple(dict.fromkeys(name for claim in claims() for name in claim.choices))
        for name, value, choices in one_at_a_time(names):
            concerned = {entry.claim.id for entry in headline if entry.effect and name in entry.claim.choices}
            if concerned:
                again = _of_study(reader, choices, alpha, headline, name)
                changed = [
                    Changed(before, name, value, after.judgement, after.effect)
                    for before, after in zip(headline, again, strict=True)
                ]
                lost = {change.entry.claim.id for change in changed if change.is_lost}
                different += [
                    change
                    for change in changed
                    if change.entry.claim.id in concerned
                    or (change.flips and lost.isdisjoint(change.entry.claim.all_of))
                ]
        advance(study.name)
    return different


def _of_study(
    reader: Reader,
    choices: Choices,
    alpha: float,
    headline: Sequence[Entry] = (),
    changed: str = "",
    asking: Sequence[Claim] | None = None,
) -> list[Entry]:
    """Judge claims of a study, by default all; what a changed choice does not touch is taken from before."""
    asking = claims() if asking is None else asking
    known = {entry.claim.id: entry for entry in headline if changed not in entry.claim.choices}
    entries = {claim.id: known.get(claim.id) or _measured(claim, reader, choices) for claim in asking}
    by_chapter: dict[str, list[tuple[Claim, Effect]]] = {}
    for entry in entries.values():
        if entry.effect is not None:
            by_chapter.setdefault(entry.claim.judged_in, []).append((entry.claim, entry.effect))
    judged = {
        claim.id: judgement
        for effects in by_chapter.values()
        for (claim, _), judgement in zip(effects, judge(effects, alpha), strict=True)
    }
    judged |= {
        claim.id: of_parts([(part, judged.get(part, _NOTHING)) for part in claim.all_of], alpha)
        for claim in asking
        if claim.all_of
    }
    return [
        replace(entry, judgement=judged.get(name, entry.judgement), alpha=alpha)
        for name, entry in entries.items()
    ]


def _measured(claim: Claim, reader: Reader, choices: Choices) -> Entry:
    """Return the entry of a claim before it is judged."""
    status = ""
    effect: Effect | str = claim.out_of_scope or claim.no_study
    if claim.is_asked:
        try:
            status = evidence(claim, reader)
            effect = STATISTICS[claim.statistic](reader, choices)
        except NotMeasuredError as reason:
            effect = str(reason)
    nothing = Entry(claim, reader.study.name, _NOTHING, evidence=status, of_proxy=reader.is_proxy)
    if isinstance(effect, str):
        return replace(nothing, judgement=Judgement(Verdict.NOT_MEASURED, effect))
    return replace(nothing, effect=deciding(claim, effect))
