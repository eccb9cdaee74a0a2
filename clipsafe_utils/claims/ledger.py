"""The ledger: every claim asked of every study, and what changes if one choice is made differently.

It is judged at `ALPHA` on all networks of a study, whatever a page shows of them.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from clipsafe_utils.claims.choices import Choices, one_at_a_time
from clipsafe_utils.claims.evidence import Evidence
from clipsafe_utils.claims.labels import CLOSED, Judgement, Label, judge, of_parts
from clipsafe_utils.claims.populations import Effect, effect_of
from clipsafe_utils.claims.proxy import CHECKS
from clipsafe_utils.claims.reading import NotMeasuredError, Reader, refuse_without
from clipsafe_utils.claims.registry import Claim, claims
from clipsafe_utils.claims.statistics import STATISTICS
from clipsafe_utils.cubes import Study, find_study
from clipsafe_utils.say import Missing, Text

_HEADLINE = Choices()
_NOTHING = Judgement(Label.NO_DATA)
_NOT_MADE = "no network of this drawn world was made so"  # Nobody else has networks of it to look for.


@dataclass(frozen=True)
class Entry:
    """What one study says of one claim."""

    claim: Claim
    study: str
    of_proxy: bool  # Whether the study stands in for real models.
    judgement: Judgement
    evidence: Evidence | None = None  # None where nothing was measured, or the claim has parts.
    dropped: Mapping[str, Label] = field(default_factory=dict)  # The label without each unit.

    @property
    def label(self) -> Label:
        """What the study says."""
        return self.judgement.label

    @property
    def units(self) -> int:
        """How many units its evidence has."""
        return len(self.evidence.units) if self.evidence else 0

    @property
    def effect(self) -> Effect | None:
        """The effect that is shown."""
        return None if self.evidence is None else effect_of(self.claim, self.evidence)


@dataclass(frozen=True)
class Changed:
    """A label under one choice that is not the headline's."""

    entry: Entry  # Of the headline.
    choice: str
    value: str
    after: Entry

    @property
    def can_flip(self) -> bool:
        """Whether an effect was measured both times, of a claim that the study can be asked."""
        measured = self.entry.evidence is not None and self.after.evidence is not None
        return measured and not {self.entry.label, self.after.label} & CLOSED

    @property
    def flips(self) -> bool:
        """Whether the label is then another one."""
        return self.can_flip and self.entry.label is not self.after.label


def ledger(studies: Sequence[Study], advance: Callable[[str], object] = str) -> list[Entry]:
    """Ask every claim of some studies: an entry a claim, in the order of the file, and study.

    `advance` is called with the name of each study once it is done.
    """
    by_study = []
    for study in studies:
        by_study.append(_of_study(Reader(study), _HEADLINE, claims()))
        advance(study.name)
    return [entries[place] for place in range(len(claims())) for entries in by_study]


def verdicts_of(chapter: str, study: str | None, choices: Choices = _HEADLINE) -> dict[str, Text]:
    """Say in words what a study says of the claims of one chapter.

    Parameters
    ----------
    chapter : str
        Name of the chapter.
    study : str or None
        Its name, or a path to its folder; None where a page has no study to ask, and each label is missing.
    choices : Choices
        How the statistics are computed: as the headline does, unless a page says what another choice gives.

    Returns
    -------
    dict of str to Text
        By the id of the claim, its label.

    Examples
    --------
    >>> verdicts_of("shape-bias", "miniature")["F6"]
    shown possible
    """
    of_chapter = [claim for claim in claims() if claim.chapter == chapter]
    if study is None:
        return {claim.id: Missing("no study to ask") for claim in of_chapter}
    together = {claim.family for claim in of_chapter}
    asked = [claim for claim in claims() if claim.family in together]
    entries = _of_study(Reader(find_study(study)), choices, asked)
    return {entry.claim.id: Text(entry.label) for entry in entries if entry.claim.chapter == chapter}


def sensitivity(
    studies: Sequence[Study], entries: Sequence[Entry], advance: Callable[[str], object] = str
) -> list[Changed]:
    """Judge every claim again with one choice at a time made differently.

    `entries` is what `ledger` says of these studies. One `Changed` for every claim with evidence and every
    alternative that bears on it, and wherever Holm's correction gives a neighbour another label.
    """
    different = []
    for study in studies:
        reader = Reader(study)
        headline = {entry.claim.id: entry for entry in entries if entry.study == study.name}
        names = tuple(dict.fromkeys(name for claim in claims() for name in claim.choices))
        for name, value, choices in one_at_a_time(names):
            concerned = {
                entry.claim.family
                for entry in headline.values()
                if entry.evidence is not None and name in entry.claim.choices
            }
            asked = [claim for claim in claims() if claim.family in concerned and claim.is_asked]
            for after in _of_study(reader, choices, asked, headline, name):
                changed = Changed(headline[after.claim.id], name, value, after)
                bears = name in after.claim.choices and changed.entry.evidence is not None
                if bears or changed.flips:
                    different.append(changed)
        advance(study.name)
    return different


def _of_study(
    reader: Reader,
    choices: Choices,
    asked: Iterable[Claim],
    headline: Mapping[str, Entry] | None = None,
    changed: str = "",
) -> list[Entry]:
    """Judge some claims of a study; evidence that a changed choice does not touch is taken from before."""
    asked = list(asked)
    entries = {}
    for claim in asked:
        before = (headline or {}).get(claim.id)
        untouched = before is not None and changed not in claim.choices
        entries[claim.id] = before if untouched and before is not None else _measured(claim, reader, choices)
    judged: dict[str, Judgement] = {}
    for family in dict.fromkeys(claim.family for claim in asked):
        of_family = [
            (entry.claim, entry.evidence)
            for entry in entries.values()
            if entry.claim.family == family and entry.evidence is not None and entry.claim.is_asked
        ]
        judged |= _judged_together(of_family)
        # A unit at a time is left out of one claim; the others of its family stay as they are.
        for place, (claim, evidence) in enumerate(of_family):
            dropped = {
                unit: _judged_together(
                    [*of_family[:place], (claim, evidence.without(unit)), *of_family[place + 1 :]]
                )[claim.id].label
                for unit in evidence.units
                if len(evidence.units) > 1
            }
            entries[claim.id] = replace(entries[claim.id], dropped=dropped)
    for name, judgement in judged.items():
        entries[name] = _in_place(replace(entries[name], judgement=judgement), reader)
    for claim in asked:
        if claim.all_of:
            parts = [
                (part, entries[part].judgement if part in entries else _NOTHING) for part in claim.all_of
            ]
            entries[claim.id] = replace(entries[claim.id], judgement=of_parts(parts))
    return list(entries.values())


def _judged_together(evidence: Sequence[tuple[Claim, Evidence]]) -> dict[str, Judgement]:
    return {claim.id: judgement for (claim, _), judgement in zip(evidence, judge(evidence), strict=True)}


def _in_place(entry: Entry, reader: Reader) -> Entry:
    """Say of a study that stands in for real models what it can say, and nothing else."""
    if not reader.is_proxy:
        return entry
    dropped = {unit: Judgement(label).in_proxy().label for unit, label in entry.dropped.items()}
    for check, label in (
        (entry.claim.built_in, Label.BUILT_IN),
        (entry.claim.not_testable, Label.NOT_TESTABLE),
    ):
        reason = CHECKS[check](reader) if check else ""
        if reason:
            return replace(entry, judgement=Judgement(label, reason), dropped={})
    return replace(entry, judgement=entry.judgement.in_proxy(), dropped=dropped)


def _measured(claim: Claim, reader: Reader, choices: Choices) -> Entry:
    """Return the entry of a claim before it is judged."""
    entry = Entry(claim, reader.study.name, reader.is_proxy, _NOTHING)
    if claim.outside:
        return replace(entry, judgement=Judgement(Label.OUTSIDE, claim.outside))
    if not claim.is_asked:
        reason = _NOT_MADE if claim.no_data and reader.is_proxy else claim.no_data
        return replace(entry, judgement=Judgement(Label.NO_DATA, reason))
    try:
        refuse_without(reader, claim.cube, claim.groups, claim.training_sources)
        return replace(entry, evidence=STATISTICS[claim.statistic](reader, choices))
    except NotMeasuredError as reason:
        return replace(entry, judgement=Judgement(Label.NO_DATA, str(reason)))
