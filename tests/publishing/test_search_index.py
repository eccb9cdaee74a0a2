"""What of a page is searched: its words and the rows of its tables, not its code."""

import json

from docutils import nodes
from docutils.utils import new_document
from sphinx import addnodes

from clipsafe_utils.publishing.search_index import places_in, searched

MODELS = json.dumps(
    {"columns": [{"key": "model", "values": ["a.b@224/80 x", "c"]}, {"key": "n", "values": [1, 2]}]}
)


def table(markup: str) -> nodes.raw:
    return nodes.raw("", markup, format="html")


def test_code_of_cells_is_left_out_and_the_page_stays_as_it_is() -> None:
    document = new_document("page")
    document += nodes.container("", nodes.literal_block("", "import os"), classes=["cell_input"])
    document += nodes.literal_block("", "clipsafe render x")
    document += nodes.paragraph("", "Words.")
    before = document.pformat()
    assert searched(document).astext() == "clipsafe render x\n\nWords."
    assert document.pformat() == before


def test_rows_are_found_by_claim_and_by_model() -> None:
    document = new_document("page")
    document += table('<tbody><tr id="F13"><th>F13. A sentence</th></tr></tbody>')
    document += table(f'<script type="application/json" class="models-data">{MODELS}</script>')
    (index,) = searched(document).findall(addnodes.index)
    assert [(name, place) for _, name, place, _, _ in index["entries"]] == [
        ("F13", "F13"),
        ("a.b@224/80 x", "q=a.b%40224%2F80+x"),
        ("c", "q=c"),
    ]
    assert "a.b@224/80 x" in searched(document).astext()


def test_a_page_without_such_tables_has_no_entries() -> None:
    assert places_in("<table><tr><td>F13</td></tr></table>") == {}
