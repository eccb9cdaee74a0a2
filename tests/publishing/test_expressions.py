"""Expressions in prose: what they may be, and what they say."""

from types import SimpleNamespace

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.expressions import cell_that_evaluates, evaluated, fault_of
from clipsafe_utils.say import Missing, Value

ALLOWED = (
    "level(chosen.confidence)",
    "r.people.bias.percent(0)",
    'r.implementations["alexnet-caffe"]',
    "listed(r.names, last='or')",
    "lab.step('clip', on='wit').moved",
)
REFUSED = (
    "",
    "number",
    "level.percent(0)",
    "a b",
    "r.a - r.b",
    "r._hidden",
    "r.__class__",
    "open('x')",
    "eval('1')",
    "[x for x in r]",
    "lambda: 1",
    "r[name]",
    "f'{r}'",
    "(a := 1)",
    "a if b else c",
    "r.a; r.b",
    "print(r)",
    "\0",
)


@pytest.mark.parametrize("expression", ALLOWED)
def test_what_shows_a_finding_may_stand_in_prose(expression: str) -> None:
    assert fault_of(expression) is None


@pytest.mark.parametrize("expression", REFUSED)
def test_what_computes_or_reaches_out_may_not(expression: str) -> None:
    assert fault_of(expression) is not None
    with pytest.raises(ValueError, match="eval"):
        evaluated([expression], {})


def test_what_may_not_stand_in_prose_is_named() -> None:
    assert fault_of("r.a - r.b") == "holds BinOp, which belongs in the finding"
    assert fault_of("__import__('os')") == "calls '__import__'"
    assert fault_of("r.people._bias") == "asks for '_bias'"


def test_no_builtin_is_in_scope() -> None:
    with pytest.raises(ValueError, match="NameError"):
        evaluated(["open"], {})


def page(*cells: nbformat.NotebookNode) -> nbformat.NotebookNode:
    return new_notebook(cells=list(cells))


def test_the_cell_at_the_end_names_each_expression_once() -> None:
    figure = new_code_cell("r = 1")
    figure.metadata["mystnb"] = {"figure": {"name": "fig", "caption": "At {eval}`level(c)`."}}
    code = cell_that_evaluates(page(new_markdown_cell("{eval}`r.a` and {eval}`r.a`"), figure))
    assert code.count("'r.a'") == code.count("'level(c)'") == 1
    assert cell_that_evaluates(page(new_markdown_cell("nothing"))) == ""


def test_a_name_that_two_cells_assign_is_refused() -> None:
    cells = new_code_cell("images = r.images"), new_code_cell("shape, images = 19, 1200")
    with pytest.raises(ClipsafeError, match="names 'images', which several cells assign"):
        cell_that_evaluates(page(*cells, new_markdown_cell("{eval}`images`")))
    assert cell_that_evaluates(page(*cells, new_markdown_cell("{eval}`shape`")))


def test_a_misspelt_name_fails_on_a_missing_value_too() -> None:
    names = {"r": SimpleNamespace(bias=Missing("none"), share=Value(0.5))}
    assert evaluated(["r.bias.percent(0)"], names) == {"r.bias.percent(0)": "not measured"}
    for wrong in ("r.bias.pecent(0)", "r.share.pecent(0)", "r.baes"):
        with pytest.raises(ValueError, match="AttributeError"):
            evaluated([wrong], names)
