"""Chapter 3 in tables: accuracy under shift, and detection."""

from collections.abc import Iterator, Mapping
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from clipsafe_utils.cubes import GROUPS
from clipsafe_utils.findings.shift.changes import PairChanges
from clipsafe_utils.findings.shift.detection import Detection
from clipsafe_utils.findings.shift.sources import LINES, mean_of
from clipsafe_utils.findings.shift.study import UnderShift
from clipsafe_utils.registry.set_names import shift_title
from clipsafe_utils.say import NOT_MEASURED, Text, count, number, percent, points, span
from clipsafe_utils.show.shown import Shown
from clipsafe_utils.show.tables import table


def correlation_table(study: UnderShift) -> Shown:
    """Tabulate slope, rank correlation and correlation at fixed quantity by shift and set."""
    within = study.correlations
    rows = [
        {
            "Shift": shift_title(shift),
            "Models of": member,
            "Models (families)": _sizes(one["clips"], one["families"]),
            "Slope": within.value("slope", member, shift).with_interval,
            "Rank correlation": within.value("rank", member, shift).with_interval,
            "At fixed quantity": within.value("fixed", member, shift).with_interval,
            "Models there": int(one["stated"]),
        }
        for (shift, member), one in _cells(within.table, "shift", "set")
    ]
    return table(
        pd.DataFrame(rows),
        f"Accuracy under each shift against accuracy in distribution, study {study.study}: slope on probit "
        "axes, rank correlation, and correlation on probit axes at a fixed number of samples seen and of "
        "images to learn from, with intervals over families. Fewer than five families decide nothing.",
    )


def offset_table(study: UnderShift) -> Shown:
    """Tabulate how far the CLIPs of each source are off the two lines."""
    rows = []
    for (shift, source), one in _cells(study.heights.table, "shift", "source"):
        standard, others = (one.sel(line=line) for line in LINES)
        half = others["half_width"].item()
        rows.append(
            {
                "Shift": shift_title(shift),
                "Source": source,
                # One of the two lines may have nothing to say of a source.
                "Families": max(int(standard["families"]), int(others["families"])),
                "Above standard": _mean(standard),
                "Above other sources": _mean(others),
                "New family": f"±{100 * half:.1f}" if np.isfinite(half) else NOT_MEASURED,
                "Measured": count(int(others["measured"]), int(others["clips"])),
                "Outside": int(others["outside"]),
            }
        )
    return table(
        pd.DataFrame(rows),
        f"Mean residual in points over the families of each source, with intervals over families, study "
        f"{study.study}: from the line of standard networks, and from that of the other sources' CLIPs. New "
        "family: where a network of a new family of these falls. Measured: CLIPs with five such families "
        "near. Outside: CLIPs further off than a new family would be, at 5 % after Holm's correction.",
    )


def pair_table(pairs: PairChanges, caption: str) -> Shown:
    """Tabulate the change of accuracy of each pair under each shift."""
    rows = []
    # By place: one model may be the end of several pairs.
    for place in range(pairs.table.sizes["pair"]):
        one = pairs.table.isel(pair=place)
        row = {"From": one["before"].item(), "To": one["pair"].item()}
        for shift, difference in one["difference"].to_series().items():
            title = shift_title(str(shift)).removeprefix("ImageNet-")
            row[title] = points(difference) if np.isfinite(difference) else NOT_MEASURED
        rows.append(row)
    return table(pd.DataFrame(rows), f"{caption} Change of accuracy in points.")


def line_table(variants: Mapping[str, PairChanges], caption: str) -> Shown:
    """Tabulate the mean change at equal accuracy under several lines and references."""
    rows = [
        {
            "Line and reference": name,
            "Shift": shift_title(shift),
            "Pairs": int(one["pairs"]),
            "Families": int(one["families"]),
            "Change at equal accuracy": _mean(one),
        }
        for name, pairs in variants.items()
        for (shift,), one in _cells(pairs.table.sel(measure="at_equal"), "shift")
        if int(one["pairs"])
    ]
    return table(pd.DataFrame(rows), caption)


def evaluation_table(study: UnderShift) -> Shown:
    """Tabulate how far two evaluations of the same weights differ."""
    rows = [
        {
            "Condition": shift_title(name),
            "Pairs": int(one["pairs"]),
            "Median": number(one["median_difference"].item()),
            "Largest": number(one["largest_difference"].item()),
            "Where": one["most_different"].item(),
        }
        for (name,), one in _cells(study.evaluations, "condition")
    ]
    return table(
        pd.DataFrame(rows),
        f"Difference in points between two sources that evaluated the same weights, study {study.study}.",
    )


def source_table(study: UnderShift) -> Shown:
    """Tabulate which encoders and quantities each training source comes with."""
    rows = []
    for source, one in study.clips_of_sources.items():
        images, samples = one["training_images"].values, one["samples_seen"].values
        rows.append(
            {
                "Training source": source,
                "Images, millions": _range(images / 1e6, ",.0f"),
                "CLIPs": one.sizes["model"],
                "Encoders": _encoders(one["family"].values),
                "Samples seen, billions": _range(samples / 1e9, ".2g"),
                "Not stated": int(np.isnan(samples).sum()),
            }
        )
    return table(
        pd.DataFrame(rows),
        f"Zero-shot CLIPs by training source, study {study.study}: lines of encoders and how many CLIPs "
        "each, and the range of samples seen, where stated.",
    )


def detection_table(detection: Detection, positive: str, study: str) -> Shown:
    """Tabulate detection by training source, and by the groups beside them."""
    rows = [
        {
            "Models of": row["member"],
            "Models (families)": _sizes(row["models"], row["families"]),
            "AUROC": percent(row["auroc"]),
            "False positives": percent(row["fpr"]),
            "Rank correlation": row["rank"].with_interval,
            "At fixed quantity": row["fixed"].with_interval,
        }
        for row in detection.by_member.to_dict("records")
    ]
    kind = "in-distribution" if positive == "id" else "OOD"
    return table(
        pd.DataFrame(rows),
        f"Detection by zero-shot CLIPs of each source and by others, study {study}: mean over families and "
        f"kinds of OOD set of AUROC and of the false-positive rate at 95 % recall of {kind} images; "
        "correlation of AUROC with accuracy in distribution, by rank, and on probit axes at fixed samples "
        "seen and images.",
    )


def set_table(detection: Detection, study: str) -> Shown:
    """Tabulate mean AUROC and its rank correlation by OOD set, a column a set of models."""
    cells = detection.by_set_and_member.assign(
        cell=lambda rows: [
            f"{percent(area)}, {number(rank)}" if np.isfinite(rank) else percent(area)
            for area, rank in zip(rows["auroc"], rows["rank"], strict=True)
        ],
        ood_set=lambda rows: rows["ood_set"].str.replace("_", " "),
    )
    by_set = cells.pivot_table("cell", "ood_set", "member", "first", sort=False)
    return table(
        by_set.rename_axis("OOD set").rename_axis(None, axis="columns").reset_index(),
        f"Mean AUROC by OOD set and its rank correlation with accuracy in distribution, study {study}.",
    )


def score_table(means: pd.DataFrame) -> Shown:
    """Tabulate `score_means`."""
    rows = [
        {
            "Score": row["score"].replace("_", " "),
            "Models of": f"{GROUPS[row['group']]} ({row['models']})",
            "AUROC": percent(row["auroc"]),
            "Recall of ID": percent(row["fpr95_id_positive"]),
            "Recall of OOD": percent(row["fpr95_ood_positive"]),
        }
        for row in means.sort_values(["group", "auroc"], ascending=[True, False]).to_dict("records")
    ]
    return table(
        pd.DataFrame(rows),
        "Mean over models and kinds of OOD set: AUROC, and the false-positive rate at 95 % recall of "
        "in-distribution and of OOD images. Only models with prompts have maximum concept matching.",
    )


def _sizes(models: Any, families: Any) -> str:
    return f"{int(models)} ({int(families)})"


def _encoders(families: np.ndarray) -> str:
    lines, sizes = np.unique([name.split(") ")[-1] for name in families.tolist()], return_counts=True)
    return ", ".join(f"{line} {size}" for line, size in zip(lines.tolist(), sizes.tolist(), strict=True))


def _range(values: np.ndarray, form: str) -> str:
    known = values[np.isfinite(values)]
    return span(known.tolist(), lambda value: f"{value:{form}}") if known.size else "not stated"


def _mean(one: xr.Dataset) -> Text:
    return mean_of(one, "nothing is measured").with_interval


def _cells(table: xr.Dataset, *dims: str) -> Iterator[tuple[tuple[str, ...], xr.Dataset]]:
    """Give each combination of labels, and what the table has there."""
    for labels in product(*(table[dim].values.tolist() for dim in dims)):
        yield labels, table.sel(dict(zip(dims, labels, strict=True)))
