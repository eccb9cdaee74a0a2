"""Tables of chapter 2."""

import numpy as np
import pandas as pd
import xarray as xr

from clipsafe_utils.cubes import GROUPS
from clipsafe_utils.findings.ladder import SOURCES
from clipsafe_utils.findings.shape.laboratory import steps_frame, tuning
from clipsafe_utils.findings.shape.result import ShapeBias
from clipsafe_utils.metrics.groups import group_means
from clipsafe_utils.say import Missing, level, percent
from clipsafe_utils.show.shown import Shown
from clipsafe_utils.show.tables import table

_NONE = "–"


def groups_table(result: xr.Dataset, models: xr.Dataset, study: str, confidence: float) -> Shown:
    """Tabulate the mean shape bias of each group with its interval over families."""
    means = group_means(result["shape_bias"], models, list(GROUPS), confidence)
    decided = group_means(result["share_decided"], models, list(GROUPS), confidence)["mean"]
    sizes = models["group"].to_series().value_counts()
    rows = []
    for name in means["group"].values.tolist():
        mean, low, high = (means[end].sel(group=name).item() for end in ("mean", "low", "high"))
        rows.append(
            {
                "Observers": GROUPS[name],
                "Number": sizes[name],
                "Families": means["families"].sel(group=name).item(),
                "Shape bias": percent(mean),
                f"{level(confidence)} interval": _inside(low, high),
                "Decided": percent(decided.sel(group=name).item()),
            }
        )
    return table(
        pd.DataFrame(rows),
        f"Mean shape bias by kind of observer, each family counted once; study {study}. "
        "An interval over families needs two; fewer than four decide nothing.",
    )


def _inside(low: float, high: float) -> str:
    """Write the interval of a share; one that leaves everything open in words."""
    if not np.isfinite(low):
        return "none"
    if low <= 0 and high >= 1:
        return "not bounded"
    return f"{percent(max(low, 0.0))} to {percent(min(high, 1.0))}"


def steps_table(shown: ShapeBias, study: str) -> Shown:
    """Tabulate the steps of the ladder in points of shape bias, a column a source."""
    frame = steps_frame(shown.causes[study], shown.confidence).rename(columns={"change": "Change"})
    for source in SOURCES:
        frame[source] = [_NONE if isinstance(step, Missing) else step.with_interval for step in frame[source]]
    return table(
        frame,
        f"What each change does to shape bias, in points, with {level(shown.confidence)} intervals over seeds"
        f" and images; study {study}. Columns are the training images. – : the same training, or none.",
    )


def tuning_table(cube: xr.Dataset, described: xr.Dataset, study: str, confidence: float) -> Shown:
    """Tabulate what was made of zero-shot CLIPs, each compared with the CLIP that it began as."""
    rows = [
        {
            "Made of zero-shot CLIP": row["kind"],
            "Before": percent(row["before"]),
            "After": percent(row["after"]),
            "Change": row["change"].with_interval,
            "Lower in": f"{row['lower']} of {row['runs']}",
            "Decided": percent(row["decided"], 0),
            "Accuracy": f"{percent(row['accuracy_before'], 0)} to {percent(row['accuracy_after'], 0)}",
        }
        for row in tuning(cube, described, confidence).to_dict("records")
    ]
    columns = ["Made of zero-shot CLIP", "Before", "After", "Change", "Lower in", "Decided", "Accuracy"]
    return table(
        pd.DataFrame(rows, columns=columns),
        "Shape bias of zero-shot CLIPs before and after, paired by training run; change in points, with "
        f"{level(confidence)} intervals over runs and images; study {study}. The runs are of few sources, "
        "so the intervals speak of these sources. Accuracy is that on natural images.",
    )
