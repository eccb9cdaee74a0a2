r"""Expressions in prose: what may stand in ``{eval}`...` ``, and what it says when a page has run.

A page's sentences stand in its source with expressions where numbers go. `render` appends a cell that
evaluates them all in the page's own kernel; its output, the texts, travels with the notebook. Whoever shows
the page puts the texts in their places with `filled`: the compiler, the stand-alone page, the downloads and
`clipsafe text`. What other pages quote is named by `publish`.
"""

import ast
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from IPython.display import publish_display_data
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output

from clipsafe_utils import say
from clipsafe_utils.errors import ClipsafeError

TEXTS = "application/vnd.clipsafe.texts+json"
"""Kind of the output that holds the texts, by expression."""

RESULTS = "application/vnd.clipsafe.results+json"
"""Kind of the output that holds what other pages may quote, by name."""

LEFT_OUT = "application/vnd.clipsafe.left-out+json"
"""Kind of the output that says why a section shows nothing."""

FUNCTIONS = ("change", "choose", "count", "level", "listed", "number", "percent", "points")
"""Functions of `say` that an expression may call, beside methods of results."""

AGAIN = "application/vnd.clipsafe.again+json"
"""Kind of the output that says again what the sentences of a page say, in a notebook that left the book."""

FACT = "% fact"
"""A line of a page's source: the paragraph below it is true under all parameters. Readers do not see it."""

ROLE = re.compile(r"\{eval\}`([^`]+)`")
_MARKDOWN = re.compile(r"([\\*_<>\[\]#|~])")
_HEADING = re.compile(r"^(?:\([\w-]+\)=\n+)?(?P<marks>#+) ", re.MULTILINE)
"""A heading, with the label before it."""
_CITATION = re.compile(r" ?\{cite:[pt]\}`[^`]*`")
_ROLE_OF_BOOK = re.compile(r"\{[a-z:]+\}`([^`<]*?)(?: <[^`]*>)?`")
_FENCE = re.compile(r"^(?P<fence>```+|:::+).*?^(?P=fence)$", re.MULTILINE | re.DOTALL)
_MARKER = re.compile(r" *(?:(?:[-*:>]|[0-9]+\.) +)?(?:\*+[^*]+[.:]\*+ +)?")
"""What makes a line an item of a list, and the words in bold or italics that it begins with."""

_ALLOWED = (
    ast.Expression,
    ast.Name,
    ast.Attribute,
    ast.Subscript,
    ast.Constant,
    ast.Call,
    ast.keyword,
    ast.Load,
)


def expressions_in(text: str) -> list[str]:
    """Return the expressions of a text, in their order."""
    return ROLE.findall(text)


def texts_of_cell(cell: NotebookNode) -> list[str]:
    """Return what of a cell may hold expressions: prose, or the caption of a figure."""
    if cell.cell_type == "markdown":
        return [cell.source]
    caption = cell.metadata.get("mystnb", {}).get("figure", {}).get("caption")
    return [caption] if caption else []


def fault_of(expression: str) -> str | None:
    """Say why an expression may not stand in prose; None where it may.

    Names, attributes, subscripts by a constant, and calls of methods and of the functions of `say`: an
    expression shows what was found. Arithmetic belongs in the finding: a difference needs its own interval.
    """
    try:
        tree = ast.parse(expression, mode="eval")
    except (SyntaxError, ValueError):
        return "is no expression of Python"
    called = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    for node in ast.walk(tree):
        if not isinstance(node, _ALLOWED):
            return f"holds {type(node).__name__}, which belongs in the finding"
        if isinstance(node, ast.Name) and node.id in FUNCTIONS and id(node) not in called:
            return f"names '{node.id}', which is a function; the page needs another name"
        if isinstance(node, ast.Attribute) and node.attr.startswith("_"):
            return f"asks for '{node.attr}'"
        if isinstance(node, ast.Subscript) and not isinstance(node.slice, ast.Constant):
            return "takes a part by something else than a constant"
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id not in FUNCTIONS:
            return f"calls '{node.func.id}'"
    return None


def cell_that_evaluates(notebook: NotebookNode) -> str:
    """Return the code that evaluates every expression of a page; "" where it has none.

    A name that several cells assign is refused: prose is evaluated when the page has ended, and would show
    the last of them everywhere.
    """
    found = [
        expression
        for cell in notebook.cells
        for text in texts_of_cell(cell)
        for expression in expressions_in(text)
    ]
    cells_by_name = _cells_by_name(notebook)
    for expression in found:
        fault = fault_of(expression) or _fault_of_names(expression, cells_by_name)
        if fault:
            raise ClipsafeError(f"The expression {{eval}}`{expression}` {fault}.")
    if not found:
        return ""
    lines = "".join(f"        {expression!r},\n" for expression in dict.fromkeys(found))
    return (
        "# Made by `clipsafe render`: the numbers of the sentences above.\n"
        f"from clipsafe_utils.expressions import tell\n\ntell(\n    [\n{lines}    ],\n    globals(),\n)"
    )


def _cells_by_name(notebook: NotebookNode) -> Counter[str]:
    """Count the cells that assign each name."""
    counted: Counter[str] = Counter()
    for cell in notebook.cells:
        if cell.cell_type == "code":
            names = (node for node in ast.walk(ast.parse(cell.source)) if isinstance(node, ast.Name))
            counted.update({node.id for node in names if isinstance(node.ctx, ast.Store)})
    return counted


def _fault_of_names(expression: str, cells_by_name: Mapping[str, int]) -> str | None:
    names = [node.id for node in ast.walk(ast.parse(expression, mode="eval")) if isinstance(node, ast.Name)]
    several = [name for name in names if cells_by_name.get(name, 0) > 1]
    return f"names '{several[0]}', which several cells assign" if several else None


def tell(expressions: Sequence[str], names: Mapping[str, object]) -> None:
    """Evaluate expressions and give their texts as the output of a cell; ValueError with one that fails."""
    known = _known(names)
    texts = {expression: _evaluated(expression, known) for expression in expressions}
    publish_display_data({TEXTS: texts, "text/plain": f"{len(texts)} numbers of the text"})


def _evaluated(expression: str, names: dict[str, object]) -> str:
    fault = fault_of(expression)
    if fault:
        raise ValueError(f"{{eval}}`{expression}` {fault}")
    try:
        return str(eval(expression, names))
    except Exception as error:
        raise ValueError(f"{{eval}}`{expression}`: {type(error).__name__}: {error}") from error


def publish(**values: object) -> None:
    """Name what other pages may quote: `render` keeps the texts in ``book/results``."""
    publish_display_data({RESULTS: {name: str(value) for name, value in values.items()}, "text/plain": ""})


def section_needs(available: object, otherwise: str) -> None:
    """Leave out the rest of a section where it has nothing to show; this cell is the first of the section.

    Parameters
    ----------
    available : object
        What the section is about: empty, None, False or missing where there is nothing.
    otherwise : str
        The sentence that takes the place of the section.

    Examples
    --------
    >>> section_needs({"miniature": "a cube"}, "No study has the cube `causes`.")
    """
    if isinstance(available, say.Missing) or not available:
        publish_display_data({LEFT_OUT: {"otherwise": otherwise}, "text/plain": otherwise})


def results_in(notebook: NotebookNode) -> Mapping[str, str]:
    """Return what a page that has run lets others quote, by name."""
    return _outputs_of_cells(notebook.cells, RESULTS)


def texts_in(notebook: NotebookNode) -> Mapping[str, str]:
    """Return the texts that a run of a page left in it, by expression."""
    return _outputs_of_cells(notebook.cells, TEXTS)


def _outputs_of_cells(cells: Sequence[NotebookNode], kind: str) -> Mapping[str, str]:
    outputs = [output for cell in cells for output in cell.get("outputs", [])]
    found = [output["data"][kind] for output in outputs if kind in output.get("data", {})]
    return {name: text for texts in found for name, text in texts.items()}


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
    lines = [
        line
        for cell in notebook.cells
        for text in texts_of_cell(cell)
        for line in text.split("\n")
        if "{eval}" in line
    ]
    texts = texts_in(notebook)
    filled(notebook)
    if lines:
        listed = "".join(f"        {line!r},\n" for line in lines)
        code = (
            "# What the sentences above say on the parameters of this run.\n"
            "from clipsafe_utils.expressions import say_again\n\n"
            f"say_again(\n    [\n{listed}    ],\n    globals(),\n)"
        )
        output = new_output("display_data", data=_again(lines, texts))
        kept = [cell for cell in notebook.cells if not _outputs_of_cells([cell], TEXTS)]
        notebook.cells = [*kept, new_code_cell(code, outputs=[output], id="sentences")]
    return notebook


def say_again(lines: Sequence[str], names: Mapping[str, object]) -> None:
    """Show lines of Markdown with the numbers of this run; ValueError with the expression that fails."""
    known = _known(names)
    texts = {name: _evaluated(name, known) for line in lines for name in expressions_in(line)}
    publish_display_data(_again(lines, texts))


def _again(lines: Sequence[str], texts: Mapping[str, str]) -> dict[str, object]:
    said = [
        _ROLE_OF_BOOK.sub(r"\1", _CITATION.sub("", line))
        for text in lines
        if (line := filled_text(text, texts).strip())
    ]
    return {AGAIN: {}, "text/markdown": "\n\n".join(said), "text/plain": "\n".join(said)}


def _known(names: Mapping[str, object]) -> dict[str, object]:
    return {**names, **{name: getattr(say, name) for name in FUNCTIONS}, "__builtins__": {}}


def _without_empty_sections(cells: Sequence[NotebookNode]) -> list[NotebookNode]:
    """Replace what follows `section_needs` by its sentence, up to the next heading of that level or above."""
    kept: list[NotebookNode] = []
    level, empty_from = 0, 0
    for cell in cells:
        if cell.cell_type == "markdown":
            headings = list(_HEADING.finditer(_FENCE.sub(lambda fence: " " * len(fence[0]), cell.source)))
            if empty_from:
                following = next((one for one in headings if len(one["marks"]) <= empty_from), None)
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
        if not any(_text(name, texts) == say.NOT_MEASURED for name in expressions_in(sentence))
    ]
    marker = "" if not kept or kept[0] is first else (_MARKER.match(first) or [""])[0]
    whole = marker + " ".join(kept)
    return ROLE.sub(lambda role: _escaped(_text(role[1], texts)), whole)


def _sentences(line: str) -> Iterable[str]:
    """Part a line into sentences: not inside of code or an expression, where a stop ends nothing."""
    parts = re.split(r"(`[^`]*`)", line)
    sentence = ""
    for place, part in enumerate(parts):
        if place % 2:
            sentence += part
            continue
        pieces = re.split(r"(?<=[.!?]) +(?=[A-Z*{\[`])", part)
        for piece in pieces[:-1]:
            yield sentence + piece
            sentence = ""
        sentence += pieces[-1]
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
