"""Every chapter can be taught from, and the page for lecturers keeps its word."""

import re
from collections.abc import Iterator
from contextlib import redirect_stdout
from dataclasses import dataclass, field, replace
from io import StringIO
from itertools import accumulate, pairwise
from types import SimpleNamespace

import nbformat
import pytest
from nbformat import NotebookNode

from clipsafe_utils.chapters.exercises import NOT_YET, RIGHT
from clipsafe_utils.chapters.teaching.plans import FIRST_LAB, HALF_DAY, JUDGE, ONE_HOUR, Step, reruns
from clipsafe_utils.claims.registry import claims
from clipsafe_utils.cubes.studies import REPOSITORY
from clipsafe_utils.parameters import check_parameters
from clipsafe_utils.publishing.chapters import Chapter, find_chapters, read_chapter
from clipsafe_utils.publishing.commands import read_parameters
from clipsafe_utils.publishing.render import with_texts

LAST_TAUGHT = 7
"""The chapters after it hold no finding of their own: the ledger, and what cannot be said."""

GOALS = "After this chapter you can"
BOX = "A common mistake: "
CHAPTERS = {chapter.name: chapter for chapter in find_chapters(REPOSITORY)}


def _number(chapter: Chapter) -> int:
    found = re.match(r"\d+", chapter.source.stem)
    return int(found[0]) if found else LAST_TAUGHT + 1


TAUGHT = [chapter for chapter in CHAPTERS.values() if _number(chapter) <= LAST_TAUGHT]
taught = pytest.mark.parametrize("chapter", TAUGHT, ids=[chapter.name for chapter in TAUGHT])

BUILT = [*TAUGHT, CHAPTERS["claims"]]
built = pytest.mark.parametrize("chapter", BUILT, ids=[chapter.name for chapter in BUILT])
_RUN_HERE = "To run a cell below, or the chapter with other parameters, see {ref}`ch-rerun`."
USES = ["Choosing", "Fine-tuning", "Monitoring", "Trusting"]
EVIDENCE = r"(?:measured|proxy|\{eval\}`r\.evidence`)"
OPEN, CHECKED = "answer = ...", "check(answer)"


@dataclass
class Answer:
    """What the solution of one exercise holds."""

    label: str
    is_folded: bool
    prose: str = ""
    code: list[NotebookNode] = field(default_factory=list)


def _prose(notebook: NotebookNode) -> str:
    return "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")


def _boxes(notebook: NotebookNode, title: str) -> list[str]:
    return re.findall(rf"^:::\{{admonition\}} {title}[^\n]*\n(.+?)^:::$", _prose(notebook), re.M | re.S)


def _pieces(notebook: NotebookNode) -> Iterator[NotebookNode | str]:
    """Give code cells, and the prose between them cut at the marks of solutions."""
    for cell in notebook.cells:
        if cell.cell_type == "code":
            yield cell
        else:
            yield from re.split(r"(```\{solution-(?:start|end)\}[^`]*```)", cell.source)


def _answers(notebook: NotebookNode) -> list[Answer]:
    answers: list[Answer] = []
    is_open = False
    for piece in _pieces(notebook):
        if not isinstance(piece, str):
            if is_open:
                answers[-1].code.append(piece)
        elif start := re.match(r"```\{solution-start\} (\S+)", piece):
            answers.append(Answer(start[1], ":class: dropdown" in piece))
            is_open = True
        elif piece.startswith("```{solution-end}"):
            is_open = False
        elif is_open:
            answers[-1].prose += piece
    return answers


@taught
def test_a_chapter_begins_with_three_goals(chapter: Chapter) -> None:
    notebook = read_chapter(chapter)
    (goals,) = _boxes(notebook, GOALS)
    assert len(re.findall(r"^- ", goals, re.M)) == 3
    prose = _prose(notebook)
    assert prose.index("In one minute") < prose.index(GOALS) < prose.index("\n## ")


def _named_findings(notebook: NotebookNode) -> list[str]:
    """Take the roles of the line on claims, which has one form in all chapters."""
    (line,) = re.findall(
        r"^\*\*Claims\*\* of \{ref\}`the ledger <ch-claims>`, labelled for real models: (.+)\.$",
        _prose(notebook),
        re.M,
    )
    found: list[str] = re.findall(r"\{claim\}`(\w+)`", line)
    assert line == ", ".join(f"{{claim}}`{name}`" for name in found)
    return found


@taught
def test_a_chapter_names_the_findings_that_it_bears_on(chapter: Chapter) -> None:
    expected = [claim.finding or claim.id for claim in claims() if claim.chapter == chapter.name]
    assert _named_findings(read_chapter(chapter)) == list(dict.fromkeys(expected))


@taught
def test_a_chapter_warns_of_one_common_mistake_with_a_number(chapter: Chapter) -> None:
    (box,) = _boxes(read_chapter(chapter), BOX)
    assert "{eval}" in box


@taught
def test_a_chapter_has_two_exercises_with_folded_answers(chapter: Chapter) -> None:
    notebook = read_chapter(chapter)
    asked = re.findall(r"```\{exercise-start\}\n:label: (\S+)", _prose(notebook))
    answers = _answers(notebook)
    assert len(asked) == 2
    assert [answer.label for answer in answers] == asked
    assert all(answer.is_folded for answer in answers)


@built
def test_exercises_begin_with_where_they_are_run(chapter: Chapter) -> None:
    (first,) = re.findall(r"^## Exercises\n\n(.+)$", _prose(read_chapter(chapter)), re.M)
    assert first == _RUN_HERE


@taught
def test_every_answer_was_computed(chapter: Chapter) -> None:
    for answer in _answers(nbformat.read(chapter.published, as_version=4)):
        ran = [cell for cell in answer.code if cell.outputs]
        assert ran or "{eval}" in answer.prose, answer.label
        assert all(cell.execution_count for cell in answer.code), answer.label


def _codes(cells: list[NotebookNode], part: str) -> list[str]:
    return [cell.source for cell in cells if cell.cell_type == "code" and part in cell.source]


def _last_said(code: str, seed: int) -> str:
    with redirect_stdout(StringIO()) as said:
        exec(code, {"chosen": SimpleNamespace(seed=seed)})
    return said.getvalue().splitlines()[-1]


@built
@pytest.mark.parametrize("seed", [0, 1, 7])
def test_the_folded_answer_fills_an_open_cell(chapter: Chapter, seed: int) -> None:
    notebook = read_chapter(chapter)
    answers = [code for one in _answers(notebook) for code in _codes(one.code, CHECKED)]
    cells = _codes(notebook.cells, OPEN)
    assert len(cells) == len(answers) >= 1
    for cell, answer in zip(cells, answers, strict=True):
        assert _last_said(cell, seed).startswith(NOT_YET)
        filled = cell.replace(cell[cell.index(OPEN) : cell.index(CHECKED)], answer.partition(CHECKED)[0])
        assert _last_said(filled, seed) == f"{RIGHT}."


@built
def test_a_students_copy_has_the_questions_and_no_answer(chapter: Chapter) -> None:
    whole, copy = (with_texts(replace(chapter, with_answers=has)) for has in (True, False))
    assert _answers(whole)
    assert not _answers(copy)
    assert "solution-" not in _prose(copy)
    exercises = [re.findall(r"exercise-(?:start|end)", _prose(one)) for one in (whole, copy)]
    assert exercises[0] == exercises[1]
    assert _codes(copy.cells, OPEN) == _codes(whole.cells, OPEN)
    left_out = {cell.source for one in _answers(whole) for cell in one.code}
    kept = [cell.source for cell in copy.cells[:-1] if cell.cell_type == "code"]
    assert len(left_out) + len(kept) == len(_codes(whole.cells[:-1], ""))


@built
def test_a_chapter_builds_its_estimator_from_scratch(chapter: Chapter) -> None:
    cells = [
        cell
        for cell in read_chapter(chapter).cells
        if cell.cell_type == "code" and re.search(r"^assert abs\(.+\) < 1e-[69]$", cell.source, re.M)
    ]
    assert cells
    for cell in cells:
        assert "tags" not in cell.metadata
        lines = [line for line in cell.source.splitlines() if line.strip() and "import" not in line]
        assert 8 <= len(lines) <= 20
        assert "by the package" in lines[-1]
        with redirect_stdout(StringIO()) as said:
            exec(cell.source, {})
        assert len(re.findall(r"\d+\.\d{6,}", said.getvalue())) >= 2


@built
def test_a_chapter_says_what_to_do_with_it(chapter: Chapter) -> None:
    prose = _prose(read_chapter(chapter))
    (section,) = re.findall(r"^## What to do with it\n(.+?)(?=^## )", prose, re.M | re.S)
    uses = re.findall(
        r"^- \*\*([^*]+)\.\*\* .+ Evidence: (?:measured|proxy|\{eval\}`r\.evidence`).+\.$", section, re.M
    )
    assert len(uses) == len(re.findall(r"^- ", section, re.M)) >= 4
    assert uses == [use for use in [*USES, "A wrong conclusion"] if use in uses]
    assert uses[-1] == "A wrong conclusion"


def test_the_checklist_shows_each_line_of_each_chapter_once() -> None:
    page = CHAPTERS["checklist"].source.read_text(encoding="utf-8")
    results = dict(re.findall(r'^(\w+) = results_of\("([\w-]+)"\)$', page, re.M))
    shown = re.findall(r'^- \{eval\}`(\w+)\["([^"]+)"\]` \{ref\}`ch-([\w-]+)`$', page, re.M)
    assert all(results[name] == chapter for name, _, chapter in shown)
    written = [
        (chapter.name, use.lower())
        for chapter in BUILT
        for use in re.findall(r"^- \*\*([^*]+)\.\*\* .+ Evidence: ", _prose(read_chapter(chapter)), re.M)
    ]
    assert sorted((chapter, use) for _, use, chapter in shown) == sorted(written)


@built
def test_a_chapter_goes_from_its_answer_to_what_to_do(chapter: Chapter) -> None:
    cells = read_chapter(chapter).cells

    def place(part: str, kind: str) -> int:
        return next(n for n, cell in enumerate(cells) if cell.cell_type == kind and part in cell.source)

    first_figure = next(n for n, cell in enumerate(cells) if "figure" in cell.metadata.get("mystnb", {}))
    box, scratch = place("In one minute", "markdown"), place(" < 1e-", "code")
    to_do, to_fill = place("## What to do with it", "markdown"), place(OPEN, "code")
    assert box < first_figure < scratch < to_do < to_fill
    between = cells[box].source.partition("In one minute")[2].partition(":::\n")[2]
    between += "".join(cell.source for cell in cells[box + 1 : first_figure] if cell.cell_type == "markdown")
    assert len(between) < 600, "the first figure is within one screen of the box"


@pytest.mark.parametrize(("plan", "minutes"), [(ONE_HOUR, 60), (HALF_DAY, 210), (FIRST_LAB, 90), (JUDGE, 60)])
def test_a_plan_fits_its_time(plan: tuple[Step, ...], minutes: int) -> None:
    assert sum(step.minutes for step in plan) == minutes
    assert len({step.title for step in plan}) == len(plan)
    assert {step.page for step in plan} - {""} <= set(CHAPTERS)


@pytest.mark.parametrize("rerun", reruns(), ids=lambda rerun: rerun.parameters)
def test_a_rerun_of_the_plans_is_one_that_the_chapter_takes(rerun: object) -> None:
    values = read_parameters(rerun.parameters)
    assert values
    check_parameters(rerun.chapter, values)


def test_the_page_for_lecturers_has_every_step_and_every_command_of_its_plans() -> None:
    prose = _prose(read_chapter(CHAPTERS["teaching"]))
    sections = dict(re.findall(r"^## ([^\n]+)\n(.*?)(?=^## |\Z)", prose, re.M | re.S))
    of_page = {
        "The plan for one hour": ONE_HOUR,
        "The plan for half a day": HALF_DAY,
        "First lab": FIRST_LAB,
        "Judge a model": JUDGE,
    }
    for title, plan in of_page.items():
        headings = re.findall(r"^### (.+)$", sections[title], re.M)
        ends = list(accumulate(step.minutes for step in plan))
        marks = [f"{minutes // 60}:{minutes % 60:02d}" for minutes in (0, *ends)]
        assert headings == [
            f"{step.title} ({start}\N{EN DASH}{end})"
            for step, (start, end) in zip(plan, pairwise(marks), strict=True)
        ]
    assert set(re.findall(r"^clipsafe render .+$", prose, re.M)) == {rerun.command for rerun in reruns()}


def test_every_question_of_the_plans_has_an_answer() -> None:
    prose = _prose(read_chapter(CHAPTERS["teaching"]))
    plans = prose[prose.index("## The plan for one hour") : prose.index("## What each exercise trains")]
    steps = re.split(r"^###? ", plans, flags=re.M)
    for step in steps:
        marks = re.findall(r"\*\*(Ask|Run|Expect)\b", step)
        for mark, following in zip(marks, [*marks, "end"][1:], strict=True):
            # Somebody runs a command first, and the question after it is answered.
            assert mark == "Expect" or following in ("Expect", "Ask", "Run"), step
        assert not marks or marks[-1] == "Expect", step


def test_every_exercise_has_what_it_trains() -> None:
    page = CHAPTERS["teaching"].source.read_text(encoding="utf-8")
    table = page.partition("## What each exercise trains")[2].partition("\n## ")[0]
    asked = [
        label
        for chapter in [*TAUGHT, CHAPTERS["claims"]]
        for label in re.findall(r"```\{exercise-start\}\n:label: (\S+)", _prose(read_chapter(chapter)))
    ]
    assert re.findall(r"\{ref\}`(ex-[\w-]+)`", table) == asked


def test_the_sheet_for_guesses_has_an_answer_to_each_question_on_a_page_of_its_own() -> None:
    questions = re.findall(r"^\| (\d+) \| ", _prose(read_chapter(CHAPTERS["guesses"])), re.M)
    answers = re.findall(
        r"^(\d+)\. ", _prose(read_chapter(CHAPTERS["answer-key"])).partition("## Judge")[0], re.M
    )
    assert questions == answers != []
    for name in ("handout", "guesses"):
        assert "answer-key" not in _prose(read_chapter(CHAPTERS[name]))
