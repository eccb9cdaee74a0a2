"""One look for all figures: a colour and a marker a group, ink that follows the page's theme.

Figures are published as SVG inside the page. They are drawn in a sentinel colour that is replaced by
``currentColor`` on saving, so that the same figure reads in light and in dark.
"""

import hashlib
import html
import io
import re
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

GROUP_COLOURS = {
    "clip_zero_shot": "#D55E00",
    "clip_fine_tuned": "#E69F00",
    "standard": "#2F86C1",
    "contrastive": "#00A078",
    "more_data": "#8C6BB1",
    "robust_intervention": "#CC79A7",
    "control": "#8A8A8A",
    "human": "#B8860B",
    "other": "#A0A0A0",
}
"""Colours that stay apart for colour-blind readers and on both backgrounds, after Okabe and Ito (2008)."""

GROUP_MARKERS = {
    "clip_zero_shot": "D",
    "clip_fine_tuned": "P",
    "standard": "o",
    "contrastive": "^",
    "more_data": "s",
    "robust_intervention": "v",
    "control": "x",
    "human": "*",
    "other": "+",
}
"""A second mark of the group, so that no figure depends on colour alone."""

SOURCE_COLOURS = {
    "WIT": "#D55E00",
    "LAION-80M": "#4BA6DB",
    "LAION-400M": "#00A078",
    "LAION-2B": "#8C6BB1",
    "DataComp-1B": "#CC79A7",
    "WebLI": "#8A8A8A",
    "labels": "#6878D8",
    "wit": "#CF5A17",
    "laion": "#2E9C8E",
    "mixed": "#B08A1E",
}
"""Colours of the training sources of CLIP, under the same rules; their order is that of every legend."""

SOURCE_MARKERS = {
    "WIT": "D",
    "LAION-80M": "v",
    "LAION-400M": "^",
    "LAION-2B": "s",
    "DataComp-1B": "h",
    "WebLI": "X",
    "labels": "o",
    "wit": "d",
    "laion": "P",
    "mixed": "*",
}
"""A second mark of the training source."""

WIDTH = 5.2
"""Width of a figure in inches: text of 9 points is still 9 pixels high on a phone."""

_INK = "#010203"

_LONGEST_LINE = 44
_MOST_LINES = 5
"""A longer name beside the axes would leave no room for them."""

STUDY_LOOKS = {
    "published": (_INK, "o"),
    "miniature": ("#A8623C", "D"),
    "imagenet": ("#7F9A2B", "s"),
    "field": ("#C8465A", "^"),
}
"""Colour and marker of a study, where studies stand side by side; the first has that of the ink."""

# matplotlib types its settings as one long list of names, which a plain dictionary does not match.
_RULES: dict[Any, Any] = {
    "axes.edgecolor": _INK,
    "axes.labelcolor": _INK,
    "axes.labelsize": 9,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlecolor": _INK,
    "axes.titlesize": 9,
    "axes.titlelocation": "left",
    "figure.constrained_layout.use": True,
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 9,
    "grid.alpha": 0.15,
    "grid.color": _INK,
    "legend.fontsize": 8.5,
    "legend.frameon": False,
    "legend.labelcolor": _INK,
    "svg.fonttype": "none",
    "svg.hashsalt": "clipsafe",
    "text.color": _INK,
    # Names come from cubes, and two dollars in one are no formula.
    "text.parse_math": False,
    "xtick.color": _INK,
    "xtick.labelsize": 8.5,
    "ytick.color": _INK,
    "ytick.labelsize": 8.5,
}


@contextmanager
def house_style() -> Iterator[None]:
    """Draw with the rules of the book inside the block.

    Examples
    --------
    >>> with house_style():
    ...     mpl.rcParams["svg.fonttype"]
    'none'
    """
    with mpl.rc_context(_RULES):
        yield


def ink() -> str:
    """Return the colour of text and lines that belong to no group.

    Examples
    --------
    >>> ink().startswith("#")
    True
    """
    return _INK


def source_look(source: str) -> tuple[str, str, str]:
    """Return colour, marker and label of a training source; those without a look of their own share one.

    Examples
    --------
    >>> source_look("WIT"), source_look("a crawl of mine")
    (('#D55E00', 'D', 'WIT'), ('#A0A0A0', 'p', 'another source'))
    """
    if source in SOURCE_COLOURS:
        return SOURCE_COLOURS[source], SOURCE_MARKERS[source], source
    return GROUP_COLOURS["other"], "p", "another source"


def mark_zero(axes: Axes) -> None:
    """Draw the line of no difference behind everything."""
    axes.axvline(0, color=_INK, linewidth=0.8, zorder=0)


def study_look(study: str) -> tuple[str, str]:
    """Return colour and marker of a study; those without a look of their own share one.

    Examples
    --------
    >>> study_look("miniature"), study_look("my-cubes")
    (('#A8623C', 'D'), ('#A0A0A0', 'v'))
    """
    return STUDY_LOOKS.get(study, (GROUP_COLOURS["other"], "v"))


def legend_below(figure: Figure, grid: Sequence[Axes], title: str | None = None) -> None:
    """Name the marks of some panels once, below the figure, where no mark can be hidden.

    The title of the legend can stand for an axis that all panels share.
    """
    found = {
        label: handle
        for axes in grid
        for handle, label in zip(*axes.get_legend_handles_labels(), strict=True)
    }
    if found:
        figure.legend(
            list(found.values()),
            list(found),
            loc="outside lower center",
            ncols=2,
            handletextpad=0.3,
            title=title,
            title_fontsize=9,
        )


def not_measured(what: str) -> Figure:
    """Make a figure of one line for what no study has measured, so that its number still leads somewhere.

    Examples
    --------
    >>> [text.get_text() for text in not_measured("detection").texts]
    ['not measured yet: detection']
    """
    with house_style():
        figure = Figure(figsize=(WIDTH, 0.5))
        figure.text(0.5, 0.5, f"not measured yet: {what}", ha="center", va="center")
    return figure


@dataclass(frozen=True)
class ThemedFigure:
    """A drawn figure as a notebook shows it: inline SVG with alternative text."""

    svg: str

    def __repr__(self) -> str:
        return "<figure>"

    def _repr_html_(self) -> str:
        return f'<div class="themed-figure">{self.svg}</div>'


def show(figure: Figure, alt: str) -> ThemedFigure:
    """Turn a figure into what a chapter publishes.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        A figure drawn inside `house_style`. Names in it that would leave no room for its axes are cut.
    alt : str
        What a reader who cannot see the figure should know.

    Returns
    -------
    ThemedFigure
        The same bytes for the same figure and text.

    Raises
    ------
    ValueError
        If `alt` is empty.

    Examples
    --------
    >>> show(Figure(), "An empty figure.").svg[:14]
    '<svg role="img'
    """
    if not alt.strip():
        raise ValueError("alt must say what the figure shows")
    stream = io.StringIO()
    with house_style(), warnings.catch_warnings():
        # The page draws the words in its own font, which need not lack what Matplotlib's lacks.
        warnings.filterwarnings("ignore", "Glyph .* missing from font")
        _cut_long_names(figure)
        figure.savefig(stream, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    drawing = stream.getvalue()
    drawing = drawing[drawing.index("<svg") :].replace(_INK, "currentColor")
    drawing = re.sub(r"<metadata>.*?</metadata>\s*", "", drawing, flags=re.DOTALL)
    # The page's own font is used, and a style element inside an SVG would speak to the whole page.
    drawing = re.sub(
        r"font-family: [^;]*;? ?|<defs>\s*<style.*?</style>\s*</defs>\s*", "", drawing, flags=re.DOTALL
    )
    return ThemedFigure(_labelled(_with_own_ids(drawing), alt))


def _cut_long_names(figure: Figure) -> None:
    for axis in (axis for axes in figure.axes for axis in (axes.xaxis, axes.yaxis)):
        places = axis.get_majorticklocs().tolist()
        names = axis.get_major_formatter().format_ticks(places)
        if any(_cut(name) != name for name in names):
            axis.set_ticks(places, [_cut(name) for name in names])
    legends = [*figure.legends, *filter(None, (axes.get_legend() for axes in figure.axes))]
    for text in (text for legend in legends for text in legend.get_texts()):
        text.set_text(_cut(text.get_text()))
    for axes in figure.axes:
        title = axes.get_title("left")
        if _cut(title) != title:
            axes.set_title(_cut(title))


def _cut(name: str) -> str:
    """Cut what is longer than fits; a name with line breaks stays one with line breaks.

    Examples
    --------
    >>> _cut("resnet50"), len(_cut("x" * 300))
    ('resnet50', 44)
    """
    lines = [
        line if len(line) <= _LONGEST_LINE else f"{line[: _LONGEST_LINE - 1]}…" for line in name.split("\n")
    ]
    return "\n".join(lines if len(lines) <= _MOST_LINES else [*lines[: _MOST_LINES - 1], "…"])


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
