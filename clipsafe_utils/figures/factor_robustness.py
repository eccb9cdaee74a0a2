"""Chapter 1: who is better on which visual factor at equal accuracy."""

from collections.abc import Mapping, Sequence

import numpy as np
import seaborn as sns
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from clipsafe_utils.cubes import GROUPS, clip_models
from clipsafe_utils.cubes.selection import CLIP_GROUPS
from clipsafe_utils.figures.style import (
    GROUP_COLOURS,
    GROUP_MARKERS,
    WIDTH,
    house_style,
    ink,
    legend_below,
    mark_zero,
)

POINTS = 100.0
"""Shares are drawn in percentage points."""

_ARCHITECTURE_MARKERS = {"ResNet": "s", "ViT": "D", "ConvNeXt": "h"}
_MOST_LABELS = 6


def residuals(results: Mapping[str, xr.Dataset], models: Mapping[str, xr.Dataset]) -> Figure:
    """Draw the residual of every CLIP on every factor against the range of new standard families.

    Parameters
    ----------
    results : mapping of str to xarray.Dataset
        By study, as `clipsafe_utils.metrics.labelled.effective_robustness` returns them.
    models : mapping of str to xarray.Dataset
        By study, the cube `models` in the same order.

    Returns
    -------
    matplotlib.figure.Figure
        One panel a study. Grey bars: where a model of a new standard family falls. Marks: CLIPs,
        with the interval that is due to the number of images.
    """
    with house_style():
        figure = Figure(figsize=(WIDTH, 0.9 + 4.0 * max(len(results), 1)))
        panels = _panels(figure, len(results))
        for axes, (study, result) in zip(panels, results.items(), strict=True):
            _draw_residuals(axes, result, models[study])
            _title(axes, study, len(results))
        legend_below(figure, panels)
    return figure


def _draw_residuals(axes: Axes, result: xr.Dataset, models: xr.Dataset) -> None:
    names = clip_models(models)["model"].values.tolist()
    shown = result.sel(model=names) if names else result
    result = result.isel(factor=np.argsort(shown["residual"].mean("model").values))
    rows = np.arange(result.sizes["factor"])
    half = POINTS * _half_width_for_a_new_family(result, models)
    axes.barh(rows, 2 * half, left=-half, height=0.62, color=ink(), alpha=0.18, linewidth=0)
    mark_zero(axes)
    for position, name in enumerate(names):
        offset = 0.0 if len(names) == 1 else 0.36 * (position / (len(names) - 1) - 0.5)
        _draw_subject(axes, result.sel(model=name), models.sel(model=name), rows + offset, len(names))
    axes.set_yticks(rows, [_plain(factor) for factor in result["factor"].values])
    axes.set_xlabel("accuracy above (+) or below (−) the line of standard models, in points")
    axes.grid(axis="x")


def _draw_subject(axes: Axes, result: xr.Dataset, model: xr.Dataset, rows: np.ndarray, number: int) -> None:
    residual = POINTS * result["residual"].values
    error = np.abs(POINTS * np.stack([result["image_low"].values, result["image_high"].values]) - residual)
    measured = result["measured"].values
    colour = GROUP_COLOURS[model["group"].item()]
    marker = _ARCHITECTURE_MARKERS.get(model["architecture"].item(), "o")
    axes.errorbar(residual, rows, xerr=error, fmt="none", ecolor=colour, elinewidth=1, alpha=0.75)
    label = model["checkpoint"].item() if number <= _MOST_LABELS else None
    axes.scatter(residual[measured], rows[measured], color=colour, marker=marker, s=26, label=label, zorder=3)
    axes.scatter(
        residual[~measured],
        rows[~measured],
        facecolor="none",
        edgecolor=colour,
        marker=marker,
        s=26,
        zorder=3,
    )


def _half_width_for_a_new_family(result: xr.Dataset, models: xr.Dataset) -> np.ndarray:
    """Models of a baseline family are judged without it; the CLIPs, of none, by the whole baseline."""
    names = clip_models(models)["model"].values
    judged = result["half_width"].sel(model=names) if names.size else result["half_width"]
    return judged.max("model").values


def lines(result: xr.Dataset, models: xr.Dataset, drawn: xr.DataArray, baseline_group: str) -> Figure:
    """Draw accuracy on each factor against the reference accuracy, with the line of the baseline group.

    Parameters
    ----------
    result, models : xarray.Dataset
        As for `residuals`, of one study.
    drawn : xarray.DataArray
        As `clipsafe_utils.chapters.factor_robustness.analysis.baseline_lines` returns it.
    baseline_group : str
        The group that the line is fitted to.

    Returns
    -------
    matplotlib.figure.Figure
        One small panel a factor; the band is the prediction interval of a new family.
    """
    factors = result["factor"].values
    rows = -(-len(factors) // 2)
    with house_style():
        figure = Figure(figsize=(WIDTH, 1.6 * rows + 0.4))
        grid = np.atleast_2d(figure.subplots(rows, 2, sharex=True)).ravel()
        for axes in grid[len(factors) :]:
            axes.set_visible(False)
        for axes, factor in zip(grid, factors, strict=False):
            _draw_line(axes, result.sel(factor=factor), models, drawn.sel(factor=factor), baseline_group)
            axes.set_title(_plain(factor))
        figure.supxlabel("reference accuracy, %", fontsize=9)
        figure.supylabel("accuracy on the images of the factor, %", fontsize=9)
    return figure


def _draw_line(
    axes: Axes, result: xr.Dataset, models: xr.Dataset, drawn: xr.DataArray, baseline_group: str
) -> None:
    half = POINTS * _half_width_for_a_new_family(result, models)
    at, predicted = POINTS * drawn["reference_accuracy"].values, POINTS * drawn.values
    axes.fill_between(at, predicted - half, predicted + half, color=ink(), alpha=0.18, linewidth=0)
    axes.plot(at, predicted, color=ink(), linewidth=0.8)
    for name in (baseline_group, *CLIP_GROUPS):
        here = models["group"].values == name
        sns.scatterplot(
            x=POINTS * result["reference_accuracy"].values[here],
            y=POINTS * result["accuracy"].values[here],
            ax=axes,
            color=GROUP_COLOURS[name],
            marker=GROUP_MARKERS[name],
            s=12 if name == baseline_group else 34,
            linewidth=0,
            legend=False,
        )
    # Networks far from the baseline are no part of the comparison and would squeeze the rest.
    axes.set_xlim(at[0] - 2, at[-1] + 2)
    axes.set_ylim((predicted - half).min() - 4, (predicted + half).max() + 4)
    axes.grid(visible=True)


def groups(estimates: Mapping[str, xr.Dataset]) -> Figure:
    """Draw the mean residual of each group on each factor, each family counted once.

    Parameters
    ----------
    estimates : mapping of str to xarray.Dataset
        By study, as `clipsafe_utils.chapters.factor_robustness.analysis.group_residuals` returns them.

    Returns
    -------
    matplotlib.figure.Figure
        Bars: intervals of the jackknife over families. Hollow marks: fewer than five families, nothing
        is decided; with one family there is no interval to draw.
    """
    with house_style():
        figure = Figure(figsize=(WIDTH, 1.0 + 4.6 * max(len(estimates), 1)))
        panels = _panels(figure, len(estimates))
        for axes, (study, estimate) in zip(panels, estimates.items(), strict=True):
            _draw_groups(axes, estimate)
            _title(axes, study, len(estimates))
        legend_below(figure, panels)
    return figure


def _draw_groups(axes: Axes, estimate: xr.Dataset) -> None:
    rows = np.arange(estimate.sizes["factor"])[::-1]
    names = estimate["group"].values.tolist()
    mark_zero(axes)
    for position, name in enumerate(names):
        one = estimate.sel(group=name)
        y = rows - 0.6 * ((position + 0.5) / len(names) - 0.5)
        colour, marker = GROUP_COLOURS[name], GROUP_MARKERS[name]
        low, high = POINTS * one["low"].values, POINTS * one["high"].values
        bounded = np.isfinite(low)
        axes.hlines(y[bounded], low[bounded], high[bounded], color=colour, linewidth=1)
        decided = bool(one["decided"].item())
        axes.scatter(
            POINTS * one["mean"].values,
            y,
            marker=marker,
            s=20,
            facecolor=colour if decided else "none",
            edgecolor=colour,
            label=f"{GROUPS[name]} ({_families(int(one['families'].item()))})",
            zorder=3,
        )
    axes.set_yticks(rows, [_plain(factor) for factor in estimate["factor"].values])
    axes.set_xlabel("mean residual of the group's families, in points")
    axes.grid(axis="x")


def every_choice(choices: xr.Dataset, headline: Mapping[str, str]) -> Figure:
    """Draw the residual of each CLIP on each factor under every combination of choices.

    Parameters
    ----------
    choices : xarray.Dataset
        `residual` with the dims model, factor and one dim a choice; `group` and `checkpoint` by model.
    headline : mapping of str to str
        The label of each choice that the chapter reports; it is drawn large.

    Returns
    -------
    matplotlib.figure.Figure
        One row a factor and model; the spread of the small marks is what the choices decide.
    """
    factors = choices["factor"].values
    number = choices.sizes["model"]
    with house_style():
        figure = Figure(figsize=(WIDTH, 0.45 * len(factors) + 1.2))
        axes = figure.subplots()
        mark_zero(axes)
        for position, name in enumerate(choices["model"].values):
            one = choices.sel(model=name)
            colour = GROUP_COLOURS[one["group"].item()]
            marker = _ARCHITECTURE_MARKERS.get(one["architecture"].item(), "o")
            offset = 0.0 if number == 1 else 0.4 * (position / (number - 1) - 0.5)
            for row, factor in enumerate(factors[::-1]):
                spread = POINTS * one["residual"].sel(factor=factor).values.ravel()
                axes.hlines(row + offset, spread.min(), spread.max(), color=colour, linewidth=0.8, alpha=0.6)
                axes.scatter(spread, np.full(spread.size, row + offset), color=colour, s=3, alpha=0.5)
            chosen = POINTS * one["residual"].sel(dict(headline)).values[::-1]
            label = one["checkpoint"].item() if number <= _MOST_LABELS else None
            axes.scatter(
                chosen,
                np.arange(len(factors)) + offset,
                color=colour,
                marker=marker,
                s=24,
                label=label,
                zorder=3,
            )
        axes.set_yticks(range(len(factors)), [_plain(factor) for factor in factors[::-1]])
        axes.set_xlabel("residual under every combination of choices, in points")
        axes.grid(axis="x")
        legend_below(figure, [axes])
    return figure


def _panels(figure: Figure, number: int) -> Sequence[Axes]:
    return list(np.atleast_1d(figure.subplots(number, 1))) if number else []


def _families(number: int) -> str:
    return "1 family" if number == 1 else f"{number} families"


def _title(axes: Axes, study: str, number: int) -> None:
    if number > 1:
        axes.set_title(study)


def _plain(name: str) -> str:
    return name.replace("_", " ")
