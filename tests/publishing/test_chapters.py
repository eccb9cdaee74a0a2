"""Finding and reading the sources of chapters."""

from pathlib import Path

import pytest

from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.publishing.chapters import (
    Chapter,
    find_chapter,
    find_chapters,
    line_of_cell,
    read_chapter,
)

HEADER = "---\nkernelspec:\n  display_name: Python 3\n  name: python3\n---\n\n"


def test_chapters_come_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    (tmp_path / "notebooks").mkdir()
    for stem in ("02-later", "01-first", "appendix"):
        (tmp_path / "notebooks" / f"{stem}.md").write_text(HEADER)
    chapters = find_chapters(tmp_path)
    assert [chapter.name for chapter in chapters] == ["first", "later", "appendix"]
    assert chapters[0].published == tmp_path / "book" / "01-first.ipynb"


def test_a_folder_without_chapters_says_where_to_go(tmp_path: Path) -> None:
    with pytest.raises(ClipsafeError, match="in a clone of the repository"):
        find_chapters(tmp_path)


def test_an_unknown_chapter_lists_those_that_exist(small_book: Path) -> None:
    assert find_chapter(small_book, "tiny").source.name == "01-tiny.md"
    with pytest.raises(ClipsafeError, match=r"no chapter '01-tiny'; the chapters are tiny\."):
        find_chapter(small_book, "01-tiny")


def test_a_source_is_read_with_tags_and_captions(tiny: Chapter) -> None:
    cells = read_chapter(tiny).cells
    assert cells[1].metadata.tags == ["parameters"]
    assert cells[3].metadata.mystnb.figure.name == "fig-square"


def test_a_cell_is_found_in_its_source(tiny: Chapter) -> None:
    cell = read_chapter(tiny).cells[1]
    line = line_of_cell(tiny, cell.source)
    assert line is not None
    assert tiny.source.read_text().splitlines()[line - 1] == cell.source
    assert line_of_cell(tiny, "not in it") is None


def test_a_copy_for_students_leaves_out_answers_and_what_they_run(tmp_path: Path) -> None:
    answer = "```{solution-start} ex-one\n:class: dropdown\n```\n"
    (tmp_path / "page.md").write_text(
        f"{HEADER}Asked.\n\n{answer}Told.\n\n```{{code-cell}}\n1 + 1\n```\n\nMore.\n"
        "```{solution-end}\n```\n\n"
        f"Asked again.\n\n{answer}Told again.\n```{{solution-end}}\n```\n\n```{{code-cell}}\n2 + 2\n```\n"
    )
    cells = read_chapter(Chapter(tmp_path / "page.md", with_answers=False)).cells
    assert [cell.source for cell in cells] == ["Asked.", "Asked again.", "2 + 2"]


@pytest.mark.parametrize(
    "content",
    [
        b"\xff\xfe\x00",
        b"---\nkernelspec: [a\n---\n",
        b"---\n- a\n---\n",
        HEADER.encode() + b"```{code-cell}\n---\ntags: [a\n---\n1\n```\n",
        HEADER.encode() + b"```{code-cell}\n:tags: parameters\n1\n```\n",
        b"# x\n\n+++ {bad\n\ny\n",
    ],
    ids=[
        "not text",
        "header not YAML",
        "header not a mapping",
        "cell not YAML",
        "tags not a list",
        "bad break",
    ],
)
def test_a_broken_source_is_named(tmp_path: Path, content: bytes) -> None:
    source = tmp_path / "01-broken.md"
    source.write_bytes(content)
    with pytest.raises(ClipsafeError, match=r"01-broken\.md: cannot be read as a MyST notebook \(.+\)\.$"):
        read_chapter(Chapter(source))


def test_a_missing_source_is_named(tmp_path: Path) -> None:
    with pytest.raises(ClipsafeError, match="No such file"):
        read_chapter(Chapter(tmp_path / "01-gone.md"))
