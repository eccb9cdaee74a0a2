"""Chapter 6 in numbers: what the prose says of the record, with the rule of five families."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from clipsafe_utils.chapters.causes.nesting import nesting, shared, written
from clipsafe_utils.chapters.formats import complete, interval, listed, points
from clipsafe_utils.findings.causes.record import shifts_of, wit_pairs
from clipsafe_utils.findings.clip_pairs import compare_pairs
from clipsafe_utils.findings.shift.clouds import Clouds
from clipsafe_utils.registry.set_names import shift_title

TITLES: Mapping[str, str] = {
    "small": "LAION-80M to 400M",
    "large": "LAION-400M to 2B",
    "samples": "3 to 13 billion",
    "longer": "13 to 34 billion",
    "patch": "ViT-B/32 to ViT-B/16",
    "size": "ViT-B/16 to ViT-L/14",
    "source": "LAION-400M to WIT",
}
"""Causes that the prose names, and their titles."""

_ANY = 0.95
"""Level of intervals that are not read."""

_SHORT = {"id": "id", "at_equal": "equal"}

KEYS = (
    *(f"causes-record-{name}-{short}" for name in TITLES for short in _SHORT.values()),
    "causes-record-causes",
    "causes-record-decided",
    "causes-record-undecided",
    "causes-record-shifts",
    "causes-record-wit-up",
    "causes-record-wit-down",
    "causes-nested",
    "causes-shared",
)
"""Every number of the record that the prose of the chapter glues."""


def numbers(clouds: Clouds | None, found: pd.DataFrame) -> dict[str, str]:
    """Return the numbers of the record.

    Parameters
    ----------
    clouds : mapping of str to xarray.Dataset, or None
        Of the first study of real models; None where there is none.
    found : DataFrame
        `record.record_effects` of these clouds.

    Returns
    -------
    dict of str to str
        Every key of `KEYS`; "not measured" where there are no pairs.

    Examples
    --------
    >>> numbers(None, pd.DataFrame())["causes-nested"]
    'not measured'
    """
    if clouds is None:
        return complete(KEYS, {})
    counts = nesting(clouds)
    said = {
        "causes-nested": written(counts),
        "causes-shared": listed(shared(counts)),
        "causes-record-shifts": listed([shift_title(name) for name in shifts_of(clouds)]),
    }
    return complete(KEYS, said | _of_effects(found) | _by_shift(clouds))


def change(row: pd.Series) -> str:
    """Write a change with its interval; with too few families, the pairs that share its sign.

    Examples
    --------
    >>> few = {"families": 2, "decided": False, "each": [0.1, 0.05]}
    >>> change(pd.Series({"value": 0.077, "low": -0.07, "high": 0.22} | few))
    '+7.7 points (undecided, 2 families; same sign in 2 of 2 pairs)'
    """
    value, each = float(row["value"]), np.array(row["each"])
    if row["decided"]:
        return f"{points(value)} points ({interval(float(row['low']), float(row['high']))})"
    same = int((np.sign(each) == np.sign(value)).sum())
    families = f"{row['families']} {'family' if row['families'] == 1 else 'families'}"
    return f"{points(value)} points (undecided, {families}; same sign in {same} of {each.size} pairs)"


def _of_effects(found: pd.DataFrame) -> dict[str, str]:
    if found.empty:
        return {}
    by_place = {(row["cause"], row["property"]): row for _, row in found.iterrows()}
    said = {
        f"causes-record-{name}-{_SHORT[measure]}": change(by_place[title, measure])
        for name, title in TITLES.items()
        for measure in _SHORT
        if (title, measure) in by_place
    }
    alone = found[found["property"] == "id"]
    decided = alone[alone["decided"].astype(bool)]
    undecided = alone[~alone["decided"].astype(bool)]
    return said | {
        "causes-record-causes": str(len(alone)),
        "causes-record-decided": listed(_kinds(decided)),
        "causes-record-undecided": listed(_kinds(undecided)),
    }


def _by_shift(clouds: Clouds) -> dict[str, str]:
    """Name the shifts on which WIT stands higher and lower than LAION-400M at equal accuracy."""
    means = {}
    for name in shifts_of(clouds):
        compared = compare_pairs({name: clouds[name]}, wit_pairs, _ANY)
        if compared.sizes["pair"]:
            means[shift_title(name)] = compared["mean"].sel(shift=name, measure="at_equal").item()
    if not np.isfinite(list(means.values())).any():
        return {}
    up, down = ([title for title, mean in means.items() if sign * mean > 0] for sign in (1, -1))
    return {"causes-record-wit-up": listed(up), "causes-record-wit-down": listed(down)}


def _kinds(rows: pd.DataFrame) -> list[str]:
    return [str(kind).lower() for kind in dict.fromkeys(rows["kind"])]
