"""What the site weighs, and that other people's scripts in it are theirs to the byte."""

import csv
import hashlib
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from bs4 import BeautifulSoup

from clipsafe_utils.cubes.studies import REPOSITORY
from clipsafe_utils.publishing.page_scripts import FORMULA, MATHJAX, SCRIPTS
from tests.built_site import built_site

STATIC = REPOSITORY / "book" / "_static"
PAGE_LIMIT, SCRIPTS_LIMIT, SITE_LIMIT = 1.5e6, 4e6, 40e6
"""Bytes: HTML and figures of a page; MathJax, charts and table together; the whole site."""

USED_BY = {mark: scripts[0] for mark, scripts in SCRIPTS.items() if ".min." in scripts[0]} | {
    FORMULA: MATHJAX
}
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
    large = {path.name for path in STATIC.rglob("*.js") if path.stat().st_size > 50_000}
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
        sources = {str(tag["src"]) for tag in soup.select("img[src], source[src]")}
        beside = [
            file.parent / unquote(urlsplit(source).path)
            for source in sources
            if not source.startswith("data:")
        ]
        weight = file.stat().st_size + sum(picture.stat().st_size for picture in beside)
        assert weight <= PAGE_LIMIT, f"{file.name}: {weight:,} bytes"


@pytest.mark.slow
def test_the_site_is_light() -> None:
    assert sum(file.stat().st_size for file in built_site().rglob("*") if file.is_file()) <= SITE_LIMIT
