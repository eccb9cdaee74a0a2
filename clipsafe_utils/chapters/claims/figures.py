"""Figures of the ledger and of its appendix, each from the result to a frame of marks."""

from collections.abc import Hashable, Mapping
from typing import Any

import pandas as pd

from clipsafe_utils.claims.result import ClaimsLedger
from clipsafe_utils.claims.simulation import Simulation
from clipsafe_utils.claims.summary import DECIDED
from clipsafe_utils.show.dot_plot import Scale, dots
from clipsafe_utils.show.forest_plot import forest
from clipsafe_utils.show.frame import marks
from clipsafe_utils.show.shown import Shown

_PERCENT = 100.0
_SHARED = "effect, in smallest effects that matter;\nright of 0: as claimed"
_SIMULATED = "simulated by this project (benchmarks/ledger.py), CC BY 4.0"


def effects(r: ClaimsLedger) -> Shown:
    """Draw every effect of the ledger with its interval, under the sentence of its claim."""
    frame = effects_frame(r.effects)
    axes = {unit: unit or _SHARED for unit in frame["panel"].unique()}
    lead = f"Forest of every effect of the ledger; {int(frame['decided'].sum())} of {len(frame)} are decided."
    return forest(frame, axes, lead, what="an effect", sources=r.sources)


def effects_frame(effects: pd.DataFrame) -> pd.DataFrame:
    """Give a row an effect, in the order of the claims; a smallest effect that matters is a dotted line."""
    return marks(_mark_of_effect(row) for row in effects.to_dict("records"))


def rates(r: Simulation) -> Shown:
    """Draw the shares of false verdicts that the simulation found, a mark for each number of families."""
    frame = rates_frame(r.rates)
    return dots(
        frame,
        "false verdicts, %",
        "Dot plot of the share of false verdicts, by statistic and number of families.",
        scale=Scale(
            reference=_PERCENT * r.alpha, limits=(0.0, 1.05 * max(frame["high"].max(), _PERCENT * r.alpha))
        ),
        sources=[_SIMULATED],
    )


def rates_frame(rates: pd.DataFrame) -> pd.DataFrame:
    """Give a row a statistic, a side a truth, a look a number of families."""
    return marks(
        {
            "side": row["truth"],
            "row": row["name"],
            "value": _PERCENT * row["rate"],
            "low": _PERCENT * row["low"],
            "high": _PERCENT * row["high"],
            "look": f"families/{row['families']}",
        }
        for row in rates.to_dict("records")
    )


def _mark_of_effect(row: Mapping[Hashable, Any]) -> dict[str, Any]:
    mark = {
        "panel": row["unit"],
        "heading": f"{row['claim']}  {row['sentence']}",
        "row": row["study"],
        "name": f"{row['claim']} in {row['study']}",
        **{end: row[end] for end in ("value", "low", "high")},
        "decided": row["verdict"] in DECIDED,
        "note": f"{row['mark']} {row['verdict']}",
    }
    if row["unit"]:
        return mark
    two_sided = row["direction"] not in ("up", "down")
    return mark | {"band_high": 1.0} | ({"band_low": -1.0} if two_sided else {})
