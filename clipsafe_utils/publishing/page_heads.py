"""A Sphinx extension, named in _config.yml: what a page says of itself, and no address that is not real."""

import html
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config

from clipsafe_utils.address import read_repository

SHARE_CARD = "share.png"
"""The picture that other sites show beside a link, in `_static`; `poster` draws it."""

BUTTONS: Mapping[str, object] = {
    "launch_buttons": {},
    "use_repository_button": False,
    "use_issues_button": False,
}
"""Options of the theme without a button that leads to the repository."""

_LONGEST = 300
_IN_ONE_MINUTE = ("Question.", "Answer.")


def setup(app: Sphinx) -> dict[str, bool]:
    """Tell Sphinx to write into the head of each page; Sphinx calls this."""
    app.connect("config-inited", _leave_out_buttons)
    app.connect("html-page-context", _describe)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def description_of(doctree: nodes.document) -> str:
    """Return what a page is about in a few sentences: question and answer, or its first paragraph."""
    said = [paragraph.astext().replace("\n", " ") for paragraph in doctree.findall(nodes.paragraph)]
    answers = [
        text.removeprefix(word).strip() for word in _IN_ONE_MINUTE for text in said if text.startswith(word)
    ]
    return shortened(" ".join(answers) or next(iter(said), ""))


def shortened(text: str) -> str:
    """Cut a text after the last sentence, or the last word, that a description has room for.

    Examples
    --------
    >>> shortened("One. " + "two " * 100)[:5], shortened("word " * 100)[-6:]
    ('One.', 'word …')
    """
    if len(text) <= _LONGEST:
        return text
    head = text[:_LONGEST]
    sentence, stop, _ = head.rpartition(". ")
    return sentence + stop.strip() if stop else f"{head.rpartition(' ')[0]} …"


def share_tags(title: str, description: str, address: str, picture: str) -> str:
    """Return the tags of Open Graph, by which other sites show a link to a page."""
    values = {
        "og:type": "article",
        "og:title": title,
        "og:description": description,
        "og:url": address,
        "og:image": picture,
        "twitter:card": "summary_large_image",
    }
    return "".join(
        f'<meta property="{name}" content="{html.escape(value)}">\n' for name, value in values.items()
    )


def _leave_out_buttons(app: Sphinx, config: Config) -> None:
    if not read_repository(Path(app.srcdir)).is_public:
        config.html_theme_options |= BUTTONS
        config.html_baseurl = ""


def _describe(
    app: Sphinx, page: str, _template: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    if doctree is None:
        return
    description = description_of(doctree)
    context["metatags"] += f'<meta name="description" content="{html.escape(description)}">\n'
    if app.config.html_baseurl:
        address = f"{app.config.html_baseurl}{app.builder.get_target_uri(page)}"
        picture = f"{app.config.html_baseurl}_static/{SHARE_CARD}"
        context["metatags"] += share_tags(context["title"], description, address, picture)
