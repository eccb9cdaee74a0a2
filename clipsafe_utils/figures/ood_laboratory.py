"""Chapter 3: what was made of the CLIPs of the laboratory, and what it changed."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from clipsafe_utils.figures.style import GROUP_COLOURS, WIDTH, house_style, ink, legend_below, mark_zero
from clipsafe_utils.findings.shift.controlled import Change
from clipsafe_utils.metrics.arguments import Array

POINTS = 100.0
"""Shares are drawn in percentage points."""

_PANELS = {
    "in distribution": [("accuracy", "")],
    "under shift": [("accuracy_shifts", ""), ("shifts_at_equal", "_at_equal")],
    "AUROC": [("auroc", ""), ("auroc_at_equal", "_at_equal")],
}
"""By title, the measures of a panel, each with its look."""

_LOOKS = {
    "": ("as it is", GROUP_COLOURS["clip_fine_tuned"], "o", 0.15),
    "_at_equal": ("at equal accuracy in distribution", ink(), "D", -0.15),
}


def procedures(by_procedure: Mapping[str, Change]) -> Figure:
    """Draw what each way of making a model from another changes.

    Parameters
    ----------
    by_procedure : mapping of str to Change
        By procedure.

    Returns
    -------
    matplotlib.figure.Figure
        In distribution, under shift, and AUROC; a row a procedure. Small marks: pairs. Large:
        means over pairs with their intervals.
    """
    rows = np.arange(len(by_procedure), dtype=np.float64)[::-1]
    with house_style():
        figure = Figure(figsize=(WIDTH, 0.42 * len(rows) + 1.3))
        grid = figure.subplots(1, len(_PANELS), sharey=True, squeeze=False).ravel()
        for axes, (title, measures) in zip(grid, _PANELS.items(), strict=True):
            mark_zero(axes)
            for measure, look in measures:
                _draw(axes, rows, list(by_procedure.values()), measure, look)
            axes.set_title(title)
            axes.grid(axis="x")
        names = [f"{_broken(name)} ({found.pairs})" for name, found in by_procedure.items()]
        grid[0].set_yticks(rows, names)
        grid[0].set_ylim(-0.5, len(rows) - 0.5)
        grid[len(grid) // 2].set_xlabel("change in points")
        legend_below(figure, list(grid))
    return figure


def _draw(axes: Axes, rows: Array, found: Sequence[Change], measure: str, look: str) -> None:
    label, colour, marker, offset = _LOOKS[look]
    for row, change in zip(rows + offset, found, strict=True):
        if measure in change.measures:
            mean, each = change.measures[measure]
            axes.scatter(POINTS * each, [row] * len(each), s=4, color=colour, alpha=0.5, linewidth=0)
            if mean.units > 1:
                axes.hlines(row, POINTS * mean.low, POINTS * mean.high, color=colour, linewidth=1)
            axes.scatter(
                POINTS * mean.estimate, row, s=20, color=colour, marker=marker, linewidth=0, zorder=3
            )
    axes.scatter([], [], s=20, color=colour, marker=marker, linewidth=0, label=label)


def _broken(name: str) -> str:
    head, comma, tail = name.partition(", ")
    return f"{head}{comma.strip()}\n{tail}" if comma else name.replace(" ", "\n", 1)
