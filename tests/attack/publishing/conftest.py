"""The small book of the tests of publishing, and a browser."""

import os
import shutil
from collections.abc import Iterator
from typing import Any

import pytest

from tests.publishing.conftest import small_book, tiny

__all__ = ["browser", "small_book", "tiny"]

CHROMIUM = shutil.which("chromium")


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
