"""What a rendered page says, a sentence a line, so that a change of words shows as a difference of lines."""

import re
from collections.abc import Iterator
from pathlib import Path

import nbformat
from bs4 import BeautifulSoup, Tag
from nbformat import NotebookNode

from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.expressions import LEFT_OUT, RESULTS, TEXTS
from clipsafe_utils.filling import AGAIN, filled

_END_OF_SENTENCE = re.compile(r"(?<=[.?!]) +(?=[^a-z])")


def text_of_page(path: Path) -> str:
    """Return every sentence, caption, alternative text and table cell of a rendered page."""
    return "\n".join(line for cell in filled(_read(path)).cells for line in _lines_of_cell(cell)) + "\n"


def _lines_of_cell(cell: NotebookNode) -> Iterator[str]:
    if cell.cell_type == "markdown":
        yield from _sentences(cell.source)
        return
    figure = cell.metadata.get("mystnb", {}).get("figure", {})
    if "caption" in figure:
        yield from _sentences(f"{figure.get('name', 'figure')}: {figure['caption']}")
    for output in cell.get("outputs", []):
        yield from _lines_of_output(output)


def _lines_of_output(output: NotebookNode) -> Iterator[str]:
    data = output.get("data", {})
    if {TEXTS, RESULTS, LEFT_OUT, AGAIN} & set(data):
        return
    if "text/html" in data:
        yield from _lines_of_html(BeautifulSoup(data["text/html"], "html.parser"))
    elif "text/markdown" in data:
        yield from _sentences(data["text/markdown"])
    elif "text/plain" in data:
        yield from data["text/plain"].splitlines()
    else:
        yield from output.get("text", "").splitlines()


def _lines_of_html(soup: BeautifulSoup) -> Iterator[str]:
    for element in soup.find_all(["figcaption", "summary", "tr", "svg", "p", "li"]):
        if element.name == "tr":
            yield " | ".join(_words(cell) for cell in element.find_all(["th", "td"]))
        elif element.name == "svg":
            yield from _sentences(str(element.get("aria-label", "")))
        else:
            yield from _sentences(_words(element))


def _words(element: Tag) -> str:
    return " ".join(element.get_text(" ").split())


def _sentences(text: str) -> Iterator[str]:
    for line in text.splitlines():
        if line.strip():
            yield from _END_OF_SENTENCE.split(line.strip())


def _read(path: Path) -> NotebookNode:
    try:
        notebook: NotebookNode = nbformat.read(path, as_version=4)
    except OSError as error:
        raise ClipsafeError(f"{path}: cannot be read ({error.strerror or error}).") from error
    except (ValueError, AttributeError, nbformat.ValidationError, nbformat.reader.NotJSONError) as error:
        raise ClipsafeError(f"{path}: expected a notebook.") from error
    return notebook
