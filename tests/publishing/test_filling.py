"""Filling a page: every way to a reader shows the same."""

from pathlib import Path
from types import SimpleNamespace

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from clipsafe_utils import filling
from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.expressions import LEFT_OUT, RESULTS, TEXTS
from clipsafe_utils.filling import filled, filled_text, for_readers, results_in, texts_in
from clipsafe_utils.say import NO_BREAK, Value


def page(*cells: nbformat.NotebookNode) -> nbformat.NotebookNode:
    return new_notebook(cells=list(cells))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("One is {eval}`a`.", "One is 1.5 %."),
        ("First. Two is {eval}`missing`, e.g. here. Last.", "First. Last."),
        ("- Two is {eval}`missing`. So be it.", "- So be it."),
        ("- Two is {eval}`missing`.", ""),
        ("**Answer.** Two is {eval}`missing`. So be it.", "**Answer.** So be it."),
        ("- *It falls.* By {eval}`missing`. So be it.", "- *It falls.* So be it."),
        ("`code. With` {eval}`a`. Two {eval}`missing`.", "`code. With` 1.5 %."),
        ("A name: {eval}`name`.", r"A name: a\_b\*c `d_e`."),
        ("{eval}`a`\n\n{eval}`missing`\n\nend", "1.5 %\n\n\n\nend"),
        ("No expression. None at all.", "No expression. None at all."),
    ],
)
def test_texts_take_the_places_of_expressions(text: str, shown: str) -> None:
    texts = {"a": "1.5 %", "missing": "not measured", "name": "a_b*c `d_e`"}
    assert filled_text(text, texts) == shown


def test_a_page_that_was_changed_after_it_ran_is_refused() -> None:
    with pytest.raises(ClipsafeError, match=r"has no text of \{eval\}`r\.b`; run it again"):
        filled(page(new_markdown_cell("{eval}`r.b`"), new_code_cell("", outputs=[told({"r.a": "1"})])))


def told(texts: dict[str, str]) -> nbformat.NotebookNode:
    return new_output("display_data", {TEXTS: texts})


def test_captions_are_filled_too() -> None:
    figure = new_code_cell("r = 1")
    figure.metadata["mystnb"] = {"figure": {"name": "fig", "caption": "At {eval}`level`. Seen."}}
    whole = filled(page(figure, new_code_cell("", outputs=[told({"level": "80 %"})])))
    assert whole.cells[0].metadata["mystnb"]["figure"]["caption"] == "At 80 %. Seen."
    assert texts_in(whole) == {"level": "80 %"}


def test_chapter_2_shows_the_same_numbers_in_every_way(repository: Path) -> None:
    """The committed page, its text, and the notebook that a reader takes along."""
    notebook = nbformat.read(repository / "book" / "02-shape-bias.ipynb", as_version=4)
    texts = texts_in(notebook)
    assert len(texts) > 40
    prose = "\n".join(cell.source for cell in filled(notebook).cells if cell.cell_type == "markdown")
    assert "{eval}" not in prose
    assert texts["r.people.bias"] in prose


def section(*sources: str) -> nbformat.NotebookNode:
    """Make a page whose code cells say that their section has nothing to show."""
    said = new_output("display_data", data={LEFT_OUT: {"otherwise": "Nothing."}, "text/plain": "Nothing."})
    cells = [
        new_code_cell(source, outputs=[said]) if source == "needs" else new_markdown_cell(source)
        for source in sources
    ]
    return new_notebook(cells=cells)


def test_a_section_without_anything_to_show_is_one_sentence() -> None:
    page = section("# T\n\n## One\n\nA.", "needs", "B.\n\n### Part\n\nC.", "D.\n\n(two)=\n## Two\n\nE.")
    said = [cell.source for cell in filled(page).cells if cell.cell_type == "markdown"]
    assert said == ["# T\n\n## One\n\nA.", "Nothing.", "(two)=\n## Two\n\nE."]


def test_a_mark_in_code_is_no_heading_and_a_part_ends_with_its_section() -> None:
    page = section("# T\n\n### Part\n\nA.", "needs", "```bash\n# no heading\n```", "B.\n\n## Two\n\nC.")
    said = [cell.source for cell in filled(page).cells if cell.cell_type == "markdown"]
    assert said == ["# T\n\n### Part\n\nA.", "Nothing.", "## Two\n\nC."]


def page_that_ran(*sources: str, texts: dict[str, str]) -> nbformat.NotebookNode:
    told = new_output("display_data", data={TEXTS: texts, "text/plain": ""})
    cells = [new_markdown_cell(source) for source in sources]
    return new_notebook(cells=[*cells, new_code_cell("tell()", outputs=[told])])


def test_a_notebook_that_leaves_the_book_says_its_sentences_anew_when_it_is_run() -> None:
    source = "# T\n\nIt is {eval}`r.a`, see {ref}`the ledger <ch-claims>` {cite:p}`tu2023`.\n\nNo number.\n"
    notebook = for_readers(page_that_ran(source, texts={"r.a": "1"}))
    assert (
        notebook.cells[0].source.splitlines()[2]
        == "It is 1, see {ref}`the ledger <ch-claims>` {cite:p}`tu2023`."
    )
    last = notebook.cells[-1]
    assert last.outputs[0].data["text/markdown"] == "It is 1, see the ledger."
    nbformat.validate(notebook)
    shown = run_cell(last.source, r=SimpleNamespace(a=Value(0.5)))
    assert shown["text/markdown"].replace(NO_BREAK, " ") == "It is 50.0 %, see the ledger."


def test_a_page_without_numbers_leaves_the_book_as_it_is() -> None:
    notebook = new_notebook(cells=[new_markdown_cell("# T"), new_code_cell("1")])
    assert [cell.source for cell in for_readers(notebook).cells] == ["# T", "1"]


def run_cell(code: str, **names: object) -> dict[str, str]:
    """Run a cell and return what it displays."""
    shown: list[dict[str, str]] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(filling, "publish_display_data", shown.append)
        exec(code, dict(names))
    return shown[0]


def test_what_to_do_can_be_quoted_as_the_page_says_it() -> None:
    section = (
        "## What to do with it\n\n"
        "- **Choosing.** Take {eval}`name`. Evidence: measured; F1: *{eval}`label`*.\n"
        '- **A wrong conclusion.** "All". It is {eval}`missing`. Evidence: proxy.\n\nMore of it.\n\n'
        "## Exercises\n\n- **Trusting.** None."
    )
    data = {TEXTS: {"name": "a_b", "label": "unclear", "missing": "not measured"}, RESULTS: {"one": "1"}}
    ran = new_code_cell(outputs=[new_output("display_data", data)])
    assert results_in(page(new_markdown_cell(section), ran)) == {
        "one": "1",
        "choosing": "Take a_b. Evidence: measured; F1: unclear.",
        "a wrong conclusion": '"All". Evidence: proxy.',
    }
    assert results_in(page(new_markdown_cell("## Data\n"), ran)) == {"one": "1"}
