"""What the studies cannot say, why, and what work would change that: the result of the closing page."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from clipsafe_utils.claims.assumptions import MARKS, assumptions
from clipsafe_utils.claims.ledger import Entry, ledger
from clipsafe_utils.claims.registry import Claim
from clipsafe_utils.claims.summary import by_study, counts, findings
from clipsafe_utils.claims.verdicts import Verdict, plural
from clipsafe_utils.cubes import GROUPS, SCHEMAS, find_study
from clipsafe_utils.engine.models.catalogue import catalogue
from clipsafe_utils.metrics.families import MINIMUM_FAMILIES
from clipsafe_utils.parameters import CheckedParameters
from clipsafe_utils.say import Missing, Text, count


class Work(NamedTuple):
    """What a study would need, and the claims that it could then be asked, or decide."""

    needs: str
    study: str
    claims: tuple[str, ...]


@dataclass(frozen=True)
class Assumed:
    """How many lines of the protocol are assumptions: in all, and by how we know of them, as in `MARKS`."""

    number: Text
    found_nowhere: Text
    inferred: Text
    recalled: Text
    from_summaries: Text


@dataclass(frozen=True)
class OpenClaims:
    """What some studies leave open."""

    entries: list[Entry]
    confidence: float  # Level of the intervals and of the verdicts.

    @property
    def number(self) -> Text:
        """How many findings there are."""
        return Text(len(self._of_one_study))

    @property
    def outside(self) -> list[Entry]:
        """The findings that no study here can be asked."""
        return [entry for entry in self._of_one_study if _is_outside(entry.claim)]

    @property
    def number_outside(self) -> Text:
        """How many findings no study here can be asked."""
        return Text(len(self.outside))

    @property
    def answer(self) -> Text:
        """How many of the other findings each study leaves open."""
        return Text("; ".join(map(_open_in, by_study(self.entries).values())))

    @property
    def not_measured(self) -> list[Entry]:
        """What a study has nothing on."""
        return [entry for entry in self.entries if _is_missing(entry)]

    @property
    def undecided(self) -> list[Entry]:
        """Effects that a study leaves undecided."""
        undecided = Verdict.UNDECIDED
        return [entry for entry in self.entries if entry.effect and entry.judgement.verdict is undecided]

    @property
    def number_not_measured(self) -> Text:
        """How many claims a study has nothing on, over all studies."""
        return Text(len(self.not_measured)) if self.not_measured else Missing("each claim is measured")

    @property
    def few(self) -> Text:
        """How many undecided effects are so by the rule of few units."""
        effects = [entry.effect for entry in self.undecided if entry.effect]
        return count(sum(not effect.enough_units for effect in effects), len(effects))

    @cached_property
    def work(self) -> list[Work]:
        """What would close what is open, that which opens most first."""
        names: dict[tuple[str, str], list[str]] = {}
        for entry in self.entries:
            if needs := _needs(entry):
                names.setdefault((needs, entry.study), []).append(entry.claim.id)
        opened = [Work(needs, study, tuple(claims)) for (needs, study), claims in names.items()]
        return sorted(opened, key=lambda work: -len(work.claims))

    @property
    def largest_work(self) -> Text:
        """The work that would open most at once."""
        most = next(iter(self.work), None)
        return Text(f"{most.needs} (study {most.study})") if most else Missing("nothing is open")

    @property
    def largest_number(self) -> Text:
        """How many claims it would open."""
        number = len(self.work[0].claims) if self.work else 0
        return Text(f"{number} claim{'s' if number > 1 else ''}") if number else Missing("nothing is open")

    @property
    def models_of_full_study(self) -> Text:
        """How many models the catalogue of the full study has."""
        return Text(len(catalogue()))

    @property
    def sources_of_full_study(self) -> Text:
        """From how many training sources its zero-shot CLIPs are."""
        clips = [model for model in catalogue().values() if model.group == "clip_zero_shot"]
        return Text(len({model.training_source for model in clips}))

    @property
    def assumed(self) -> Assumed:
        """How many lines of the protocol are assumptions."""
        marks = [assumption.mark for assumption in assumptions()]
        return Assumed(Text(len(marks)), *(Text(marks.count(mark)) for mark in MARKS))

    @property
    def _of_one_study(self) -> list[Entry]:
        return findings(next(iter(by_study(self.entries).values())))


def open_claims(chosen: CheckedParameters) -> OpenClaims:
    """Ask every claim of some studies, and say what stays open.

    Parameters
    ----------
    chosen : CheckedParameters
        Parameters of the closing page.

    Raises
    ------
    ClipsafeError
        If a study or one of its cubes is at fault.

    Examples
    --------
    >>> from clipsafe_utils import parameters_of
    >>> open_claims(parameters_of("what-we-cannot-say", {"studies": ["field"]})).answer
    the study field leaves 0 undecided and has nothing on 19
    """
    studies = [find_study(name) for name in chosen.studies]
    return OpenClaims(ledger(studies, groups=chosen.groups, alpha=1 - chosen.confidence), chosen.confidence)


def needed(claim: Claim) -> str:
    """Say what a study must hold to be asked a claim."""
    groups = " and ".join(GROUPS[group] for group in claim.groups)
    sources = claim.training_sources
    several = f", of {sources} training sources or more" if sources > 1 else ""
    return f"the cube {claim.cube} with {groups}{several}"


def _needs(entry: Entry) -> str:
    if _is_missing(entry):
        cube = entry.claim.cube
        return f"the cube {cube} ({SCHEMAS[cube].title.lower()}) with CLIPs that fit the claims"
    if entry.effect is not None and not entry.effect.enough_units:
        return f"{plural(entry.effect.unit)}, {MINIMUM_FAMILIES} or more in all"
    return entry.settled_by


def _open_in(entries: Iterable[Entry]) -> str:
    asked = [entry for entry in findings(entries) if not _is_outside(entry.claim)]
    number_of = counts(asked)
    return (
        f"the study {asked[0].study} leaves {number_of[Verdict.UNDECIDED]} undecided and has nothing on "
        f"{number_of[Verdict.NOT_MEASURED]}"
    )


def _is_outside(claim: Claim) -> bool:
    return bool(claim.out_of_scope or claim.no_study)


def _is_missing(entry: Entry) -> bool:
    return entry.claim.is_asked and entry.judgement.verdict is Verdict.NOT_MEASURED
