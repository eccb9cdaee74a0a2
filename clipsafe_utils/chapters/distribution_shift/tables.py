"""Tables of accuracy under shift."""

from collections.abc import Iterator, Mapping
from itertools import product

import numpy as np
import pandas as pd
import xarray as xr

from clipsafe_utils.findings.shift.changes import PairChanges
from clipsafe_utils.findings.shift.clouds import ID
from clipsafe_utils.findings.shift.recipes import HEIGHT, MEAN, SETTINGS, Recipes
from clipsafe_utils.findings.shift.small_sources import SmallSources, titles
from clipsafe_utils.findings.shift.source_shares import OUTCOMES, SourceShares
from clipsafe_utils.findings.shift.sources import LINES, mean_of
from clipsafe_utils.findings.shift.study import UnderShift
from clipsafe_utils.metrics.relabelling import RELABELLINGS
from clipsafe_utils.registry.set_names import shift_title
from clipsafe_utils.say import NOT_MEASURED, Text, count, number, percent, points, span
from clipsafe_utils.show.shown import Shown
from clipsafe_utils.show.tables import table


def correlation_table(study: UnderShift) -> Shown:
    """Tabulate slope, rank correlation and correlation at fixed quantity by shift and set that has models."""
    within = study.correlations
    rows = [
        {
            "Shift": shift_title(shift),
            "Models of": member,
            "Models (families)": f"{int(one['clips'])} ({int(one['families'])})",
            "Slope": within.value("slope", member, shift).with_interval,
            "Rank correlation": within.value("rank", member, shift).with_interval,
            "At fixed quantity": within.value("fixed", member, shift).with_interval,
            "Models there": int(one["stated"]),
        }
        for (shift, member), one in _cells(within.table, "shift", "set")
        if one["clips"]
    ]
    return table(
        pd.DataFrame(rows),
        f"Accuracy under each shift against accuracy in distribution, study {study.study}: slope on probit "
        "axes, rank correlation, and correlation on probit axes at a fixed number of samples seen and of "
        "images to learn from, with intervals over families. Fewer than four families decide nothing.",
    )


def recipe_table(found: Recipes) -> Shown:
    """Tabulate how each setting goes with accuracy and with effective robustness."""
    outcomes = {ID: "Accuracy in distribution", MEAN: "Mean under shift", HEIGHT: "Effective robustness"}
    rows = [
        {"Setting": title}
        | {heading: found.correlation(what, setting).with_interval for what, heading in outcomes.items()}
        for setting, title in SETTINGS.items()
    ]
    return table(
        pd.DataFrame(rows),
        f"One CLIP fine-tuned by {found.runs} recipes: rank correlation of each setting with what came of "
        "it, with intervals over recipes.",
    )


def small_table(found: SmallSources) -> Shown:
    """Tabulate the pairs of two small sources."""
    rows = [
        {"CLIP": row["after"], "Against": row["before"]}
        | {title: points(row[name]) for name, title in titles().items()}
        for row in found.table.to_dict("records")
    ]
    return table(
        pd.DataFrame(rows),
        f"CLIPs of {found.higher} against CLIPs of {found.lower} with the same encoder: differences of "
        "accuracy, in points.",
    )


def share_table(found: SourceShares) -> Shown:
    """Tabulate the shares of the spread with what labels at random account for."""
    rows = [
        {
            "CLIPs": row["clips"],
            "What spreads": OUTCOMES[row["outcome"]],
            "By": row["by"],
            "Share": percent(row["share"]),
            "By chance, median": percent(row["median"]),
            "By chance, 95th percentile": percent(row["high"]),
            "p": number(row["p_value"], 4),
        }
        for row in found.table.to_dict("records")
    ]
    return table(
        pd.DataFrame(rows),
        f"Share of the spread among {found.number('checkpoint')} CLIPs, beside the median and the 95th "
        f"percentile over {RELABELLINGS:,} random relabellings. p: the share of relabellings that account "
        "for at least as much, not corrected for the number of rows.",
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
        "near. Outside: CLIPs further from it than a new family would be, at 5 % after Holm's correction.",
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


def kin_table(kin: pd.DataFrame) -> Shown:
    """Tabulate both versions of the sets that a network has chosen."""
    rows = [
        {
            "Set": row["set"],
            "Rung": row["rung"],
            "Trained on": row["source"],
            "Chosen by labels": percent(row["by_labels"]),
            "Chosen by wit": percent(row["by_wit"]),
            "Difference": row["gap"].with_interval,
        }
        for row in kin.to_dict("records")
    ]
    return table(
        pd.DataFrame(rows),
        "Sets that a network trained on labels, or one trained on wit, has chosen: accuracy on adversarial "
        "images, AUROC on fooling ones, for each cell of the ladder.",
    )


def comparison_table(compared: pd.DataFrame) -> Shown:
    """Tabulate where record and laboratory point."""
    names = {"what": "Accuracy under shift", "record": "Record", "laboratory": "Laboratory"}
    return table(
        compared.rename(columns=names | {"same": "Same direction"}),
        "Record and laboratory, in points. Ranges: over shifts, sources or ways. A side has a direction "
        "where all of its intervals lie on one side of zero; in the first row, where all means do.",
    )


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
