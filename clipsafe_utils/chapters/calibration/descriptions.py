"""Chapter 4: what its figures show, for a reader who cannot see them."""

from collections.abc import Mapping, Sequence

import xarray as xr

from clipsafe_utils.findings.calibration.bins import SIZES
from clipsafe_utils.findings.calibration.digits import AFTER, BEFORE, OWN
from clipsafe_utils.findings.calibration.errors import ALL
from clipsafe_utils.findings.calibration.real import correlations
from clipsafe_utils.findings.calibration.views import GROUP_NAMES
from clipsafe_utils.registry.set_names import condition_name
from clipsafe_utils.say import percent, points


def _told(start: str, sentences: Sequence[str], nothing: str = "No study has confidences.") -> str:
    return " ".join([start, *sentences]) if sentences else nothing


def describe_reliability(panels: xr.Dataset) -> str:
    """Return in words what a figure of reliability shows."""
    sentences = []
    for row in range(panels.sizes["panel"]):
        panel = panels.isel(panel=row)
        count = panel["bin_count"].values
        is_below = panel["bin_hits"].values < count * panel["bin_confidence"].values
        below = percent(count[is_below].sum() / count.sum(), 0)
        sentences.append(f"{panel['title'].item()}: {below} of the images in bins below the diagonal.")
    return _told("Share of hits against confidence.", sentences)


def describe_conditions(judged: Mapping[str, xr.Dataset]) -> str:
    """Return in words what the figure by condition shows."""
    sentences = []
    for of_view in judged.values():
        for name in of_view["condition"].values.tolist():
            part = of_view.sel(condition=name)
            low, high = percent(part["error"].min().item()), percent(part["error"].max().item())
            sentences.append(f"{condition_name(name)}, {part['images'].item():,.0f} images: {low} to {high}.")
    return _told("Debiased error by condition, over the models:", sentences)


def describe_against_accuracy(ranks: Mapping[str, xr.Dataset]) -> str:
    """Return in words what the figure of error against accuracy shows."""
    every = [of_study.sel(choice=ALL) for of_study in ranks.values()]
    return _told(
        "Scatter plots of debiased error against accuracy; rank correlations over all parts:",
        [f"{correlations(one)}." if one["rho"].notnull().all() else "too few parts." for one in every],
    )


def describe_sizes(simulated: Mapping[str, xr.Dataset]) -> str:
    """Return in words what the figure of sample sizes shows."""
    sentences = []
    for name, of_model in simulated.items():
        for size in (SIZES[0], SIZES[-1]):
            perfect, shown = (percent(value) for value in of_model["mean"].sel(images=size).values)
            sentences.append(f"{name} at {size:,} images {shown}, if calibrated {perfect}.")
    return _told("Mean simulated ECE:", sentences)


def describe_shifts(trials: xr.Dataset) -> str:
    """Return in words what the figure of shifts, of `run_trials`, shows."""
    sentences = []
    for shift in trials["shift"].values.tolist():
        strongest = trials.sel(shift=shift).isel(level=-1, draw=0)
        for scaling, title in ((BEFORE, "before"), (AFTER, "after"), (OWN, "with its own temperature")):
            scores = strongest.sel(scaling=scaling)
            sentences.append(
                f"strongest {shift}, {title}: NLL {scores['nll'].item():.2f}, confidence less accuracy "
                f"{points(scores['overconfidence'].item())} points."
            )
    return _told("Line plots against the strength of noise and blur;", sentences)


def describe_scaling(groups: Mapping[str, xr.Dataset]) -> str:
    """Return in words what the figure of temperature scaling by condition shows."""
    sentences = []
    for of_study in groups.values():
        moved = (of_study["after"] - of_study["before"]).sel(score="ece_debiased")
        for group in of_study["group"].values.tolist():
            cells = ", ".join(
                f"{condition_name(name)} {points(moved.sel(group=group, condition=name).item())}"
                for name in of_study["condition"].values.tolist()
            )
            sentences.append(f"{GROUP_NAMES[group]}: {cells}.")
    return _told(
        "Debiased error after less before scaling, points, by condition.",
        sentences,
        "No study has confidences before and after scaling.",
    )
