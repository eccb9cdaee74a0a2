"""Figures follow the theme of the page, say what they show, and come out the same every time."""

import re

import pandas as pd
import pytest
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from clipsafe_utils.cubes import GROUPS
from clipsafe_utils.figures.style import GROUP_COLOURS, GROUP_MARKERS, house_style, ink, show
from clipsafe_utils.figures.tables import table


def _drawn() -> Figure:
    with house_style():
        figure = Figure(figsize=(4, 3))
        axes = figure.subplots()
        axes.plot([0, 1], [0, 1], color=ink(), marker="o", label="a < b")
        axes.set_xlim(0, 0.8)
        axes.legend()
        axes.set_title("title")
    return figure


def test_same_figure_same_bytes() -> None:
    assert show(_drawn(), "A line.").svg == show(_drawn(), "A line.").svg


def test_ink_follows_the_theme_and_text_stays_text() -> None:
    svg = show(_drawn(), "A line.").svg
    assert "currentColor" in svg
    assert ink() not in svg
    assert ">title</text>" in svg
    assert "font-family" not in svg
    assert "<style" not in svg


def test_alternative_text_is_there_and_escaped() -> None:
    markup = show(_drawn(), 'A "line" < 1.')._repr_html_()
    assert 'role="img" aria-label="A &quot;line&quot; &lt; 1."' in markup
    with pytest.raises(ValueError, match="alt must say"):
        show(_drawn(), " ")


def test_two_figures_share_no_id() -> None:
    one, two = show(_drawn(), "A line.").svg, show(Figure(figsize=(2, 2)), "Nothing.").svg
    ids = [set(re.findall(r'\bid="([^"]+)"', svg)) for svg in (one, two)]
    assert ids[0]
    assert not ids[0] & ids[1]
    for svg, own in zip((one, two), ids, strict=True):
        assert set(re.findall(r"(?:url\(#|href=\"#)([^\")]+)", svg)) <= own


def test_every_group_has_its_own_look() -> None:
    assert set(GROUP_COLOURS) == set(GROUP_MARKERS) == set(GROUPS)
    assert len(set(GROUP_MARKERS.values())) == len(GROUPS)
    assert len(set(GROUP_COLOURS.values())) == len(GROUPS)


@pytest.mark.parametrize("background", ["#ffffff", "#121212"])
@pytest.mark.parametrize("group", GROUPS)
def test_marks_stand_out_on_both_backgrounds(group: str, background: str) -> None:
    def luminance(colour: str) -> float:
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour)]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    light, dark = sorted((luminance(GROUP_COLOURS[group]), luminance(background)), reverse=True)
    assert (light + 0.05) / (dark + 0.05) >= 2.2


def test_table_is_captioned_escaped_and_aligned() -> None:
    frame = pd.DataFrame({"name": ["<b>", "c"], "n": ["+1.0", "−2"], "why": ["1", "none"]})
    markup = table(frame, 'Counts "here".')._repr_html_()
    assert "<figcaption>Counts &quot;here&quot;.</figcaption>" in markup
    assert '<th scope="row">&lt;b&gt;</th><td class="number">+1.0</td><td>1</td>' in markup
    assert '<th scope="col" class="number">n</th><th scope="col">why</th>' in markup


def test_empty_table_has_its_head() -> None:
    assert '<th scope="col">name</th>' in table(pd.DataFrame({"name": []}), "Nothing.").markup
