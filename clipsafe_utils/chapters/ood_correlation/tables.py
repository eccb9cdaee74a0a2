"""Chapter 3 in tables."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd
import xarray as xr

from clipsafe_utils.chapters.formats import NOT_MEASURED, interval, percent, points
from clipsafe_utils.chapters.ood_correlation.words import three_digits
from clipsafe_utils.cubes import GROUPS
from clipsafe_utils.cubes.selection import of_source
from clipsafe_utils.figures.tables import ThemedTable, table
from clipsafe_utils.findings.shift.clouds import Clouds
from clipsafe_utils.findings.shift.sources import of_set
from clipsafe_utils.metrics.families import mean_over_families
from clipsafe_utils.registry.set_names import shift_title


def correlation_table(within: xr.Dataset, study: str) -> ThemedTable:
    """Tabulate slope, rank correlation and correlation at fixed quantity by shift and set.

    Parameters
    ----------
    within : xarray.Dataset
        `within_sources` of one study.
    study : str
        Named in the caption.
    """
    rows = []
    for shift in within["shift"].values.tolist():
        for member in within["set"].values.tolist():
            one = within.sel(shift=shift, set=member)
            rows.append(
                {
                    "Shift": shift_title(shift),
                    "Models of": member,
                    "Models": str(int(one["clips"])),
                    "Families": str(int(one["families"])),
                    "Slope": _with_ends(one, "slope", _two_digits),
                    "Rank correlation": _with_ends(one, "rank", three_digits),
                    "At fixed quantity": _with_ends(one, "fixed", three_digits),
                    "Models there": str(int(one["stated"])),
                }
            )
    return table(
        pd.DataFrame(rows),
        f"Accuracy under each shift against accuracy in distribution, study {study}: slope on probit axes, "
        "rank correlation, and correlation on probit axes at a fixed number of samples seen and of images to "
        "learn from, with intervals over families. Fewer than five families decide nothing.",
    )


def offset_table(offsets: xr.Dataset, study: str) -> ThemedTable:
    """Tabulate how far the CLIPs of each source are off the two lines.

    Parameters
    ----------
    offsets : xarray.Dataset
        `offsets` of one study.
    study : str
        Named in the caption.
    """
    rows = []
    for shift in offsets["shift"].values.tolist():
        for source in offsets["source"].values.tolist():
            standard, others = (offsets.sel(shift=shift, source=source, line=line) for line in _LINES)
            rows.append(
                {
                    "Shift": shift_title(shift),
                    "Source": source,
                    "Families": str(int(others["families"])),
                    "Above standard": _mean_with_ends(standard),
                    "Above other sources": _mean_with_ends(others),
                    "New family": _plus_minus(others["half_width"].item()),
                    "Measured": f"{int(others['measured'])} of {int(others['clips'])}",
                    "Outside": str(int(others["outside"])),
                }
            )
    return table(
        pd.DataFrame(rows),
        f"Mean residual in points over the families of each source, with intervals over families, study "
        f"{study}: from the line of standard networks, and from that of the other sources' CLIPs. New "
        "family: where a network of a new family of these falls. Measured: CLIPs with five such families "
        "near. Outside: CLIPs beyond that range after Holm's correction.",
    )


def pair_table(compared: xr.Dataset, caption: str) -> ThemedTable:
    """Tabulate the change of accuracy of each pair under each shift.

    Parameters
    ----------
    compared : xarray.Dataset
        `compare_pairs` of one study.
    caption : str
        What the pairs are.
    """
    rows = []
    # By place: one model may be the end of several pairs.
    for place in range(compared.sizes["pair"]):
        one = compared.isel(pair=place)
        row = {"From": one["before"].item(), "To": one["pair"].item()}
        for shift in compared["shift"].values.tolist():
            row[shift_title(shift).removeprefix("ImageNet-")] = _points(
                one["difference"].sel(shift=shift).item()
            )
        rows.append(row)
    return table(pd.DataFrame(rows), f"{caption} Change of accuracy in points.")


def line_table(variants: Mapping[str, xr.Dataset], caption: str) -> ThemedTable:
    """Tabulate the mean change at equal accuracy under several lines and references.

    Parameters
    ----------
    variants : mapping of str to xarray.Dataset
        By what draws the line and stands on the x axis: `compare_pairs` of one study.
    caption : str
        What the pairs are.
    """
    rows = []
    for name, compared in variants.items():
        for shift in compared["shift"].values.tolist():
            one = compared.sel(shift=shift, measure="at_equal")
            if int(one["pairs"]):
                rows.append(
                    {
                        "Line and reference": name,
                        "Shift": shift_title(shift),
                        "Pairs": str(int(one["pairs"])),
                        "Families": str(int(one["families"])),
                        "Change at equal accuracy": _mean_with_ends(one),
                    }
                )
    return table(pd.DataFrame(rows), caption)


def evaluation_table(evaluations: xr.Dataset, study: str) -> ThemedTable:
    """Tabulate how far two evaluations of the same weights differ.

    Parameters
    ----------
    evaluations : xarray.Dataset
        `compare_evaluations` of one study.
    study : str
        Named in the caption.
    """
    rows = [
        {
            "Condition": shift_title(name),
            "Pairs": str(int(one["pairs"])),
            "Median": f"{one['median_difference'].item():.2f}",
            "Largest": f"{one['largest_difference'].item():.2f}",
            "Where": one["most_different"].item(),
        }
        for name in evaluations["condition"].values.tolist()
        for one in [evaluations.sel(condition=name)]
    ]
    return table(
        pd.DataFrame(rows),
        f"Difference in points between two sources that evaluated the same weights, study {study}.",
    )


def source_table(clouds: Clouds, sources: Sequence[str], study: str) -> ThemedTable:
    """Tabulate which encoders and quantities each training source comes with.

    Parameters
    ----------
    clouds : mapping of str to xarray.Dataset
        Of one study, by shift.
    sources : sequence of str
        Training sources shown.
    study : str
        Named in the caption.
    """
    cloud = max(clouds.values(), key=lambda one: one.sizes["model"])
    rows = []
    for source in sources:
        one = cloud.isel(model=of_source(cloud, source))
        images, samples = one["training_images"].values, one["samples_seen"].values
        rows.append(
            {
                "Training source": source,
                "Images, millions": _range(images / 1e6, ",.0f"),
                "CLIPs": str(one.sizes["model"]),
                "Encoders": _encoders(one["family"].values),
                "Samples seen, billions": _range(samples / 1e9, ".2g"),
                "Not stated": str(int(np.isnan(samples).sum())),
            }
        )
    return table(
        pd.DataFrame(rows),
        f"Zero-shot CLIPs by training source, study {study}: lines of encoders and how many CLIPs each, and "
        "the range of samples seen, where stated.",
    )


def detection_table(cloud: xr.Dataset, within: xr.Dataset, positive: str, study: str) -> ThemedTable:
    """Tabulate detection by training source, and by the groups beside them.

    Parameters
    ----------
    cloud : xarray.Dataset
        `read_detection` of one study.
    within : xarray.Dataset
        `within_sources` of this cloud.
    positive : {"id", "ood"}
        Which images the recall is of.
    study : str
        Named in the caption.
    """
    rows = []
    for member in within["set"].values.tolist():
        here = of_set(cloud, member)
        if here.any():
            family = cloud["family"].values[here]
            area, rate = (mean_over_families(cloud[name].values[here], family) for name in ("y", "fpr"))
            one = within.sel(set=member).isel(shift=0)
            rows.append(
                {
                    "Models of": member,
                    "Models": str(int(here.sum())),
                    "Families": str(np.unique(family).size),
                    "AUROC": percent(float(area)),
                    "False positives": percent(float(rate)),
                    "Rank correlation": _with_ends(one, "rank", three_digits),
                    "At fixed quantity": _with_ends(one, "fixed", three_digits),
                }
            )
    kind = "in-distribution" if positive == "id" else "OOD"
    return table(
        pd.DataFrame(rows),
        f"Detection by zero-shot CLIPs of each source and by others, study {study}: mean over families and "
        f"kinds of OOD set of AUROC and of the false-positive rate at 95 % recall of {kind} images; "
        "correlation of AUROC with accuracy in distribution, by rank, and on probit axes at fixed samples "
        "seen and images.",
    )


def set_table(within: xr.Dataset, clouds: Clouds, study: str) -> ThemedTable:
    """Tabulate detection by OOD set.

    Parameters
    ----------
    within : xarray.Dataset
        `within_sources` of clouds of detection, one a set.
    clouds : mapping of str to xarray.Dataset
        These clouds.
    study : str
        Named in the caption.
    """
    rows = []
    for name, cloud in clouds.items():
        row = {"OOD set": name.replace("_", " ")}
        for member in within["set"].values.tolist():
            here = of_set(cloud, member)
            if here.any():
                mean = percent(
                    float(mean_over_families(cloud["y"].values[here], cloud["family"].values[here]))
                )
                rank = within["rank"].sel(shift=name, set=member).item()
                row[member] = f"{mean}, {_two_digits(rank)}" if np.isfinite(rank) else mean
        rows.append(row)
    return table(
        pd.DataFrame(rows),
        f"Mean AUROC by OOD set and its rank correlation with accuracy in distribution, study {study}.",
    )


def score_table(means: pd.DataFrame) -> ThemedTable:
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


_LINES = ("standard", "other sources")


def _encoders(families: np.ndarray) -> str:
    lines, sizes = np.unique([name.split(") ")[-1] for name in families.tolist()], return_counts=True)
    return ", ".join(f"{line} {size}" for line, size in zip(lines.tolist(), sizes.tolist(), strict=True))


def _range(values: np.ndarray, form: str) -> str:
    known = values[np.isfinite(values)]
    if known.size == 0:
        return "not stated"
    low, high = (f"{end:{form}}" for end in (known.min(), known.max()))
    return low if low == high else f"{low} to {high}"


def _two_digits(slope: float) -> str:
    return f"{slope:.2f}".replace("-", "−")


def _points(difference: float) -> str:
    return points(difference) if np.isfinite(difference) else NOT_MEASURED


def _plus_minus(half_width: float) -> str:
    return f"±{100 * half_width:.1f}" if np.isfinite(half_width) else NOT_MEASURED


def _mean_with_ends(one: xr.Dataset) -> str:
    mean, low, high = (one[name].item() for name in ("mean", "low", "high"))
    return f"{points(mean)} ({interval(low, high)})" if np.isfinite(mean) else NOT_MEASURED


def _with_ends(one: xr.Dataset, name: str, write: Callable[[float], str]) -> str:
    value, low, high = (one[f"{name}{end}"].item() for end in ("", "_low", "_high"))
    if not np.isfinite(value):
        return NOT_MEASURED
    return f"{write(value)} ({write(low)} to {write(high)})" if np.isfinite(low) else write(value)
