"""A Sphinx extension, named in _config.yml: each claim that a page names leads to its row of the ledger.

The role ``{claim}`F12` `` says the label, too: what the ledger of the book says of real models.
"""

import json
import re
from collections.abc import Mapping
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxRole

from clipsafe_utils.claims.registry import claims
from clipsafe_utils.publishing.prose import link, link_words, prose

LEDGER = "book/08-claims"
"""The page with the rows."""

LABELS = Path("book", "results", "claims.json")
"""Where the ledger's page leaves, by claim, its label in each study: first of real models."""

SEPARATOR = " \N{MIDDLE DOT} "
"""Between what `cards.js` writes on lines of their own: an attribute keeps no line."""

_NAMED = re.compile(r"\b(?:F\d+[a-z]?|S\d+)\b")


def about_claims(labels: Mapping[str, str]) -> dict[str, str]:
    """Say of each claim its sentence, and the label in each study.

    Examples
    --------
    >>> print(about_claims({"F2": "published: reproduced; miniature (proxy): not shown"})["F2"])
    F2. CLIP is weaker than others on object pose. · published: reproduced · miniature (proxy): not shown
    """
    sentences = {claim.id: f"{claim.id}. {claim.sentence}" for claim in claims()}
    return {
        name: SEPARATOR.join([sentences[name], *label.split("; ")])
        for name, label in labels.items()
        if name in sentences
    }


def setup(app: Sphinx) -> dict[str, bool]:
    """Tell Sphinx of the role, and to link claims once a page is put together; Sphinx calls this."""
    app.add_role("claim", _Claim())
    app.connect("doctree-resolved", _link_claims)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


class _Claim(SphinxRole):
    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        label = _labels(Path(self.env.srcdir)).get(self.text, "")
        if not label:
            message = self.inliner.reporter.error(f"The ledger has no claim {self.text}.", line=self.lineno)
            return [nodes.Text(self.text)], [message]
        of_real_models = label.split("; ")[0].partition(": ")[2]
        return [nodes.Text(f"{self.text} "), nodes.emphasis("", of_real_models)], []


def _labels(root: Path) -> dict[str, str]:
    """Read what the ledger's page left; a book without that page has no claims."""
    if not (root / LABELS).is_file():
        return {}
    texts: dict[str, str] = json.loads((root / LABELS).read_text(encoding="utf-8"))
    return texts


def _link_claims(app: Sphinx, doctree: nodes.document, page: str) -> None:
    about: Mapping[str, str] = about_claims(_labels(Path(app.srcdir)))
    ledger = app.builder.get_relative_uri(page, LEDGER) if page != LEDGER else ""

    def to_its_row(word: re.Match[str]) -> nodes.reference | None:
        name = word[0]
        return link(name, f"{ledger}#{name}", about[name], "claim") if name in about else None

    for text in prose(doctree):
        link_words(text, _NAMED, to_its_row)
