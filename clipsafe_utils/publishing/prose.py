"""Words in the prose of a page that become links, whether an author or a run of the page wrote them."""

import re
from collections.abc import Callable, Iterable, Iterator

from docutils import nodes
from sphinx import addnodes
from sphinx_design.dropdown import dropdown_title

NOT_PROSE = (
    *(nodes.title, nodes.reference, nodes.literal, nodes.literal_block, nodes.raw, nodes.term),
    *(nodes.math, nodes.math_block, nodes.citation, nodes.comment, addnodes.toctree),
    *(nodes.rubric, dropdown_title),
)
"""What holds words that are not linked: headings, titles of folds, links, code, formulas, what is defined."""


def prose(doctree: nodes.document, without: Iterable[type[nodes.Node]] = ()) -> Iterator[nodes.Text]:
    """Give the pieces of text of a page that are prose, in their order."""
    others = (*NOT_PROSE, *without)
    for text in list(doctree.findall(nodes.Text)):
        if not any(isinstance(holder, others) for holder in _holders(text)):
            yield text


def link_words(
    text: nodes.Text, pattern: re.Pattern[str], link_of: Callable[[re.Match[str]], nodes.reference | None]
) -> None:
    """Put links in the places of words; None leaves a word as it is."""
    said, pieces, end = text.astext(), [], 0
    for word in pattern.finditer(said):
        link = link_of(word)
        if link is not None:
            pieces += [nodes.Text(said[end : word.start()]), link]
            end = word.end()
    if pieces:
        text.parent.replace(text, [*pieces, nodes.Text(said[end:])])


def link(words: str, address: str, about: str, kind: str) -> nodes.reference:
    """Return a link whose title says what it is about: `cards.js` shows that, and a browser without it."""
    return nodes.reference("", words, internal=True, refuri=address, reftitle=about, classes=[f"{kind}-link"])


def _holders(node: nodes.Node) -> Iterator[nodes.Node]:
    holder = node.parent
    while holder is not None:
        yield holder
        holder = holder.parent
