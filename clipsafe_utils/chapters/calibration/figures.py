"""Figures of chapter 5, each from the finding to a frame of marks."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from clipsafe_utils.chapters import training_figures
from clipsafe_utils.cubes.source_lines import source_lines
from clipsafe_utils.findings.calibration.alike import SCALINGS
from clipsafe_utils.findings.calibration.bins import CALIBRATED, RECORDED
from clipsafe_utils.findings.calibration.digits_result import Digits
from clipsafe_utils.findings.calibration.errors import FEWEST_IMAGES
from clipsafe_utils.findings.calibration.result import Calibration
from clipsafe_utils.findings.calibration.views import View, in_order
from clipsafe_utils.metrics.intervals import wilson_interval
from clipsafe_utils.registry.set_names import condition_name
from clipsafe_utils.show.dose_curves import Panel, curves
from clipsafe_utils.show.dot_plot import Scale, dots
from clipsafe_utils.show.encoding import group_look, source_look, yours_look
from clipsafe_utils.show.frame import marks
from clipsafe_utils.show.scatter_plot import Axes2D, scatter
from clipsafe_utils.show.scatter_plot import reliability as draw_reliability
from clipsafe_utils.show.shown import Shown

_PERCENT = 100.0
_QUOTED = "facts quoted"
"""What the line of a source says whose rows have no image: real CLIPs are such rows."""
_POSSIBLE = (0.0, np.inf)
_NOTHING = "confidences"
_ERROR = "debiased error, %"
_SCALED = {
    "ece_debiased": ("debiased error", "debiased error, points", _PERCENT),
    "nll": ("NLL", "NLL, nats", 1.0),
}
_TEMPERATURES = {
    "before": ("ink", "as it is"),
    "after": ("temperature/clean", ""),
    "own": ("temperature/own", ""),
}
_OF_DIGITS = {
    "nll": ("NLL", "NLL, nats", 1.0),
    "overconfidence": ("Gap", "confidence less\naccuracy, points", _PERCENT),
}
_STRENGTHS = {"noise": "noise, share of paper to ink", "blur": "blur, width in pixels"}


def alike(found: Calibration) -> Shown:
    """Draw the error of real networks against their accuracy, before scaling and after."""
    return scatter(
        alike_frame(found, "ece"),
        Axes2D("accuracy, %", "ECE, %", y_limits=_POSSIBLE, shared=True),
        "Scatter of ECE against accuracy, before and after temperature scaling.",
        what="confidences of CLIPs and standard networks before and after scaling",
        sources=quoted_lines(found),
    )


def gaps(found: Calibration) -> Shown:
    """Draw mean confidence less accuracy of the same networks."""
    return scatter(
        alike_frame(found, "gap"),
        Axes2D("accuracy, %", "confidence less\naccuracy, points", shared=True),
        "Scatter of mean confidence less accuracy against accuracy, before and after temperature scaling.",
        what="confidences of CLIPs and standard networks before and after scaling",
        sources=quoted_lines(found),
    )


def temperatures(found: Calibration) -> Shown:
    """Draw the temperature of each zero-shot CLIP, a row an encoder and a panel who fitted it."""
    return dots(
        temperatures_frame(found),
        "temperature that suits ImageNet",
        "Dot plot of temperatures by encoder; marks are training sources, panels the teams that fitted them.",
        Scale(reference=1.0),
        what="temperatures of CLIPs",
        sources=quoted_lines(found),
    )


def reliability(found: Calibration) -> Shown:
    """Draw the share of hits against confidence, a small panel a model."""
    return draw_reliability(
        reliability_frame(found.reliability, found.chosen.confidence),
        "Share of hits against confidence.",
        what=_NOTHING,
        sources=_sources(found),
    )


def conditions(found: Calibration) -> Shown:
    """Draw ECE with its floor, and the debiased error, by set of images."""
    return dots(
        conditions_frame(found),
        {"ECE": "ECE, %; grey: floor", "debiased error": _ERROR},
        "Dot plot of calibration errors by set of images; among factors and shifts the largest first.",
        what=_NOTHING,
        scale=Scale(limits=_POSSIBLE),
        sources=_sources(found),
    )


def against_accuracy(found: Calibration) -> Shown:
    """Draw the debiased error of each model on parts of the images against its accuracy there."""
    return scatter(
        parts_frame(found),
        Axes2D("accuracy on the images of the factor or shift, %", _ERROR, y_limits=_POSSIBLE, shared=True),
        "Scatter of debiased error against accuracy, with rank correlations ρ.",
        what="confidences on parts of the images",
        sources=_sources(found),
        every=every_frame(found),
    )


def sizes(found: Calibration) -> Shown:
    """Draw the ECE that evaluations of other sizes would show."""
    return curves(
        sizes_frame(found.simulated),
        "images in the evaluation",
        {name: Panel("ECE, %", _POSSIBLE) for name in found.simulated},
        "Simulated ECE against the number of images.",
        what=_NOTHING,
        ratios=True,
        mark_x=FEWEST_IMAGES,
        sources=source_lines([found.simulated_view.cube] if found.simulated_view else []),
    )


def shifts(tried: Digits) -> Shown:
    """Draw NLL and overconfidence of the classifier of digits against the strength of each shift."""
    panels = {
        f"{title} under {shift}": Panel(axis, x_axis=strength)
        for title, axis, _ in _OF_DIGITS.values()
        for shift, strength in _STRENGTHS.items()
    }
    return curves(
        shifts_frame(tried.with_intervals),
        "strength of the shift",
        panels,
        "Scores of the classifier of digits against the strength of noise and blur.",
        reference=0.0,
        sources=["the digits of scikit-learn (UCI), run on this page"],
    )


def ladder(found: Calibration) -> Shown:
    """Draw temperature and errors along the ladder from labels to captions."""
    cubes = (trainings.cube for trainings in found.trainings.values())
    return training_figures.ladder(found.ladder, source_lines(cube for cube in cubes if cube is not None))


def scaling_changes(found: Calibration) -> Shown:
    """Draw scores after less before temperature scaling, by set of images and group."""
    return dots(
        scaling_frame(found.changes_of_groups),
        {side: axis for side, axis, _ in _SCALED.values()},
        "Dot plot of scores after less before temperature scaling, means over the models of a group.",
        what="confidences before and after scaling",
        sources=source_lines(panel.cube for panel in found.panels if panel.study in found.changes),
    )


def alike_frame(found: Calibration, score: str) -> pd.DataFrame:
    """Give a mark a network, with a panel each for before and after scaling; score is `ece` or `gap`."""
    own = {name: number for number, name in enumerate(dict.fromkeys(found.own["name"]))}
    record = found.alike.rows.assign(label="", look=found.alike.rows["group"].map(group_look))
    yours = found.own.assign(
        label=found.own["name"] + ", yours", look=[yours_look(own[name]) for name in found.own["name"]]
    )
    return marks(
        {
            "study": found.alike.study,
            "panel": f"{row['scaling']} scaling",
            "look": row["look"],
            "label": row["label"],
            "name": row["name"],
            "x": _PERCENT * row["accuracy"],
            "value": _PERCENT * row[score],
        }
        for scaling in SCALINGS
        for rows in (record, yours)
        for row in rows.to_dict("records")
        if row["scaling"] == scaling
    )


def temperatures_frame(found: Calibration) -> pd.DataFrame:
    """Give a mark a zero-shot CLIP: its encoder is the row, its source the look."""
    return marks(
        {
            "study": row["study"],
            "panel": row["fitter"],
            "row": row["encoder"],
            "look": source_look(row["source"]),
            "label": _with_images(row["source"], row["images"]),
            "name": row["name"],
            "value": row["temperature"],
        }
        for row in found.temperatures.rows.to_dict("records")
    )


def reliability_frame(panels: xr.Dataset, confidence: float) -> pd.DataFrame:
    """Give a row a bin with images in it, with Wilson's interval, of each panel of `reliability_panels`."""
    return marks(
        mark
        for row in range(panels.sizes["panel"])
        for mark in _marks_of_bins(panels.isel(panel=row), confidence)
    )


def conditions_frame(found: Calibration) -> pd.DataFrame:
    """Give a row a set of images, with a mark a model; a panel has no two of one group."""
    return marks(
        mark
        for view in found.shown
        for panel, rows in _panels_of(view).items()
        for mark in _marks_of_conditions(
            view.study,
            panel,
            found.judged[view.title].isel(model=rows).sel(condition=in_order(view.cube)),
        )
    )


def parts_frame(found: Calibration) -> pd.DataFrame:
    """Give a panel a model, with a mark a part of the images; its heading has the rank correlations."""
    return marks(
        mark
        for study, parts in found.parts.items()
        for row in range(parts.sizes["model"])
        for mark in _marks_of_parts(study, parts.isel(model=row), found.ranks[study].isel(model=row))
    )


def every_frame(found: Calibration) -> pd.DataFrame:
    """Give a mark every model, set of images and scaling, also those that no printed figure shows."""
    return marks(
        {
            "study": row["study"],
            "panel": f"{condition_name(row['condition'])}, {row['images']:,.0f} images",
            "side": f"{row['scaling']} scaling",
            "look": group_look(row["group"]),
            "name": row["name"],
            "x": _PERCENT * row["accuracy"],
            "value": _PERCENT * row["error"],
            "low": _PERCENT * row["low"],
            "high": _PERCENT * row["high"],
            "decided": row["images"] >= FEWEST_IMAGES,
        }
        for row in found.every_model.to_dict("records")
    )


def sizes_frame(simulated: Mapping[str, xr.Dataset]) -> pd.DataFrame:
    """Give a mark a size and truth: the mean of the evaluations, and the band in which they lie."""
    return marks(
        {
            "panel": name,
            "x": float(images),
            "value": _PERCENT * one["mean"].item(),
            "band_low": _PERCENT * one["low"].item(),
            "band_high": _PERCENT * one["high"].item(),
            "look": look,
        }
        for name, of_model in simulated.items()
        for truth, look in ((RECORDED, group_look(of_model.attrs["group"])), (CALIBRATED, "ink/ideal"))
        for images, one in of_model.sel(truth=truth).groupby("images")
    )


def shifts_frame(trials: xr.Dataset) -> pd.DataFrame:
    """Give a mark a score, shift, temperature and strength, of the scores `with_intervals`."""
    return marks(
        {
            "panel": f"{title} under {shift}",
            "x": one["strength"].item(),
            "look": look,
            "label": label,
            **{
                end: unit * one[f"{score}{name}"].item()
                for end, name in (("value", ""), ("low", "_low"), ("high", "_high"))
            },
        }
        for score, (title, _, unit) in _OF_DIGITS.items()
        for shift in _STRENGTHS
        for scaling, (look, label) in _TEMPERATURES.items()
        for level in trials["level"].values
        for one in [trials.sel(shift=shift, scaling=scaling, level=level)]
    )


def scaling_frame(groups: Mapping[str, xr.Dataset]) -> pd.DataFrame:
    """Give a row a set of images, with the mean over the models of each group and their range."""
    return marks(
        {
            "study": study,
            "panel": study,
            "side": side,
            "row": condition_name(condition),
            "look": group_look(group),
            "value": unit * (one["after"] - one["before"]).item(),
            **_range_of(one, unit),
        }
        for study, changes in groups.items()
        for condition in changes["condition"].values.tolist()
        for score, (side, _, unit) in _SCALED.items()
        for group in changes["group"].values.tolist()
        for one in [changes.sel(score=score, group=group, condition=condition)]
    )


def _range_of(one: xr.Dataset, unit: float) -> dict[str, Any]:
    """Give the ends of a range over models; one model has none."""
    if one["models"].item() == 1:
        return {}
    return {"low": unit * one["lowest"].item(), "high": unit * one["highest"].item(), "is_range": True}


def _with_images(source: str, images: float) -> str:
    return source if np.isnan(images) else f"{source}, {images / 1e6:,.0f} million images"


def _sources(found: Calibration) -> list[str]:
    return source_lines(view.cube for view in found.shown)


def quoted_lines(found: Calibration) -> list[str]:
    """Say where the numbers of real networks come from that a table states."""
    if found.alike.source is None:
        return []
    lines = source_lines([found.alike.source])
    return [line for line in lines if _QUOTED in line] or lines


def _marks_of_bins(panel: xr.Dataset, confidence: float) -> Iterator[dict[str, Any]]:
    # Cuts between bins of equal mass fall inside images; an interval needs whole ones.
    counts = np.round(panel["bin_count"].values)
    for at in np.flatnonzero(counts):
        images = counts[at]
        hits = min(np.round(panel["bin_hits"].values[at]), images)
        low, high = wilson_interval(hits, images, confidence)
        yield {
            "study": panel["study"].item(),
            "panel": panel["title"].item(),
            "look": group_look(panel["group"].item()),
            "x": _PERCENT * panel["bin_confidence"].values[at],
            "value": _PERCENT * hits / images,
            "low": _PERCENT * float(low),
            "high": _PERCENT * float(high),
            "weight": images / counts.sum(),
        }


def _panels_of(view: View) -> dict[str, list[int]]:
    """Lay out the models of a view so that no panel has two of one group, whose marks are alike."""
    groups, panels = view.models["group"].values.tolist(), list[list[int]]()
    for row, group in enumerate(groups):
        number = groups[:row].count(group)
        if number == len(panels):
            panels.append([])
        panels[number].append(row)
    if len(panels) == 1:
        return {view.study: panels[0]}
    return {f"{view.study}: {', '.join(view.names[row] for row in rows)}": rows for rows in panels}


def _marks_of_conditions(study: str, panel: str, judged: xr.Dataset) -> Iterator[dict[str, Any]]:
    for column in range(judged.sizes["condition"]):
        of_set = judged.isel(condition=column)
        for row in range(judged.sizes["model"]):
            one = of_set.isel(model=row)
            shared = {
                "study": study,
                "panel": panel,
                "row": f"{condition_name(one['condition'].item())} ({one['images'].item():,.0f})",
                "look": group_look(one["group"].item()),
                "name": one["name"].item(),
                "decided": bool(one["claimed"]),
            }
            ece, floor, error, low, high = (
                _PERCENT * one[name].item() for name in ("ece", "floor", "error", "low", "high")
            )
            yield shared | {"side": "ECE", "value": ece, "band_low": 0.0, "band_high": floor}
            yield shared | {"side": "debiased error", "value": error, "low": low, "high": high}


def _marks_of_parts(study: str, parts: xr.Dataset, ranks: xr.Dataset) -> Iterator[dict[str, Any]]:
    panel = "\n".join([parts["name"].item(), *_rank_lines(ranks)])
    for at in range(parts.sizes["condition"]):
        one = parts.isel(condition=at)
        yield {
            "study": study,
            "panel": panel,
            "look": group_look(one["group"].item()),
            "name": condition_name(one["condition"].item()),
            "x": _PERCENT * one["accuracy"].item(),
            "value": _PERCENT * one["error"].item(),
            "low": _PERCENT * one["low"].item(),
            "high": _PERCENT * one["high"].item(),
            "decided": bool(one["claimed"]),
        }


def _rank_lines(ranks: xr.Dataset) -> Sequence[str]:
    said: dict[int, str] = {}
    for choice, rho, parts in zip(*(ranks[name].values for name in ("choice", "rho", "parts")), strict=True):
        if np.isfinite(rho):
            said.setdefault(int(parts), f"{choice} {parts}: ρ {rho:+.2f}".replace("-", "−"))
    return list(said.values()) or ["too few parts for ρ"]
