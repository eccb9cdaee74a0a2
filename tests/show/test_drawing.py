"""Figures follow the theme of the page, say what they show, and come out the same every time."""

import re

import pandas as pd
import pytest
from matplotlib.figure import Figure

from clipsafe_utils.show.drawing import house_style, legend_above, publish_figure
from clipsafe_utils.show.encoding import INK
from clipsafe_utils.show.frame import marks
from clipsafe_utils.show.tables import table


def _drawn() -> Figure:
    with house_style():
        figure = Figure(figsize=(4, 3))
        axes = figure.subplots()
        axes.plot([0, 1], [0, 1], color=INK, marker="o", label="a < b")
        axes.set_xlim(0, 0.8)
        axes.legend()
        axes.set_title("title")
    return figure


def test_same_figure_same_bytes() -> None:
    assert publish_figure(_drawn(), "A line.").markup == publish_figure(_drawn(), "A line.").markup


def test_ink_follows_the_theme_and_text_stays_text() -> None:
    svg = publish_figure(_drawn(), "A line.").markup
    assert "currentColor" in svg
    assert INK not in svg
    assert ">title</text>" in svg
    assert "font-family" not in svg
    assert "<style" not in svg


def test_alternative_text_is_there_and_escaped() -> None:
    markup = publish_figure(_drawn(), 'A "line" < 1.')._repr_html_()
    assert 'role="img" aria-label="A &quot;line&quot; &lt; 1."' in markup
    with pytest.raises(ValueError, match="alt must say"):
        publish_figure(_drawn(), " ")


def test_two_figures_share_no_id() -> None:
    one, two = (
        publish_figure(_drawn(), "A line.").markup,
        publish_figure(Figure(figsize=(2, 2)), "Nothing.").markup,
    )
    ids = [set(re.findall(r'\bid="([^"]+)"', svg)) for svg in (one, two)]
    assert ids[0]
    assert not ids[0] & ids[1]
    for svg, own in zip((one, two), ids, strict=True):
        assert set(re.findall(r"(?:url\(#|href=\"#)([^\")]+)", svg)) <= own


def test_table_is_captioned_escaped_and_aligned() -> None:
    frame = pd.DataFrame({"name": ["<b>", "c"], "n": ["+1.0", "−2"], "why": ["1", "none"]})
    markup = table(frame, 'Counts "here".')._repr_html_()
    assert "<figcaption>Counts &quot;here&quot;.</figcaption>" in markup
    assert '<th scope="row">&lt;b&gt;</th><td class="number">+1.0</td><td>1</td>' in markup
    assert '<th scope="col" class="number">n</th><th scope="col">why</th>' in markup


def test_empty_table_has_its_head() -> None:
    assert '<th scope="col">name</th>' in table(pd.DataFrame({"name": []}), "Nothing.").markup


def _in_the_legend(rows: list[dict[str, str]]) -> list[str]:
    with house_style():
        figure = Figure()
        legend_above(figure, marks([{"row": "pose", "value": 1.0, **row} for row in rows]))
    return [text.get_text() for legend in figure.legends for text in legend.get_texts()]


def test_sources_of_two_studies_stand_in_columns_of_their_own() -> None:
    shared = "group/standard"
    rows = [
        *({"study": "published", "look": look} for look in ("source/WIT", "source/WebLI", shared)),
        *({"study": "miniature", "look": look} for look in ("source/wit", shared)),
    ]
    standard = "Standard (labels only)"
    assert _in_the_legend(rows) == ["published", "WIT", "WebLI", standard, "miniature", "wit", standard, " "]


def test_one_legend_is_enough_where_sources_are_the_same() -> None:
    rows = [{"study": study, "look": f"source/{name}"} for study in ("a", "b") for name in ("wit", "laion")]
    assert _in_the_legend(rows) == ["wit", "laion"]
    assert _in_the_legend([*rows, {"study": "c", "look": "group/standard"}])[:2] == ["wit", "laion"]
