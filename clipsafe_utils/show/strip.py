"""A strip: one model as a star among many, on one line; small enough for thirty on a page."""

import html

import numpy as np
from numpy.typing import ArrayLike

from clipsafe_utils.show.encoding import LOOKS, yours_look

WIDTH, HEIGHT = 160, 18
_ROOM = 6
_PLACES = 74
_STAR = "M0-6 1.4-1.9 5.7-1.9 2.3.8 3.5 4.9 0 2.4-3.5 4.9-2.3.8-5.7-1.9-1.4-1.9Z"


def strip(others: ArrayLike, value: float, low: float, high: float, alt: str) -> str:
    """Draw a model among others.

    Parameters
    ----------
    others : array_like
        The values of all, drawn as ticks, darker where more of them stand.
    value, low, high : float
        The model, and its interval; NaN for none.
    alt : str
        What it shows, in words.

    Examples
    --------
    >>> strip([0.1, 0.2], 0.2, float("nan"), float("nan"), "second of two").count("<path")
    1
    """
    every = np.append(np.asarray(others, np.float64), value)
    every = every[np.isfinite(every)]
    first, last = float(every.min()), float(every.max())
    span = (last - first) or 1.0

    def at(number: float) -> float:
        return _ROOM + (WIDTH - 2 * _ROOM) * (min(max(number, first), last) - first) / span

    places, counts = np.unique(np.round((every - first) / span * _PLACES).astype(int), return_counts=True)
    shades = 0.4 + 0.6 * np.sqrt(counts / counts.max())
    ticks = "".join(
        f'<line x1="{x:.1f}" x2="{x:.1f}" y1="5" y2="13" stroke-opacity="{shade:.2f}"/>'
        for x, shade in zip(_ROOM + (WIDTH - 2 * _ROOM) * places / _PLACES, shades, strict=True)
    )
    known = np.isfinite(low) and np.isfinite(high)
    interval = f'<line class="own" x1="{at(low):.1f}" x2="{at(high):.1f}" y1="9" y2="9"/>' if known else ""
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{html.escape(alt, quote=True)}">'
        f'<g stroke="currentColor" stroke-width="1.2">{ticks}</g>{interval}'
        f'<path class="own" d="{_STAR}" transform="translate({at(value):.1f} 9)"/></svg>'
    )


def strip_colours() -> tuple[str, str]:
    """Return the colour of the star on a light page and on a dark one."""
    look = LOOKS[yours_look(0)]
    return look.light, look.dark
