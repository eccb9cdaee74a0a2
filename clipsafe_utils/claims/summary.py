"""Counting and comparing the entries of the ledger, what another choice turns, effects on one scale."""

from collections.abc import Iterable
from itertools import combinations
from typing import NamedTuple

import pandas as pd

from clipsafe_utils.claims.ledger import Changed, Entry
from clipsafe_utils.claims.verdicts import Verdict
from clipsafe_utils.claims.wording import MARKS

DECIDED = (Verdict.SUPPORTED, Verdict.CONTRADICTED)


def findings(entries: Iterable[Entry]) -> list[Entry]:
    """Keep one entry a finding: of a finding with parts, that of the whole."""
    return [entry for entry in entries if not entry.claim.finding]


def by_study(entries: Iterable[Entry]) -> dict[str, list[Entry]]:
    """Sort entries by study, in the order in which the studies come."""
    studies: dict[str, list[Entry]] = {}
    for entry in entries:
        studies.setdefault(entry.study, []).append(entry)
    return studies


def counts(entries: Iterable[Entry]) -> dict[Verdict, int]:
    """Count the verdicts."""
    verdicts = [entry.judgement.verdict for entry in entries]
    return {verdict: verdicts.count(verdict) for verdict in Verdict}


class Agreement(NamedTuple):
    """Two studies, and the claims that both decide: alike, and otherwise."""

    first: str
    second: str
    alike: tuple[str, ...]
    otherwise: tuple[str, ...]


def agreements(entries: Iterable[Entry]) -> list[Agreement]:
    """Compare the studies two by two, on the claims that have a statistic and that both decide."""
    decided = {
        study: {
            entry.claim.id: entry.judgement.verdict
            for entry in of_study
            if entry.claim.is_asked and entry.judgement.verdict in DECIDED
        }
        for study, of_study in by_study(entries).items()
    }
    compared = []
    for first, second in combinations(decided, 2):
        both = [name for name in decided[first] if name in decided[second]]
        alike = tuple(name for name in both if decided[first][name] is decided[second][name])
        otherwise = tuple(name for name in both if name not in alike)
        compared.append(Agreement(first, second, alike, otherwise))
    return compared


def measured_twice(changed: Iterable[Changed]) -> list[Changed]:
    """Keep what was measured both under the headline's choices and under the other: what can flip.

    Findings with parts are left out; they follow their parts.
    """
    return [change for change in changed if change.effect is not None and change.entry.effect is not None]


def by_choice(changed: Iterable[Changed]) -> dict[tuple[str, str], list[Changed]]:
    """Sort what can flip by the choice that is made differently, those that flip most first."""
    choices: dict[tuple[str, str], list[Changed]] = {}
    for change in measured_twice(changed):
        choices.setdefault((change.choice, change.value), []).append(change)
    return dict(sorted(choices.items(), key=lambda item: -sum(change.flips for change in item[1])))


def furthest(entries: Iterable[Entry]) -> Entry | None:
    """Return the contradicted claim whose effect is furthest from what is claimed, in smallest effects."""
    contradicted = [
        entry
        for entry in entries
        if entry.judgement.verdict is Verdict.CONTRADICTED and entry.effect and entry.claim.smallest_effect
    ]
    return max(contradicted, key=_distance, default=None)


def _distance(entry: Entry) -> float:
    """Return the distance from what is claimed, in smallest effects."""
    assert entry.effect is not None, "contradicted by an effect"
    value = entry.effect.value / entry.claim.smallest_effect
    towards = {"up": value, "down": -value}.get(entry.claim.direction, abs(value))
    return towards - 1 if entry.claim.direction == "none" else 1 - towards


def forest(entries: Iterable[Entry], confidence: float) -> pd.DataFrame:
    """Tabulate the effects as the figure of chapter 8 draws them.

    A row an effect: claim, sentence, direction, unit, study, verdict, mark, value, low, high. Effects are in
    smallest effects that matter, with what is predicted to the right; a claim of an effect of either sign, or
    of none, keeps its sign. Without a smallest effect they are in `unit`, shares times 100.
    """
    columns = ("claim", "sentence", "direction", "unit", "study", "verdict", "mark", "value", "low", "high")
    rows = []
    for entry in entries:
        claim, effect = entry.claim, entry.effect
        if effect is None:
            continue
        scale, unit = (1 / claim.smallest_effect, "") if claim.smallest_effect else (1.0, claim.unit)
        if unit.startswith("points"):
            scale *= 100
        low, high = (scale * end for end in effect.interval(confidence))
        value = scale * effect.value
        if claim.direction == "down":
            value, low, high = -value, -high, -low
        verdict = entry.judgement.verdict
        named = (claim.id, claim.sentence, claim.direction, unit, entry.study, str(verdict), MARKS[verdict])
        rows.append((*named, value, low, high))
    return pd.DataFrame(rows, columns=columns)
