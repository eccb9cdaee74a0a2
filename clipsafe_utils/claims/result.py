"""What the ledger adds up to: the result of its chapter."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from clipsafe_utils.claims.freeze import changes
from clipsafe_utils.claims.labels import CLOSED, Label
from clipsafe_utils.claims.ledger import Changed, Entry, ledger, sensitivity
from clipsafe_utils.claims.populations import Side, sides
from clipsafe_utils.claims.reading import Reader
from clipsafe_utils.claims.settling import what_would_settle
from clipsafe_utils.claims.summary import by_choice, by_label, by_study, findings, forest
from clipsafe_utils.claims.wording import CHANGES, NO_BOUND, estimate
from clipsafe_utils.cubes import Study, find_study
from clipsafe_utils.cubes.source_lines import source_lines
from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.parameters import CheckedParameters
from clipsafe_utils.say import Missing, Text, count, listed

_FOR = (Label.SUPPORTED, Label.REPRODUCED)
CHANGED = "\N{DAGGER}"
"""Marks the label of a claim that was changed since its freeze."""
_AGAINST = (Label.CONTRADICTED, Label.NOT_REPRODUCED)
_OF_NETWORKS = (*_FOR, *_AGAINST)


@dataclass(frozen=True)
class Flips:
    """What turns if one choice at a time is made differently."""

    number: Text  # Of trials, each a label that can change under a choice.
    flipped: Text  # How many of them turn.
    labels: Text  # Which labels, and by how many choices.
    change: Text  # The choice that turns most.
    turned: Text
    decided: Text  # How many turn of the trials with a label that real models decide.


@dataclass(frozen=True)
class ClaimsLedger:
    """What some studies say of all claims."""

    studies: Sequence[Study]
    confidence: float  # Level of the intervals; labels are judged at 5 %.
    entries: list[Entry]

    @cached_property
    def changed(self) -> list[Changed]:
        """The labels with one choice at a time made differently."""
        return sensitivity(self.studies, self.entries)

    @cached_property
    def effects(self) -> pd.DataFrame:
        """Every effect that says something of its claim, as `forest` has them."""
        return forest(self.measured, self.confidence)

    @cached_property
    def sources(self) -> list[str]:
        """Where the numbers of the effects come from, and under which licences."""
        asked = {(entry.study, entry.claim.cube): None for entry in self.entries if entry.evidence}
        return source_lines(
            study.read(cube) for study in self.studies for name, cube in asked if name == study.name
        )

    @cached_property
    def readings(self) -> dict[tuple[str, str], pd.DataFrame]:
        """The networks that were read twice, by study and cube of a claim."""
        cubes = dict.fromkeys(entry.claim.cube for entry in self.entries if entry.claim.cube)
        return {
            (reader.study.name, cube): reader.readings(cube)
            for reader in map(Reader, self.studies)
            for cube in cubes
            if reader.study.has(cube)
        }

    @property
    def measured(self) -> list[Entry]:
        """The entries with an effect that says something of its claim."""
        return [entry for entry in self.entries if entry.evidence and entry.label not in CLOSED]

    @property
    def real(self) -> list[Entry]:
        """The entries of studies of real models."""
        return [entry for entry in self.entries if not entry.of_proxy]

    @property
    def drawn(self) -> list[Entry]:
        """The entries of studies that stand in for real models."""
        return [entry for entry in self.entries if entry.of_proxy]

    @property
    def number(self) -> Text:
        """How many findings of the papers there are."""
        return Text(len({entry.claim.id for entry in findings(self.entries)}))

    @property
    def number_own(self) -> Text:
        """How many claims of this book there are."""
        return Text(len({entry.claim.id for entry in findings(self.entries, own=True)}))

    @property
    def answer(self) -> Text:
        """How many findings of the papers have which label in each study."""
        counted = (f"{_studied(of_study)} {_counted(findings(of_study))}" for of_study in self._by_study)
        return Text("; ".join(counted))

    @property
    def own(self) -> Text:
        """Which claims of this book have which label in each study."""
        said = (f"{_studied(of_study)} {_named(findings(of_study, own=True))}" for of_study in self._by_study)
        return Text("; ".join(said))

    @property
    def in_full(self) -> Text:
        """Which claims, parts and all, have which label in each study."""
        asked = ([entry for entry in of_study if entry.label not in CLOSED] for of_study in self._by_study)
        said = [f"{of_study[0].study}: {_named(of_study)}" for of_study in asked if of_study]
        return Text("; ".join(said)) if said else Missing("no claim can be asked")

    @property
    def flips(self) -> Flips:
        """What turns if one choice is made differently."""
        choices = by_choice(self.changed)
        tried = sum(len(flip.tried) for flip in choices)
        flipped = [one for flip in choices for one in flip.flipped]
        if not tried:
            return Flips(*[Missing("no choice bears on what is measured")] * 6)
        tried_of = (one for flip in choices for one in flip.tried)
        decided = [one for one in tried_of if not one.entry.of_proxy and one.entry.label in _OF_NETWORKS]
        of_decided = (
            count(sum(one.flips for one in decided), len(decided))
            if decided
            else Missing("no label that real models decide was tried")
        )
        if not flipped:
            none = Missing("no label flips")
            return Flips(Text(tried), Text(0), none, none, none, of_decided)
        by_label = Counter(f"{one.entry.claim.id} in {one.entry.study}" for one in flipped)
        labels = (f"{name} (by {by} choice{'s' if by > 1 else ''})" for name, by in by_label.items())
        most = choices[0]
        names = [one.entry.claim.id for one in most.flipped]
        return Flips(
            Text(tried),
            Text(len(flipped)),
            listed(labels),
            Text(CHANGES[most.choice, most.value]),
            Text(f"{len(names)} ({', '.join(names)})"),
            of_decided,
        )

    def tries(self, choice: str) -> bool:
        """Say whether a choice could be made differently for a label that can change."""
        return any(change.choice == choice and change.can_flip for change in self.changed)

    @property
    def said_of_real(self) -> list[Entry]:
        """What real models say beyond one or two networks: the entries that a first page leads with."""
        return [entry for entry in self.real if entry.label in _OF_NETWORKS and entry.evidence]

    @property
    def firm(self) -> Text:
        """Which claims real models speak of beyond one or two networks, by label, with their units."""
        said = [
            f"{label} {listed(_by_units(of_label))}"
            for label, of_label in by_label(self.said_of_real).items()
        ]
        return Text("; ".join(said)) if said else Missing("no label but for a few")

    @property
    def of_some(self) -> Text:
        """Which claims are of some network, so that the effect is the largest network's, not a mean."""
        names = dict.fromkeys(entry.claim.id for entry in self.measured if _is_of_some(entry))
        return listed(names) if names else Missing("no claim of some network is measured")

    @property
    def possible(self) -> Text:
        """What studies that stand in for real models show to be possible."""
        shown = [entry for entry in self.drawn if entry.label in (Label.SHOWN_POSSIBLE, Label.OPPOSITE)]
        return Text(_named(shown)) if shown else Missing("nothing is shown possible")

    @property
    def answer_of_real(self) -> Text:
        """How many findings of the papers have which label of real models."""
        real = findings(self.real)
        return Text(_counted(real)) if real else Missing("no study of real models")

    def sentences_of(self, *claims: str) -> Text:
        """Quote the sentences of claims, each with its id."""
        by_id = {entry.claim.id: entry.claim.sentence.removesuffix(".") for entry in self.entries}
        return Text(" ".join(f"{by_id[name]} ({name})." for name in claims))

    @property
    def labels(self) -> dict[str, Text]:
        """By claim, the label in each study: what a link to its row says."""
        by_claim: dict[str, list[str]] = {}
        for entry in sorted(self.entries, key=lambda entry: entry.of_proxy):
            study = f"{entry.study} (proxy)" if entry.of_proxy else entry.study
            by_claim.setdefault(entry.claim.id, []).append(f"{study}: {entry.label}")
        return {claim: Text("; ".join(said)) for claim, said in by_claim.items()}

    def drawn_say(self, *claims: str) -> Text | Missing:
        """Say which label claims have in studies that stand in for real models, where they can be asked."""
        asked = [
            entry for entry in self.drawn if entry.claim.id in claims and entry.label is not Label.NO_DATA
        ]
        return Text(_named(asked)) if asked else Missing("no study stands in for real models")

    def speaks(self, claim: str) -> str:
        """Say whether real models, beyond one or two, speak `for` a claim, `against` it or `neither`."""
        labels = {entry.label for entry in self._real([claim])}
        return "for" if labels & {*_FOR} else "against" if labels & {*_AGAINST} else "neither"

    def those(self, side: str, words: Mapping[str, str]) -> Text:
        """List the words of the claims on whose `side` (as of `speaks`) real models are."""
        said = [of_claim for claim, of_claim in words.items() if self.speaks(claim) == side]
        return listed(said) if said else Text("nothing that is decided")

    @property
    def still_open(self) -> Text:
        """How many findings of the papers real models neither support nor contradict beyond one or two."""
        asked = findings(self.real)
        decided = {entry.claim.id for entry in asked if entry.label in _OF_NETWORKS}
        left = {entry.claim.id for entry in asked} - decided
        return Text(len(left)) if asked else Missing("no study of real models")

    def counted_of(self, *claims: str) -> Text:
        """Say labels of real models with the cases as claimed; a mark says what changed since its freeze."""
        since = {change.claim for change in changes()}
        said = [
            f"{one.claim.id} {one.label}{CHANGED if one.claim.id in since else ''}{_cases(one)}"
            for one in self._real(claims)
        ]
        return Text(", ".join(said)) if said else Missing("no study of real models")

    def effect_of(self, claim: str) -> Text:
        """Say the effect of a claim in real models, with its interval where that has a bound."""
        for one in self._real([claim]):
            if one.effect is not None:
                said = estimate(one.claim, one.effect, self.confidence)
                return Text(said.removesuffix(f" ({NO_BOUND})"))
        return Missing("no study of real models has an effect")

    def _real(self, claims: Sequence[str]) -> list[Entry]:
        return [one for name in claims for one in self.real if one.claim.id == name]

    @property
    def next_unit(self) -> list[tuple[Entry, str]]:
        """What it would take, of real models, to speak of another unit where they cannot yet."""
        open_ = [(entry, what_would_settle(entry)) for entry in self.real]
        return [(entry, work) for entry, work in open_ if work]

    @property
    def next_units(self) -> Text:
        """`next_unit` in words, claims that lack the same together."""
        by_work: dict[str, list[str]] = {}
        for entry, work in self.next_unit:
            by_work.setdefault(work, []).append(entry.claim.id)
        said = [f"{listed(names)} – {work}" for work, names in by_work.items()]
        return Text("; ".join(said)) if said else Missing("nothing is open")

    @property
    def _by_study(self) -> list[list[Entry]]:
        return list(by_study(self.entries).values())


def _studied(entries: Sequence[Entry]) -> str:
    return f"in the study {entries[0].study}{' (a proxy)' if entries[0].of_proxy else ''}:"


def _counted(entries: Sequence[Entry]) -> str:
    return listed(f"{len(of_label)} {label}" for label, of_label in by_label(entries).items())


def _named(entries: Sequence[Entry]) -> str:
    labels = by_label(entries).items()
    return ", ".join(f"{label} {listed(one.claim.id for one in of_label)}" for label, of_label in labels)


def _by_units(entries: Sequence[Entry]) -> list[str]:
    """Name claims with the number of units behind each, those with as many together."""
    names: dict[int, list[str]] = {}
    for entry in entries:
        names.setdefault(entry.units, []).append(entry.claim.id)
    most = sorted(names, reverse=True)
    return [f"{listed(names[units])} ({units} unit{'' if units == 1 else 's'})" for units in most]


def _is_of_some(entry: Entry) -> bool:
    return entry.claim.quantifier == "some"


def _cases(entry: Entry) -> str:
    """Say in brackets how many of the networks, pairs or sources lie as claimed."""
    if entry.evidence is None:
        return ""
    lying = sides(entry.claim, entry.evidence)
    return f" ({count(lying.count(Side.CLAIMED), len(lying))})"


def claims_ledger(chosen: CheckedParameters) -> ClaimsLedger:
    """Ask every claim of some studies, and say what that adds up to.

    Parameters
    ----------
    chosen : CheckedParameters
        Parameters of the chapter.

    Raises
    ------
    ClipsafeError
        If a study or one of its cubes is at fault, or no claim can be asked of any.

    Examples
    --------
    >>> from clipsafe_utils import parameters_of
    >>> claims_ledger(parameters_of("claims", {"studies": ["published"]})).own
    in the study published: supported S1, reproduced S2
    """
    studies = [find_study(name) for name in chosen.studies]
    entries = ledger(studies)
    if all(entry.evidence is None for entry in entries):
        names = listed(study.name for study in studies)
        raise ClipsafeError(
            f"Nothing to show: {names} can be asked no claim; `clipsafe render what-we-cannot-say` shows why."
        )
    return ClaimsLedger(studies, chosen.confidence, entries)
