"""A drawn figure as a page shows it: one look, ink that follows the page's theme, all that is taken along.

Figures are published as SVG inside the page. Each colour becomes a variable of the page's style sheet, which
has another value in the dark; where there is no style sheet, as in a notebook, the light one stands. A PNG
stands beside it for hosts that show no SVG.
"""

import hashlib
import html
import io
import re
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure, SubFigure
from matplotlib.lines import Line2D

from clipsafe_utils.show.encoding import INK, LOOKS, Look, dark_colours, is_own
from clipsafe_utils.show.shown import Shown

WIDTH = 4.75
"""Width of a figure in inches: on a phone, where 342 pixels are left, text of 9 points is 9 pixels high."""

_LONGEST_LINE = 44
_MOST_LINES = 5
_SHARP = 150  # Pixels an inch of a PNG.

# matplotlib types its settings as one long list of names, which a plain dictionary does not match.
_RULES: dict[Any, Any] = {
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "axes.labelsize": 9,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlecolor": INK,
    "axes.titlesize": 9,
    "axes.titlelocation": "left",
    "figure.constrained_layout.use": True,
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 9,
    "grid.alpha": 0.15,
    "grid.color": INK,
    "legend.fontsize": 9,
    "legend.frameon": False,
    "legend.labelcolor": INK,
    "svg.fonttype": "none",
    "svg.hashsalt": "clipsafe",
    "text.color": INK,
    # Names come from cubes, and two dollars in one are no formula.
    "text.parse_math": False,
    "xtick.color": INK,
    "xtick.labelsize": 9,
    "ytick.color": INK,
    "ytick.labelsize": 9,
}


@contextmanager
def house_style() -> Iterator[None]:
    """Draw with the rules of the book inside the block."""
    with mpl.rc_context(_RULES):
        yield


def reference_line(axes: Axes, value: float, *, upright: bool = True, line: str = "-") -> None:
    """Draw the line of no difference, or of another value to compare with, behind everything."""
    draw = axes.axvline if upright else axes.axhline
    draw(value, color=INK, linewidth=0.8, linestyle=line, zorder=0.5)


def two_lines(text: str, letters: int = 0) -> str:
    """Break a name of more letters near its middle, so that several stand side by side on a phone."""
    words = text.split()
    breaks = [
        (abs(len(" ".join(words[:place])) - len(" ".join(words[place:]))), place)
        for place in range(1, len(words))
    ]
    if not breaks or len(text) <= letters:
        return text
    place = min(breaks)[1]
    return " ".join(words[:place]) + "\n" + " ".join(words[place:])


def draw_marks(axes: Axes, x: Any, y: Any, rows: pd.DataFrame, look: Look, size: float = 26) -> None:
    """Draw marks of one look: hollow where undecided, small where single, never cut at the frame."""
    if not look.marker:
        return  # A line alone.
    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    decided = rows["decided"].to_numpy(bool)
    single = (rows["mark"] == "single").to_numpy()
    shown = (rows["mark"] != "none").to_numpy()
    is_line = look.marker in "x+"
    weight = rows["weight"].to_numpy(float)
    area = np.where(np.isnan(weight), np.where(single, 5.0, size * look.area), 7.0 + 110.0 * weight)
    for filled in (True, False):
        for small in (True, False):
            here = shown & (decided == filled) & (single == small)
            if here.any():
                sizes = np.unique(area[here])
                axes.scatter(
                    x[here],
                    y[here],
                    s=sizes if sizes.size == 1 else area[here],  # One size: an SVG draws the mark once.
                    marker=look.marker,
                    facecolor=look.light if filled or is_line else "none",
                    edgecolor=None if is_line else look.light,
                    linewidth=(0.0 if small else 0.9) if not is_line else 1.0,
                    alpha=0.6 if small else 1.0,
                    clip_on=False,
                    zorder=3 + 0.1 * look.rank,
                )


def draw_intervals(axes: Axes, at: Any, rows: pd.DataFrame, look: Look, *, upright: bool = False) -> None:
    """Draw intervals along the axis of values, an arrow where one goes on beyond what is drawn.

    Call it when the limits of the axis are set. Ranges from lowest to highest are dotted.
    """
    first, last = sorted(axes.get_ylim() if upright else axes.get_xlim())
    draw = axes.vlines if upright else axes.hlines
    arrows = ("v", "^") if upright else ("<", ">")
    at = np.asarray(at, dtype=float)
    low, high = rows["low"].to_numpy(float), rows["high"].to_numpy(float)
    known = ~(np.isnan(low) | np.isnan(high))
    dotted = rows["is_range"].to_numpy(bool)
    for here, line in ((known & ~dotted, "-"), (known & dotted, ":")):
        ends = np.clip(low[here], first, last), np.clip(high[here], first, last)
        draw(at[here], *ends, color=look.light, linewidth=1.2, linestyle=line, zorder=2 + 0.1 * look.rank)
    for beyond, end, arrow in ((low < first, first, arrows[0]), (high > last, last, arrows[1])):
        here = known & beyond
        place = np.full(int(here.sum()), end)
        x, y = (at[here], place) if upright else (place, at[here])
        axes.scatter(x, y, marker=arrow, s=14, color=look.light, linewidth=0, clip_on=False, zorder=4)


def legend_above(
    figure: Figure | SubFigure, frame: pd.DataFrame, *, lines: bool = False, title: str = ""
) -> None:
    """Name the marks of all panels once, above them and under a title, in the order of the frame.

    Where studies have training sources of their own, each has a column under its name: `WIT` and `wit` are
    told apart.
    """
    studies = {str(study): part for study, part in frame.groupby("study", sort=False)}
    if _differ_in_sources(studies):
        columns: list[list[Line2D]] = [[], []]
        for place, (study, part) in enumerate(studies.items()):
            columns[place % 2] += [_heading(study), *_entries(part, lines)]
        rows = max(map(len, columns))
        entries = [entry for one in columns for entry in [*one, *[_heading(" ")] * (rows - len(one))]]
    else:
        entries = _entries(frame, lines)
    if len(entries) > 1 or title:
        legend = figure.legend(
            handles=entries,
            loc="outside upper left",
            ncols=2,
            handletextpad=0.4,
            borderpad=0,
            title=_cut(title) or None,
            title_fontproperties={"weight": "bold", "size": 9},
            alignment="left",
        )
        for entry, text in zip(entries, legend.get_texts(), strict=True):
            text.set_fontweight("bold" if entry.get_linestyle() == entry.get_marker() == "None" else "normal")


def _differ_in_sources(studies: Mapping[str, pd.DataFrame]) -> bool:
    of_studies = [{look for look in part["look"] if look.startswith("source/")} for part in studies.values()]
    return len({frozenset(looks) for looks in of_studies if looks}) > 1


def _entries(frame: pd.DataFrame, lines: bool) -> list[Line2D]:
    """Give each look of a frame that has a name its entry in the legend."""
    named = frame[["look", "label"]].drop_duplicates()
    looks = [(key, LOOKS[key], label or LOOKS[key].label) for key, label in named.itertuples(index=False)]
    return [
        Line2D(
            [],
            [],
            color=look.light,
            marker=look.marker or "None",
            markersize=5.5,
            linestyle=look.line if (lines and not is_own(key)) or not look.marker else "none",
            label=_cut(label),
        )
        for key, look, label in looks
        if label
    ]


def _heading(text: str) -> Line2D:
    return Line2D([], [], linestyle="none", label=_cut(text))


def publish_figure(figure: Figure, alt: str, beside: str = "") -> Shown:
    """Turn a drawn figure into what a page shows: the same bytes for the same figure and text.

    `beside` is markup that goes with it: its source, and its data for the page's script.
    """
    if not alt.strip():
        raise ValueError("alt must say what the figure shows")
    with house_style(), warnings.catch_warnings():
        # The page draws the words in its own font, which need not lack what Matplotlib's lacks.
        warnings.filterwarnings("ignore", "Glyph .* missing from font")
        _cut_long_names(figure)
        drawing = _svg_of(figure)
        figure.set_layout_engine("none")  # Laid out once, which takes longer than to draw.
        png = _png_of(figure)
    return Shown(f'<div class="themed-figure">{_themed(drawing, alt)}</div>{beside}', png)


def not_measured(what: str) -> Figure:
    """Make a figure of one line for what no study has measured, so that its number still leads somewhere."""
    with house_style():
        figure = Figure(figsize=(WIDTH, 0.5))
        figure.text(0.5, 0.5, f"not measured yet: {what}", ha="center", va="center")
    return figure


# A canvas draws a figure once; `savefig` draws it twice, the first time only for its layout.


def _svg_of(figure: Figure) -> str:
    parts: list[Any] = [figure, *figure.subfigs, *figure.axes]
    for part in parts:
        part.patch.set(facecolor="none", edgecolor="none")
    canvas: Any = FigureCanvasSVG(figure)
    stream = io.BytesIO()
    canvas.print_svg(stream, metadata={"Date": None, "Creator": None})
    return stream.getvalue().decode()


def _png_of(figure: Figure) -> bytes:
    figure.set(dpi=_SHARP, facecolor="white")
    canvas: Any = FigureCanvasAgg(figure)
    stream = io.BytesIO()
    canvas.print_png(stream, metadata={"Software": None})
    return stream.getvalue()


def _themed(drawing: str, alt: str) -> str:
    drawing = drawing[drawing.index("<svg") :].replace(INK, "currentColor")
    for light in dark_colours():
        drawing = drawing.replace(light.lower(), f"var(--look-{light[1:].lower()}, {light.lower()})")
    drawing = re.sub(r"<metadata>.*?</metadata>\s*", "", drawing, flags=re.DOTALL)
    # The page's own font is used, and a style element inside an SVG would speak to the whole page.
    drawing = re.sub(
        r"font-family: [^;]*;? ?|<defs>\s*<style.*?</style>\s*</defs>\s*", "", drawing, flags=re.DOTALL
    )
    return _labelled(_with_own_ids(_light(drawing)), alt)


def _light(drawing: str) -> str:
    """Write places to a hundredth of a point, a style once for all marks that share it, and no empty turn.

    Nothing refers to a group, so that its id is left out, too.
    """
    drawing = re.sub(r' transform="rotate\(-?0 [^"]*\)"|(?<=<g) id="[^"]*"', "", drawing)
    drawing = re.sub(
        r'(?<= )(?:d|x|y)="[^"]*"', lambda place: re.sub(r"(\.\d\d)\d+", r"\1", place[0]), drawing
    )
    return re.sub(r"<g([^>]*)>((?:\s*<use [^>]*/>)+)\s*</g>", _styled_once, drawing)


def _styled_once(group: re.Match[str]) -> str:
    styles = set(re.findall(r' style="[^"]*"', group[2]))
    if len(styles) != 1 or "style=" in group[1]:
        return group[0]
    (style,) = styles
    return f"<g{group[1]}{style}>{group[2].replace(style, '')}</g>"


def _with_own_ids(drawing: str) -> str:
    """Two figures of one page must not share the ids of their clip paths and markers."""
    prefix = "f" + hashlib.sha256(drawing.encode()).hexdigest()[:8]
    drawing = re.sub(r'\bid="([^"]+)"', rf'id="{prefix}-\1"', drawing)
    return re.sub(r'(url\(#|href="#)', rf"\g<1>{prefix}-", drawing)


def _labelled(drawing: str, alt: str) -> str:
    head, body = drawing.split(">", 1)
    view = re.search(r'viewBox="[^"]+"', head)
    assert view is not None, "matplotlib writes a viewBox"
    attributes = f'role="img" aria-label="{html.escape(alt, quote=True)}" {view.group()}'
    lines = 'stroke-linejoin="round" stroke-linecap="butt"'
    return f'<svg {attributes} {lines} xmlns:xlink="http://www.w3.org/1999/xlink">{body}'


def _cut_long_names(figure: Figure) -> None:
    for axis in (axis for axes in figure.axes for axis in (axes.xaxis, axes.yaxis)):
        places = axis.get_majorticklocs().tolist()
        names = axis.get_major_formatter().format_ticks(places)
        if any(_cut(name) != name for name in names):
            axis.set_ticks(places, [_cut(name) for name in names])
    for axes in figure.axes:
        title = axes.get_title("left")
        if _cut(title) != title:
            axes.set_title(_cut(title))


def _cut(name: str) -> str:
    """Cut what is longer than fits; a name with line breaks stays one with line breaks."""
    lines = [
        line if len(line) <= _LONGEST_LINE else f"{line[: _LONGEST_LINE - 1]}…" for line in name.split("\n")
    ]
    return "\n".join(lines if len(lines) <= _MOST_LINES else [*lines[: _MOST_LINES - 1], "…"])
