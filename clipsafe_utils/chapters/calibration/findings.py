"""Chapter 4: the paper's findings on calibration, by rules written before a study was measured."""

from collections.abc import Mapping, Sequence

import pandas as pd
import xarray as xr

from clipsafe_utils.chapters.calibration.laboratory import (
    CLIP,
    ERROR,
    above_standard,
    pairs_alike,
    shares_of_spread,
    trend_under_shift,
)
from clipsafe_utils.chapters.calibration.scaling_change import SHIFTS
from clipsafe_utils.chapters.calibration.trainings import step_of
from clipsafe_utils.chapters.causes.words import is_measured, moved
from clipsafe_utils.chapters.formats import NOT_MEASURED, level, percent
from clipsafe_utils.cubes.panels import Panel
from clipsafe_utils.figures.tables import ThemedTable, table

IN_LINE, NOT_IN_LINE = "yes", "no"

NEVER, ALWAYS = 0.1, 0.9
"""CLIP is consistently better if it is so in more than `ALWAYS` of the pairs, worse below `NEVER`."""
CLOSE_TREND = 0.8
_HALF = 0.5
_DRIVERS = {"training_source": "source", "training_images": "quantity"}
_ROWS = {
    "F8": (
        "CLIP is not consistently better calibrated than other networks",
        f"between {100 * NEVER:.0f} and {100 * ALWAYS:.0f} % of pairs",
    ),
    "F9": ("Some zero-shot CLIPs are less calibrated than standard networks", "at least one"),
    "F10": ("Training source and quantity are the main drivers", "more than half of the spread"),
    "F11": ("After scaling, CLIPs follow one trend", f"ρ is {CLOSE_TREND} or more after scaling"),
    "F12": ("A temperature from clean images still serves under shift", "NLL better for most CLIPs"),
    "F16": ("The training source matters", "the interval leaves 0 out"),
}


def findings_table(
    panels: Sequence[Panel],
    changes: Mapping[str, xr.Dataset],
    causes: Mapping[str, xr.Dataset],
    confidence: float,
) -> ThemedTable:
    """Tabulate the findings with what the first study that has both scalings says of them.

    Parameters
    ----------
    panels : sequence of Panel
        Of the cube `calibration`.
    changes : mapping of str to xarray.Dataset
        As `scaling_change` returns them.
    causes : mapping of str to xarray.Dataset
        As `read_causes` returns them.
    confidence : float
        Level of the intervals.
    """
    answers: dict[str, tuple[str, bool]] = {}
    for panel in [one for one in panels if one.study in changes][:1]:
        answers = _of_models(panel, confidence) | _of_scaling(panel, changes[panel.study])
    for cube in list(causes.values())[:1]:
        answers |= _of_source(cube, confidence)
    rows = []
    for key, (finding, rule) in _ROWS.items():
        said, agrees = answers.get(key, (NOT_MEASURED, None))
        verdict = NOT_MEASURED if agrees is None else IN_LINE if agrees else NOT_IN_LINE
        rows.append({"The paper": finding, "In line if": rule, "The laboratory": said, "In line": verdict})
    return table(
        pd.DataFrame(rows),
        f"Findings of the paper, asked of the laboratory; {level(confidence)} intervals. The rules were "
        "written when only development seeds had been measured. Errors are debiased, before scaling and on "
        "the clean test, unless a row says otherwise; pairs are of a CLIP and a standard network within two "
        "points of accuracy.",
    )


def _of_models(panel: Panel, confidence: float) -> dict[str, tuple[str, bool]]:
    found = {}
    better, pairs = pairs_alike(panel)
    if pairs:
        said = f"the CLIP has the smaller error in {better} of {pairs} pairs ({percent(better / pairs, 0)})"
        found["F8"] = (said, NEVER <= better / pairs <= ALWAYS)
    above, clips = above_standard(panel)
    if clips:
        found["F9"] = (f"{above} of {clips} CLIPs are above the median standard network", above > 0)
    spread = shares_of_spread(panel, confidence)
    of_error = spread[spread["property"] == ERROR]
    if not of_error.empty:
        share = dict(zip(of_error["factor"], of_error["value"], strict=True))
        columns = [of_error[name].tolist() for name in ("factor", "value", "low", "high")]
        said = ", ".join(
            f"{_DRIVERS.get(name, name)} {percent(value, 0)} ({100 * low:.0f} to {100 * high:.0f})"
            for name, value, low, high in zip(*columns, strict=True)
        )
        found["F10"] = (said, bool(share["training_source"] + share["training_images"] > _HALF))
    return found


def _of_scaling(panel: Panel, change: xr.Dataset) -> dict[str, tuple[str, bool]]:
    found = {}
    trend = trend_under_shift(panel, change)
    if trend is not None:
        before, after = (f"{rho:+.2f}".replace("-", "−") for rho in trend)
        said = f"NLL against error on the mean of shifts: ρ {before} before, {after} after"
        found["F11"] = (said, trend[1] >= CLOSE_TREND)
    clips = change["group"].values == CLIP
    if SHIFTS in change["condition"].values and clips.any():
        verdict = change["verdict"].sel(condition=SHIFTS, score="nll").isel(model=clips)
        better, worse = (int((verdict * sign > 0).sum()) for sign in (-1, 1))
        said = f"NLL on the mean of shifts: better for {better}, worse for {worse} of {verdict.size} CLIPs"
        found["F12"] = (said, better > _HALF * verdict.size)
    return found


def _of_source(cube: xr.Dataset, confidence: float) -> dict[str, tuple[str, bool]]:
    found = step_of(cube, ERROR, "source", confidence)
    if found is None or not is_measured(found):
        return {}
    return {"F16": (f"on laion the error of a CLIP is {moved(found)} than on wit", found.excludes(0))}
