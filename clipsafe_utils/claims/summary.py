"""Counting and comparing the entries of the ledger, what another choice turns, effects on one scale."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import pandas as pd

from clipsafe_utils.claims.labels import Label
from clipsafe_utils.claims.ledger import Changed, Entry
from clipsafe_utils.claims.wording import MARKS, bounds, number

SAID = (
    *(Label.SUPPORTED, Label.REPRODUCED, Label.AGREES, Label.SHOWN_POSSIBLE),
    *(Label.CONTRADICTED, Label.NOT_REPRODUCED, Label.DISAGREES, Label.OPPOSITE),
    *(Label.MIXED, Label.UNCLEAR, Label.NOT_SHOWN, Label.BUILT_IN, Label.NOT_TESTABLE),
    *(Label.NO_DATA, Label.OUTSIDE),
)
"""All labels, in the order in which they are counted."""


def findings(entries: Iterable[Entry], *, own: bool = False) -> list[Entry]:
    """Keep one entry a finding of the papers, or a claim of this book; of one with parts, the whole."""
    return [entry for entry in entries if not entry.claim.finding and entry.claim.is_own == own]


def by_study(entries: Iterable[Entry]) -> dict[str, list[Entry]]:
    """Sort entries by study, in the order in which the studies come."""
    studies: dict[str, list[Entry]] = {}
    for entry in entries:
        studies.setdefault(entry.study, []).append(entry)
    return studies


def by_label(entries: Iterable[Entry]) -> dict[Label, list[Entry]]:
    """Sort entries by label, in the order of `SAID`, without labels that nobody has."""
    labels: dict[Label, list[Entry]] = {label: [] for label in SAID}
    for entry in entries:
        labels[entry.label].append(entry)
    return {label: of_label for label, of_label in labels.items() if of_label}


class Flip(NamedTuple):
    """A choice made differently, with the labels that can change and those that do."""

    choice: str
    value: str
    tried: Sequence[Changed]
    flipped: Sequence[Changed]


def by_choice(changed: Iterable[Changed]) -> list[Flip]:
    """Sort what can change by the choice that is made differently, those that turn most first."""
    choices: dict[tuple[str, str], list[Changed]] = {}
    for change in changed:
        if change.can_flip:
            choices.setdefault((change.choice, change.value), []).append(change)
    flips = [Flip(*key, tried, [one for one in tried if one.flips]) for key, tried in choices.items()]
    return sorted(flips, key=lambda flip: -len(flip.flipped))


def forest(entries: Iterable[Entry], confidence: float) -> pd.DataFrame:
    """Tabulate the effects as the figure of the ledger draws them.

    A row an effect: claim, sentence, direction, of_some (it is the largest network's), unit, study, label,
    mark, value, low, high, and `said`, the effect in `own_unit`, that of its claim. Others are in smallest
    effects that matter, with what is predicted to the right;
    a claim of an effect of either sign, or of none, keeps its sign. Without a smallest effect they are in
    `unit`, shares times 100. Low and high are of the mean over units, or of the largest network; without an
    end that is not known or not possible.
    """
    columns = ("claim", "sentence", "direction", "of_some", "unit", "study", "label", "mark")
    rows = []
    for entry in entries:
        claim, mean = entry.claim, entry.effect
        if mean is None:
            continue
        scale, unit = (1 / claim.smallest_effect, "") if claim.smallest_effect else (1.0, claim.unit)
        if unit.startswith("points"):
            scale *= 100
        low, high = (scale * end for end in bounds(claim, *mean.interval(confidence)))
        value = scale * mean.estimate
        if claim.direction == "down":
            value, low, high = -value, -high, -low
        named = (claim.id, claim.sentence, claim.direction, claim.quantifier == "some", unit, entry.study)
        said = number(claim, mean.estimate)
        rows.append((*named, str(entry.label), MARKS[entry.label], value, low, high, said, claim.unit))
    return pd.DataFrame(rows, columns=[*columns, "value", "low", "high", "said", "own_unit"])
