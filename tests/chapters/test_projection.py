"""Figures to project: sixteen to nine, large type, the marks of the chapters, no other file needed."""

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from clipsafe_utils.chapters.quoted import drawn_as, figure_of
from clipsafe_utils.chapters.teaching.projection import HEIGHT, SLIDES, WIDTH, Slide, as_svg, write_slides

LAST_CREDITS = {
    "shape-or-texture": "vlm_shapebias (Gavrikov et al. 2025), CC BY-SA 4.0",
    **dict.fromkeys(("pose", "ten-factors"), "Burns (2023; repository MIT), CC BY-NC 4.0"),
    **dict.fromkeys(("sure-and-right", "few-images"), "ImageNet-X (Idrissi et al. 2023), CC BY-NC 4.0"),
}
"""Of slides that show less than their chapter's figure."""

SVG = "{http://www.w3.org/2000/svg}"
slides = pytest.mark.parametrize("slide", SLIDES, ids=lambda slide: slide.name)


def test_there_are_eight_files_in_the_order_of_the_plans(tmp_path: Path) -> None:
    paths = write_slides(tmp_path)
    assert [path.name for path in paths] == sorted(path.name for path in tmp_path.iterdir())
    assert len(paths) == 8


@slides
def test_a_slide_is_sixteen_to_nine_with_large_type_and_stands_alone(slide: Slide) -> None:
    markup = as_svg(slide)
    root = ElementTree.fromstring(markup)
    assert root.attrib["viewBox"] == f"0 0 {WIDTH} {HEIGHT}"
    assert WIDTH / HEIGHT == 16 / 9
    assert not re.search(r"var\(|currentColor|https?://(?!www\.w3\.org)|<script|<image", markup)
    inner = root.find(f"{SVG}svg")
    assert inner is not None
    _, _, width, height = map(float, inner.attrib["viewBox"].split())
    x, y, across, down = (float(inner.attrib[name]) for name in ("x", "y", "width", "height"))
    assert x >= 0
    assert y >= 0
    assert x + across <= WIDTH
    assert y + down <= HEIGHT
    sizes = [
        float(size)
        for size in re.findall(r"font-size: ([\d.]+)px|font: (?:bold )?([\d.]+)px", markup)
        for size in size
        if size
    ]
    assert sizes
    # Of 1,080 lines of a projector, letters take 24 or more.
    assert min(sizes) * min(across / width, down / height) / HEIGHT >= 24 / 1080


@slides
def test_a_slide_shows_marks_of_its_chapter_and_its_source(slide: Slide) -> None:
    of_chapter = drawn_as(slide.page, slide.figure)
    markup = as_svg(slide).replace("&amp;", "&")
    assert of_chapter.source[:60] in markup
    assert "…" not in markup
    credited = " ".join(re.findall(r'font-size="15">([^<]+)<', markup))
    assert credited in of_chapter.source
    assert credited.endswith(LAST_CREDITS.get(slide.name, of_chapter.source[-20:]))
    if slide.draw is None:
        assert slide.shown() == figure_of(slide.page, slide.figure)
        return
    drawn = slide.shown().markup
    data = re.search(r"\"rows\":(\d+)", drawn)
    assert data is not None
    assert 0 < int(data[1]) < len(of_chapter.frame)


def test_what_a_page_drew_is_read_back() -> None:
    frame = drawn_as("01-factor-robustness", "fig-factor-labels").frame
    at = frame.set_index(["side", "row", "mark"])["value"]
    assert round(at["The class is right", "pose", "mean"], 1) == -2.8
    assert round(at["The group is right", "pose", "mean"], 1) == -0.1
    assert set(frame["decided"].map(type)) == {bool}
