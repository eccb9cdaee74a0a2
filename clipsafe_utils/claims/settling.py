"""How many more units would let a study speak of another one, if estimate and spread stayed as they are."""

from dataclasses import replace

from clipsafe_utils.claims.labels import CLOSED, Label, leaning, plural
from clipsafe_utils.claims.ledger import Entry
from clipsafe_utils.claims.populations import ALPHA, UnitMean
from clipsafe_utils.metrics.families import FEWEST_UNITS

_MOST = 1_000
_SETTLED = {Label.SUPPORTED, Label.CONTRADICTED, Label.SHOWN_POSSIBLE, Label.OPPOSITE}


def more_units(entry: Entry) -> int | None:
    """Return the least number of further units that would decide at this spread; None if none would.

    Holm's correction is left out: how many other claims would still be open is not known.
    """
    mean = entry.effect
    if not isinstance(mean, UnitMean) or mean.units < 2:
        return None
    low, high = max(FEWEST_UNITS, mean.units), _MOST
    if not _decides(entry, mean, high):
        return None
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if _decides(entry, mean, middle) else (middle + 1, high)
    return low - mean.units


def what_would_settle(entry: Entry) -> str:
    """Say what it would take to speak of another unit; empty where a study does, or is not asked."""
    is_asked = entry.claim.quantifier == "each" and entry.label not in _SETTLED | CLOSED
    if entry.evidence is None or not is_asked:
        return ""
    units = plural(entry.evidence.unit)
    measured = len(entry.evidence.units)
    if measured < 2:
        return f"at least {FEWEST_UNITS - measured} more {units}: with one, their spread is not known"
    more = more_units(entry)
    if more is None:
        return f"no number of {units} at this estimate"
    if more == 0:
        return f"no more {units}: the {measured} would do without Holm's correction, for this claim alone"
    return f"about {more:,} more {entry.evidence.unit if more == 1 else units}, at this spread"


def _decides(entry: Entry, mean: UnitMean, units: int) -> bool:
    """Say whether as many units with the same mean and spread would decide."""
    found = leaning(entry.claim, [replace(mean, units=units)])
    return found is not None and found.p_value < ALPHA
