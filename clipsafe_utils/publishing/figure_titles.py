"""A Sphinx extension, named in _config.yml: a link to a figure of another page says what is seen there."""

# `cards.js` takes a figure of the same page from where it stands.

from docutils import nodes
from sphinx.application import Sphinx

PREFIX = "fig-"
"""With what the name of every figure begins."""


def setup(app: Sphinx) -> dict[str, bool]:
    """Tell Sphinx to name what is linked once a page is put together; Sphinx calls this."""
    app.connect("doctree-resolved", _name_figures)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _name_figures(app: Sphinx, doctree: nodes.document, _page: str) -> None:
    labels = app.env.get_domain("std").labels  # type: ignore[attr-defined]
    for reference in doctree.findall(nodes.reference):
        page, _, figure = reference.get("refuri", "").partition("#")
        if page and figure.startswith(PREFIX) and figure in labels:
            _, _, caption = labels[figure]
            reference["reftitle"] = caption
