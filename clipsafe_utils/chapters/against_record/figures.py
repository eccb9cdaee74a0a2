"""The figure of the laboratory against the record."""

import pandas as pd

from clipsafe_utils.claims.worlds.outcomes import Outcome
from clipsafe_utils.claims.worlds.result import AgainstRecord
from clipsafe_utils.show.forest_plot import forest
from clipsafe_utils.show.frame import marks
from clipsafe_utils.show.shown import Shown

LABORATORY, RECORD = "laboratory", "real models"
"""What the rows of a prediction are called."""

_SHARED = "the other way  ←  0  →  as predicted\n(1: the smallest effect that matters)"


def outcomes(r: AgainstRecord) -> Shown:
    """Draw what each world says of every prediction, a row a world, under its sentence."""
    frame = outcomes_frame(r)
    units = frame["panel"].unique()
    axes = {unit: f"{unit}, right of 0: as predicted" if unit else _SHARED for unit in units}
    lead = f"Forest of {len(r.compared)} predictions, of the laboratory and of real models."
    return forest(frame, axes, lead, what="a prediction", sources=r.source_lines)


def outcomes_frame(r: AgainstRecord) -> pd.DataFrame:
    """Give two rows a prediction, those that agree first; what is open is hollow."""
    rows = []
    for row in r.frame.to_dict("records"):
        is_drawn = row["world"] == LABORATORY
        rows.append(
            {
                "panel": row["unit"],
                "heading": row["sentence"],
                "row": row["world"],
                "name": f"{row['id']}, {row['world']}: {row['counted']}",
                **{end: row[end] for end in ("value", "low", "high")},
                "decided": row["outcome"] != Outcome.OPEN,
                "note": row["outcome"] if is_drawn else "",
                **({} if row["unit"] else {"band_low": -1.0, "band_high": 1.0}),
            }
        )
    return marks(rows)
