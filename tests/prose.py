"""What a rendered page says in sentences: its prose, captions and messages, without tables and charts."""

import re
from collections.abc import Iterator

from nbformat import NotebookNode

from clipsafe_utils.filling import filled

WORDS_A_MINUTE = 238
"""Of adults who read non-fiction silently: Brysbaert, Journal of Memory and Language 109 (2019)."""

MOST_INTERVALS = 2

_NUMBER = r"[+−-]?\d[\d.,]*"
_INTERVAL = re.compile(rf"\([^()]*?{_NUMBER}(?:\s?%| points)? to {_NUMBER}[^()]*\)")
_CODE_AND_FORMULAS = re.compile(r"^(```+)[\w+-]*\n.*?^\1$|\$\$.*?\$\$", re.MULTILINE | re.DOTALL)
_FOLD = re.compile(r"^(:{3,})\{dropdown\}.*?^\1$", re.MULTILINE | re.DOTALL)
_ANSWER = re.compile(r"^```\{solution-start\}.*?^```\{solution-end\}\n```$", re.MULTILINE | re.DOTALL)
_NO_PROSE = re.compile(r"^(?:```.*|:::.*|:\w+:.*|\([\w-]+\)=|\|.*|%.*)$", re.MULTILINE)
_SUMMARY = re.compile(r"^## Summary$(.*?)^## ", re.MULTILINE | re.DOTALL)
_END = re.compile(r"(?<=[.?!]) +(?=[^a-z])(?<!et al\. )")


def summary_of(notebook: NotebookNode) -> list[str]:
    """Return the sentences of the summary of a page that has run; none where it has no summary."""
    return [sentence for section in _SUMMARY.findall(_text_of(notebook)) for sentence in _sentences(section)]


def crowded(notebook: NotebookNode) -> list[str]:
    """Return the sentences of a page that has run with more intervals than a reader can keep apart."""
    found = _sentences(_text_of(notebook))
    return [sentence for sentence in found if len(_INTERVAL.findall(sentence)) > MOST_INTERVALS]


def minutes_of(notebook: NotebookNode) -> float:
    """Return how long a page that has run takes to read, without code, tables and what is folded."""
    text = _FOLD.sub("", _ANSWER.sub("", _text_of(notebook)))
    return sum(len(sentence.split()) for sentence in _sentences(text)) / WORDS_A_MINUTE


def _sentences(text: str) -> list[str]:
    prose = _NO_PROSE.sub("", _CODE_AND_FORMULAS.sub("", text))
    lines = (line.strip() for line in prose.splitlines())
    return [sentence for line in lines if line for sentence in _END.split(line)]


def _text_of(notebook: NotebookNode) -> str:
    return "\n\n".join(part for cell in filled(notebook).cells for part in _parts_of(cell))


def _parts_of(cell: NotebookNode) -> Iterator[str]:
    if cell.cell_type == "markdown":
        yield cell.source
        return
    yield cell.metadata.get("mystnb", {}).get("figure", {}).get("caption", "")
    for output in cell.get("outputs", []):
        yield output.get("data", {}).get("text/markdown", "")
