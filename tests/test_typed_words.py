"""What parameters can change is not typed: numbers, levels and words such as "both" in results and captions.

A sentence of a result has an expression for what can change, or stands below a line ``% fact``, which says
that it is one about the record, the design or the drawn world, whatever the parameters are.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import jupytext
import pytest

from clipsafe_utils.filling import FACT
from clipsafe_utils.parameters import CHAPTER_PARAMETERS

PAGES = {
    re.sub(r"^\d+-", "", page.stem): page
    for page in sorted((Path(__file__).resolve().parents[1] / "notebooks").glob("*.md"))
}
CHANGEABLE = [name for name in PAGES if name in CHAPTER_PARAMETERS]
NO_RESULTS = re.compile(r"^(Data|Method|How sure|Exercises|Next|Examples|References|What to do)")
"""Sections of what was done and of what is not known; exercises say what to change."""

FACTS = (
    *("line at 50 %", "fewer than four families", "all CLIPs of one training source are one family"),
    *("three seeds", "all else held", "three sources of images", "the same for all sources"),
    *("four frames of two", "the same four objects"),
)
"""What pages say of how a figure is drawn, of a rule, and of the design of the laboratory."""

AMOUNT = re.compile(r"(?<![\w`=-])\d[\d,.]*\N{NO-BREAK SPACE}?\s?(?:%|points?\b)")
SCOPE = re.compile(
    r"\b(both|only|all|each of the|none of|two|three|four|five|six|seven|eight|nine|ten|twenty)\b",
    re.IGNORECASE,
)
NO_SENTENCES = (":::", "**Q", "**C", "**T", "**R", "**S", "```", "|", "$$", "`", "- compute")
"""Boxes but for the answer, code, tables, formulas, and what each parameter changes."""
CODE = re.compile(r"(?:\{[\w:-]+\})?`[^`]*`")


def results_of(page: Path) -> Iterator[str]:
    """Give the paragraphs of a page's results, its answer and its captions."""
    is_result = True
    for cell in jupytext.read(page).cells:
        if cell.cell_type == "code":
            yield cell.metadata.get("mystnb", {}).get("figure", {}).get("caption", "")
            continue
        for paragraph in re.split(r"\n\s*\n", cell.source):
            heading = re.match(r"(?:\([\w-]+\)=\n)?(#+) (.+)", paragraph)
            if heading and (len(heading[1]) < 3 or is_result):
                is_result = not NO_RESULTS.match(heading[2])
            elif is_result and not heading and not paragraph.startswith(NO_SENTENCES):
                yield paragraph


def typed(paragraph: str) -> list[str]:
    """Return what is typed in a paragraph and can change."""
    if paragraph.startswith(FACT):
        return []
    text = re.sub("|".join(FACTS), "", paragraph)
    found = AMOUNT.findall(CODE.sub("", text))
    for sentence in re.split(r"(?<=[.!?]) ", text):
        if "{eval}" not in sentence:
            found += SCOPE.findall(CODE.sub("", sentence))
    return found


@pytest.mark.parametrize(
    ("paragraph", "found"),
    [
        ("People go by shape: 95 % of them.", ["95 %"]),
        ("With 95\N{NO-BREAK SPACE}% intervals and {eval}`r.n` models.", ["95\N{NO-BREAK SPACE}%"]),
        ("Both sources are higher by 3.1 points.", ["3.1 points", "Both"]),
        ("Both have {eval}`r.n`.", []),
        ("Set `confidence` to `95 %` in `all`.", []),
        (f"{FACT}\nBoth were trained on 95 %.", []),
    ],
)
def test_what_counts_as_typed(paragraph: str, found: list[str]) -> None:
    assert typed(paragraph) == found


def test_every_fact_stands_on_a_page() -> None:
    sources = "".join(page.read_text(encoding="utf-8") for page in PAGES.values())
    assert [fact for fact in FACTS if fact not in sources] == []


@pytest.mark.parametrize("name", CHANGEABLE)
def test_nothing_that_can_change_is_typed(name: str) -> None:
    assert [(words, paragraph) for paragraph in results_of(PAGES[name]) if (words := typed(paragraph))] == []
