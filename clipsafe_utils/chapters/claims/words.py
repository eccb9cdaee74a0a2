"""Chapter 7 in words and numbers."""

from collections.abc import Sequence

from clipsafe_utils.claims.summary import (
    DECIDED,
    Agreement,
    agreements,
    by_choice,
    by_study,
    counts,
    findings,
    furthest,
    is_proxy,
    measured_twice,
)
from clipsafe_utils.chapters.formats import complete, percent
from clipsafe_utils.claims.ledger import Changed, Entry
from clipsafe_utils.claims.verdicts import Verdict
from clipsafe_utils.claims.wording import CHANGES, interval, number

KEYS = (
    "claims-findings",
    "claims-answer",
    "claims-decided",
    "claims-agreement",
    "claims-verdicts-tried",
    "claims-flips",
    "claims-most-choice",
    "claims-most-flips",
    "claims-furthest",
    "claims-furthest-study",
    "claims-furthest-effect",
    "claims-f8-better",
    "claims-f8-literal",
    "claims-f8-either",
)
"""Every number that the prose glues."""

_NEVER_BETTER = 0.9
"""A share of pairs above it is "consistently better", in the rule of F8."""


def numbers(entries: Sequence[Entry], changed: Sequence[Changed], confidence: float) -> dict[str, str]:
    """Return what the prose says.

    Parameters
    ----------
    entries : sequence of Entry
        The ledger.
    changed : sequence of Changed
        Its sensitivity.
    confidence : float
        Level of the intervals.

    Returns
    -------
    dict of str to str
        Every key of `KEYS`.

    Examples
    --------
    >>> numbers([], [], 0.95)["claims-answer"]
    'no study was asked'
    """
    studies = by_study(entries)
    whole = findings(next(iter(studies.values()), []))
    found = {
        "claims-findings": f"{len(whole)}",
        "claims-answer": "; ".join(map(_of_study, studies.values())) or "no study was asked",
        "claims-decided": "; ".join(map(decided, studies.values())) or "no study was asked",
        "claims-agreement": _agreement(agreements(entries)),
    }
    return complete(
        KEYS, found | _of_choices(changed) | _of_furthest(entries, confidence) | _of_f8(entries, changed)
    )


def _of_study(entries: Sequence[Entry]) -> str:
    number_of = counts(findings(entries))
    said = ", ".join(f"{number_of[verdict]} {verdict}" for verdict in Verdict)
    return f"in the study {entries[0].study}{' (a proxy)' if is_proxy(entries) else ''} {said}"


def decided(entries: Sequence[Entry]) -> str:
    """Name what one study decides.

    Parameters
    ----------
    entries : sequence of Entry
        Those of one study, at least one.
    """
    said = []
    for verdict in DECIDED:
        names = [entry.claim.id for entry in findings(entries) if entry.judgement.verdict is verdict]
        said.append(f"{verdict} {', '.join(names) or 'none'}")
    return f"{entries[0].study}: {said[0]}, {said[1]}"


def _agreement(pairs: Sequence[Agreement]) -> str:
    said = []
    for pair in pairs:
        names, both = f"{pair.first} and {pair.second}", len(pair.alike) + len(pair.otherwise)
        if not both:
            said.append(f"no claim is decided by both {names}")
        else:
            apart = f" and part on {', '.join(pair.otherwise)}" if pair.otherwise else ""
            said.append(f"of {both} claims that both {names} decide, they agree on {len(pair.alike)}{apart}")
    return "; ".join(said) or "one study alone was asked"


def _of_choices(changed: Sequence[Changed]) -> dict[str, str]:
    choices = by_choice(changed)
    if not choices:
        return {}
    (choice, value), tried = next(iter(choices.items()))
    most = [one.entry.claim.id for one in tried if one.flips]
    return {
        "claims-verdicts-tried": f"{sum(map(len, choices.values()))}",
        "claims-flips": f"{sum(one.flips for one in measured_twice(changed))}",
        "claims-most-choice": CHANGES[choice, value] if most else "none of them",
        "claims-most-flips": f"{len(most)} ({', '.join(most)})" if most else "0",
    }


def _of_furthest(entries: Sequence[Entry], confidence: float) -> dict[str, str]:
    entry = furthest(entries)
    if entry is None or entry.effect is None:
        return {}
    claim, effect = entry.claim, entry.effect
    span = interval(claim, effect, confidence)
    return {
        "claims-furthest": f"{claim.id}, “{claim.sentence.rstrip('.')}”",
        "claims-furthest-study": entry.study,
        "claims-furthest-effect": f"{number(claim, effect.value)} {claim.unit} ({span})",
    }


def _of_f8(entries: Sequence[Entry], changed: Sequence[Changed]) -> dict[str, str]:
    measured = [entry for entry in entries if entry.claim.id == "F8" and entry.effect is not None]
    either = [one for one in changed if one.choice == "consistency"]
    if not measured or not either:
        return {}
    effect = measured[0].effect
    assert effect is not None, "measured"
    return {
        "claims-f8-better": percent(_NEVER_BETTER - effect.value),
        "claims-f8-literal": str(measured[0].judgement.verdict),
        "claims-f8-either": str(either[0].judgement.verdict),
    }
