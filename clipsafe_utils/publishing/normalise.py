"""Making a notebook that has been run a function of its source and its results, byte for byte."""

# Running the same chapter twice gives other cell ids, times, versions and random ids inside HTML. None of
# them is a result, and each would show as a change whenever a chapter is rendered again.

import itertools
import re
from collections import defaultdict
from collections.abc import Callable

from nbformat import NotebookNode
from nbformat.v4 import new_notebook

from clipsafe_utils.publishing.freshness import hash_of_cells

_KERNEL = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python", "pygments_lexer": "ipython3"},
}
_PAGE_METADATA = ("mystnb", "myst")
_CELL_METADATA = ("mystnb", "tags")
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def normalise(notebook: NotebookNode, name: str) -> NotebookNode:
    """Return a notebook that holds what was written and what was computed, and nothing else.

    Cells become ``name-001``, …; they keep `tags` and `mystnb`, outputs their data; UUIDs in HTML, such as
    xarray writes, become counters. The notebook knows the hash of its cells, so that an edit shows.
    """
    number = _numbered(name)
    cells = [
        _normalise_cell(cell, f"{name}-{position:03d}", number)
        for position, cell in enumerate(notebook.cells, start=1)
    ]
    metadata = {**_keep(notebook.metadata, _PAGE_METADATA), **_KERNEL}
    clean: NotebookNode = new_notebook(cells=cells, metadata=metadata)
    clean.metadata["clipsafe"] = {"cells": hash_of_cells(clean)}
    return clean


def _normalise_cell(cell: NotebookNode, identifier: str, number: Callable[[str], str]) -> NotebookNode:
    clean = NotebookNode(
        id=identifier,
        cell_type=cell.cell_type,
        source=cell.source,
        metadata={key: value for key, value in _keep(cell.metadata, _CELL_METADATA).items() if value},
    )
    if cell.cell_type == "code":
        clean.execution_count = cell.execution_count
        clean.outputs = [_normalise_output(output, number) for output in cell.outputs]
    return clean


def _normalise_output(output: NotebookNode, number: Callable[[str], str]) -> NotebookNode:
    clean = NotebookNode(output)
    if "data" in output:
        clean.metadata = NotebookNode()
        clean.data = NotebookNode(
            {kind: number(content) if "html" in kind else content for kind, content in output.data.items()}
        )
    return clean


def _keep(metadata: NotebookNode, keys: tuple[str, ...]) -> NotebookNode:
    return NotebookNode({key: metadata[key] for key in keys if key in metadata})


def _numbered(name: str) -> Callable[[str], str]:
    """Give a function that replaces each new UUID of a page by the next number, each old one by its own."""
    counter = itertools.count(1)
    numbers: defaultdict[str, str] = defaultdict(lambda: f"{name}-{next(counter)}")
    return lambda text: _UUID.sub(lambda uuid: numbers[uuid[0]], text)
