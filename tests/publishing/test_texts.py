"""What a page says, in lines: words with their numbers, captions, tables, alternative texts."""

from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.expressions import TEXTS
from clipsafe_utils.publishing.texts import text_of_page


def page(folder: Path, name: str, *cells: nbformat.NotebookNode) -> Path:
    path = folder / name
    nbformat.write(new_notebook(cells=list(cells)), path)
    return path


def test_words_captions_and_tables(tmp_path: Path) -> None:
    markup = (
        "<figure><figcaption>Counts. All of them.</figcaption><table><tr><th>a</th><td>1</td></tr></table>"
        '<svg aria-label="Two dots. One is red."></svg><script>"unseen"</script></figure>'
    )
    told = new_output("display_data", {TEXTS: {"here": "2", "r.there": "it's 3\xa0%"}, "text/plain": ""})
    figure = new_code_cell("x", outputs=[new_output("display_data", {"text/html": markup})])
    figure.metadata["mystnb"] = {"figure": {"name": "fig-a", "caption": "Seen here. Drawn twice."}}
    path = page(
        tmp_path,
        "a.ipynb",
        new_markdown_cell("# Title\n\nFirst. Of all, {eval}`here` and {eval}`r.there`? e.g. it."),
        figure,
        new_code_cell("", outputs=[told, new_output("stream", text="printed\n")]),
    )
    assert text_of_page(path).splitlines() == [
        "# Title",
        "First.",
        "Of all, 2 and it's 3\xa0%? e.g. it.",
        "fig-a: Seen here.",
        "Drawn twice.",
        "Counts.",
        "All of them.",
        "a | 1",
        "Two dots.",
        "One is red.",
        "printed",
    ]


def test_a_number_that_is_nowhere(tmp_path: Path) -> None:
    path = page(tmp_path, "a.ipynb", new_markdown_cell("{eval}`absent`"))
    with pytest.raises(ClipsafeError, match=r"no text of \{eval\}`absent`; run it again"):
        text_of_page(path)


@pytest.mark.parametrize("content", [None, "", "[]", "{}", "x"])
def test_a_file_that_is_no_notebook(content: str | None, tmp_path: Path) -> None:
    if content is not None:
        (tmp_path / "a.ipynb").write_text(content)
    with pytest.raises(ClipsafeError, match=r"a\.ipynb: (cannot be read|expected a notebook)"):
        text_of_page(tmp_path / "a.ipynb")
