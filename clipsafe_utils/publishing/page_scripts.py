"""A Sphinx extension, named in _config.yml: only the pages that use a library of a megabyte load it."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sphinx.application import Sphinx

SCRIPTS = {
    'class="models-data"': ("datatables.min.js", "chosen.js", "model-view.js", "models.js"),
    'class="figure-data"': ("chosen.js", "figures.js", "chart.js"),
    'class="themed-table"': ("figures.js",),
    'class="ledger-table"': ("ledger.js",),
}
"""By what a page holds, the scripts that it needs, in the order in which they run."""

LIBRARIES = {"chart.js": "plotly-basic.min.js"}
"""By script, the library beside it that it loads when a reader asks for what needs it."""

LIBRARY_ATTRIBUTE = "data-library"
"""Of the element of such a script: where its library is."""


def scripts_of(body: str) -> list[str]:
    """Return the scripts that a page needs, each once, in the order in which they run."""
    needed = (script for mark, scripts in SCRIPTS.items() if mark in body for script in scripts)
    return list(dict.fromkeys(needed))


def setup(app: "Sphinx") -> dict[str, bool]:
    """Tell Sphinx to ask for the scripts of each page; Sphinx calls this."""
    app.connect("html-page-context", _choose_scripts)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _choose_scripts(
    app: "Sphinx", _page: str, _template: str, context: dict[str, Any], _doctree: object
) -> None:
    for script in scripts_of(context.get("body", "")):
        library: dict[str, Any] = {LIBRARY_ATTRIBUTE: LIBRARIES[script]} if script in LIBRARIES else {}
        app.add_js_file(script, loading_method="defer", **library)
