"""What the site weighs, and that other people's scripts in it are theirs to the byte."""

import csv
import hashlib
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from bs4 import BeautifulSoup

from clipsafe_utils.cubes.studies import REPOSITORY
from clipsafe_utils.publishing.page_scripts import SCRIPTS
from tests.built_site import built_site

STATIC = REPOSITORY / "book" / "_static"
PAGE_LIMIT, LOAD_LIMIT, SCRIPTS_LIMIT, SITE_LIMIT = 1.5e6, 2.5e6, 1.5e6, 40e6
"""Bytes: HTML and figures of a page; all that it loads; what is others' in `_static`; the whole site.

Half of the site is the notebooks to take along, with a PNG beside each SVG.
"""

ICONS = ("fa-solid-900.woff2", "fa-brands-400.woff2")
"""The fonts of icons that every page of the theme shows."""

USED_BY = {mark: scripts[0] for mark, scripts in SCRIPTS.items() if ".min." in scripts[0]}
"""By what a page holds, the library that it loads at once; `chart.js` waits until a reader asks for one."""


def vendored() -> list[dict[str, str]]:
    with (STATIC / "scripts.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def pages() -> dict[Path, BeautifulSoup]:
    files = sorted((built_site() / "book").glob("*.html"))
    return {file: BeautifulSoup(file.read_text(encoding="utf-8"), "html.parser") for file in files}


def test_scripts_of_others_are_unchanged_and_have_their_licence() -> None:
    for script in vendored():
        digest = hashlib.sha256((STATIC / script["file"]).read_bytes()).hexdigest()
        assert digest == script["sha256"], script["file"]
        assert (STATIC / script["licence_file"]).stat().st_size > 500, script["file"]


def test_every_large_script_is_listed() -> None:
    large = {path.name for path in STATIC.rglob("*.[jw][so]*") if path.stat().st_size > 50_000}
    assert large == {script["file"] for script in vendored()}


def test_libraries_together_are_light() -> None:
    assert sum((STATIC / script["file"]).stat().st_size for script in vendored()) <= SCRIPTS_LIMIT


@pytest.mark.slow
def test_a_page_loads_a_library_only_if_it_uses_it(pages: dict[Path, BeautifulSoup]) -> None:
    for file, soup in pages.items():
        loaded = {Path(urlsplit(str(tag["src"])).path).name for tag in soup.select("script[src]")}
        html = file.read_text(encoding="utf-8")
        for mark, library in USED_BY.items():
            assert (library in loaded) == (mark in html), f"{file.name}: {library}"


@pytest.mark.slow
def test_every_page_with_its_figures_is_light(pages: dict[Path, BeautifulSoup]) -> None:
    for file, soup in pages.items():
        weight = file.stat().st_size + weight_of(file, soup, "img[src], source[src]")
        assert weight <= PAGE_LIMIT, f"{file.name}: {weight:,} bytes"


@pytest.mark.slow
def test_the_first_load_of_every_page_is_light(pages: dict[Path, BeautifulSoup]) -> None:
    fonts = sum(file.stat().st_size for name in ICONS for file in built_site().rglob(name))
    letters = (STATIC / "stix-two-math.woff2").stat().st_size
    assert fonts > 100_000
    for file, soup in pages.items():
        asked = 'img[src], source[src], script[src], link[rel~="stylesheet"]'
        weight = file.stat().st_size + weight_of(file, soup, asked) + fonts
        weight += letters if soup.select_one("math") else 0
        assert weight <= LOAD_LIMIT, f"{file.name}: {weight:,} bytes"


def weight_of(page: Path, soup: BeautifulSoup, selector: str) -> int:
    """Return the bytes of the files that elements of a page ask for, each once."""
    asked = {str(tag.get("src") or tag["href"]) for tag in soup.select(selector)}
    files = [page.parent / unquote(urlsplit(one).path) for one in asked if not one.startswith("data:")]
    return sum(file.stat().st_size for file in files)


@pytest.mark.slow
def test_the_site_is_light() -> None:
    assert sum(file.stat().st_size for file in built_site().rglob("*") if file.is_file()) <= SITE_LIMIT
