"""The closing page: what the studies cannot say, why, and what work would change that."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import pandas as pd

from clipsafe_utils.claims.summary import by_study, counts, findings
from clipsafe_utils.claims.assumptions import counts as assumed
from clipsafe_utils.chapters.formats import complete, level
from clipsafe_utils.claims.ledger import Entry
from clipsafe_utils.claims.registry import Claim
from clipsafe_utils.claims.verdicts import Verdict, plural
from clipsafe_utils.claims.wording import interval, number
from clipsafe_utils.cubes import GROUPS, SCHEMAS
from clipsafe_utils.engine.models.catalogue import catalogue
from clipsafe_utils.figures.tables import ThemedTable, table
from clipsafe_utils.metrics.families import MINIMUM_FAMILIES

KEYS = (
    "limits-findings",
    "limits-outside",
    "limits-answer",
    "limits-open",
    "limits-few",
    "limits-not-measured",
    "limits-largest-work",
    "limits-largest-claims",
    "limits-catalogue-models",
    "limits-catalogue-sources",
    "limits-assumptions",
    "limits-assumptions-parts",
)
"""Every number that the prose glues."""

_FEW = "too few "
_SEVERAL = 2


def outside_table(entries: Iterable[Entry]) -> ThemedTable:
    """Tabulate the findings that no study here can be asked, with the reason."""
    rows = {
        entry.claim.id: (_named(entry.claim), entry.judgement.reason)
        for entry in entries
        if _is_outside(entry.claim)
    }
    return table(
        pd.DataFrame(list(rows.values()), columns=["Finding", "Why it is not asked"]),
        "Findings that no study of this book can be asked.",
    )


def not_measured_table(entries: Iterable[Entry], study: str) -> ThemedTable:
    """Tabulate what a study has nothing on, why, and what it would have to hold."""
    rows = [
        (_named(entry.claim), entry.judgement.reason, needed(entry.claim))
        for entry in entries
        if entry.study == study and _is_missing(entry)
    ]
    return table(
        pd.DataFrame(rows, columns=["Claim", "Why not measured", "What it would take"]),
        f"What the study {study} has nothing on.",
    )


def undecided_table(entries: Iterable[Entry], study: str, confidence: float) -> ThemedTable:
    """Tabulate what a study leaves undecided, why, and what would settle it.

    Parameters
    ----------
    entries : iterable of Entry
        The ledger.
    study : str
        Name of the study.
    confidence : float
        Level of the intervals.
    """
    rows = []
    for entry in entries:
        effect, claim = entry.effect, entry.claim
        if entry.study == study and entry.judgement.verdict is Verdict.UNDECIDED and effect is not None:
            span = f"{number(claim, effect.value)} ({interval(claim, effect, confidence)}) {claim.unit}"
            rows.append((_named(claim), span, entry.judgement.reason, entry.settled_by))
    names = ["Claim", f"Effect ({level(confidence)})", "Why undecided", "What would settle it"]
    return table(
        pd.DataFrame(rows, columns=names),
        f"What the study {study} leaves undecided. What would settle it holds if estimate and spread stay.",
    )


class Work(NamedTuple):
    """What a study would need, and the claims that it could then be asked, or decide."""

    needs: str
    study: str
    claims: tuple[str, ...]


def work(entries: Iterable[Entry]) -> list[Work]:
    """Sort what is open by the work that would close it, that which opens most first.

    Examples
    --------
    >>> work([])
    []
    """
    found: dict[tuple[str, str], list[str]] = {}
    for entry in entries:
        if needs := _needs(entry):
            found.setdefault((needs, entry.study), []).append(entry.claim.id)
    done = [Work(needs, study, tuple(names)) for (needs, study), names in found.items()]
    return sorted(done, key=lambda one: -len(one.claims))


def _needs(entry: Entry) -> str:
    if _is_missing(entry):
        cube = entry.claim.cube
        return f"the cube {cube} ({SCHEMAS[cube].title.lower()}) with CLIPs that fit the claims"
    if entry.effect is not None and _has_few_units(entry):
        return f"{plural(entry.effect.unit)}, {MINIMUM_FAMILIES} or more in all"
    return entry.settled_by


def work_table(entries: Iterable[Entry]) -> ThemedTable:
    """Tabulate the work that would close what is open."""
    rows = [(one.needs, one.study, len(one.claims), ", ".join(one.claims)) for one in work(entries)]
    return table(
        pd.DataFrame(rows, columns=["Work", "Study", "Claims", "Which"]),
        "What each study would need, and the claims that it could then be asked, or decide.",
    )


def needed(claim: Claim) -> str:
    """Say what a study must hold to be asked a claim.

    Examples
    --------
    >>> from clipsafe_utils.claims.registry import find_claim
    >>> needed(find_claim("F14"))
    'the cube ood with CLIP, zero-shot, of 2 training sources or more'
    """
    groups = " and ".join(GROUPS[group] for group in claim.groups)
    sources = claim.training_sources
    several = f", of {sources} training sources or more" if sources >= _SEVERAL else ""
    return f"the cube {claim.cube} with {groups}{several}"


def numbers(entries: Sequence[Entry]) -> dict[str, str]:
    """Return what the prose of the closing page says.

    Examples
    --------
    >>> numbers([])["limits-answer"]
    'no study was asked'
    """
    studies = by_study(entries)
    first = next(iter(studies.values()), [])
    marks = assumed()
    models = catalogue().values()
    sources = {model.training_source for model in models if model.group == "clip_zero_shot"}
    found = {
        "limits-catalogue-models": f"{len(models)}",
        "limits-catalogue-sources": f"{len(sources)}",
        "limits-findings": f"{len(findings(first))}",
        "limits-outside": f"{sum(_is_outside(entry.claim) for entry in findings(first))}",
        "limits-answer": "; ".join(map(_open_in, studies.values())) or "no study was asked",
        "limits-open": f"{sum(bool(entry.effect) and _is_undecided(entry) for entry in entries)}",
        "limits-few": f"{sum(map(_has_few_units, entries))}",
        "limits-not-measured": f"{sum(map(_is_missing, entries))}",
        "limits-assumptions": f"{sum(marks.values())}",
        "limits-assumptions-parts": (
            f"{marks['not found']} were found nowhere, {marks['inferred']} are our inference, "
            f"{marks['memory']} are recalled and not looked up, {marks['summary']} come from summaries"
        ),
    }
    for one in work(entries)[:1]:
        found["limits-largest-work"] = f"{one.needs} (study {one.study})"
        found["limits-largest-claims"] = f"{len(one.claims)} claim{'s' if len(one.claims) > 1 else ''}"
    return complete(KEYS, found)


def _open_in(entries: Sequence[Entry]) -> str:
    number_of = counts(findings(entry for entry in entries if not _is_outside(entry.claim)))
    return (
        f"the study {entries[0].study} leaves {number_of[Verdict.UNDECIDED]} undecided and has nothing on "
        f"{number_of[Verdict.NOT_MEASURED]}"
    )


def _is_outside(claim: Claim) -> bool:
    return bool(claim.out_of_scope or claim.no_study)


def _is_missing(entry: Entry) -> bool:
    return entry.claim.is_asked and entry.judgement.verdict is Verdict.NOT_MEASURED


def _is_undecided(entry: Entry) -> bool:
    return entry.judgement.verdict is Verdict.UNDECIDED


def _has_few_units(entry: Entry) -> bool:
    return entry.effect is not None and not entry.effect.enough_units


def _named(claim: Claim) -> str:
    return f"{claim.id}. {claim.sentence}"
