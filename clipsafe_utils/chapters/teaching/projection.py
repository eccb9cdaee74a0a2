"""Figures to project: what the chapters drew, less of it on each, 16 to 9, with large type."""

import html
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from textwrap import wrap

import pandas as pd

from clipsafe_utils.chapters.quoted import Drawn, drawn_as, figure_of
from clipsafe_utils.files import replacing
from clipsafe_utils.show.dose_curves import Panel, curves
from clipsafe_utils.show.dot_plot import Scale, dots
from clipsafe_utils.show.encoding import INK, group_look
from clipsafe_utils.show.frame import inside
from clipsafe_utils.show.scatter_plot import Axes2D, reliability, scatter
from clipsafe_utils.show.shown import Shown

WIDTH, HEIGHT = 1600, 900
_MARGIN, _TITLE, _SOURCE = 40, 44, 15  # Of a slide, in its units; letters of the title and of the source.
_TALL = 1.35
"""Figures of less width for their height stand beside their title, others under it."""

_TITLE_LETTERS, _SOURCE_LETTERS = 18, 165
_COLOUR = re.compile(r"var\(--look-\w+, (#\w+)\)")


@dataclass(frozen=True)
class Slide:
    """A figure of a page, and what of it is projected."""

    name: str
    title: str
    page: str
    figure: str
    draw: Callable[[Drawn], Shown] | None = None  # None: all of it, as it stands on the page.
    undrawn: tuple[str, ...] = ("made by this project",)  # Words of the sources whose marks are left out.

    def shown(self) -> Shown:
        """Draw it from what its page drew when it was last rendered."""
        if self.draw is None:
            return figure_of(self.page, self.figure)
        return self.draw(drawn_as(self.page, self.figure))


def shown(name: str) -> Shown:
    """Draw one slide's figure for a page.

    Examples
    --------
    >>> shown("pose")
    <figure>
    """
    return next(slide for slide in SLIDES if slide.name == name).shown()


def write_slides(folder: Path) -> list[Path]:
    """Write every slide as an SVG that needs no other file; return their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for number, slide in enumerate(SLIDES, 1):
        path = folder / f"{number}-{slide.name}.svg"
        with replacing(path) as temporary:
            temporary.write_text(as_svg(slide), encoding="utf-8")
        paths.append(path)
    return paths


def as_svg(slide: Slide) -> str:
    """Lay a figure out with its title and its source."""
    shown = slide.shown()
    drawing = shown.markup[shown.markup.index("<svg") : shown.markup.rindex("</svg>") + len("</svg>")]
    drawing = _COLOUR.sub(r"\1", drawing).replace("currentColor", INK)
    view = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', drawing)
    assert view is not None, "a figure has a viewBox"
    beside = float(view[1]) < _TALL * float(view[2])
    lines = _lines(slide.title, _TITLE_LETTERS) if beside else [slide.title]
    left = _MARGIN + (0.27 * WIDTH if beside else 0)
    top = _MARGIN / 2 if beside else _MARGIN + 1.6 * _TITLE
    box = (
        f'x="{left:.0f}" y="{top:.0f}" width="{WIDTH - _MARGIN - left:.0f}" '
        f'height="{HEIGHT - _MARGIN - top:.0f}"'
    )
    title = "".join(
        f'<text x="{_MARGIN}" y="{_MARGIN + _TITLE * (1 + 1.25 * place):.0f}" font-size="{_TITLE}" '
        f'font-weight="bold">{html.escape(line)}</text>'
        for place, line in enumerate(lines)
    )
    lines = _lines(_credits(slide), _SOURCE_LETTERS)
    source = "".join(
        f'<text x="{_MARGIN}" y="{HEIGHT - 8 - 1.1 * _SOURCE * (len(lines) - 1 - place):.0f}" '
        f'font-size="{_SOURCE}">{html.escape(line)}</text>'
        for place, line in enumerate(lines)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" fill="{INK}" '
        f'font-family="DejaVu Sans, Verdana, sans-serif">'
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>{title}'
        f"{drawing.replace('<svg ', f'<svg {box} ', 1)}{source}</svg>\n"
    )


def _credits(slide: Slide) -> str:
    """Say where what is drawn is from, and no other source of the page's figure."""
    parts = re.split("; (?=study )", drawn_as(slide.page, slide.figure).source)
    return "; ".join(part for part in parts if not any(words in part for words in slide.undrawn))


_lines = partial(wrap, break_long_words=False, break_on_hyphens=False)
"""Break a text into lines of so many letters, between words."""


def _of(frame: pd.DataFrame, column: str, values: Sequence[str]) -> pd.DataFrame:
    return frame[frame[column].isin(values)].reset_index(drop=True)


_RECORD = ("published",)
_SEEN = tuple(map(group_look, ("human", "clip_zero_shot", "standard", "robust_intervention")))


def _shape_bias(drawn: Drawn) -> Shown:
    frame = _of(_of(drawn.frame, "study", _RECORD), "look", _SEEN).assign(panel="")
    scale = Scale(reference={"shape bias": 50.0}, limits=(0.0, 100.0), widths=(3, 1))
    return dots(frame, drawn.axes, "Shape bias, and the share decided.", scale)


def _pose(drawn: Drawn) -> Shown:
    """Draw accuracy on the images with an unusual pose against accuracy, with the line."""
    frame = _of(_of(drawn.frame, "study", _RECORD), "panel", ("pose",))
    lines = _of(_of(drawn.lines, "study", _RECORD), "panel", ("pose",))
    axes = Axes2D(drawn.x, drawn.axes[""])
    return scatter(frame, axes, "Accuracy on pose against accuracy.", lines=lines)


def _residuals(drawn: Drawn) -> Shown:
    frame = _of(drawn.frame, "study", _RECORD)
    frame = frame.assign(side=frame["panel"].str.removeprefix("published: "), panel="", study="")
    return _beside_each_other(frame, drawn, "Residuals of CLIPs by factor, and where a new family falls.")


def _labels(drawn: Drawn) -> Shown:
    frame = _of(drawn.frame, "side", ("The class is right", "The group is right"))
    return _beside_each_other(
        frame.assign(panel="", study=""), drawn, "Residuals of CLIPs by what counts as right."
    )


def _beside_each_other(frame: pd.DataFrame, drawn: Drawn, lead: str) -> Shown:
    """Draw sides on one axis, so that what is smaller is seen to be smaller."""
    scale = Scale(columns=frame["side"].nunique(), limits=inside(frame, None))
    return dots(frame, drawn.axes[""].replace("accuracy above (+) or below (−) the line, ", ""), lead, scale)


def _reliability(drawn: Drawn) -> Shown:
    return reliability(_of(drawn.frame, "panel", ("SimCLR", "ViT")), "Share of hits against confidence.")


def _gaps(drawn: Drawn) -> Shown:
    panels = {name: Panel(axis, x_axis=drawn.x) for name, axis in drawn.axes.items() if "Gap" in name}
    frame = _of(drawn.frame, "panel", tuple(panels))
    return curves(frame, drawn.x, panels, "Confidence less accuracy under noise and blur.", reference=0.0)


def _clouds(drawn: Drawn) -> Shown:
    panels = ("ImageNet-R", "ImageNet-A")
    axes = Axes2D(drawn.x, drawn.axes[""], "probit")
    return scatter(_of(drawn.frame, "panel", panels), axes, "Shift.", lines=_of(drawn.lines, "panel", panels))


_BINS_ONLY = (*Slide.undrawn, "Hierarchical Selective Classification")
"""Of two networks whose bins are from ImageNet-X."""

_FACTORS, _SHIFT, _SURE = "01-factor-robustness", "03-distribution-shift", "05-calibration"

SLIDES = (
    Slide("shape-or-texture", "Who decides by shape?", "02-shape-bias", "fig-shape-bias", _shape_bias),
    Slide("pose", "Are these CLIPs good at pose?", _FACTORS, "fig-factor-lines", _pose),
    Slide("ten-factors", "How many lie outside by chance?", _FACTORS, "fig-factor-residuals", _residuals),
    Slide("what-is-right", "What if any dog counts as right?", _FACTORS, "fig-factor-labels", _labels),
    Slide(
        "sure-and-right",
        "As often right as sure?",
        _SURE,
        "fig-calibration-reliability",
        _reliability,
        _BINS_ONLY,
    ),
    Slide("few-images", "What does chance add to ECE?", _SURE, "fig-calibration-size", None, _BINS_ONLY),
    Slide(
        "noise-and-blur",
        "Digits, no CLIP: one temperature, noise and blur",
        _SURE,
        "fig-calibration-shift",
        _gaps,
    ),
    Slide("shift", "Is it a surprise that marks rise?", _SHIFT, "fig-ood-clouds", _clouds),
)
"""What the plans show on the wall, in their order."""
