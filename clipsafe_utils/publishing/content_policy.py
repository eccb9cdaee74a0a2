"""What each page lets a browser do: run the scripts of the site, and no code that a cube brought into it."""

# The theme writes some ten pieces of code into every page. A page names each by its hash, but only if the
# page of the search holds it as well, which Sphinx makes without a word of a chapter, or if it is the one
# that differs from page to page and holds a name alone. Code that got into a chapter in spite of all escaping
# is thus not named, and does not run.
#
# The theme stands in the way of more. It and Plotly write styles into the page, so styles are free. Two
# buttons have code in an attribute, which is taken out here; `book.js` listens in its place. A page cannot
# say who may frame it; only a server can. In another language than English, `doctools.js` would make
# functions of text, which is stopped. Opened from disk, the site is every file of the disk to a browser.

import base64
import hashlib
import re
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import urlsplit

POLICY = 'meta[http-equiv="Content-Security-Policy"]'
"""Selects the element of a page that holds its policy."""

SEARCH = "search.html"

_HEAD = re.compile(r'\s*<!DOCTYPE html>\s*<html[^>]*>\s*<head>\s*<meta charset="utf-8" ?/?>')
_CODE = re.compile(r"<script(?![^>]*\ssrc=)[^>]*>(.*?)</script>", re.DOTALL)
_CODE_OF_ONE_PAGE = re.compile(r"DOCUMENTATION_OPTIONS\.pagename = '[^'\\]*';")
_ATTRIBUTES_WITH_CODE = re.compile(r'(?<=<button) onclick="(?:toggleFullScreen|window\.print)\(\)"')
_HASH = re.compile(r"'sha256-[\w+/=]+'")


def add_policies(site: Path) -> None:
    """Give every page of a compiled site its policy."""
    of_the_theme = frozenset(_CODE.findall((site / SEARCH).read_text(encoding="utf-8")))
    for page in site.rglob("*.html"):
        html = page.read_text(encoding="utf-8")
        page.write_text(with_policy(html, of_the_theme, searches=page.name == SEARCH), encoding="utf-8")


def with_policy(html: str, known: Iterable[str], *, searches: bool) -> str:
    """Return a page with its policy, which stands before all that it governs."""
    code = dict.fromkeys(_CODE.findall(html))
    named = [hash_of(text.encode()) for text in code if text in known or _CODE_OF_ONE_PAGE.fullmatch(text)]
    policy = _policy(
        script_src=["'self'", *(f"'{name}'" for name in named)],
        style_src=["'self'", "'unsafe-inline'"],
        img_src=["'self'", "data:"],
        font_src=["'self'"],
        connect_src=["'self'"] if searches else [],
        form_action=["'self'"],
    )
    element = f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
    head = _HEAD.match(html)
    place = head.end() if head else 0
    return html[:place] + element + _ATTRIBUTES_WITH_CODE.sub("", html[place:])


def policy_of_one_file(policy: str, scripts: Iterable[str], address: str) -> str:
    """Return the policy of a page that holds its own scripts, styles, fonts and pictures."""
    parts = urlsplit(address)
    return _policy(
        script_src=[*_HASH.findall(policy), *(f"'{name}'" for name in scripts)],
        style_src=["'unsafe-inline'", "data:"],
        img_src=["data:"],
        font_src=["data:"],
        form_action=[f"{parts.scheme}://{parts.netloc}"],
    )


def hash_of(code: bytes) -> str:
    """Return the hash by which a policy names some code."""
    return f"sha256-{base64.b64encode(hashlib.sha256(code).digest()).decode('ascii')}"


def _policy(**sources: list[str]) -> str:
    """Allow what is named and nothing else: no object, frame, worker, connection or other base of links."""
    allowed = {name.replace("_", "-"): " ".join(values or ["'none'"]) for name, values in sources.items()}
    everything = {"default-src": "'none'", "base-uri": "'none'", **allowed}
    return "; ".join(f"{name} {values}" for name, values in everything.items())
