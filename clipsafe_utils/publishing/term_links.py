"""A Sphinx extension, named in _config.yml: the first use of a term on a page leads to the glossary."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

from clipsafe_utils.publishing.prose import link, link_words, prose

GLOSSARY = "book/glossary"

FORMS: Mapping[str, str] = {
    "band": r"bands? over (?:all cases|networks)|band of the",
    "checkpoint": r"checkpoints?",
    "control": r"controls|control networks?",
    "cue conflict": r"cue[- ]conflicts?",
    "DataComp, CommonPool, DFN": r"DataComp|CommonPool|DFN",
    "decided": r"share decided|images that (?:they|it) decides?",
    "family": r"families|family",
    "floor": r"(?<!evaluation )floors?",
    "label": r"(?:ledger's|verdict's) labels?|labels? of the ledger|which labels|another label",
    "LAION": r"LAION(?:-\d+[MB])?",
    "not testable, built in": r"not testable|built in",
    "out of distribution": r"out[- ]of[- ]distribution",
    "points": r"points",
    "record": r"(?<=the )record",
    "smallest effect that matters": r"smallest effects? that matters?",
    "standard": r"standard (?:networks?|models?|group)",
    "study": r"(?<=the )study|studies",
    "Vision Transformer (ViT)": r"Vision Transformers?|ViTs?",
}
"""How a page says a term, where that is not the term with or without an s.

Of a word that has a common meaning, too, only what is meant by the glossary.
"""


@dataclass(frozen=True)
class Term:
    """A word of the glossary."""

    name: str
    target: str  # The name of its place on the page.
    meaning: str


def form_of(name: str) -> str:
    """Return the pattern of a term in a sentence; a small first letter may be a capital.

    Examples
    --------
    >>> re.search(form_of("rung"), "Rungs differ")[0], re.search(form_of("WIT"), "with wit")
    ('Rungs', None)
    """
    form = FORMS.get(name, rf"{re.escape(name)}s?")
    first = form[0]
    capital = f"[{first}{first.upper()}]{form[1:]}" if first.islower() else form
    return rf"(?<![\w-])(?:{capital})(?![\w-])"


def terms_of(env: BuildEnvironment) -> list[Term]:
    """Read the glossary: each term with what it means; a book without one has no terms."""
    if GLOSSARY not in env.found_docs:
        return []
    found = []
    for item in env.get_doctree(GLOSSARY).findall(nodes.definition_list_item):
        for term in item.findall(nodes.term):
            meaning = _said(item[-1], env)
            found.append(Term(term.astext(), term["ids"][0], meaning))
    return found


def setup(app: Sphinx) -> dict[str, bool]:
    """Tell Sphinx to link terms once a page is put together; Sphinx calls this."""
    app.connect("doctree-resolved", _link_terms)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _link_terms(app: Sphinx, doctree: nodes.document, page: str) -> None:
    if page == GLOSSARY:
        return
    glossary = app.builder.get_relative_uri(page, GLOSSARY)
    left = {f"{glossary}#{term.target}": term for term in terms_of(app.env)}
    for written in doctree.findall(nodes.reference):
        term = left.pop(written.get("refuri", ""), None)
        if term is not None:
            written["reftitle"] = term.meaning
            written["classes"].append("term-link")
    link_first_uses(doctree, left)


def link_first_uses(doctree: nodes.document, terms: Mapping[str, Term]) -> None:
    """Link the first use of each term, by address; the longer one where two begin together."""
    left = dict(terms)
    longest_first = sorted(left, key=lambda address: -len(left[address].name))
    forms = [f"(?P<t{place}>{form_of(left[address].name)})" for place, address in enumerate(longest_first)]
    if not forms:
        return
    pattern = re.compile("|".join(forms))

    def to_the_glossary(word: re.Match[str]) -> nodes.reference | None:
        address = longest_first[int(str(word.lastgroup)[1:])]
        term = left.pop(address, None)
        return None if term is None else link(word[0], address, term.meaning, "term")

    for text in prose(doctree, without=(nodes.caption, nodes.table)):
        link_words(text, pattern, to_the_glossary)


def _said(definition: nodes.Node, env: BuildEnvironment) -> str:
    """Write a definition without its markup; a reference by the title of where it leads."""
    return re.sub(r"\s+", " ", "".join(_words(definition, env))).replace(" .", ".").strip()


def _words(node: nodes.Node, env: BuildEnvironment) -> Iterable[str]:
    if isinstance(node, nodes.Text):
        yield node.astext()
    elif isinstance(node, addnodes.pending_xref) and not node["refexplicit"]:
        yield _title(node, env)
    else:
        for child in node.children:
            yield from _words(child, env)


def _title(reference: addnodes.pending_xref, env: BuildEnvironment) -> str:
    """Return the title of what a reference without words of its own leads to; a citation is left out."""
    if reference["reftype"] == "doc":
        title = env.titles.get(f"book/{reference['reftarget']}")
        return title.astext() if title else ""
    label = env.get_domain("std").labels.get(reference["reftarget"])  # type: ignore[attr-defined]
    return label[2] if label else ""
