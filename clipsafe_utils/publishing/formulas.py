"""A Sphinx extension, named in _config.yml: formulas as MathML, which browsers draw without a script."""

import html
from xml.etree.ElementTree import Element, tostring

from docutils import nodes
from latex2mathml.converter import convert_to_element
from sphinx.application import Sphinx
from sphinx.locale import _
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number
from sphinx.writers.html5 import HTML5Translator

from clipsafe_utils.errors import ClipsafeError

RENDERER = "mathml"
"""Value of Sphinx's ``html_math_renderer`` that asks for this."""

_CLASSES = "math notranslate nohighlight"
_log = logging.getLogger(__name__)


def mathml(latex: str, *, block: bool) -> str:
    r"""Return a formula as MathML; its LaTeX is the alternative text for who reads no MathML.

    Examples
    --------
    >>> mathml(r"\bar{p}_b", block=True).partition(" alttext=")[2][:20]
    '"\\bar{p}_b"><mrow><m'
    """
    try:
        formula = convert_to_element(latex, display="block" if block else "inline")
    except Exception as error:  # What it raises has no common base.
        raise ClipsafeError(f"Formula '{latex}' cannot be read: {type(error).__name__}.") from error
    for element in formula.iter():
        _mend(element)
        if "\\" in (element.text or ""):
            raise ClipsafeError(f"Formula '{latex}' has a command that is not known: {element.text}.")
    formula.set("alttext", " ".join(latex.split()))
    return tostring(formula, encoding="unicode")


def setup(app: Sphinx) -> dict[str, bool]:
    """Tell Sphinx how to write formulas; Sphinx calls this."""
    app.add_html_math_renderer(RENDERER, (_visit_inline, None), (_visit_block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _mend(element: Element) -> None:
    """Write characters as themselves, and set bars and hats close to their letters."""
    element.text = html.unescape(element.text) if element.text else element.text
    if element.tag == "mover" and element[-1].tag == "mo":
        element.set("accent", "true")


def _visit_inline(self: HTML5Translator, node: nodes.math) -> None:
    self.body.append(self.starttag(node, "span", "", CLASS=_CLASSES))
    self.body.append(f"{_written(node, block=False)}</span>")
    raise nodes.SkipNode


def _visit_block(self: HTML5Translator, node: nodes.math_block) -> None:
    self.body.append(self.starttag(node, "div", CLASS=_CLASSES))
    if node["number"]:
        self.body.append(f'<span class="eqno">({get_node_equation_number(self, node)})')
        self.add_permalink_ref(node, _("Link to this equation"))
        self.body.append("</span>")
    self.body.append(f"{_written(node, block=True)}</div>\n")
    raise nodes.SkipNode


def _written(node: nodes.Node, *, block: bool) -> str:
    try:
        return mathml(node.astext(), block=block)
    except ClipsafeError as error:
        _log.warning(str(error), location=node)
        return html.escape(node.astext())
