"""Chapter 4: what its figures show, for a reader who cannot see them."""

from collections.abc import Mapping

import xarray as xr

from clipsafe_utils.findings.calibration.bins import SIZES
from clipsafe_utils.findings.calibration.digits import AFTER, BEFORE, OWN
from clipsafe_utils.findings.calibration.errors import ALL
from clipsafe_utils.findings.calibration.real import correlations
from clipsafe_utils.findings.calibration.views import GROUP_NAMES
from clipsafe_utils.registry.set_names import condition_name
from clipsafe_utils.say import percent, points

_NOTHING = "No study has confidences."


def describe_reliability(panels: xr.Dataset) -> str:
    """Say what a figure of reliability shows, for a reader who cannot see it.

    Examples
    --------
    >>> describe_reliability(xr.Dataset({"title": ("panel", [])}))
    'No study has confidences.'
    """
    sentences = []
    for row in range(panels.sizes["panel"]):
        one = panels.isel(panel=row)
        count = one["bin_count"].values
        is_below = one["bin_hits"].values < count * one["bin_confidence"].values
        below = percent(count[is_below].sum() / count.sum(), 0)
        sentences.append(f"{one['title'].item()}: {below} of the images in bins below the diagonal.")
    return " ".join(["Share of hits against confidence.", *sentences]) if sentences else _NOTHING


def describe_conditions(judged: Mapping[str, xr.Dataset]) -> str:
    """Say what the figure by condition shows.

    Examples
    --------
    >>> describe_conditions({})
    'No study has confidences.'
    """
    sentences = []
    for one in judged.values():
        for name in one["condition"].values.tolist():
            part = one.sel(condition=name)
            low, high = percent(part["error"].min().item()), percent(part["error"].max().item())
            sentences.append(f"{condition_name(name)}, {part['images'].item():,.0f} images: {low} to {high}.")
    return " ".join(["Debiased error by condition, over the models:", *sentences]) if sentences else _NOTHING


def describe_against_accuracy(ranks: Mapping[str, xr.Dataset]) -> str:
    """Say what the figure of error against accuracy shows.

    Examples
    --------
    >>> describe_against_accuracy({})
    'No study has confidences.'
    """
    every = [one.sel(choice=ALL) for one in ranks.values()]
    sentences = [f"{correlations(one)}." if one["rho"].notnull().all() else "too few parts." for one in every]
    start = "Scatter plots of debiased error against accuracy; rank correlations over all parts:"
    return " ".join([start, *sentences]) if sentences else _NOTHING


def describe_sizes(simulated: Mapping[str, xr.Dataset]) -> str:
    """Say what the figure of sample sizes shows.

    Examples
    --------
    >>> describe_sizes({})
    'No study has confidences.'
    """
    sentences = []
    for name, one in simulated.items():
        for size in (SIZES[0], SIZES[-1]):
            perfect, shown = (percent(value) for value in one["mean"].sel(images=size).values)
            sentences.append(f"{name} at {size:,} images {shown}, if calibrated {perfect}.")
    return " ".join(["Mean simulated ECE:", *sentences]) if sentences else _NOTHING


def describe_shifts(trials: xr.Dataset) -> str:
    """Say what the figure of shifts shows, for a reader who cannot see it.

    Parameters
    ----------
    trials : xarray.Dataset
        As `run_trials` returns it.
    """
    sentences = []
    for shift in trials["shift"].values.tolist():
        strongest = trials.sel(shift=shift).isel(level=-1, draw=0)
        for scaling, title in ((BEFORE, "before"), (AFTER, "after"), (OWN, "with its own temperature")):
            one = strongest.sel(scaling=scaling)
            sentences.append(
                f"strongest {shift}, {title}: NLL {one['nll'].item():.2f}, confidence less accuracy "
                f"{points(one['overconfidence'].item())} points."
            )
    return " ".join(["Line plots against the strength of noise and blur;", *sentences])


def describe_scaling(groups: Mapping[str, xr.Dataset]) -> str:
    """Say what the figure of temperature scaling by condition shows.

    Examples
    --------
    >>> describe_scaling({})
    'No study has confidences before and after scaling.'
    """
    sentences = []
    for one in groups.values():
        moved = one["after"] - one["before"]
        for group in one["group"].values.tolist():
            here = moved.sel(group=group)
            cells = ", ".join(
                f"{condition_name(name)} {points(here.sel(condition=name, score='ece_debiased').item())}"
                for name in one["condition"].values.tolist()
            )
            sentences.append(f"{GROUP_NAMES[group]}: {cells}.")
    if not sentences:
        return "No study has confidences before and after scaling."
    return " ".join(["Debiased error after less before scaling, points, by condition.", *sentences])
