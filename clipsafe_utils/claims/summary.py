"""Chapter 7: what the ledger adds up to."""

from collections.abc import Iterable
from itertools import combinations
from typing import NamedTuple

import pandas as pd

from clipsafe_utils.claims.ledger import Changed, Entry
from clipsafe_utils.claims.verdicts import Verdict
from clipsafe_utils.claims.wording import MARKS

DECIDED = (Verdict.SUPPORTED, Verdict.CONTRADICTED)


def findings(entries: Iterable[Entry]) -> list[Entry]:
    """Keep one entry a finding: of a finding with parts, that of the whole.

    Examples
    --------
    >>> findings([])
    []
    """
    return [entry for entry in entries if not entry.claim.finding]


def by_study(entries: Iterable[Entry]) -> dict[str, list[Entry]]:
    """Sort entries by study, in the order in which the studies come.

    Examples
    --------
    >>> by_study([])
    {}
    """
    found: dict[str, list[Entry]] = {}
    for entry in entries:
        found.setdefault(entry.study, []).append(entry)
    return found


def counts(entries: Iterable[Entry]) -> dict[Verdict, int]:
    """Count the verdicts.

    Examples
    --------
    >>> counts([])[Verdict.SUPPORTED]
    0
    """
    verdicts = [entry.judgement.verdict for entry in entries]
    return {verdict: verdicts.count(verdict) for verdict in Verdict}


def is_proxy(entries: Iterable[Entry]) -> bool:
    """Say whether the study behind some entries stands in for real models.

    Examples
    --------
    >>> is_proxy([])
    False
    """
    return any(entry.evidence == "proxy" for entry in entries)


class Agreement(NamedTuple):
    """Two studies, and the claims that both decide: alike, and otherwise."""

    first: str
    second: str
    alike: tuple[str, ...]
    otherwise: tuple[str, ...]


def agreements(entries: Iterable[Entry]) -> list[Agreement]:
    """Compare the studies two by two, on the claims that have a statistic and that both decide.

    Examples
    --------
    >>> agreements([])
    []
    """
    decided = {
        study: {
            entry.claim.id: entry.judgement.verdict
            for entry in of_one
            if entry.claim.is_asked and entry.judgement.verdict in DECIDED
        }
        for study, of_one in by_study(entries).items()
    }
    found = []
    for first, second in combinations(decided, 2):
        both = [name for name in decided[first] if name in decided[second]]
        alike = tuple(name for name in both if decided[first][name] is decided[second][name])
        otherwise = tuple(name for name in both if name not in alike)
        found.append(Agreement(first, second, alike, otherwise))
    return found


def forest(entries: Iterable[Entry], confidence: float) -> pd.DataFrame:
    """Tabulate the effects as `figures.claims.forest` draws them.

    An effect is divided by the smallest that matters and turned so that what the claim predicts points to the
    right; a claim of an effect of either sign, or of none, keeps its sign. A claim without a smallest effect
    is left in its unit, and multiplied by 100 where that is points.

    Parameters
    ----------
    entries : iterable of Entry
        The ledger.
    confidence : float
        Level of the intervals.

    Returns
    -------
    pandas.DataFrame
        One row an effect: `claim`, `sentence`, `direction`, `unit` (empty where it is the smallest effect),
        `study`, `verdict`, `mark` (its sign), `value`, `low`, `high`.

    Examples
    --------
    >>> len(forest([], 0.95))
    0
    """
    columns = ["claim", "sentence", "direction", "unit", "study", "verdict", "mark"]
    columns += ["value", "low", "high"]
    rows = []
    for entry in entries:
        claim, effect = entry.claim, entry.effect
        if effect is None:
            continue
        scale, unit = (1 / claim.smallest_effect, "") if claim.smallest_effect else (1.0, claim.unit)
        if unit.startswith("points"):
            scale *= 100
        ends = [scale * end for end in effect.interval(confidence)]
        value = scale * effect.value
        if claim.direction == "down":
            value, ends = -value, [-end for end in reversed(ends)]
        verdict = entry.judgement.verdict
        named = (claim.id, claim.sentence, claim.direction, unit, entry.study)
        rows.append((*named, str(verdict), MARKS[verdict], value, *ends))
    return pd.DataFrame(rows, columns=columns)


def measured_twice(changed: Iterable[Changed]) -> list[Changed]:
    """Keep what was measured both under the headline's choices and under the other: what can flip.

    Findings with parts are left out; they follow their parts.

    Examples
    --------
    >>> measured_twice([])
    []
    """
    return [one for one in changed if one.effect is not None and one.entry.effect is not None]


def by_choice(changed: Iterable[Changed]) -> dict[tuple[str, str], list[Changed]]:
    """Sort what can flip by the choice that is made differently, those that flip most first.

    Examples
    --------
    >>> by_choice([])
    {}
    """
    found: dict[tuple[str, str], list[Changed]] = {}
    for one in measured_twice(changed):
        found.setdefault((one.choice, one.value), []).append(one)
    return dict(sorted(found.items(), key=lambda item: -sum(one.flips for one in item[1])))


def furthest(entries: Iterable[Entry]) -> Entry | None:
    """Return the contradicted claim whose effect is furthest from what is claimed, in smallest effects.

    Examples
    --------
    >>> furthest([]) is None
    True
    """
    contradicted = [
        entry
        for entry in entries
        if entry.judgement.verdict is Verdict.CONTRADICTED and entry.effect and entry.claim.smallest_effect
    ]
    return max(contradicted, key=_distance, default=None)


def _distance(entry: Entry) -> float:
    """Return how many smallest effects lie between an effect and what is claimed."""
    assert entry.effect is not None, "contradicted by an effect"
    value = entry.effect.value / entry.claim.smallest_effect
    towards = {"up": value, "down": -value}.get(entry.claim.direction, abs(value))
    return towards - 1 if entry.claim.direction == "none" else 1 - towards
