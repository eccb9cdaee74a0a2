"""What a page says of itself, and that nothing leads to an address that is not real."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from bs4 import BeautifulSoup
from docutils import nodes
from docutils.utils import new_document
from sphinx.config import Config

from clipsafe_utils.publishing.page_heads import (
    BUTTONS,
    _describe,
    _leave_out_buttons,
    description_of,
    shortened,
)
from clipsafe_utils.publishing.poster import SHARE_CARD, SHARE_SIZE

BASE = "https://example.org/book/"


class App:
    """What of Sphinx the extension uses."""

    def __init__(self, root: Path, base: str = "") -> None:
        self.srcdir = root
        self.config = Config()
        self.config.html_baseurl = base
        self.config.html_theme_options = {"launch_buttons": {"colab_url": "x"}, "use_issues_button": True}
        self.builder = self

    def get_target_uri(self, page: str) -> str:
        return f"{page}.html"


def written(*paragraphs: str) -> nodes.document:
    document = new_document("page")
    document += [nodes.paragraph("", text) for text in paragraphs]
    return document


def head(base: str) -> BeautifulSoup:
    context: dict[str, Any] = {"metatags": "", "title": 'A "page"'}
    _describe(App(Path(), base), "book/a", "", context, written("It <says>."))  # type: ignore[arg-type]
    return BeautifulSoup(context["metatags"], "html.parser")


@pytest.mark.parametrize("is_public", [False, True])
def test_buttons_lead_only_to_a_real_address(tmp_path: Path, is_public: bool) -> None:
    (tmp_path / "_config.yml").write_text(
        yaml.safe_dump({"repository": {"url": "https://x.org/a", "branch": "b", "is_public": is_public}})
    )
    app = App(tmp_path, BASE)
    before = dict(app.config.html_theme_options)
    _leave_out_buttons(app, app.config)  # type: ignore[arg-type]
    assert app.config.html_theme_options == (before if is_public else before | BUTTONS)
    assert app.config.html_baseurl == (BASE if is_public else "")


def test_a_page_names_its_address_and_its_picture_only_where_they_are_real() -> None:
    without, with_address = head(""), head(BASE)
    for page in (without, with_address):
        assert page.select_one('meta[name="description"]')["content"] == "It <says>."
    assert without.select("meta[property]") == []
    said = {tag["property"]: tag["content"] for tag in with_address.select("meta[property]")}
    assert said["og:url"] == f"{BASE}book/a.html"
    assert said["og:image"] == f"{BASE}_static/share.png"
    assert said["og:title"] == 'A "page"'


def test_a_chapter_is_described_by_its_question_and_answer() -> None:
    document = written("A first word.", "Question. Is it?", "Answer. It is.", "Time 3 minutes")
    assert description_of(document) == "Is it? It is."
    assert description_of(written("A first word.", "More.")) == "A first word."
    assert description_of(written()) == ""


def test_a_description_ends_with_a_sentence_or_says_that_it_goes_on() -> None:
    assert shortened(f"One. {'two ' * 100}") == "One."
    assert shortened("word " * 100).endswith("word …")
    assert len(shortened("word " * 100)) <= 302


def test_the_card_has_the_size_that_sites_ask_for(repository: Path) -> None:
    card = (repository / SHARE_CARD).read_bytes()
    assert card.startswith(b"\x89PNG")
    assert tuple(int.from_bytes(card[place : place + 4], "big") for place in (16, 20)) == SHARE_SIZE
    assert len(card) < 200_000
