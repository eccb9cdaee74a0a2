"""A Sphinx extension, named in _config.yml: the search knows what a page says, not the code that made it."""

# A claim is found by its number, a model by its name, each at its row. `search.js` writes the lines below a
# result.

import json
import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlencode

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.builders.html import StandaloneHTMLBuilder

SCRIPT = "search.js"

_ROW = re.compile(r'<tbody><tr id="([^"]+)">')
_MODELS = re.compile(r'<script type="application/json" class="models-data">(.*?)</script>', re.DOTALL)


def places_in(markup: str) -> dict[str, str]:
    """Return what can be found in a table of claims or of models, with the place on the page of each.

    Examples
    --------
    >>> places_in('<tbody><tr id="F13">'), places_in("<p>F13</p>")
    ({'F13': 'F13'}, {})
    """
    places = {row: row for row in _ROW.findall(markup)}
    for data in _MODELS.findall(markup):
        columns = {column["key"]: column["values"] for column in json.loads(data)["columns"]}
        places |= {name: urlencode({"q": name}) for name in columns["model"]}
    return places


def setup(app: Sphinx) -> dict[str, bool]:
    """Tell Sphinx what of a page to search; Sphinx calls this."""
    app.connect("builder-inited", _index_what_is_said)
    app.connect("html-page-context", _add_script)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _index_what_is_said(app: Sphinx) -> None:
    builder = app.builder
    if isinstance(builder, StandaloneHTMLBuilder):
        index = builder.index_page
        builder.index_page = (  # type: ignore[method-assign]
            lambda pagename, doctree, title: index(pagename, searched(doctree), title)
        )


def searched(doctree: nodes.document) -> nodes.document:
    """Return what of a page is searched: all but its code, and by name the rows of its large tables."""
    kept = doctree.deepcopy()
    for cell in list(kept.findall(_is_code_of_a_cell)):
        cell.parent.remove(cell)
    places: dict[str, str] = {}
    for markup in kept.findall(nodes.raw):
        places |= places_in(markup.astext())
    if places:
        kept += [_entries(places.items()), nodes.paragraph("", " ".join(places))]
    return kept


def _is_code_of_a_cell(node: nodes.Node) -> bool:
    return isinstance(node, nodes.container) and "cell_input" in node["classes"]


def _entries(places: Iterable[tuple[str, str]]) -> addnodes.index:
    return addnodes.index(entries=[("single", name, place, "", None) for name, place in places])


def _add_script(app: Sphinx, page: str, _template: str, _context: dict[str, Any], _doctree: object) -> None:
    if page == "search":
        app.add_js_file(SCRIPT, loading_method="defer")
