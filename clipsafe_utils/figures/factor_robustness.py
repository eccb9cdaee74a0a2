"""Chapter 1: who is better on which visual factor at equal accuracy."""

from collections.abc import Mapping, Sequence

import numpy as np
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
from clipsafe_utils.findings.factors.residuals import A_CROWD, line_of

POINTS = 100.0
"""Shares are drawn in percentage points."""

_ARCHITECTURE_MARKERS = {"ResNet": "s", "ViT": "D", "ConvNeXt": "h"}


def residuals(
    results: Mapping[str, xr.Dataset], models: Mapping[str, xr.Dataset], what: str = "accuracy"
) -> Figure:
    """Draw the residual of every CLIP on every factor against the range of new families.

    Parameters
    ----------
    results : mapping of str to xarray.Dataset
        By study, as `clipsafe_utils.metrics.labelled.effective_robustness` returns them.
    models : mapping of str to xarray.Dataset
        By study, the cube `models` in the same order.
    what : str
        What the residuals are residuals of.

    Returns
    -------
    matplotlib.figure.Figure
        One panel a study, factors in the order of the first. Grey bars: where a model of a new family of the
        baseline falls. Marks: CLIPs, with the interval that is due to the number of images; where there are
        more than `A_CROWD`, or no such interval, small marks by group, without those that are not measured.
    """
    with house_style():
        figure = Figure(figsize=(WIDTH, 0.9 + 4.0 * max(len(results), 1)))
        panels = _panels(figure, len(results))
        order = _by_residual(results, models)
        for axes, (study, result) in zip(panels, results.items(), strict=True):
            known = [factor for factor in order if factor in result["factor"].values]
            _draw_residuals(axes, result.sel(factor=known), models[study])
            line = line_of(result.attrs["baseline_group"])
            axes.set_xlabel(f"{what} above (+) or below (−) the line of {line}, in points")
            _title(axes, study, len(results))
        legend_below(figure, panels)
    return figure


def is_a_crowd(result: xr.Dataset, clips: int) -> bool:
    """Say whether the CLIPs of a panel are drawn by group: too many for names, or without intervals.

    Examples
    --------
    >>> is_a_crowd(xr.Dataset({"image_low": 0.0}), clips=2)
    False
    """
    return clips > A_CROWD or (clips > 0 and "image_low" not in result)


def _by_residual(results: Mapping[str, xr.Dataset], models: Mapping[str, xr.Dataset]) -> list[str]:
    """Return all factors, sorted by the CLIPs of the first study that has them, its own factors first."""
    order: list[str] = []
    for study, result in results.items():
        names = clip_models(models[study])["model"].values.tolist()
        shown = result.sel(model=names) if names else result
        factors = result["factor"].values[np.argsort(shown["residual"].mean("model").values)]
        order += [factor for factor in factors.tolist() if factor not in order]
    return order


def _draw_residuals(axes: Axes, result: xr.Dataset, models: xr.Dataset) -> None:
    names = clip_models(models)["model"].values.tolist()
    rows = np.arange(result.sizes["factor"])
    half = POINTS * _half_width_for_a_new_family(result, models)
    axes.barh(rows, 2 * half, left=-half, height=0.62, color=ink(), alpha=0.18, linewidth=0)
    mark_zero(axes)
    if is_a_crowd(result, len(names)):
        _draw_crowd(axes, result, models, rows)
    else:
        for position, name in enumerate(names):
            offset = 0.0 if len(names) == 1 else 0.36 * (position / (len(names) - 1) - 0.5)
            _draw_subject(axes, result.sel(model=name), models.sel(model=name), rows + offset)
    axes.set_yticks(rows, [_plain(factor) for factor in result["factor"].values])
    axes.grid(axis="x")


def _draw_crowd(axes: Axes, result: xr.Dataset, models: xr.Dataset, rows: np.ndarray) -> None:
    for group, offset in zip(CLIP_GROUPS, (0.17, -0.17), strict=True):
        of_group = result.isel(model=(models["group"] == group).values)
        if not of_group.sizes["model"]:
            continue
        measured = of_group["measured"].transpose("model", "factor").values
        residual = POINTS * of_group["residual"].transpose("model", "factor").values
        axes.scatter(
            residual[measured],
            np.broadcast_to(rows + offset, measured.shape)[measured],
            color=GROUP_COLOURS[group],
            marker=GROUP_MARKERS[group],
            s=12,
            alpha=0.7,
            linewidth=0,
            zorder=3,
            label=f"{GROUPS[group]} ({measured.all(axis=1).sum()} of {len(measured)} measured)",
        )


def _draw_subject(axes: Axes, result: xr.Dataset, model: xr.Dataset, rows: np.ndarray) -> None:
    residual = POINTS * result["residual"].values
    error = np.abs(POINTS * np.stack([result["image_low"].values, result["image_high"].values]) - residual)
    measured = result["measured"].values
    colour = GROUP_COLOURS[model["group"].item()]
    marker = _ARCHITECTURE_MARKERS.get(model["architecture"].item(), "o")
    axes.errorbar(residual, rows, xerr=error, fmt="none", ecolor=colour, elinewidth=1, alpha=0.75)
    label = model["checkpoint"].item()
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
        As `clipsafe_utils.findings.factors.residuals.baseline_lines` returns it.
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
    import seaborn as sns  # Here: it loads for a second, and all who judge claims import this module.

    half = POINTS * _half_width_for_a_new_family(result, models)
    at, predicted = POINTS * drawn["reference_accuracy"].values, POINTS * drawn.values
    axes.fill_between(at, predicted - half, predicted + half, color=ink(), alpha=0.18, linewidth=0)
    axes.plot(at, predicted, color=ink(), linewidth=0.8)
    of_clips = 34 if np.isin(models["group"].values, CLIP_GROUPS).sum() <= A_CROWD else 12
    for name in (baseline_group, *CLIP_GROUPS):
        here = models["group"].values == name
        sns.scatterplot(
            x=POINTS * result["reference_accuracy"].values[here],
            y=POINTS * result["accuracy"].values[here],
            ax=axes,
            color=GROUP_COLOURS[name],
            marker=GROUP_MARKERS[name],
            s=12 if name == baseline_group else of_clips,
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
        By study, as `clipsafe_utils.findings.factors.residuals.group_residuals` returns them.

    Returns
    -------
    matplotlib.figure.Figure
        Bars: intervals of the jackknife over families. Hollow marks: fewer than five families, nothing
        is decided; with one family there is no interval to draw. The legend counts the families of each
        study, in the order of the panels.
    """
    with house_style():
        figure = Figure(figsize=(WIDTH, 1.0 + 4.6 * max(len(estimates), 1)))
        panels = _panels(figure, len(estimates))
        for axes, (study, estimate) in zip(panels, estimates.items(), strict=True):
            _draw_groups(axes, estimate, _names_of_groups(list(estimates.values())))
            _title(axes, study, len(estimates))
        legend_below(figure, panels)
    return figure


def _names_of_groups(estimates: Sequence[xr.Dataset]) -> dict[str, str]:
    counts = [
        dict(zip(one["group"].values.tolist(), one["families"].values.tolist(), strict=True))
        for one in estimates
    ]
    names = {}
    for group in dict.fromkeys(name for of_study in counts for name in of_study):
        of_studies = [of_study.get(group, 0) for of_study in counts]
        said = (
            _families(of_studies[0])
            if len(of_studies) == 1
            else f"families: {', '.join(map(str, of_studies))}"
        )
        names[group] = f"{GROUPS[group]} ({said})"
    return names


def _draw_groups(axes: Axes, estimate: xr.Dataset, labels: Mapping[str, str]) -> None:
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
            label=labels[name],
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
            label = one["checkpoint"].item()
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
