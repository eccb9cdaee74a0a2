"""How figures mark what a reader trained: above every group, in a colour that no group has."""

from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from clipsafe_utils.figures.style import ink

YOURS_COLOUR = "#E6308A"
"""Colour of what a reader trained; it stands out of every group on both backgrounds."""

YOURS_MARKERS = ("*", "p", "h", "8")
"""One a model of a reader's; more share the last."""


def mark_yours(
    axes: Axes, x: ArrayLike, y: ArrayLike, label: str, number: int = 0, *, hollow: bool = False
) -> None:
    """Mark where a model of the reader's stands, above everything else.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        Where to draw.
    x, y : array_like of float
        Of equal shape.
    label : str
        What the legend calls it.
    number : int
        Which of the reader's models it is, from 0: each of the first has a marker of its own.
    hollow : bool
        Whether no claim rests on the mark. A hollow one is not in the legend.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> axes = Figure().subplots()
    >>> mark_yours(axes, [1.0], [2.0], "mine")
    >>> axes.collections[0].get_label(), axes.collections[0].get_offsets().tolist()
    ('mine', [[1.0, 2.0]])
    """
    marker = YOURS_MARKERS[min(number, len(YOURS_MARKERS) - 1)]
    axes.scatter(
        x,
        y,
        marker=marker,
        s=95 if marker == "*" else 60,
        facecolor="none" if hollow else YOURS_COLOUR,
        edgecolor=YOURS_COLOUR if hollow else ink(),
        linewidth=0.8 if hollow else 0.6,
        label="" if hollow else label,
        zorder=5,
    )
