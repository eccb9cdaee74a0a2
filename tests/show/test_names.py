"""Figures with names that nobody would give: they come from cubes, and a cube may be anybody's (D10)."""

import html
import re
from xml.etree import ElementTree

import pytest

from clipsafe_utils.show.dose_curves import Panel, curves
from clipsafe_utils.show.dot_plot import dots
from clipsafe_utils.show.frame import marks
from clipsafe_utils.show.heat_table import matrix
from clipsafe_utils.show.scatter_plot import Axes2D, scatter

NAMES = {
    "maths": r"$\notacommand$",
    "open maths": "$x",
    "markup": "<b onclick='x'>&amp;</b>",
    "comment": "<!--<script>",
    "lines": "one\ntwo",
    "many lines": "line\n" * 50,
    "long": "x" * 300,
    "many words": "word " * 60,
    "other letters": "模型",
    "controls": "\x07\x1b[2J",
    "one of ours, nearly": "subject-first",
}


def texts(markup: str) -> list[str]:
    return [html.unescape(text) for text in re.findall(r"<text[^>]*>([^<]*)</text>", markup)]


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_any_name_is_shown_as_it_is_or_cut(name: str) -> None:
    frame = marks(
        [{"panel": name, "row": name, "x": x, "value": x, "name": name, "heading": name} for x in (1.0, 2.0)]
    )
    for shown in (
        dots(frame, "points", "Dots."),
        curves(frame, "x", {frame["panel"][0]: Panel("points")}, "Curves."),
        scatter(frame, Axes2D("x", "y"), "Scatter."),
        matrix(frame, "points", "Matrix."),
    ):
        svg = shown.markup[shown.markup.index("<svg") : shown.markup.index("</svg>") + 6]
        ElementTree.fromstring(svg)
        first_line = "".join(filter(str.isprintable, name.split("\n")[0]))[:10]
        assert first_line in " ".join(texts(svg))  # A name may have two lines.
        assert max(map(len, texts(svg))) < 100
        assert name not in shown.markup or not name.startswith("<")
    assert "\\u003c" in dots(marks([{"row": "</script>", "value": 1.0}]), "points", "Dots.").markup
