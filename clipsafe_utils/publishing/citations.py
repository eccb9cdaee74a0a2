"""A Sphinx extension, named in _config.yml: the library of citations finds its writer of text at once."""

# It asks for the writer at every citation. What is not registered it looks for among all installed packages.

from pybtex.backends.plaintext import Backend
from pybtex.plugin import register_plugin
from sphinx.application import Sphinx


def setup(_app: Sphinx) -> dict[str, bool]:
    """Register the writer that tooltips of citations are written with; Sphinx calls this."""
    register_plugin("pybtex.backends", "plaintext", Backend, force=True)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
