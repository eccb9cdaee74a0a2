"""How a page that has run is filled: the texts of its run in the places of their expressions."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from IPython.display import publish_display_data
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output

from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.expressions import LEFT_OUT, RESULTS, ROLE, TEXTS, evaluated, texts_of_cell
from clipsafe_utils.say import NOT_MEASURED

AGAIN = "application/vnd.clipsafe.again+json"
"""Kind of the output that says again what the sentences of a page say, in a notebook that left the book."""

FACT = "% fact"
"""A line of a page's source: the paragraph below it is true under all parameters. Readers do not see it."""

_MARKDOWN = re.compile(r"([\\*_<>\[\]#|~])")
_ESCAPE, _EMPHASIS = re.compile(r"\\([\\*_<>\[\]#|~])"), re.compile(r"(?<!\\)\*")
_HEADING = re.compile(r"^(?:\([\w-]+\)=\n+)?(?P<marks>#+) ", re.MULTILINE)
"""A heading, with the label before it."""
_CITATION = re.compile(r" ?\{cite:[pt]\}`[^`]*`")
_ROLE_OF_BOOK = re.compile(r"\{[a-z:]+\}`([^`<]*?)(?: <[^`]*>)?`")
_FENCE = re.compile(r"^(?P<fence>```+|:::+).*?^(?P=fence)$", re.MULTILINE | re.DOTALL)
_MARKER = re.compile(r" *(?:(?:[-*:>]|[0-9]+\.) +)?(?:\*+[^*]+[.:]\*+ +)?")
"""What makes a line an item of a list, and the words in bold or italics that it begins with."""
_TO_DO = re.compile(r"^## What to do with it\n(.+?)(?=^## )", re.MULTILINE | re.DOTALL)
_USE = re.compile(r"^- \*\*(?P<use>[^*]+)\.\*\* (?P<line>.+)$", re.MULTILINE)
"""What a chapter says of one use of a CLIP."""


def results_in(notebook: NotebookNode) -> Mapping[str, str]:
    """Return what a page that has run lets others quote, by name: what it published, what to do with it."""
    return {**_outputs_of_cells(notebook.cells, RESULTS), **_to_do(notebook)}


def _to_do(notebook: NotebookNode) -> dict[str, str]:
    prose = "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    section = "".join(_TO_DO.findall(prose))
    if not section:
        return {}
    lines = _USE.finditer(filled_text(section, texts_in(notebook)))
    return {line["use"].lower(): _ESCAPE.sub(r"\1", _EMPHASIS.sub("", line["line"])) for line in lines}


def texts_in(notebook: NotebookNode) -> Mapping[str, str]:
    """Return the texts that a run of a page left in it, by expression."""
    return _outputs_of_cells(notebook.cells, TEXTS)


def _outputs_of_cells(cells: Sequence[NotebookNode], kind: str) -> Mapping[str, str]:
    outputs = [output.get("data", {}) for cell in cells for output in cell.get("outputs", [])]
    return {name: text for data in outputs for name, text in data.get(kind, {}).items()}


def filled(notebook: NotebookNode) -> NotebookNode:
    """Put the texts of a run in the places of their expressions; the page is changed in place."""
    texts = texts_in(notebook)
    notebook.cells = _without_empty_sections(notebook.cells)
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = filled_text(cell.source, texts)
        for caption in texts_of_cell(cell) if cell.cell_type == "code" else ():
            cell.metadata["mystnb"]["figure"]["caption"] = filled_text(caption, texts)
    return notebook


def for_readers(notebook: NotebookNode) -> NotebookNode:
    """Put the texts in their places, and at the end a cell that says the sentences anew when it is run.

    Without the book's roles a Jupyter shows sentences as they are written: after a change of parameters it is
    that cell which speaks of the new ones.
    """
    prose = [text for cell in notebook.cells for text in texts_of_cell(cell)]
    lines = [line for text in prose for line in text.split("\n") if "{eval}" in line]
    texts = texts_in(notebook)
    filled(notebook)
    if lines:
        listed = "".join(f"        {line!r},\n" for line in lines)
        code = (
            "# What the sentences above say on the parameters of this run.\n"
            "from clipsafe_utils.filling import say_again\n\n"
            f"say_again(\n    [\n{listed}    ],\n    globals(),\n)"
        )
        output = new_output("display_data", data=_again(lines, texts))
        kept = [cell for cell in notebook.cells if not _outputs_of_cells([cell], TEXTS)]
        notebook.cells = [*kept, new_code_cell(code, outputs=[output], id="sentences")]
    return notebook


def say_again(lines: Sequence[str], names: Mapping[str, object]) -> None:
    """Show lines of Markdown with the numbers of this run."""
    expressions = (expression for line in lines for expression in ROLE.findall(line))
    publish_display_data(_again(lines, evaluated(expressions, names)))


def _again(lines: Iterable[str], texts: Mapping[str, str]) -> dict[str, object]:
    sentences = [
        _ROLE_OF_BOOK.sub(r"\1", _CITATION.sub("", sentence))
        for line in lines
        if (sentence := filled_text(line, texts).strip())
    ]
    return {AGAIN: {}, "text/markdown": "\n\n".join(sentences), "text/plain": "\n".join(sentences)}


def _without_empty_sections(cells: Sequence[NotebookNode]) -> list[NotebookNode]:
    """Replace what follows `section_needs` by its sentence, up to the next heading of that level or above."""
    kept: list[NotebookNode] = []
    level, empty_from = 0, 0
    for cell in cells:
        if cell.cell_type == "markdown":
            headings = list(_HEADING.finditer(_FENCE.sub(lambda fence: " " * len(fence[0]), cell.source)))
            if empty_from:
                following = next((mark for mark in headings if len(mark["marks"]) <= empty_from), None)
                if following is None:
                    continue
                cell.source, empty_from = cell.source[following.start() :], 0
            level = len(headings[-1]["marks"]) if headings else level
        if empty_from:
            continue
        kept.append(cell)
        otherwise = _outputs_of_cells([cell], LEFT_OUT).get("otherwise")
        if otherwise:
            kept.append(new_markdown_cell(otherwise))
            empty_from = level
    return kept


def filled_text(text: str, texts: Mapping[str, str]) -> str:
    """Put texts in the places of expressions; a sentence with one that is not measured is dropped."""
    return "\n".join(_line(line, texts) for line in text.split("\n") if line != FACT)


def _line(line: str, texts: Mapping[str, str]) -> str:
    if "{eval}" not in line:
        return line
    first, *_ = sentences = list(_sentences(line))
    kept = [
        sentence
        for sentence in sentences
        if not any(_text(name, texts) == NOT_MEASURED for name in ROLE.findall(sentence))
    ]
    marker = "" if not kept or kept[0] is first else (_MARKER.match(first) or [""])[0]
    return ROLE.sub(lambda role: _escaped(_text(role[1], texts)), marker + " ".join(kept))


def _sentences(line: str) -> Iterator[str]:
    """Part a line into sentences: not inside of code or an expression, where a stop ends nothing."""
    sentence = ""
    for place, part in enumerate(re.split(r"(`[^`]*`)", line)):
        if place % 2:
            sentence += part
            continue
        *whole, rest = re.split(r"(?<=[.!?]) +(?=[A-Z*{\[`])", part)
        for piece in whole:
            yield sentence + piece
            sentence = ""
        sentence += rest
    if sentence:
        yield sentence


def _text(expression: str, texts: Mapping[str, str]) -> str:
    if expression not in texts:
        raise ClipsafeError(f"The page has no text of {{eval}}`{expression}`; run it again.")
    return texts[expression]


def _escaped(text: str) -> str:
    """Keep Markdown from reading a name or a number as its own; code stays code."""
    parts = text.split("`")
    return "`".join(part if place % 2 else _MARKDOWN.sub(r"\\\1", part) for place, part in enumerate(parts))
