"""What a rendered page says in sentences: its prose, captions and messages, without tables and charts."""

import re
from collections.abc import Iterator

from nbformat import NotebookNode

from clipsafe_utils.filling import filled

_FENCED = re.compile(r"^(?P<fence>```+)(?!\{).*?^(?P=fence)$|\$\$.*?\$\$", re.MULTILINE | re.DOTALL)
_FOLD = re.compile(r"^:::\{dropdown\}.*?^:::$", re.MULTILINE | re.DOTALL)
_ANSWER = re.compile(r"^```\{solution-start\}.*?^```\{solution-end\}\n```$", re.MULTILINE | re.DOTALL)
_MARKUP = re.compile(r"^(?:```.*|:::.*|:\w+:.*|\([\w-]+\)=|\|.*)$", re.MULTILINE)
_END = re.compile(r"(?<=[.?!]) +(?=[^a-z])(?<!et al\. )")


def paragraphs_of(notebook: NotebookNode, *, folded: bool) -> Iterator[str]:
    """Give the paragraphs of a page that has run, with what stands in its folds or without."""
    filled(notebook)
    text = "\n\n".join(part for cell in notebook.cells for part in _parts_of(cell))
    text = text if folded else _ANSWER.sub("", _FOLD.sub("", text))
    for paragraph in _MARKUP.sub("", _FENCED.sub("", text)).splitlines():
        if paragraph.strip():
            yield paragraph.strip()


def sentences_of(notebook: NotebookNode) -> list[str]:
    """Return the sentences of a page that has run."""
    paragraphs = paragraphs_of(notebook, folded=True)
    return [sentence for paragraph in paragraphs for sentence in _END.split(paragraph)]


def _parts_of(cell: NotebookNode) -> Iterator[str]:
    if cell.cell_type == "markdown":
        yield cell.source
        return
    yield cell.metadata.get("mystnb", {}).get("figure", {}).get("caption", "")
    for output in cell.get("outputs", []):
        yield output.get("data", {}).get("text/markdown", "")
