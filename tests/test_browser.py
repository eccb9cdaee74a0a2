"""The site in a browser: light, dark and on a phone, and the page that a reader takes along."""

import functools
import os
import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from clipsafe_utils.publishing.standalone import inline_page, published_address
from tests.built_site import REPOSITORY, built_site

pytestmark = pytest.mark.browser

CHROMIUM = shutil.which("chromium")
VIEWS = {"light": (1280, "light"), "dark": (1280, "dark"), "phone": (390, "light")}
SERIOUS = ("serious", "critical")


@dataclass
class Visit:
    """What happened while a page was shown."""

    complaints: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    scroll_width: int = 0
    window_width: int = 0
    violations: list[str] = field(default_factory=list)


class QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """Serve the site: over ``file:`` a browser refuses the theme's fonts."""
    handler = functools.partial(QuietHandler, directory=str(built_site()))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    if CHROMIUM is None and os.environ.get("CI") == "true":
        pytest.fail("CI must have chromium: apt-get install chromium")
    if CHROMIUM is None:
        pytest.skip("needs chromium: apt-get install chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


def visit(browser: Any, url: str, view: str) -> Visit:
    """Show a page, let formulas be drawn, and look for barriers with axe."""
    from axe_playwright_python.sync_playwright import Axe

    width, theme = VIEWS[view]
    seen = Visit()
    context = browser.new_context(viewport={"width": width, "height": 900})
    context.add_init_script(
        "".join(f"localStorage.setItem('{key}', '{theme}');" for key in ("mode", "theme"))
    )
    page = context.new_page()
    page.on("console", lambda entry: entry.type == "error" and seen.complaints.append(entry.text))
    page.on("pageerror", lambda error: seen.complaints.append(str(error)))
    page.on("request", lambda request: seen.requests.append(request.url))
    page.goto(url, wait_until="networkidle")
    page.evaluate("window.MathJax?.startup?.promise")
    seen.scroll_width, seen.window_width = page.evaluate(
        "[document.scrollingElement.scrollWidth, innerWidth]"
    )
    assert page.evaluate("document.documentElement.dataset.theme") == theme
    # Its preloading would fetch style sheets that the page itself does not.
    found = Axe().run(page, options={"preload": False}).response["violations"]
    seen.violations = [
        f"{violation['id']}: {violation['nodes'][0]['target']}"
        for violation in found
        if violation["impact"] in SERIOUS
    ]
    context.close()
    return seen


@pytest.mark.parametrize("view", VIEWS)
def test_every_page_reads_well(browser: Any, address: str, view: str) -> None:
    pages = [page.relative_to(built_site()) for page in sorted((built_site() / "book").glob("*.html"))]
    assert pages
    for page in [*pages, Path("search.html"), Path("genindex.html")]:
        seen = visit(browser, address + page.as_posix(), view)
        assert seen.complaints == [], page
        assert [url for url in seen.requests if not url.startswith((address, "data:"))] == [], page
        assert seen.scroll_width <= seen.window_width, page
        assert seen.violations == [], page


@pytest.mark.parametrize("view", VIEWS)
def test_a_page_taken_along_needs_nothing_else(browser: Any, tmp_path: Path, view: str) -> None:
    chapter = sorted((built_site() / "book").glob("0*.html"))[-1]
    file = tmp_path / chapter.name
    file.write_text(inline_page(built_site(), f"book/{chapter.name}", published_address(REPOSITORY)))
    seen = visit(browser, file.as_uri(), view)
    assert seen.complaints == []
    assert [url for url in seen.requests if not url.startswith("data:")] == [file.as_uri()]
    assert seen.scroll_width <= seen.window_width
    assert seen.violations == []


def test_formulas_and_icons_are_drawn_from_the_page_itself(browser: Any, tmp_path: Path) -> None:
    chapter = next(
        page
        for page in sorted((built_site() / "book").glob("0*.html"))
        if "math notranslate" in page.read_text()
    )
    file = tmp_path / chapter.name
    file.write_text(inline_page(built_site(), f"book/{chapter.name}", published_address(REPOSITORY)))
    page = browser.new_page()
    page.goto(file.as_uri(), wait_until="networkidle")
    page.wait_for_selector("mjx-container svg", state="attached")
    assert page.evaluate("document.querySelectorAll('svg.svg-inline--fa path').length") > 0
    page.close()
