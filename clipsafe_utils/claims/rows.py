"""Entries of the ledger as rows of a table of the terminal, in words, and as values for a script."""

import math

from clipsafe_utils.claims.labels import plural
from clipsafe_utils.claims.ledger import Changed, Entry
from clipsafe_utils.claims.populations import ALPHA, Side, effects_of_units, sides
from clipsafe_utils.claims.settling import what_would_settle
from clipsafe_utils.claims.wording import CHANGES, MARKS, ends, number

_CONFIDENCE = 1 - ALPHA


def row_of(entry: Entry) -> dict[str, str]:
    """Return the row of an entry."""
    mean, claim = entry.effect, entry.claim
    return {
        "claim": claim.id,
        "sentence": claim.sentence,
        "label": f"{MARKS[entry.label]} {entry.label}",
        "effect": "" if mean is None else f"{number(claim, mean.estimate)} {claim.unit}",
        f"{_CONFIDENCE:.0%} interval": "" if mean is None else ends(claim, *mean.interval()),
        "because": entry.judgement.reason,
    }


def detailed_row_of(entry: Entry) -> dict[str, str]:
    """Return the row of an entry among those of its claim alone."""
    claim, mean, evidence = entry.claim, entry.effect, entry.evidence
    row = {"study": entry.study} | row_of(entry)
    del row["claim"], row["sentence"]
    if mean is None or evidence is None:
        return row | dict.fromkeys(("next unit", "units", "which", "without one unit", "another unit"), "")
    return row | {
        "next unit": ends(claim, *mean.next_unit()),
        "units": f"{mean.units} {evidence.unit if mean.units == 1 else plural(evidence.unit)}",
        "which": evidence.which,
        "without one unit": "; ".join(f"{unit}: {label}" for unit, label in entry.dropped.items()),
        "another unit": what_would_settle(entry),
    }


def row_of_change(change: Changed) -> dict[str, str]:
    """Return the row of a label under another choice."""
    after, claim = change.after, change.entry.claim
    mean, label = after.effect, after.label
    return {
        "claim": claim.id,
        "study": change.entry.study,
        "headline": str(change.entry.label),
        "changed": CHANGES[change.choice, change.value],
        "label": f"{MARKS[label]} {label}{' (flips)' if change.flips else ''}",
        "effect": "" if mean is None else f"{number(claim, mean.estimate)} {claim.unit}",
        "p": p_value(after),
        "because": after.judgement.reason,
    }


def values_of(entry: Entry) -> dict[str, object]:
    """Return an entry for a script; None where there is no number."""
    claim, mean, evidence = entry.claim, entry.effect, entry.evidence
    common: dict[str, object] = {
        "claim": claim.id,
        "sentence": claim.sentence,
        "study": entry.study,
        "proxy": entry.of_proxy,
        "label": str(entry.label),
        "reason": entry.judgement.reason,
        "family": claim.family,
        "unit": claim.unit,
        "smallest_effect": claim.smallest_effect,
        "confidence": _CONFIDENCE,
        "p_value": _finite(entry.judgement.p_value),
        "another_unit": what_would_settle(entry),
    }
    if mean is None or evidence is None:
        return common | dict.fromkeys(("effect", "low", "high", "next_low", "next_high", "networks", "units"))
    low, high = map(_finite, mean.interval())
    next_low, next_high = map(_finite, mean.next_unit())
    lying = sides(claim, evidence)
    return common | {
        "effect": mean.estimate,
        "low": low,
        "high": high,
        "next_low": next_low,
        "next_high": next_high,
        "which": evidence.which,
        "images_error": evidence.images_error,
        "floor": evidence.floor,
        "networks": {
            "case": evidence.case,
            "number": evidence.networks,
            "families": evidence.families,
            **{side.name.lower(): lying.count(side) for side in Side},
            "cases": {case.name: case.value for case in evidence.cases},
        },
        "units": {
            "unit": evidence.unit,
            "number": mean.units,
            "effects": effects_of_units(evidence),
            "label_without": {unit: str(label) for unit, label in entry.dropped.items()},
        },
    }


def values_of_change(change: Changed) -> dict[str, object]:
    """Return a label under another choice for a script."""
    mean = change.after.effect
    return {
        "claim": change.entry.claim.id,
        "study": change.entry.study,
        "choice": change.choice,
        "value": change.value,
        "headline": str(change.entry.label),
        "label": str(change.after.label),
        "can_flip": change.can_flip,
        "flips": change.flips,
        "p_value": _finite(change.after.judgement.p_value),
        "reason": change.after.judgement.reason,
        "effect": None if mean is None else mean.estimate,
    }


def p_value(entry: Entry) -> str:
    """Write the p-value of another unit; empty where none is spoken of."""
    value = entry.judgement.p_value
    return "" if math.isnan(value) else f"{value:.3f}" if value >= 0.001 else "< 0.001"


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
