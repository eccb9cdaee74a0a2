"""Chapter 4: what the chapter itself simulates and tries."""

from collections.abc import Mapping

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from clipsafe_utils.figures.calibration import PERCENT
from clipsafe_utils.figures.style import GROUP_COLOURS, WIDTH, house_style, ink, legend_below

_TEMPERATURES = {
    "before": ("before", "o", "--", "none"),
    "after": ("after: clean temperature", "s", "-", None),
    "own": ("temperature of the shifted images", "x", ":", None),
}


def sizes(simulated: Mapping[str, xr.Dataset], fewest: int) -> Figure:
    """Draw the ECE that evaluations of other sizes would show.

    Parameters
    ----------
    simulated : mapping of str to xarray.Dataset
        By name of the model, as `clipsafe_utils.findings.calibration.errors.sample_sizes` returns them.
    fewest : int
        Number of images below which no claim is made; a thin line.

    Returns
    -------
    matplotlib.figure.Figure
        One panel a model. Lines without colour: a perfectly calibrated model with the same confidences.
    """
    with house_style():
        figure = Figure(figsize=(WIDTH, 2.9))
        if simulated:
            grid = figure.subplots(1, len(simulated), sharey=True, squeeze=False).ravel()
            for axes, (name, one) in zip(grid, simulated.items(), strict=True):
                _draw_sizes(axes, one, GROUP_COLOURS[one.attrs["group"]], fewest)
                axes.set_title(name)
            grid[0].set_ylabel("ECE, %")
            grid[0].set_ylim(bottom=0)
            legend_below(figure, [grid[0]])
    return figure


def _draw_sizes(axes: Axes, simulated: xr.Dataset, colour: str, fewest: int) -> None:
    at = simulated["images"].values
    scaled = PERCENT * simulated[["low", "mean", "high"]]
    shown, ideal = (scaled.sel(truth=truth) for truth in ("recorded", "calibrated"))
    axes.fill_between(at, shown["low"], shown["high"], color=colour, alpha=0.35, linewidth=0)
    axes.plot(at, shown["mean"], color=colour, linewidth=1.4, label="as measured")
    # No second filled band: where two lie over each other, neither can be read.
    for end in ("low", "high"):
        axes.plot(at, ideal[end], color=ink(), linestyle=":", linewidth=1)
    axes.plot(at, ideal["mean"], color=ink(), linestyle="--", linewidth=1.2, label="if perfectly calibrated")
    axes.axvline(fewest, color=ink(), linewidth=0.6, alpha=0.6)
    axes.set_xscale("log")
    axes.set_xticks([300, 1_000, 5_000, 50_000], ["300", "1,000", "5,000", "50,000"])
    axes.minorticks_off()
    axes.set_xlabel("images in the evaluation")
    axes.grid(visible=True)


def shifts(trials: xr.Dataset, group: str) -> Figure:
    """Draw NLL and overconfidence of one classifier against the strength of each shift.

    Parameters
    ----------
    trials : xarray.Dataset
        nll and overconfidence with low and high (`nll_low` and so on); dims shift, level and scaling.
    group : str
        Group of the classifier, for its colour.

    Returns
    -------
    matplotlib.figure.Figure
        Columns are shifts, rows are scores; one line a temperature.
    """
    names = trials["shift"].values.tolist()
    rows = {"nll": "NLL, nats", "overconfidence": "confidence less\naccuracy, points"}
    with house_style():
        figure = Figure(figsize=(WIDTH, 4.4))
        grid = figure.subplots(len(rows), len(names), sharex="col", sharey="row", squeeze=False)
        for row, (score, label) in zip(grid, rows.items(), strict=True):
            for axes, name in zip(row, names, strict=True):
                _draw_shift(axes, trials.sel(shift=name), score, GROUP_COLOURS[group])
            row[0].set_ylabel(label)
        for axes, name in zip(grid[-1], names, strict=True):
            axes.set_xlabel(f"strength of the {name}")
            axes.axhline(0, color=ink(), linewidth=0.8, zorder=0)
        legend_below(figure, [grid[0, 0]])
    return figure


def _draw_shift(axes: Axes, trials: xr.Dataset, score: str, colour: str) -> None:
    scale = PERCENT if score == "overconfidence" else 1.0
    at = trials["strength"].values
    step = 0.02 * np.ptp(at)
    for position, (scaling, (label, marker, line, face)) in enumerate(_TEMPERATURES.items()):
        one = trials.sel(scaling=scaling)
        tint = ink() if scaling == "own" else colour
        x = at + step * (position - 1)
        axes.vlines(x, scale * one[f"{score}_low"], scale * one[f"{score}_high"], color=tint, linewidth=1)
        axes.plot(
            x,
            scale * one[score].values,
            color=tint,
            linestyle=line,
            linewidth=1,
            marker=marker,
            markersize=4.5,
            markerfacecolor=tint if face is None else face,
            label=label,
        )
    axes.set_xticks(at)
    axes.grid(visible=True)
