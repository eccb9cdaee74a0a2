"""All effects of the ledger on one scale: a row each, for the figure and its alternative text."""

from collections.abc import Iterable

import pandas as pd

from clipsafe_utils.claims.ledger import Entry
from clipsafe_utils.claims.wording import MARKS


def forest(entries: Iterable[Entry], confidence: float) -> pd.DataFrame:
    """Tabulate the effects as `figures.claims.forest` draws them.

    A row an effect: claim, sentence, direction, unit, study, verdict, mark, value, low, high. Effects are in
    smallest effects that matter, with what is predicted to the right; a claim of an effect of either sign, or
    of none, keeps its sign. Without a smallest effect they are in `unit`, shares times 100.
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
