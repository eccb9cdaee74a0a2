"""Tables of the closing page: what is outside, not measured or undecided, and what would close it."""

import html
from collections.abc import Sequence

import pandas as pd

from clipsafe_utils.claims.assumptions import MARKS, assumptions
from clipsafe_utils.claims.gaps import OpenClaims, needed
from clipsafe_utils.claims.ledger import Entry
from clipsafe_utils.claims.summary import by_study
from clipsafe_utils.claims.wording import estimate
from clipsafe_utils.say import level
from clipsafe_utils.show.shown import Shown
from clipsafe_utils.show.tables import first_open, table


def outside(r: OpenClaims) -> Shown:
    """Tabulate the findings that no study here can be asked, with the reason."""
    rows = [(_named(entry), entry.judgement.reason) for entry in r.outside]
    return table(
        pd.DataFrame(rows, columns=["Finding", "Why it is not asked"]),
        "Findings that no study of this book can be asked.",
    )


def not_measured(r: OpenClaims) -> Shown:
    """Tabulate what each study has nothing on, why, and what it would have to hold."""
    return first_open(
        {
            study: _table_or(
                [
                    (_named(entry), entry.judgement.reason, needed(entry.claim))
                    for entry in r.not_measured
                    if entry.study == study
                ],
                ["Claim", "Why not measured", "What it would take"],
                f"What the study {study} has nothing on.",
                f"The study {study} has something on every claim that can be asked.",
            )
            for study in by_study(r.entries)
        }
    )


def undecided(r: OpenClaims) -> Shown:
    """Tabulate what each study leaves undecided, why, and what would settle it."""
    names = ["Claim", f"Effect ({level(r.confidence)})", "Why undecided", "What would settle it"]
    return first_open(
        {
            study: _table_or(
                [_undecided_row(entry, r.confidence) for entry in r.undecided if entry.study == study],
                names,
                f"What the study {study} leaves undecided. What would settle it holds if estimate and spread"
                " stay.",
                f"The study {study} leaves no effect undecided.",
            )
            for study in by_study(r.entries)
        }
    )


def work(r: OpenClaims) -> Shown:
    """Tabulate the work that would close what is open."""
    return _table_or(
        [(one.needs, one.study, len(one.claims), ", ".join(one.claims)) for one in r.work],
        ["Work", "Study", "Claims", "Which"],
        "What each study would need, and the claims that it could then be asked, or decide.",
        "Nothing is open here.",
    )


def settled_by_assumption() -> Shown:
    """Tabulate the lines of the protocol that are assumptions."""
    rows = [
        (one.what, MARKS[one.mark], one.chosen, ", ".join(one.claims) or "all of them")
        for one in assumptions()
    ]
    return table(
        pd.DataFrame(rows, columns=["What had to be settled", "Known", "What we chose", "Claims"]),
        "Lines of the protocol that are assumptions: how we know of each, what we chose, and whose verdict "
        "rests on it.",
    )


def _table_or(rows: Sequence[tuple[object, ...]], names: list[str], caption: str, none: str) -> Shown:
    """Tabulate rows, or say that there are none."""
    if not rows:
        return Shown(f"<p>{html.escape(none)}</p>")
    return table(pd.DataFrame(rows, columns=names), caption)


def _undecided_row(entry: Entry, confidence: float) -> tuple[str, ...]:
    assert entry.effect is not None, "undecided on an effect"
    effect = f"{estimate(entry.claim, entry.effect, confidence)} {entry.claim.unit}"
    return _named(entry), effect, entry.judgement.reason, entry.settled_by


def _named(entry: Entry) -> str:
    return f"{entry.claim.id}. {entry.claim.sentence}"
