"""A page of figures, compiled once, served and taken along; and a browser."""

import functools
import threading
from collections.abc import Iterator
from http.server import ThreadingHTTPServer
from pathlib import Path

import pytest

from clipsafe_utils.publishing.standalone import inline_page
from clipsafe_utils.show.tables import table
from tests.show.figure_page import compiled_page, numbers, shown_figures
from tests.test_browser import QuietHandler, browser, page

__all__ = ["browser", "page"]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return compiled_page(tmp_path_factory.mktemp("figures"), shown_figures(), table(numbers(), "Numbers."))


@pytest.fixture(scope="module")
def address(site: Path) -> Iterator[str]:
    """Address of the page, over a server."""
    handler = functools.partial(QuietHandler, directory=str(site))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/book/figures.html"
        server.shutdown()


@pytest.fixture(scope="module")
def alone(site: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Address of the page to take along, on disk."""
    file = tmp_path_factory.mktemp("alone") / "figures.html"
    file.write_text(inline_page(site, "book/figures.html", "https://example.org/book/"))
    return file.as_uri()
