"""Figures of the ledger and of its appendix, each from the result to a frame of marks."""

from collections.abc import Hashable, Mapping
from typing import Any

import pandas as pd

from clipsafe_utils.claims.labels import Label
from clipsafe_utils.claims.result import ClaimsLedger
from clipsafe_utils.claims.simulation import LINEAGE, Simulation
from clipsafe_utils.show.dot_plot import Scale, dots
from clipsafe_utils.show.forest_plot import forest
from clipsafe_utils.show.frame import marks
from clipsafe_utils.show.shown import Shown

_PERCENT = 100.0
_SHARED = "the other way  ←  0  →  as claimed\n(1: the smallest effect that matters)"
_SIMULATED = "simulated by this project (benchmarks/ledger.py), CC BY 4.0"
_DRAWN = (4, 8, 12)
"""Numbers of lineages that are drawn."""


LOOK_OF_LABEL: Mapping[str, str] = {
    **dict.fromkeys((Label.SUPPORTED, Label.REPRODUCED), "label/for"),
    **dict.fromkeys((Label.CONTRADICTED, Label.NOT_REPRODUCED), "label/against"),
}
"""What has a colour: labels that speak of more than one or two networks of real models."""


def effects(r: ClaimsLedger) -> Shown:
    """Draw every effect of the ledger with its interval, under the sentence of its claim."""
    frame = effects_frame(r.effects)
    axes = {unit: f"{unit}, right of 0: as claimed" if unit else _SHARED for unit in frame["panel"].unique()}
    lead = f"Forest of {len(frame)} effects of the ledger, with what the ledger says of each."
    return forest(frame, axes, lead, what="an effect", sources=r.sources)


def effects_frame(effects: pd.DataFrame) -> pd.DataFrame:
    """Give a row an effect, in the order of the claims; a smallest effect that matters is a dotted line."""
    return marks(_mark_of_effect(row) for row in effects.to_dict("records"))


def rates(r: Simulation) -> Shown:
    """Draw the shares of false labels of another lineage, a mark for each of three numbers of lineages."""
    frame = rates_frame(r.promised)
    furthest = max(frame["high"].max(), _PERCENT * r.alpha)
    return dots(
        frame,
        "false labels, %",
        "Dot plot of the share of false labels, by what is asked of which world and number of lineages.",
        scale=Scale(reference=_PERCENT * r.alpha, limits=(0.0, 1.05 * furthest)),
        sources=[_SIMULATED],
    )


def rates_frame(rates: pd.DataFrame) -> pd.DataFrame:
    """Give a row a setting, a side a truth, a look a number of lineages; others stand in the table."""
    return marks(
        {
            "side": row["truth"],
            "row": row["name"],
            "value": _PERCENT * row["rate"],
            "low": _PERCENT * row["low"],
            "high": _PERCENT * row["high"],
            "look": f"lineages/{row['units']}",
        }
        for row in rates.to_dict("records")
        if row["part"] == LINEAGE and row["units"] in _DRAWN
    )


def _mark_of_effect(row: Mapping[Hashable, Any]) -> dict[str, Any]:
    mark = {
        "panel": row["unit"],
        "heading": f"{row['claim']}  {row['sentence']} ({row['own_unit']})",
        "row": row["study"] + (", largest" if row["of_some"] else ""),
        "name": f"{row['claim']} in {row['study']}",
        **{end: row[end] for end in ("value", "low", "high")},
        "look": LOOK_OF_LABEL.get(row["label"], "ink"),
        "note": f"{row['said']}  {row['mark']} {row['label']}",
    }
    if row["unit"]:
        return mark
    two_sided = row["direction"] not in ("up", "down")
    return mark | {"band_high": 1.0} | ({"band_low": -1.0} if two_sided else {})
