"""Figures with names that nobody would give: they come from cubes, and a cube may be anybody's (D10)."""

import html
import re

import pytest

from clipsafe_utils.cubes import GROUPS, HEADLINE_FACTORS
from clipsafe_utils.cubes.panels import Panel, read_panels
from clipsafe_utils.figures import factor_robustness
from clipsafe_utils.figures.style import show
from clipsafe_utils.metrics.labelled import effective_robustness

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


@pytest.fixture(scope="module")
def panel() -> Panel:
    return read_panels(["published"], "factors", list(GROUPS))[0]


def texts(svg: str) -> list[str]:
    return [html.unescape(text) for text in re.findall(r"<text[^>]*>([^<]*)</text>", svg)]


def assert_says(svg: str, name: str) -> None:
    """The first line of a name is there as it is, or as much of it as fits."""
    line = name.split("\n")[0].rstrip()
    assert any(text.startswith(line[:40]) for text in texts(svg))
    assert max(map(len, texts(svg))) < 100


@pytest.mark.parametrize("kind", ["maths", "markup", "long", "many lines", "other letters"])
def test_residuals(panel: Panel, kind: str) -> None:
    name = NAMES[kind]
    result = effective_robustness(panel.cube, panel.models, factor_names=HEADLINE_FACTORS)
    models = panel.models.assign(checkpoint=("model", [name] * panel.models.sizes["model"]))
    figure = factor_robustness.residuals(dict.fromkeys((name, "b"), result), {name: models, "b": models})
    assert_says(show(figure, "Residuals.").svg, name)
