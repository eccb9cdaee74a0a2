"""A Sphinx extension, named in _config.yml: only the pages that use a library of a megabyte load it."""

from typing import Any

from sphinx.application import Sphinx

SCRIPTS = {
    'class="explore-data"': ("plotly-basic.min.js", "explore.js"),
    'class="models-data"': ("datatables.min.js", "models.js"),
}
"""By what a page holds, the scripts that it needs, in the order in which they run."""


def scripts_of(body: str) -> list[str]:
    """Return the scripts that a page needs, in the order in which they run."""
    return [script for mark, scripts in SCRIPTS.items() if mark in body for script in scripts]


def setup(app: Sphinx) -> dict[str, bool]:
    """Tell Sphinx to ask for the scripts of each page; Sphinx calls this."""
    app.connect("html-page-context", _choose_scripts)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _choose_scripts(
    app: Sphinx, _page: str, _template: str, context: dict[str, Any], _doctree: object
) -> None:
    for script in scripts_of(context.get("body", "")):
        app.add_js_file(script, loading_method="defer")
