"""A reader's own models beside networks whose errors a table states: they are counted nowhere."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from clipsafe_utils.cubes.panels import Panel
from clipsafe_utils.findings.calibration.alike import LIKE, SCALINGS, STANDARD, Alike
from clipsafe_utils.findings.calibration.bins import mean_gap, stored_bins
from clipsafe_utils.findings.own_models import own_names, who_of
from clipsafe_utils.say import Text, count, number, percent, points

_HOME = "id"
"""The images on which tables state errors: validation images of ImageNet."""

_ALONE = "and no standard network is of similar accuracy"

_COLUMNS = ["study", "name", "scaling", "accuracy", "ece", "temperature", "gap"]


@dataclass(frozen=True)
class OwnErrors:
    """The errors of an own model at one scaling, beside standard networks of similar accuracy."""

    who: Text
    scaling: str
    ece: Text
    gap: Text
    beside: Text  # how many of how many of these err less
    temperature: Text


def own_rows(panels: Sequence[Panel]) -> pd.DataFrame:
    """Return accuracy, ECE and mean confidence less accuracy on ImageNet, a row a model and scaling."""
    parts = [pd.DataFrame(columns=_COLUMNS)]
    for panel in panels:
        conditions, scalings = (panel.cube[dim].values.tolist() for dim in ("condition", "scaling"))
        if _HOME in conditions and {*SCALINGS} <= {*scalings}:
            one = panel.cube.isel(draw=0).sel(condition=_HOME).transpose("model", ...)
            names = own_names(one["model"].values.tolist())
            for scaling in SCALINGS:
                at = one.sel(scaling=scaling)
                numbers = {name: at[name].values for name in ("accuracy", "ece", "temperature")}
                shared = {"study": panel.study, "name": names, "scaling": scaling}
                parts.append(pd.DataFrame({**shared, **numbers, "gap": mean_gap(stored_bins(at))}))
    kept = [part.dropna(subset="ece") for part in parts if len(part)]
    return pd.concat(kept, ignore_index=True) if kept else parts[0]


def own_errors(rows: pd.DataFrame, alike: Alike) -> Iterator[OwnErrors]:
    """Say how each own model errs; who is of similar accuracy is decided before scaling."""
    record = alike.rows[alike.rows["group"] == STANDARD]
    before = record[record["scaling"] == SCALINGS[0]]
    for row in rows.to_dict("records"):
        near = before.loc[np.abs(before["accuracy"] - row["accuracy"]) < LIKE, "name"]
        others = record[(record["scaling"] == row["scaling"]) & record["name"].isin(near)]["ece"]
        less = count(int((others < row["ece"]).sum()), len(others))
        beside = f"more than that of {less} standard networks of similar accuracy" if len(others) else _ALONE
        yield OwnErrors(
            who_of(row["name"], row["study"]),
            row["scaling"],
            percent(row["ece"]),
            points(row["gap"]),
            Text(beside),
            number(row["temperature"]),
        )
