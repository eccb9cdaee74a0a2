"""The policy of a page names the code of the theme, and none that came with a chapter."""

import re
from pathlib import Path

import pytest

from clipsafe_utils.publishing.content_policy import (
    SEARCH,
    add_policies,
    hash_of,
    policy_of_one_file,
    with_policy,
)

HEAD = '\n<!DOCTYPE html>\n\n<html lang="en" >\n\n  <head>\n    <meta charset="utf-8" />'
PAGE_NAME = "DOCUMENTATION_OPTIONS.pagename = 'book/01-a';"
BUTTON = '<button onclick="window.print()"\n class="btn">'


def page(*code: str, body: str = "") -> str:
    scripts = "".join(f'<script data-x="y">{text}</script>' for text in code)
    return f"{HEAD}<title>A</title>{scripts}</head><body>{body}</body></html>"


def allowed(html: str) -> list[str]:
    return re.findall(r"script-src ([^;]*)", html)[0].split()


def names(*code: str) -> list[str]:
    return ["'self'", *(f"'{hash_of(text.encode())}'" for text in code)]


def test_the_policy_stands_before_all_that_it_governs() -> None:
    html = with_policy(page("theme"), {"theme"}, searches=False)
    assert html.startswith(
        f'{HEAD}<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; base'
    )


def test_code_is_named_once_if_the_theme_or_the_page_has_it() -> None:
    html = page("theme", "theme", PAGE_NAME)
    assert allowed(with_policy(html, {"theme", "other"}, searches=False)) == names("theme", PAGE_NAME)


@pytest.mark.parametrize(
    "code",
    [
        "window.PWNED = 1",
        " theme",
        "DOCUMENTATION_OPTIONS.pagename = ''; window.PWNED = 1; '';",
        f"{PAGE_NAME} window.PWNED = 1",
    ],
)
def test_code_of_a_chapter_is_not_named(code: str) -> None:
    assert allowed(with_policy(page("theme", code), {"theme"}, searches=False)) == names("theme")


def test_only_the_page_of_the_search_reads_other_pages() -> None:
    assert "connect-src 'none'" in with_policy(page(), (), searches=False)
    assert "connect-src 'self'" in with_policy(page(), (), searches=True)


def test_code_in_attributes_of_the_theme_is_taken_out_and_no_other() -> None:
    assert "<button\n class" in with_policy(page(body=BUTTON), (), searches=False)
    for other in ('<b onclick="window.print()">', '<button onclick="alert()">'):
        assert other in with_policy(page(body=other), (), searches=False)


def test_every_page_of_a_site_has_one(tmp_path: Path) -> None:
    (tmp_path / "book").mkdir()
    (tmp_path / SEARCH).write_text(page("theme", "search"))
    (tmp_path / "book" / "01-a.html").write_text(page("theme", "window.PWNED = 1"))
    (tmp_path / "index.html").write_text('<meta http-equiv="Refresh" content="0; url=book/01-a.html" />')
    add_policies(tmp_path)
    assert allowed((tmp_path / SEARCH).read_text()) == names("theme", "search")
    assert allowed((tmp_path / "book" / "01-a.html").read_text()) == names("theme")
    assert (tmp_path / "index.html").read_text().startswith("<meta http-equiv")


def test_a_page_of_one_file_keeps_the_hashes_and_loses_the_site() -> None:
    assert hash_of(b"").startswith("sha256-47DEQpj8HBSa+")
    policy = policy_of_one_file("script-src 'self' 'sha256-a='", ["sha256-b="], "https://a.org/book/")
    assert policy.startswith("default-src 'none'; base-uri 'none'; script-src 'sha256-a=' 'sha256-b=';")
    assert policy.endswith("form-action https://a.org")
