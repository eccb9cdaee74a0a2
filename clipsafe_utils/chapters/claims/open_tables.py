"""Tables of the closing page: what is outside, without data or open, and what would close it."""

import html
from collections.abc import Iterable

import pandas as pd

from clipsafe_utils.claims.assumptions import MARKS, assumptions
from clipsafe_utils.claims.gaps import OpenClaims, needed
from clipsafe_utils.claims.ledger import Entry
from clipsafe_utils.claims.searches import searches
from clipsafe_utils.claims.settling import what_would_settle
from clipsafe_utils.claims.summary import by_study
from clipsafe_utils.claims.wording import estimate
from clipsafe_utils.findings.evaluated import FAMED, Evaluated
from clipsafe_utils.say import level, percent
from clipsafe_utils.show.shown import Shown
from clipsafe_utils.show.tables import first_open, table

_WHERE = "Looked for in public repositories on GitHub, in November 2026, in files below 4 MiB."
_LINEAGES = 4
"""Columns of lineages; the rest are counted together."""


def outside(r: OpenClaims) -> Shown:
    """Tabulate the findings that no study here can be asked, with the reason."""
    rows = [(_named(entry), entry.judgement.reason, _looked_for(entry)) for entry in r.outside]
    return table(
        pd.DataFrame(rows, columns=["Finding", "Why it is not asked", "Looked for in vain"]),
        f"Findings that no study of this book can be asked. {_WHERE}",
    )


def no_data(r: OpenClaims) -> Shown:
    """Tabulate for what each study has no data, why, and what it would have to hold."""
    real = {entry.study: not entry.of_proxy for entry in r.entries}
    return first_open(
        {
            study: _table_or(
                _of_missing(entry for entry in r.no_data if entry.study == study),
                f"For what the study {study} has no data. {_WHERE if real[study] else ''}".strip(),
                f"The study {study} has data for every claim that can be asked.",
            )
            for study in by_study(r.entries)
        },
        "What has no data",
    )


def evaluated(clips: Evaluated) -> Shown:
    """Count the zero-shot CLIPs that somebody evaluated, by cube and training lineage."""
    counts = clips.by_cube
    shown = counts.iloc[:, :_LINEAGES].assign(Others=counts.iloc[:, _LINEAGES:].sum(axis=1))
    total = counts.sum(axis=1)
    shown.insert(0, "CLIPs", total)
    if FAMED in counts:
        shown[f"Share of {FAMED}"] = (counts[FAMED] / total).map(lambda share: percent(share, 0))
    return table(
        shown.rename_axis("Cube").reset_index(),
        f"Zero-shot CLIPs of the study {clips.study}, each network once, by cube and training lineage.",
    )


def not_asked(r: OpenClaims) -> Shown:
    """Tabulate what a drawn world cannot be asked, with the measured reason."""
    return table(
        pd.DataFrame(
            [(_named(entry), str(entry.label), entry.judgement.reason) for entry in r.not_asked],
            columns=["Claim", "Label", "Why"],
        ),
        "Claims that a drawn world cannot be asked.",
    )


def few_units(r: OpenClaims) -> Shown:
    """Tabulate what is said of the networks measured alone, and what another unit would buy."""
    return table(
        _of_effects(r.few_units, r.confidence),
        "What is said of the networks measured and not of another unit. The last column holds if "
        "estimate and spread stay as they are.",
    )


def open_effects(r: OpenClaims) -> Shown:
    """Tabulate what each study has measured and leaves open, and what another unit would buy."""
    return first_open(
        {
            study: _table_or(
                _of_effects((entry for entry in r.open if entry.study == study), r.confidence),
                f"What the study {study} leaves open. The last column holds if estimate and spread stay the "
                "same.",
                f"The study {study} leaves no effect open.",
            )
            for study in by_study(r.entries)
        },
        "What is left open",
    )


def work(r: OpenClaims) -> Shown:
    """Tabulate the work that would close what is open."""
    rows = [(one.needs, one.study, len(one.claims), ", ".join(one.claims)) for one in r.work]
    return _table_or(
        pd.DataFrame(rows, columns=["Work", "Study", "Claims", "Which"]),
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
        "Lines of the protocol that are assumptions: how we know of each, what we chose, and which "
        "labels rest on it.",
    )


def _table_or(frame: pd.DataFrame, caption: str, none: str) -> Shown:
    """Tabulate rows, or say that there are none."""
    return table(frame, caption) if len(frame) else Shown(f"<p>{html.escape(none)}</p>")


def _of_missing(entries: Iterable[Entry]) -> pd.DataFrame:
    """Say what is missing and what it would take; of real models, what was looked for and how to get it."""
    rows = []
    for entry in entries:
        takes = f"; it would take {needed(entry.claim)}" if entry.claim.is_asked else ""
        row = {"Claim": _named(entry), "What is missing": f"{entry.judgement.reason}{takes}"}
        if not entry.of_proxy:
            search = searches().get(entry.claim.id)
            row["Looked for in vain"] = _looked_for(entry)
            row["How to get it with a GPU"] = search.command if search else ""
        rows.append(row)
    return pd.DataFrame(rows)


def _looked_for(entry: Entry) -> str:
    search = searches().get(entry.claim.id)
    if search is None:
        return ""
    return f"{search.looked_for}; found: {search.found}" if search.found else search.looked_for


def _of_effects(entries: Iterable[Entry], confidence: float) -> pd.DataFrame:
    rows = [
        (
            _named(entry),
            f"{entry.label}: {entry.judgement.reason}",
            str(estimate(entry.claim, mean, confidence)),
            what_would_settle(entry) or f"not tested on another {entry.evidence.unit}",
        )
        for entry in entries
        if (mean := entry.effect) is not None and entry.evidence is not None
    ]
    names = ["Claim", "Label, and what was counted", f"Effect ({level(confidence)})", "What it would take"]
    return pd.DataFrame(rows, columns=names)


def _named(entry: Entry) -> str:
    return f"{entry.claim.id}. {entry.claim.sentence}"
