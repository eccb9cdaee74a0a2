"""The flow has one direction: no part of the package imports what stands later in it."""

import ast
from collections.abc import Iterator
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1] / "clipsafe_utils"

FLOW = (
    {"errors", "files", "terminal", "address", "lazy", "say"},
    {"registry"},
    {"cubes", "metrics", "parameters"},
    {"record", "engine"},
    {"lab"},
    {"findings"},
    {"claims"},
    {"show"},
    {"chapters"},
    {"expressions", "filling"},
    {"publishing"},
    {"boundary"},
    {"cli"},
)
"""Parts of the package, earlier before later; parts of one stage may know each other."""

MAKES_PREDICTIONS = {"record", "engine", "lab"}
"""Stages that a figure knows only through the cubes that they leave."""

JOINS_PARTS = {"lab/student_commands.py"}
"""Commands that train a model and then render its page."""


def modules() -> list[Path]:
    return sorted(path.relative_to(PACKAGE) for path in PACKAGE.rglob("*.py") if path.name != "conftest.py")


def part_of(module: Path) -> str:
    return module.parts[0] if len(module.parts) > 1 else module.stem


def stage_of(part: str) -> int:
    return next(number for number, parts in enumerate(FLOW) if part in parts)


def imported_parts(module: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse((PACKAGE / module).read_text(encoding="utf-8"))):
        named = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and node.module is not None:
            named = [node.module]
        for name in named:
            if name.startswith("clipsafe_utils."):
                yield name.split(".")[1]


def test_every_part_has_its_stage() -> None:
    parts = {part_of(module) for module in modules()} - {"__init__"}
    assert parts == set().union(*FLOW)
    assert set(map(str, modules())) >= JOINS_PARTS


def test_no_module_imports_a_later_stage() -> None:
    backwards = [
        f"{module} imports {name}"
        for module in modules()
        if part_of(module) != "__init__" and str(module) not in JOINS_PARTS
        for name in imported_parts(module)
        if stage_of(name) > stage_of(part_of(module))
        or (part_of(module) == "show" and name in MAKES_PREDICTIONS)
    ]
    assert backwards == []
