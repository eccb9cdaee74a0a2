"""What stands under a figure, in a browser: each button by what it gives, and the chart to explore."""

import csv
import math
import struct
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pandas as pd
import pytest

from clipsafe_utils.show.encoding import LOOKS
from tests.show.figure_page import cloud, doses, ladder, numbers, residuals
from tests.test_browser import VIEWS, assert_reads_well, visit

pytestmark = [pytest.mark.browser, pytest.mark.slow]

LIBRARY = "plotly-basic.min.js"
FRAMES = {"fig-dots": residuals, "fig-cloud": cloud, "fig-doses": doses, "fig-ladder": ladder}
X_AXES = {"fig-cloud": "in distribution, %", "fig-doses": "images", "fig-ladder": "rung"}
VALUE_AXES = {"fig-dots": "residual, points", "fig-cloud": "under shift, %"}
CLIP_NAME = "ViT-B-32.openai"


def row(page: Any, figure: str) -> Any:
    return page.locator(f"#{figure} .figure-tools")


def saved(page: Any, buttons: Any, name: str) -> Any:
    with page.expect_download() as download:
        buttons.get_by_role("button", name=name).click()
    return download.value


def rows_of(download: Any) -> list[dict[str, str]]:
    with Path(download.path()).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, strict=True))


def opened(page: Any, figure: str) -> Any:
    """Open the chart of a figure."""
    row(page, figure).get_by_role("button", name="Explore").click()
    chart = page.locator(f"#{figure} .explore")
    chart.locator(".point").first.wait_for(state="attached")
    return chart


def said(chart: Any) -> str:
    return str(chart.locator(".explore-says").text_content())


@pytest.mark.parametrize("figure", FRAMES)
def test_the_svg_needs_no_page(page: Any, address: str, figure: str) -> None:
    page.goto(address)
    download = saved(page, row(page, figure), "SVG")
    assert download.suggested_filename == f"{figure}.svg"
    text = Path(download.path()).read_text(encoding="utf-8")
    root = ElementTree.fromstring(text)
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert "sans-serif" in root.attrib["font-family"]
    assert "var(" not in text
    assert "currentColor" not in text
    for look in FRAMES[figure]()["look"].unique():
        assert LOOKS[look].light.lower() in text or look == "ink"


def test_the_svg_and_the_png_are_light_in_the_dark(page: Any, address: str) -> None:
    page.goto(address)
    light = Path(saved(page, row(page, "fig-dots"), "SVG").path()).read_bytes()
    page.evaluate("document.documentElement.dataset.theme = 'dark'")
    assert Path(saved(page, row(page, "fig-dots"), "SVG").path()).read_bytes() == light


def test_the_png_has_twice_the_size(page: Any, address: str) -> None:
    page.goto(address)
    drawing = page.locator("#fig-dots .themed-figure svg").get_attribute("viewBox")
    width, height = (float(number) * 4 / 3 for number in drawing.split()[2:])  # From points to pixels.
    png = Path(saved(page, row(page, "fig-dots"), "PNG").path()).read_bytes()
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    wide, high = struct.unpack(">II", png[16:24])
    assert abs(wide - 2 * width) <= 2
    assert abs(high - 2 * height) <= 2
    assert len(png) > 5_000, "it is not blank"


@pytest.mark.parametrize("figure", FRAMES)
def test_the_csv_equals_the_frame(page: Any, address: str, figure: str) -> None:
    page.goto(address)
    download = saved(page, row(page, figure), "CSV")
    assert download.suggested_filename == f"{figure}.csv"
    read = rows_of(download)
    frame = FRAMES[figure]()
    assert len(read) == len(frame)
    for line, mark in zip(read, frame.to_dict("records"), strict=True):
        for name in ("study", "panel", "side"):
            assert line[name] == mark[name]
        assert line["look"] == LOOKS[mark["look"]].label
        assert line["name"] == mark["name"].replace("=1+1", "'=1+1"), "a spreadsheet runs nothing"
        assert line["decided"] == str(mark["decided"]).lower()
        for name, column in {"value": "value", "low": "low", "high": "high", "x": X_AXES.get(figure)}.items():
            if column:
                assert same_number(line[column], mark[name])
        assert line["axis"] == VALUE_AXES.get(figure, "right, %")
    if figure == "fig-ladder":
        assert [line["row"] for line in read] == ["labels", "captions", "both"]


def same_number(text: str, number: float) -> bool:
    return text == "" if math.isnan(number) else float(text) == pytest.approx(number, abs=5e-4)


def test_the_csv_of_a_table_has_numbers_that_programs_read(page: Any, address: str) -> None:
    page.goto(address)
    tools = page.locator("figure.themed-table .figure-tools")
    read = pd.read_csv(saved(page, tools, "CSV").path())
    assert list(read) == list(numbers())
    assert read["model"].tolist() == ["'=cmd|x", "net, 2"]
    assert read["images"].tolist() == [1200, 300]
    assert read["change"].tolist() == [-0.5, 1.2]


def test_two_drawings_of_one_figure_have_buttons_each(page: Any, address: str) -> None:
    page.goto(address)
    page.locator("#fig-both summary").last.click()
    names, frames = [], []
    for place in (0, 1):
        buttons = page.locator("#fig-both .figure-tools").nth(place)
        names.append(saved(page, buttons, "SVG").suggested_filename)
        frames.append(rows_of(saved(page, buttons, "CSV")))
    assert names == ["fig-both.svg", "fig-both-2.svg"]
    assert [len(frame) for frame in frames] == [3, len(residuals()) - 3]
    page.locator("#fig-both .figure-tools").nth(1).get_by_role("button", name="Explore").click()
    page.locator("#fig-both details .explore .point").first.wait_for(state="attached")


def test_cite_copies_the_address_of_the_figure(page: Any, address: str) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(f"{address}?model=x#fig-cloud")
    row(page, "fig-dots").get_by_role("button", name="Cite").click()
    page.locator("#fig-dots .figure-says", has_text="Copied").wait_for()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith("Fig. 1, “Figures of a test")
    assert copied.endswith(f", {address}#fig-dots")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_on_the_whole_screen_the_drawing_fits_a_projector(page: Any, address: str, theme: str) -> None:
    page.set_viewport_size({"width": 1280, "height": 720})
    page.goto(address)
    page.evaluate(f"document.documentElement.dataset.theme = '{theme}'")
    row(page, "fig-dots").get_by_role("button", name="Full screen").click()
    page.wait_for_function("document.fullscreenElement?.id === 'fig-dots'")
    box = page.locator("#fig-dots .themed-figure svg").bounding_box()
    assert box["y"] >= 0
    assert box["y"] + box["height"] <= 720
    assert box["x"] + box["width"] <= 1280
    assert box["height"] > 600
    ground = page.evaluate("getComputedStyle(document.fullscreenElement).backgroundColor")
    assert ground == page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert not row(page, "fig-dots").is_visible()


def test_the_library_is_loaded_once_and_only_when_a_chart_is_opened(page: Any, address: str) -> None:
    asked: list[str] = []
    page.on("request", lambda request: LIBRARY in request.url and asked.append(request.url))
    page.goto(address, wait_until="networkidle")
    assert asked == []
    assert page.locator(f"script[src*='{LIBRARY}'], .explore").count() == 0
    for figure in FRAMES:
        opened(page, figure)
    assert len(asked) == 1
    explore = row(page, "fig-dots").get_by_role("button", name="Explore")
    explore.click()
    assert explore.get_attribute("aria-expanded") == "false"
    assert not page.locator("#fig-dots .explore").is_visible()
    explore.click()
    assert page.locator("#fig-dots .explore .point").first.is_visible()


def test_a_chart_begins_with_the_first_study_that_has_clips_and_draws_them_on_top(
    page: Any, address: str
) -> None:
    page.goto(address)
    chart = opened(page, "fig-dots")
    study = chart.get_by_label("Study")
    assert study.input_value() == "published"
    assert chart.locator(".point").count() == 4
    colours = chart.locator(".point").evaluate_all("all => all.map((one) => one.style.fill)")
    assert colours.index("rgb(204, 78, 0)") == 2, "after both marks of the other group"
    assert not chart.get_by_label("Panel").is_visible(), "this study has one"
    study.select_option("miniature")
    page.wait_for_function("document.querySelectorAll('#fig-dots .point').length === 1")
    assert opened(page, "fig-cloud").get_by_label("Panel").input_value() == "colours"


def test_axes_have_the_ticks_of_print(page: Any, address: str) -> None:
    page.goto(address)
    chart = opened(page, "fig-cloud")
    assert chart.locator(".xtick text").all_text_contents() == ["40", "50", "60", "70", "80"]
    assert chart.locator(".ytick text").all_text_contents() == ["20", "30", "40", "50", "60"]
    assert opened(page, "fig-doses").locator(".xtick text").all_text_contents() == [
        "1,000",
        "4,000",
        "16,000",
    ]
    ladder_names = opened(page, "fig-ladder").locator(".xtick text").all_text_contents()
    assert ladder_names == ["labels", "captions", "both"]
    assert opened(page, "fig-dots").locator(".ytick text").all_text_contents() == ["pose", "texture"]


def test_keys_walk_from_mark_to_mark(page: Any, address: str) -> None:
    page.goto(address)
    chart = opened(page, "fig-dots")
    chart.locator(".explore-marks").focus()
    read = []
    for key in ("ArrowRight", "ArrowRight", "End", "ArrowRight", "Home", "ArrowDown"):
        page.keyboard.press(key)
        read.append(said(chart))
    first = (
        f"{CLIP_NAME} · pose · {LOOKS['group/clip_zero_shot'].label} · residual: −1.3\u00a0points (−2.0 to ∞)"
    )
    assert read[0] == first
    assert read[1].startswith("<b>resnet50</b> · texture")
    assert read[1].endswith("undecided")
    assert read[2] == read[3] != read[1]
    assert read[4] == first
    assert chart.locator(".hovertext").count() == 1
    page.keyboard.press("Escape")
    assert chart.locator(".hovertext").count() == 0


def test_a_pointer_reads_names_as_they_are(page: Any, address: str) -> None:
    page.goto(address)
    chart = opened(page, "fig-dots")
    chart.locator(".point").nth(1).hover(force=True)
    chart.locator(".hovertext").wait_for()
    assert "<b>resnet50</b>" in chart.locator(".hovertext").text_content()
    assert said(chart).startswith("<b>resnet50</b>")


def test_the_legend_switches_a_group_off_with_what_was_said_of_it(page: Any, address: str) -> None:
    page.goto(address)
    chart = opened(page, "fig-dots")
    assert "Hollow: undecided" in chart.locator(".explore-legend").text_content()
    assert chart.locator(".explore-legend svg path").count() == 2
    chart.locator(".explore-marks").press("Home")
    assert said(chart).startswith(CLIP_NAME)
    button = chart.locator(".explore-legend button", has_text="CLIP")
    button.press("Enter")
    assert button.get_attribute("aria-pressed") == "false"
    assert said(chart).startswith("Point at a mark")
    assert chart.locator(".point").count() == 2
    button.press("Enter")
    page.wait_for_function("document.querySelectorAll('#fig-dots .point').length === 4")


def test_a_model_is_found_in_every_chart_and_kept_in_the_address(page: Any, address: str) -> None:
    page.goto(address)
    dots, scatter = opened(page, "fig-dots"), opened(page, "fig-cloud")
    scatter.get_by_label("Panel").select_option("sketches")
    dots.get_by_label("Find a model").fill(CLIP_NAME)
    dots.get_by_label("Find a model").press("Tab")
    scatter.locator(".explore-says", has_text=CLIP_NAME).wait_for()
    assert said(dots).endswith("· and 1 more")
    assert scatter.get_by_label("Panel").input_value() == "colours"
    assert scatter.get_by_label("Find a model").input_value() == CLIP_NAME
    assert page.url == f"{address}?model={CLIP_NAME}"
    assert dots.locator(".point").count() == 4 + 2, "two rings"
    page.reload()
    again = opened(page, "fig-cloud")
    again.locator(".explore-says", has_text=CLIP_NAME).wait_for()
    again.get_by_label("Find a model").fill("nobody")
    again.get_by_label("Find a model").press("Tab")
    assert said(again) == "No model of this chart is called “nobody”."
    again.get_by_label("Find a model").fill("")
    again.get_by_label("Find a model").press("Tab")
    page.wait_for_url(address)


def test_the_chart_is_saved_as_svg_and_reset(page: Any, address: str) -> None:
    page.goto(address)
    chart = opened(page, "fig-dots")
    titles = chart.locator(".modebar-btn").evaluate_all("all => all.map((one) => one.ariaLabel)")
    assert not any("loud" in title for title in titles), "nothing is sent away"
    with page.expect_download() as download:
        chart.locator(".modebar-btn").first.click()
    assert download.value.suggested_filename == "fig-dots-chart.svg"
    ElementTree.parse(download.value.path())
    before = set(chart.locator(".xtick text").all_text_contents())
    chart.locator(".modebar-btn[data-val='in']").click()
    page.wait_for_timeout(500)
    assert set(chart.locator(".xtick text").all_text_contents()) != before
    chart.locator(".modebar-btn[data-val='reset']").click()
    page.wait_for_timeout(500)
    assert set(chart.locator(".xtick text").all_text_contents()) == before


def test_the_colours_follow_the_theme(page: Any, address: str) -> None:
    page.goto(address)
    chart = opened(page, "fig-dots")
    light = chart.locator(".point").last.evaluate("one => one.style.fill")
    page.evaluate("document.documentElement.dataset.theme = 'dark'")
    page.wait_for_function(
        "light => [...document.querySelectorAll('#fig-dots .point')].at(-1).style.fill !== light", arg=light
    )
    assert chart.locator(".point").last.evaluate("one => one.style.fill") == "rgb(240, 118, 42)"


@pytest.mark.parametrize("view", VIEWS)
def test_a_page_with_all_charts_open_reads_well(browser: Any, address: str, view: str) -> None:
    assert_reads_well(visit(browser, address, view))


@pytest.mark.parametrize("view", VIEWS)
def test_a_page_taken_along_has_all_buttons_and_charts_in_it(browser: Any, alone: str, view: str) -> None:
    seen = visit(browser, alone, view)
    assert_reads_well(seen)
    assert [url for url in seen.requests if not url.startswith(("data:", "blob:"))] == [alone]


def test_a_page_taken_along_remembers_a_model(page: Any, alone: str) -> None:
    page.goto(alone)
    assert page.evaluate("window.Plotly") is None
    chart = opened(page, "fig-dots")
    chart.get_by_label("Find a model").fill(CLIP_NAME)
    chart.get_by_label("Find a model").press("Tab")
    chart.locator(".explore-says", has_text=CLIP_NAME).wait_for()
    assert page.url.endswith(f"?model={CLIP_NAME}")
    assert len(rows_of(saved(page, row(page, "fig-dots"), "CSV"))) == len(residuals())
    assert page.evaluate("stopped") == []


def test_on_touch_buttons_are_large_and_the_hint_speaks_of_touching(browser: Any, address: str) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 800}, has_touch=True, is_mobile=True)
    page = context.new_page()
    page.goto(address)
    chart = opened(page, "fig-dots")
    assert said(chart) == "Touch a mark to read what it is."
    for button in page.locator(":is(.figure-tools, .explore-legend) button").locator("visible=true").all():
        box = button.bounding_box()
        assert min(box["width"], box["height"]) >= 44
    chart.locator(".point").last.scroll_into_view_if_needed()
    box = chart.locator(".point").last.bounding_box()
    page.touchscreen.tap(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    chart.locator(".explore-says", has_text=CLIP_NAME).wait_for()
    context.close()


def test_paper_and_pages_without_scripts_have_the_printed_figure_alone(browser: Any, address: str) -> None:
    page = browser.new_page()
    page.goto(address)
    opened(page, "fig-dots")
    page.emulate_media(media="print")
    assert not page.locator(".figure-tools, .explore").locator("visible=true").count()
    assert page.locator("#fig-dots .themed-figure svg").is_visible()
    page.close()
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(address)
    assert page.locator(".figure-tools, .explore").count() == 0
    assert page.locator("#fig-dots .themed-figure svg").is_visible()
    context.close()
