"""Chapter 3 for readers who cannot see its figures."""

from collections.abc import Mapping, Sequence

import numpy as np
import xarray as xr

from clipsafe_utils.chapters.formats import interval, percent, points
from clipsafe_utils.chapters.ood_correlation.words import three_digits
from clipsafe_utils.cubes.selection import of_any_source, of_source
from clipsafe_utils.findings.shift.clouds import Clouds
from clipsafe_utils.registry.set_names import shift_title


def describe_clouds(clouds: Clouds, sources: Sequence[str], study: str) -> str:
    """Say what the figure of accuracies shows.

    Examples
    --------
    >>> describe_clouds({}, [], "mine")
    'Study mine: small scatter plots, one a shift, of accuracy under it against accuracy in distribution.'
    """
    sentences = []
    for shift, cloud in clouds.items():
        parts = [
            f"{name} {_range(cloud['y'].values[mask])}"
            for name, mask in (
                ("zero-shot CLIPs", of_any_source(cloud, sources)),
                ("fine-tuned CLIPs", (cloud["group"] == "clip_fine_tuned").values),
                ("standard networks", (cloud["group"] == "standard").values),
            )
            if mask.any()
        ]
        sentences.append(f"{shift_title(shift)}: {', '.join(parts)}.")
    plots = "small scatter plots, one a shift, of accuracy under it against accuracy in distribution."
    what = f"Study {study}: {plots}"
    return " ".join([what, *sentences])


def describe_detection(cloud: xr.Dataset, sources: Sequence[str]) -> str:
    """Say what the figure of detection shows."""
    sentences = [
        f"{source}: AUROC {_range(cloud['y'].values[of_source(cloud, source)])}."
        for source in sources
        if of_source(cloud, source).any()
    ]
    return " ".join(["Scatter plot of mean AUROC against accuracy in distribution.", *sentences])


def describe_within(within: xr.Dataset, study: str) -> str:
    """Say what the figure of correlations shows."""
    sentences = []
    for member in within["set"].values.tolist():
        one = within.sel(set=member)
        parts = [
            f"{name} {_span(one[variable].values)}"
            for name, variable in (("rank correlation", "rank"), ("at fixed quantity", "fixed"))
            if np.isfinite(one[variable].values).any()
        ]
        if parts:
            families = int(one["families"].max())
            sentences.append(f"{member}, families: {families}, {', '.join(parts)}.")
    return " ".join(
        [f"Study {study}: correlations by shift and training source, ranges over shifts.", *sentences]
    )


def describe_offsets(offsets: xr.Dataset, study: str) -> str:
    """Say what the figure of offsets shows."""
    sentences = []
    for shift in offsets["shift"].values.tolist():
        parts = []
        for source in offsets["source"].values.tolist():
            one = offsets["mean"].sel(shift=shift, source=source)
            if np.isfinite(one.values).all():
                standard, others = (points(one.sel(line=line).item()) for line in one["line"].values)
                parts.append(f"{source} {standard} and {others}")
        if parts:
            sentences.append(f"{shift_title(shift)}: {', '.join(parts)}.")
    what = f"Study {study}: mean residuals in points by source, from standard networks and from other CLIPs."
    return " ".join([what, *sentences])


def describe_pairs(comparisons: Mapping[str, xr.Dataset]) -> str:
    """Say what the figure of pairs shows.

    Examples
    --------
    >>> describe_pairs({})
    'Mean change of accuracy in points within pairs, and at equal accuracy in distribution.'
    """
    sentences = []
    for name, compared in comparisons.items():
        for shift in compared["shift"].values.tolist():
            parts = []
            for measure in ("difference", "at_equal"):
                one = compared.sel(shift=shift, measure=measure)
                if np.isfinite(one["mean"].item()):
                    ends = interval(one["low"].item(), one["high"].item())
                    parts.append(f"{points(one['mean'].item())} ({ends})")
            sentences.append(f"{name}, {shift_title(shift)}: {', '.join(parts)}.")
    what = "Mean change of accuracy in points within pairs, and at equal accuracy in distribution."
    return " ".join([what, *sentences])


def _range(shares: np.ndarray) -> str:
    return f"{percent(shares.min(), 0)} to {percent(shares.max(), 0)}"


def _span(correlations: np.ndarray) -> str:
    known = correlations[np.isfinite(correlations)]
    return f"{three_digits(known.min())} to {three_digits(known.max())}"
