r"""Expressions in prose: what may stand in ``{eval}`...` ``, and what it says in a page that runs."""

# A page's sentences stand in its source with expressions where numbers go. `render` appends a cell that
# evaluates them all in the page's own kernel; its output, the texts, travels with the notebook, and whoever
# shows the page puts them in their places (`filling`).

import ast
import re
from collections import Counter
from collections.abc import Iterable, Mapping

from IPython.display import publish_display_data
from nbformat import NotebookNode

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

ROLE = re.compile(r"\{eval\}`([^`]+)`")
_ALLOWED = (
    *(ast.Expression, ast.Name, ast.Attribute, ast.Subscript),
    *(ast.Constant, ast.Call, ast.keyword, ast.Load),
)


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
    prose = [text for cell in notebook.cells for text in texts_of_cell(cell)]
    expressions = list(dict.fromkeys(expression for text in prose for expression in ROLE.findall(text)))
    code = [ast.parse(cell.source) for cell in notebook.cells if cell.cell_type == "code"]
    cells_by_name = Counter(name for tree in code for name in _names(tree, ast.Store))
    for expression in expressions:
        fault = fault_of(expression)
        if not fault:
            names = _names(ast.parse(expression, mode="eval"), ast.Load)
            several = [name for name in names if cells_by_name[name] > 1]
            fault = f"names '{several[0]}', which several cells assign" if several else None
        if fault:
            raise ClipsafeError(f"The expression {{eval}}`{expression}` {fault}.")
    if not expressions:
        return ""
    lines = "".join(f"        {expression!r},\n" for expression in expressions)
    return (
        "# Made by `clipsafe render`: the numbers of the sentences above.\n"
        f"from clipsafe_utils.expressions import tell\n\ntell(\n    [\n{lines}    ],\n    globals(),\n)"
    )


def _names(tree: ast.AST, context: type[ast.expr_context]) -> list[str]:
    named = (node for node in ast.walk(tree) if isinstance(node, ast.Name))
    return list(dict.fromkeys(node.id for node in named if isinstance(node.ctx, context)))


def evaluated(expressions: Iterable[str], names: Mapping[str, object]) -> dict[str, str]:
    """Return the texts of expressions over some names; ValueError with the expression that fails."""
    known = {**names, **{name: getattr(say, name) for name in FUNCTIONS}, "__builtins__": {}}
    texts = {}
    for expression in expressions:
        fault = fault_of(expression)
        if fault:
            raise ValueError(f"{{eval}}`{expression}` {fault}")
        try:
            texts[expression] = str(eval(expression, known))
        except Exception as error:
            raise ValueError(f"{{eval}}`{expression}`: {type(error).__name__}: {error}") from error
    return texts


def tell(expressions: Iterable[str], names: Mapping[str, object]) -> None:
    """Give the texts of expressions as the output of a cell."""
    texts = evaluated(expressions, names)
    publish_display_data({TEXTS: texts, "text/plain": f"{len(texts)} numbers of the text"})


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
