"""Chapter 2: shape or texture, for people and networks."""

import re
import textwrap
from collections.abc import Mapping

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from clipsafe_utils.cubes import GROUPS
from clipsafe_utils.figures.style import GROUP_COLOURS, GROUP_MARKERS, WIDTH, house_style, ink, legend_below

PERCENT = 100.0
NAMED_OBSERVERS = 40
"""Up to so many observers of a study have a row and a name each; more share rows."""

_LINES = 5
_SOURCE_WIDTH = 14
_CROSSES = "x+"


def observers(tables: Mapping[str, xr.Dataset], models: Mapping[str, xr.Dataset]) -> Figure:
    """Draw the shape bias of every observer, sorted, beside the share of images that it decided.

    Parameters
    ----------
    tables : mapping of str to xarray.Dataset
        By study, as `clipsafe_utils.metrics.labelled.shape_bias_table` returns them.
    models : mapping of str to xarray.Dataset
        By study, the cube `models` in the same order.

    Returns
    -------
    matplotlib.figure.Figure
        Left: shape bias with its interval. Right: share of images decided by shape or texture. A study with
        more than `NAMED_OBSERVERS` has a row for each group and training source, without intervals.
    """
    crowded = {study: table.sizes["model"] > NAMED_OBSERVERS for study, table in tables.items()}
    heights = [
        0.3 * len(_strips(models[study])) if crowded[study] else 0.19 * max(table.sizes["model"], 3)
        for study, table in tables.items()
    ]
    with house_style():
        figure = Figure(figsize=(WIDTH, 1.0 + 0.5 * len(heights) + sum(heights)))
        grid = figure.subplots(
            max(len(heights), 1),
            2,
            sharey="row",
            squeeze=False,
            width_ratios=(3, 1),
            height_ratios=heights or [1],
        )
        for (bias, decided), (study, table) in zip(grid, tables.items(), strict=False):
            draw = _draw_strips if crowded[study] else _draw_observers
            draw(bias, decided, table, models[study])
            _finish_axes(bias, decided)
            if len(tables) > 1:
                bias.set_title(study)
        legend_below(figure, grid[:, 0].tolist())
    return figure


def _draw_observers(bias: Axes, decided: Axes, table: xr.Dataset, models: xr.Dataset) -> None:
    order = np.argsort(table["shape_bias"].values)
    table, models = table.isel(model=order), models.isel(model=order)
    rows = np.arange(table.sizes["model"])
    group = models["group"].values
    low, value, high = (PERCENT * table[name].values for name in ("low", "shape_bias", "high"))
    for name in GROUPS:
        here = group == name
        if here.any():
            bias.hlines(rows[here], low[here], high[here], color=GROUP_COLOURS[name], linewidth=1.2)
            share = PERCENT * table["share_decided"].values[here]
            for axes, x, size in ((bias, value[here], 28), (decided, share, 18)):
                colour, marker = GROUP_COLOURS[name], GROUP_MARKERS[name]
                axes.scatter(x, rows[here], color=colour, marker=marker, s=size, zorder=3, label=GROUPS[name])
    bias.set_yticks(rows, [observer_name(name) for name in table["model"].values])
    bias.set_ylim(-0.7, rows.size - 0.3)


def _draw_strips(bias: Axes, decided: Axes, table: xr.Dataset, models: xr.Dataset) -> None:
    group, source = (models[name].values.astype(str) for name in ("group", "training_source"))
    strips = _strips(models)
    for row, (name, origin) in enumerate(strips):
        here = np.flatnonzero((group == name) & (source == origin))
        here = here[np.argsort(table["shape_bias"].values[here])]
        # Neighbours in shape bias stand on different lines of the row, so that marks do not hide each other.
        y = row + 0.13 * (np.arange(here.size) % _LINES - _LINES // 2) * (here.size > 1)
        for axes, variable in ((bias, "shape_bias"), (decided, "share_decided")):
            axes.scatter(
                PERCENT * table[variable].values[here],
                y,
                color=GROUP_COLOURS[name],
                marker=GROUP_MARKERS[name],
                s=13,
                zorder=3,
                linewidth=0.8 if GROUP_MARKERS[name] in _CROSSES else 0,
                label=GROUPS[name],
            )
    names = [textwrap.fill(origin.replace("_", " "), _SOURCE_WIDTH) for _, origin in strips]
    bias.set_yticks(range(len(strips)), names, multialignment="right")
    bias.set_ylim(len(strips) - 0.4, -0.6)


def _strips(models: xr.Dataset) -> list[tuple[str, str]]:
    """Return the pairs of group and training source, in the order of the groups and of the models."""
    pairs = zip(models["group"].values.tolist(), models["training_source"].values.tolist(), strict=True)
    return sorted(dict.fromkeys(pairs), key=lambda pair: list(GROUPS).index(pair[0]))


def _finish_axes(bias: Axes, decided: Axes) -> None:
    bias.set_xlim(0, 100)
    bias.axvline(50, color=ink(), linewidth=0.8, zorder=0)
    bias.set_xlabel("shape bias, %")
    decided.set_xlim(0, 100)
    decided.set_xlabel("decided, %")
    for axes in (bias, decided):
        axes.grid(axis="x")


def by_class(classes: Mapping[str, xr.Dataset]) -> Figure:
    """Draw the shape bias of each kind of observer by class of the shape.

    Parameters
    ----------
    classes : mapping of str to xarray.Dataset
        By study, as `clipsafe_utils.findings.shape.observers.class_means` returns them.

    Returns
    -------
    matplotlib.figure.Figure
        One row a class, sorted by the standard networks. Hollow marks without interval: fewer than five
        families, so nothing is decided.
    """
    with house_style():
        rows = [table.sizes["cue_class"] for table in classes.values()] or [1]
        figure = Figure(figsize=(WIDTH, 0.9 + sum(0.5 + 0.26 * max(number, 2) for number in rows)))
        grid = figure.subplots(len(rows), 1, squeeze=False, height_ratios=rows).ravel()
        for axes, (study, table) in zip(grid, classes.items(), strict=False):
            _draw_classes(axes, table)
            if len(rows) > 1:
                axes.set_title(study)
        legend_below(figure, grid.tolist())
    return figure


def _draw_classes(axes: Axes, table: xr.Dataset) -> None:
    names = table["group"].values.tolist()
    reference = "standard" if "standard" in names else names[0]
    table = table.isel(cue_class=np.argsort(table["mean"].sel(group=reference).values))
    rows = np.arange(table.sizes["cue_class"])
    for position, name in enumerate(names):
        one = table.sel(group=name)
        y = rows - 0.5 * ((position + 0.5) / len(names) - 0.5)
        colour = GROUP_COLOURS[name]
        if one["decided"].item():
            low, high = (np.clip(PERCENT * one[end].values, 0, 100) for end in ("low", "high"))
            axes.hlines(y, low, high, color=colour, linewidth=1)
        marks = axes.scatter(
            PERCENT * one["mean"].values,
            y,
            color=colour,
            marker=GROUP_MARKERS[name],
            s=20,
            label=GROUPS[name],
            zorder=3,
        )
        if not one["decided"].item() and GROUP_MARKERS[name] not in _CROSSES:
            marks.set_facecolor("none")
    axes.set_yticks(rows, table["cue_class"].values)
    axes.set_xlim(0, 100)
    axes.axvline(50, color=ink(), linewidth=0.8, zorder=0)
    axes.set_xlabel("shape bias, %")
    axes.grid(axis="x")


def observer_name(model: str) -> str:
    """Shorten the name of a row to what a reader needs.

    Examples
    --------
    >>> observer_name("texture-vs-shape:subject-03"), observer_name("texture-vs-shape-trained:vgg16")
    ('person 3', 'vgg16')
    """
    source, name = model.split(":", 1) if ":" in model else ("", model)
    if (subject := re.fullmatch(r"subject-(\d{1,9})", name, re.ASCII)) is not None:
        return f"person {int(subject[1])}"
    name = name.split("-train-")[0] + (" (stylised)" if "-train-" in name else "")
    return f"{name} (Caffe)" if source == "texture-vs-shape" else name
