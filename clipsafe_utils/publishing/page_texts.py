"""A Sphinx extension, named in _config.yml: the numbers of a page's sentences, where the page is read."""

# It takes the place of MyST-NB's role for expressions: that one needs a kernel; the pages have run before.

import nbformat
from sphinx.application import Sphinx

from clipsafe_utils.filling import filled


def setup(app: Sphinx) -> dict[str, bool]:
    """Tell Sphinx to fill in the texts of each notebook; Sphinx calls this."""
    app.connect("source-read", _fill)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _fill(app: Sphinx, page: str, content: list[str]) -> None:
    if app.env.doc2path(page).endswith(".ipynb"):
        content[0] = nbformat.writes(filled(nbformat.reads(content[0], as_version=4)))
