"""Chapter 2: shape or texture, for people and networks."""

from collections.abc import Mapping

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from clipsafe_utils.cubes import GROUPS
from clipsafe_utils.figures.style import GROUP_COLOURS, GROUP_MARKERS, WIDTH, house_style, ink, legend_below

PERCENT = 100.0


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
        Left: shape bias with its interval. Right: share of images decided by shape or texture.
    """
    number = sum(table.sizes["model"] for table in tables.values())
    with house_style():
        figure = Figure(figsize=(WIDTH, 1.3 + 0.19 * max(number, 3)))
        rows = [table.sizes["model"] for table in tables.values()]
        grid = figure.subplots(
            max(len(rows), 1), 2, sharey="row", squeeze=False, width_ratios=(3, 1), height_ratios=rows or [1]
        )
        for (bias, decided), (study, table) in zip(grid, tables.items(), strict=False):
            _draw_observers(bias, decided, table, models[study])
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
        By study, as `clipsafe_utils.chapters.shape_bias.class_means` returns them.

    Returns
    -------
    matplotlib.figure.Figure
        One row a class, sorted by the standard networks. Hollow marks: fewer than five families.
    """
    with house_style():
        number = max(len(classes), 1)
        figure = Figure(figsize=(WIDTH, 0.9 + 4.6 * number))
        grid = figure.subplots(number, 1, squeeze=False).ravel()
        for axes, (study, table) in zip(grid, classes.items(), strict=False):
            _draw_classes(axes, table)
            if number > 1:
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
        if np.isfinite(one["low"].values).all():
            low, high = (np.clip(PERCENT * one[end].values, 0, 100) for end in ("low", "high"))
            axes.hlines(y, low, high, color=colour, linewidth=1)
        axes.scatter(
            PERCENT * one["mean"].values,
            y,
            marker=GROUP_MARKERS[name],
            s=20,
            facecolor=colour if one["decided"].item() else "none",
            edgecolor=colour,
            label=GROUPS[name],
            zorder=3,
        )
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
    if name.startswith("subject-"):
        return f"person {int(name.removeprefix('subject-'))}"
    name = name.split("-train-")[0] + (" (stylised)" if "-train-" in name else "")
    return f"{name} (Caffe)" if source == "texture-vs-shape" else name
