"""A figure whose every name is written to run: in its drawing, its chart, and what a reader takes from it."""

import csv
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from clipsafe_utils.publishing.standalone import inline_page
from clipsafe_utils.show import Axes2D, dots, marks, scatter
from clipsafe_utils.show.tables import table
from tests.attack.publishing.test_pages import NAMES, Seen, page, seen
from tests.show.figure_page import compiled_page

__all__ = ["page", "seen"]

OF_A_SPREADSHEET = ("=cmd|'/C calc'!A0", "+1+1", "-2+3", "@SUM(1)", "\t=1", '"=1"\r\n=2')
"""What a spreadsheet runs, or takes for two cells."""


def hostile_frame() -> pd.DataFrame:
    names = (*NAMES, *OF_A_SPREADSHEET)
    rows = [
        {"row": name, "x": 40.0 + place, "value": 50.0 + place, "name": name, "note": name, "label": name}
        for place, name in enumerate(names)
    ]
    return marks(rows)


@pytest.fixture(scope="module")
def hostile_page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    frame = hostile_frame()
    axes = Axes2D(NAMES[0], NAMES[1], "probit")
    figures = {"fig-rows": dots(frame, NAMES[1], "Rows."), "fig-cloud": scatter(frame, axes, "Cloud.")}
    shown = table(pd.DataFrame({"model": [*NAMES, *OF_A_SPREADSHEET]}), "Names.")
    folder = tmp_path_factory.mktemp("hostile")
    site = compiled_page(folder, figures, shown)
    file = folder / "alone.html"
    file.write_text(inline_page(site, "book/figures.html", "https://example.org/book/"))
    return file


def read(page: Any, buttons: Any) -> list[list[str]]:
    with page.expect_download() as download:
        buttons.get_by_role("button", name="CSV").click()
    with Path(download.value.path()).open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file, strict=True))


@pytest.mark.slow
@pytest.mark.browser
def test_nothing_of_a_name_runs_in_a_chart(page: Any, seen: Seen, hostile_page: Path) -> None:
    page.goto(hostile_page.as_uri(), wait_until="load")
    page.evaluate("drawAll()")
    for chart, name in zip(page.locator(".explore").all(), NAMES[3:5], strict=True):
        chart.locator(".explore-marks").focus()
        for _ in range(len(hostile_frame())):
            page.keyboard.press("ArrowRight")
        chart.get_by_label("Find a model").fill(name)
        chart.get_by_label("Find a model").press("Tab")
        chart.locator(".explore-says", has_text=name).wait_for()
    assert page.evaluate("window.PWNED") is None
    assert page.locator(".explore :is(a, img, iframe, foreignObject, script), .MathJax").count() == 0
    assert page.evaluate("stopped") == []
    assert seen.complaints == []
    own = page.url.split("?")[0]
    assert [url for url in seen.requests if not url.startswith(("data:", "blob:"))] == [own]


@pytest.mark.slow
@pytest.mark.browser
def test_no_cell_of_a_csv_is_a_formula(page: Any, hostile_page: Path) -> None:
    page.goto(hostile_page.as_uri(), wait_until="load")
    for where in ("#fig-rows", "#fig-cloud", "figure.themed-table"):
        lines = read(page, page.locator(f"{where} .figure-tools"))
        assert len(lines) == 1 + len(hostile_frame())
        assert {len(line) for line in lines} == {len(lines[0])}
        for cell in (cell for line in lines for cell in line):
            assert not cell.startswith(("=", "+", "-", "@", "\t", "\r")) or cell.lstrip("+-").isdigit()
