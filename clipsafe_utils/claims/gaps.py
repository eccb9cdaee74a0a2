"""What the studies cannot say, why, and what work would change that: the result of the closing page."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from clipsafe_utils.claims.assumptions import MARKS, assumptions
from clipsafe_utils.claims.labels import Label
from clipsafe_utils.claims.ledger import Entry, ledger
from clipsafe_utils.claims.populations import UnitMean
from clipsafe_utils.claims.registry import Claim
from clipsafe_utils.claims.settling import what_would_settle
from clipsafe_utils.claims.summary import by_study, findings
from clipsafe_utils.cubes import GROUPS, SCHEMAS, find_study
from clipsafe_utils.parameters import CheckedParameters
from clipsafe_utils.registry.catalogue import catalogue
from clipsafe_utils.say import Missing, Text, listed


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


_SO_FAR = (Label.AGREES, Label.DISAGREES)
_OPEN = (*_SO_FAR, Label.MIXED, Label.UNCLEAR, Label.NOT_SHOWN)


@dataclass(frozen=True)
class OpenClaims:
    """What some studies leave open."""

    entries: list[Entry]
    confidence: float  # Level of the intervals.

    @property
    def number(self) -> Text:
        """How many findings and claims of this book there are."""
        return Text(len([*findings(self._of_one_study), *findings(self._of_one_study, own=True)]))

    @property
    def outside(self) -> list[Entry]:
        """The findings whose question is not one of these cubes."""
        return [entry for entry in self._of_one_study if entry.label is Label.OUTSIDE]

    @property
    def number_outside(self) -> Text:
        """How many these are."""
        return Text(len(self.outside))

    @property
    def answer(self) -> Text:
        """How many of the other findings each study leaves open."""
        return Text("; ".join(map(_open_in, by_study(self.entries).values())))

    @property
    def no_data(self) -> list[Entry]:
        """What a study has nothing on."""
        return [entry for entry in self.entries if entry.label is Label.NO_DATA and not entry.claim.all_of]

    @property
    def not_asked(self) -> list[Entry]:
        """What a drawn world cannot be asked: what was built in, and what it lacks."""
        of_world = (Label.BUILT_IN, Label.NOT_TESTABLE)
        return [entry for entry in self.entries if entry.label in of_world and not entry.claim.all_of]

    @property
    def open(self) -> list[Entry]:
        """Effects that a study has measured and cannot put on one side."""
        return [entry for entry in self.entries if entry.evidence and entry.label in _OPEN]

    @property
    def few_units(self) -> list[Entry]:
        """What is said of the networks measured, and not of another unit, though it is asked of one."""
        return [entry for entry in self._of_networks if entry.claim.quantifier == "each"]

    @property
    def of_some(self) -> Text:
        """Which claims are not asked of another unit, since they are of some network."""
        names = [entry.claim.id for entry in self._of_networks if entry.claim.quantifier == "some"]
        return listed(names) if names else Missing("no claim of some network has such a label")

    @property
    def means(self) -> list[Entry]:
        """Of both, effects that are a mean over units, where some size is the smallest that matters."""
        both = [*self.few_units, *self.open]
        return [one for one in both if isinstance(one.effect, UnitMean) and one.claim.smallest_effect > 0]

    @property
    def of_networks_alone(self) -> Text:
        """Which claims these are."""
        names = [entry.claim.id for entry in self.few_units]
        return listed(names) if names else Text("none")

    @property
    def number_no_data(self) -> Text:
        """On how many claims a study has nothing, over all studies."""
        return Text(len(self.no_data)) if self.no_data else Missing("each claim is measured")

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
        """The work that would settle most at once."""
        most = next(iter(self.work), None)
        if most is None:
            return Missing("nothing is open")
        needs, _, _ = most.needs.partition(":")  # The table has the reason behind it.
        return Text(f"{needs} (study {most.study})")

    @property
    def largest_number(self) -> Text:
        """How many claims it would settle."""
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
    def _of_networks(self) -> list[Entry]:
        said = (Label.REPRODUCED, Label.NOT_REPRODUCED)
        return [entry for entry in self.entries if entry.evidence and entry.label in said]

    @property
    def _of_one_study(self) -> list[Entry]:
        return next(iter(by_study(self.entries).values()))


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
    the study field leaves 0 open and has no data for 21
    """
    studies = [find_study(name) for name in chosen.studies]
    return OpenClaims(ledger(studies), chosen.confidence)


def needed(claim: Claim) -> str:
    """Say what a study must hold to be asked a claim."""
    groups = " and ".join(GROUPS[group] for group in claim.groups)
    sources = claim.training_sources
    several = f", of {sources} training sources or more" if sources > 1 else ""
    return f"the cube {claim.cube} with {groups}{several}"


def _needs(entry: Entry) -> str:
    if entry.label is Label.NO_DATA and entry.claim.is_asked:
        cube = entry.claim.cube
        return f"the cube {cube} ({SCHEMAS[cube].title.lower()}) with CLIPs that fit the claims"
    return what_would_settle(entry)


def _open_in(entries: Iterable[Entry]) -> str:
    asked = [entry for entry in entries if not entry.claim.finding and entry.label is not Label.OUTSIDE]
    left, so_far, nothing = (
        sum(entry.label in labels for entry in asked) for labels in (_OPEN, _SO_FAR, (Label.NO_DATA,))
    )
    of_few = f", {so_far} of them with a label “so far”," if so_far else ""
    return f"the study {asked[0].study} leaves {left} open{of_few} and has no data for {nothing}"
