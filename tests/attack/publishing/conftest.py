"""The small book of the tests of publishing, and a browser."""

from tests.publishing.conftest import small_book, tiny
from tests.test_browser import browser

__all__ = ["browser", "small_book", "tiny"]
