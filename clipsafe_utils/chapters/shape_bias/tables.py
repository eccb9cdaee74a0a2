"""Tables of chapter 2."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import xarray as xr

from clipsafe_utils.cubes import GROUPS
from clipsafe_utils.cubes.panels import Panel
from clipsafe_utils.cubes.selection import CLIP_GROUPS
from clipsafe_utils.findings.ladder import SOURCES
from clipsafe_utils.findings.shape.evaluations import encoder_of, patch_of
from clipsafe_utils.findings.shape.laboratory import steps_frame, tuning
from clipsafe_utils.findings.shape.observers import is_suspect
from clipsafe_utils.findings.shape.result import ShapeBias
from clipsafe_utils.metrics.groups import group_means
from clipsafe_utils.registry.model_names import short_names
from clipsafe_utils.say import Missing, level, percent
from clipsafe_utils.show.shown import Shown
from clipsafe_utils.show.tables import folded, table

_NONE = "–"


def groups_table(result: xr.Dataset, models: xr.Dataset, study: str, confidence: float) -> Shown:
    """Tabulate the mean shape bias of each group with its interval over families, without suspect runs."""
    fine = ~is_suspect(models)
    result, models = result.isel(model=fine), models.isel(model=fine)
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


def clips_table(found: ShapeBias) -> Shown:
    """Tabulate the CLIPs of the study of real models, one by one."""
    panel = found.real
    rows = [] if panel is None else _rows_of_observers(panel, found.tables[panel.study], CLIP_GROUPS)
    columns = ["Network", "Shape bias", "Training source", "Patch", "Pixels", "Asked by", "Decided"]
    return table(
        pd.DataFrame(rows, columns=columns),
        "CLIPs one by one, zero-shot before fine-tuned, the highest first. Patch and Pixels: along one side; "
        f"in brackets the {level(found.confidence)} interval over classes. {_NONE} : the name does not say.",
    )


def observers_table(found: ShapeBias) -> Shown:
    """Tabulate every observer of the study of real models behind a line that opens it."""
    panel = found.real
    rows = [] if panel is None else _rows_of_observers(panel, found.tables[panel.study], list(GROUPS))
    columns = ["Network", "Shape bias", "Kind", "Training source", "Asked by", "Decided"]
    frame = pd.DataFrame(rows, columns=columns)
    shown = table(
        frame.assign(Network=frame["Network"].map(_breakable)),
        f"Every observer, with {level(found.confidence)} intervals over classes.",
    )
    return folded(shown, f"All {len(rows)} observers one by one")


def pairs_table(found: ShapeBias) -> Shown:
    """Tabulate every comparison of two evaluations behind a line that opens it."""
    evaluations = found.evaluations
    names = dict(zip(evaluations.rows["model"], evaluations.rows["name"], strict=True))
    rows = [
        {
            "What differs": one.kind if one.is_alike else f"{one.kind}, and how they were asked",
            "Before": _breakable(names[one.before]),
            "After": _breakable(names[one.after]),
            "Points": change.over_images.with_interval,
            "Over classes": change.over_classes.interval,
        }
        for one, change in evaluations.comparisons
    ]
    shown = table(
        pd.DataFrame(rows, columns=["What differs", "Before", "After", "Points", "Over classes"]),
        f"Change of shape bias between two evaluations, with paired {level(found.confidence)} intervals over"
        " images, in brackets, and over classes. All classes count.",
    )
    return folded(shown, f"All {len(rows)} comparisons one by one")


def _breakable(name: str) -> str:
    """Write a name so that a narrow column can break it, at spaces."""
    return name.replace("_", " ")


def _rows_of_observers(panel: Panel, result: xr.Dataset, groups: Sequence[str]) -> list[dict[str, str]]:
    """Give a row an observer, by group and then the highest first, with all that a table may show."""
    models = panel.models
    names = short_names(models["model"].values.tolist(), models["checkpoint"].values.tolist())
    known = {
        name: models[name].values.tolist()
        for name in ("group", "training_source", "checkpoint", "image_size")
    }
    asked = panel.cube["read_out"].values.tolist() if "read_out" in panel.cube else [_NONE] * len(names)
    places = [at for at, group in enumerate(known["group"]) if group in groups]
    bias = result["shape_bias"].values
    rows = []
    for at in sorted(places, key=lambda place: (list(GROUPS).index(known["group"][place]), -bias[place])):
        low, high = (result[end].values[at] for end in ("low", "high"))
        pixels = known["image_size"][at]
        rows.append(
            {
                "Network": names[at],
                "Kind": "Suspect run" if is_suspect(models)[at] else GROUPS[known["group"][at]],
                "Patch": str(patch_of(encoder_of(known["checkpoint"][at])) or _NONE),
                "Pixels": f"{pixels:.0f}" if np.isfinite(pixels) else _NONE,
                "Training source": known["training_source"][at],
                "Asked by": asked[at],
                "Shape bias": f"{percent(bias[at])} ({percent(low)} to {percent(high)})",
                "Decided": percent(result["share_decided"].values[at]),
            }
        )
    return rows


def _inside(low: float, high: float) -> str:
    """Write the interval of a share; one that leaves everything open in words."""
    if not np.isfinite(low):
        return "none"
    if low <= 0 and high >= 1:
        return "unbounded"
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
            "Made from the zero-shot CLIP": row["kind"],
            "Before": percent(row["before"]),
            "After": percent(row["after"]),
            "Change": row["change"].with_interval,
            "Lower in": f"{row['lower']} of {row['runs']}",
            "Decided": percent(row["decided"], 0),
            "Accuracy": f"{percent(row['accuracy_before'], 0)} to {percent(row['accuracy_after'], 0)}",
        }
        for row in tuning(cube, described, confidence).to_dict("records")
    ]
    columns = ["Made from the zero-shot CLIP", "Before", "After", "Change", "Lower in", "Decided", "Accuracy"]
    return table(
        pd.DataFrame(rows, columns=columns),
        "Shape bias of zero-shot CLIPs before and after, paired by training run; change in points, with "
        f"{level(confidence)} intervals over runs and images; study {study}. The runs are of few sources, "
        "so the intervals speak of these sources. Accuracy is that on natural images.",
    )
