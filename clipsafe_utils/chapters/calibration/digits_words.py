"""Chapter 4's own experiment in words and numbers."""

from collections.abc import Callable, Mapping

import pandas as pd
import xarray as xr

from clipsafe_utils.chapters.calibration.words import interval_of_shares
from clipsafe_utils.chapters.formats import complete, level, percent, points
from clipsafe_utils.figures.tables import ThemedTable, table
from clipsafe_utils.findings.calibration.digits import AFTER, BEFORE, OWN, change, with_intervals

KEYS = (
    "calibration-digits-images",
    "calibration-digits-temperature",
    "calibration-digits-accuracy",
    "calibration-digits-nll-before",
    "calibration-digits-nll-after",
    "calibration-digits-nll-change",
    "calibration-digits-verdict",
    "calibration-digits-gap-before",
    "calibration-digits-gap-after",
    "calibration-digits-ece-before",
    "calibration-digits-ece-after",
    "calibration-digits-floor",
    "calibration-digits-spread",
    *(
        f"calibration-{shift}-{what}"
        for shift in ("noise", "blur")
        for what in ("accuracy", "change", "verdict", "gap-before", "gap-after", "own", "spread")
    ),
)
"""Every number that the prose glues about the digits."""


def _signed(value: float) -> str:
    return f"{value:+.3f}".replace("-", "−")


def _nats(value: float) -> str:
    return f"{value:.3f}"


_ROWS: Mapping[str, tuple[str, Callable[[float], str], Callable[[float], str]]] = {
    "accuracy": ("Accuracy", percent, points),
    "overconfidence": ("Confidence less accuracy, points", points, points),
    "nll": ("NLL, nats", _nats, _signed),
    "brier": ("Brier score", _nats, _signed),
}


def numbers(trials: xr.Dataset, images: int, confidence: float) -> dict[str, str]:
    """Return the numbers of the prose.

    Parameters
    ----------
    trials : xarray.Dataset
        As `run_trials` returns it.
    images : int
        Test images.
    confidence : float
        Level of the intervals.

    Returns
    -------
    dict of str to str
        Every key of `KEYS`.
    """
    clean = trials.isel(shift=0, level=0)
    estimate = clean.isel(draw=0)
    before, after = (estimate.sel(scaling=name) for name in (BEFORE, AFTER))
    found = {
        "calibration-digits-images": f"{images:,}",
        "calibration-digits-temperature": f"{after['temperature'].item():.2f}",
        "calibration-digits-accuracy": percent(before["accuracy"].item()),
        "calibration-digits-nll-before": f"{before['nll'].item():.3f}",
        "calibration-digits-nll-after": f"{after['nll'].item():.3f}",
        "calibration-digits-nll-change": _said_change(clean, confidence),
        "calibration-digits-verdict": verdict(clean, confidence),
        "calibration-digits-gap-before": points(before["overconfidence"].item()),
        "calibration-digits-gap-after": points(after["overconfidence"].item()),
        "calibration-digits-ece-before": percent(before["ece"].item()),
        "calibration-digits-ece-after": percent(after["ece"].item()),
        "calibration-digits-floor": percent(after["ece_floor"].item()),
        "calibration-digits-spread": f"{before['spread'].item():.1f}",
    }
    for shift in trials["shift"].values.tolist():
        strongest = trials.sel(shift=shift).isel(level=-1)
        gap = strongest["overconfidence"].isel(draw=0)
        found |= {
            f"calibration-{shift}-accuracy": percent(strongest["accuracy"].isel(draw=0, scaling=0).item()),
            f"calibration-{shift}-change": _said_change(strongest, confidence),
            f"calibration-{shift}-verdict": verdict(strongest, confidence),
            f"calibration-{shift}-gap-before": points(gap.sel(scaling=BEFORE).item()),
            f"calibration-{shift}-gap-after": points(gap.sel(scaling=AFTER).item()),
            f"calibration-{shift}-spread": f"{strongest['spread'].isel(scaling=0).item():.1f}",
            f"calibration-{shift}-own": f"{strongest['temperature'].sel(scaling=OWN).item():.2f}",
        }
    return complete(KEYS, found)


def verdict(trials: xr.Dataset, confidence: float) -> str:
    """Say whether the clean temperature lowers NLL, raises it, or neither beyond chance.

    Parameters
    ----------
    trials : xarray.Dataset
        `run_trials` at one shift and level.
    confidence : float
        Level of the paired interval.
    """
    _, low, high = change(trials, "nll", confidence)
    if low > 0:
        return "does harm"
    return "helps" if high < 0 else "changes nothing beyond chance"


def before_after_table(trials: xr.Dataset, confidence: float) -> ThemedTable:
    """Tabulate the scores on clean images before and after, with the paired interval of the change.

    Parameters
    ----------
    trials : xarray.Dataset
        As `run_trials` returns it.
    confidence : float
        Level of the intervals.
    """
    clean = trials.isel(shift=0, level=0)
    values = with_intervals(clean, confidence)
    columns = ("Score", "Before", "After", "Change", f"{level(confidence)} interval of the change")
    rows: list[tuple[str, ...]] = []
    for score, (title, write, write_change) in _ROWS.items():
        cells = [write(values[score].sel(scaling=name).item()) for name in (BEFORE, AFTER)]
        difference, low, high = (write_change(value) for value in change(clean, score, confidence))
        rows.append((title, *cells, difference, f"{low} to {high}"))
    for score, title in (("ece", "ECE"), ("ece_floor", "Floor of ECE")):
        cells = [percent(values[score].sel(scaling=name).item()) for name in (BEFORE, AFTER)]
        rows.append((title, *cells, "no claim", "too few images"))
    cells = [_debiased(values.sel(scaling=name)) for name in (BEFORE, AFTER)]
    _, square_low, square_high = change(clean, "ece_debiased", confidence)
    judgement = "smaller" if square_high < 0 else "larger" if square_low > 0 else "undecided"
    rows.append(("Debiased error", *cells, judgement, "judged on squares"))
    return table(
        pd.DataFrame(rows, columns=list(columns)),
        "The classifier of digits on clean test images, before and after temperature scaling. Intervals are "
        "paired over the test images, with the temperature held fixed.",
    )


def _said_change(trials: xr.Dataset, confidence: float) -> str:
    difference, low, high = (_signed(value) for value in change(trials, "nll", confidence))
    return f"{difference} ({low} to {high})"


def _debiased(values: xr.Dataset) -> str:
    low, high = (values[f"ece_debiased_{end}"].item() for end in ("low", "high"))
    return f"{percent(max(values['ece_debiased'].item(), 0.0))} ({interval_of_shares(low, high)})"
