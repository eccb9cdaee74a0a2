"""Entries of the ledger as rows of a table of the terminal, in words, and as values for a script."""

from clipsafe_utils.claims.ledger import Changed, Entry
from clipsafe_utils.claims.verdicts import plural
from clipsafe_utils.claims.wording import CHANGES, MARKS, interval, number

_CONFIDENCE = 0.95


def row_of(entry: Entry) -> dict[str, str]:
    """Return the row of an entry."""
    effect, claim, verdict = entry.effect, entry.claim, entry.judgement.verdict
    return {
        "claim": claim.id,
        "sentence": claim.sentence,
        "verdict": f"{MARKS[verdict]} {verdict}",
        "effect": "" if effect is None else f"{number(claim, effect.value)} {claim.unit}",
        f"{_CONFIDENCE:.0%} interval": "" if effect is None else interval(claim, effect, _CONFIDENCE),
        "because": entry.judgement.reason,
    }


def detailed_row_of(entry: Entry) -> dict[str, str]:
    """Return the row of an entry among those of its claim alone."""
    counted, which, effect = "", "", entry.effect
    if effect is not None:
        counted = f"{effect.units:,} {plural(effect.unit) if effect.units != 1 else effect.unit}"
        which = effect.which
    row = {"study": entry.study} | row_of(entry)
    del row["claim"], row["sentence"]
    return row | {
        "evidence": entry.evidence,
        "counted by": counted,
        "which": which,
        "settled by": entry.settled_by,
    }


def row_of_change(change: Changed) -> dict[str, str]:
    """Return the row of a verdict under another choice."""
    claim, verdict = change.entry.claim, change.judgement.verdict
    return {
        "claim": claim.id,
        "study": change.entry.study,
        "headline": str(change.entry.judgement.verdict),
        "changed": CHANGES[change.choice, change.value],
        "verdict": f"{MARKS[verdict]} {verdict}{' (flips)' if change.flips else ''}",
        "effect": "" if change.effect is None else f"{number(claim, change.effect.value)} {claim.unit}",
        "because": change.judgement.reason,
    }


def values_of(entry: Entry) -> dict[str, object]:
    """Return an entry for a script; None where there is no number."""
    claim, effect = entry.claim, entry.effect
    low, high = (None, None) if effect is None else map(_finite, effect.interval(_CONFIDENCE))
    return {
        "claim": claim.id,
        "sentence": claim.sentence,
        "study": entry.study,
        "verdict": str(entry.judgement.verdict),
        "reason": entry.judgement.reason,
        "effect": None if effect is None else effect.value,
        "low": low,
        "high": high,
        "confidence": _CONFIDENCE,
        "unit": claim.unit,
        "smallest_effect": claim.smallest_effect,
        "p_value": _finite(entry.judgement.p_value),
        "evidence": entry.evidence,
        "units": None if effect is None else effect.units,
        "which": "" if effect is None else effect.which,
        "counted_by": "" if effect is None else plural(effect.unit),
        "settled_by": entry.settled_by,
    }


def values_of_change(change: Changed) -> dict[str, object]:
    """Return a verdict under another choice for a script."""
    return {
        "claim": change.entry.claim.id,
        "study": change.entry.study,
        "choice": change.choice,
        "value": change.value,
        "headline": str(change.entry.judgement.verdict),
        "verdict": str(change.judgement.verdict),
        "flips": change.flips,
        "reason": change.judgement.reason,
        "effect": None if change.effect is None else change.effect.value,
    }


def _finite(value: float) -> float | None:
    return value if abs(value) < float("inf") else None
