"""Pages can be read: a summary of three sentences, few intervals in one sentence, minutes that are true."""

import re

import nbformat
import pytest
import yaml
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from clipsafe_utils.cubes.studies import REPOSITORY
from tests.prose import WORDS_A_MINUTE, crowded, minutes_of, summary_of

PAGES = {path.stem: path for path in sorted((REPOSITORY / "book").glob("*.ipynb"))}
LONGEST = 20
"""Minutes that a reader may be asked for at once."""

TIME = re.compile(r"^\*\*Time\*\* (\d+) minutes to read", re.MULTILINE)


def numbered() -> list[str]:
    """Name the pages of the numbered parts of the book: its chapters."""
    parts = yaml.safe_load((REPOSITORY / "_toc.yml").read_text())["parts"]
    listed = (part["chapters"] for part in parts if part.get("numbered"))
    return [entry["file"].removeprefix("book/") for chapters in listed for entry in chapters]


@pytest.fixture(params=PAGES)
def page(request: pytest.FixtureRequest) -> NotebookNode:
    return nbformat.read(PAGES[request.param], as_version=4)


@pytest.fixture(params=numbered())
def chapter(request: pytest.FixtureRequest) -> NotebookNode:
    return nbformat.read(PAGES[request.param], as_version=4)


def made(*texts: str, caption: str = "") -> NotebookNode:
    """Make a page of paragraphs, with a figure if it has a caption."""
    figure = new_code_cell(metadata={"mystnb": {"figure": {"caption": caption}}})
    return new_notebook(cells=[*map(new_markdown_cell, texts), *([figure] if caption else [])])


def test_sentences_of_a_summary_are_told_by_what_ends_them() -> None:
    one = made("## Summary", "The error falls: 2.1 %. Who is ahead? Smith et al. (2019) say.", "## Next")
    assert summary_of(one) == ["The error falls: 2.1 %.", "Who is ahead?", "Smith et al. (2019) say."]
    assert summary_of(made("## Next", "One. Two.")) == []


def test_a_sentence_is_crowded_from_three_intervals_on() -> None:
    few = "It is lower by 2.1 points (1.0 to 3.2) and by 4 % (−3 % to +5 %), in 3 to 5 networks (F1 to F4)."
    many = few.replace("networks (", "networks (0.1 to 0.2; ")
    assert crowded(made(few, many)) == [many]
    assert crowded(made("None.", caption=many)) == [many]


def test_folds_code_and_tables_take_no_minutes() -> None:
    words = " ".join(["word"] * WORDS_A_MINUTE)
    folded = f":::{{dropdown}} More\n{words}\n:::"
    answer = f"```{{solution-start}} ex\n:class: dropdown\n```\n{words}\n```{{solution-end}}\n```"
    code = f"```shell\n{words}\n```"
    assert minutes_of(made(words, folded, code, f"| {words} |", answer)) == 1
    assert minutes_of(made(words, caption=words)) == 2


def test_a_chapter_ends_with_three_sentences_that_begin_with_words(chapter: NotebookNode) -> None:
    sentences = summary_of(chapter)
    assert len(sentences) == 3
    assert all(re.search(r"\d", sentence) for sentence in sentences)
    assert not any(re.match(r"\W*\d", sentence) for sentence in sentences)


def test_no_sentence_has_more_intervals_than_a_reader_can_keep_apart(page: NotebookNode) -> None:
    assert crowded(page) == []


def test_a_page_says_how_long_it_takes_and_is_short_enough_for_one_sitting(page: NotebookNode) -> None:
    said = [int(minutes) for cell in page.cells for minutes in TIME.findall(cell.source)]
    needed = minutes_of(page)
    assert needed <= LONGEST
    assert all(needed <= minutes <= LONGEST for minutes in said)
