"""The flow has one direction: no part of a package imports what stands later; the engine comes last.

What of the engine runs no network is imported without torch: pages show it, and the base install has it.
"""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[1]
UTILS, ENGINE = "clipsafe_utils", "clipsafe_engine"

FLOWS = {
    UTILS: (
        {"errors", "files", "terminal", "address", "lazy", "processes", "say"},
        {"registry"},
        {"cubes", "metrics", "parameters"},
        {"measuring"},
        {"record"},
        {"importing"},
        {"findings"},
        {"claims"},
        {"show"},
        {"cards"},
        {"chapters"},
        {"expressions", "filling"},
        {"publishing"},
        {"boundary"},
        {"cli"},
    ),
    ENGINE: ({"datasets", "models"}, {"predict"}, {"measure"}, {"field", "lab"}),
    f"{ENGINE}.lab": (
        {"compare", "workspace", "world"},
        {"training"},
        {"text_towers", "predict"},
        {"measure"},
        {"zoo"},
        {"commands", "student"},
        {"findings"},
        {"chapters"},
        {"student_commands"},
        {"verbs"},
    ),
}
"""Parts of each package, earlier before later; parts of one stage may know each other."""

HEAVY = ("dask", "huggingface_hub", "open_clip", "safetensors", "timm", "torch", "torchvision", "zarr")
"""What the extras `models` and `scale` bring."""

RUNS_NO_NETWORK = (
    *("datasets.commands", "datasets.opening", "datasets.verbs", "field.commands", "measure.commands"),
    *("models.commands", "predict.commands", "lab", "lab.chapters.miniature_world", "lab.chapters.status"),
    *("lab.chapters.student_laboratory", "lab.findings.student.result", "lab.findings.world.result"),
    *("lab.text_towers", "lab.training.ledger", "lab.training.recipe", "lab.verbs", "lab.world.captions"),
    *("lab.world.one_factor", "lab.world.sequences", "lab.world.sets", "lab.world.sources"),
)
"""Modules of the engine that pages and the command line import in the base install."""


def modules(package: str) -> list[Path]:
    folder = REPOSITORY / package.replace(".", "/")
    return sorted(path.relative_to(folder) for path in folder.rglob("*.py") if path.name != "conftest.py")


def part_of(module: Path) -> str:
    return module.parts[0] if len(module.parts) > 1 else module.stem


def imported(package: str, module: Path) -> Iterator[str]:
    path = REPOSITORY / package.replace(".", "/") / module
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        if isinstance(node, ast.ImportFrom) and node.module is not None:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("package", FLOWS)
def test_every_part_has_its_stage(package: str) -> None:
    parts = {part_of(module) for module in modules(package)} - {"__init__"}
    assert parts == set().union(*FLOWS[package])


@pytest.mark.parametrize("package", FLOWS)
def test_no_module_imports_a_later_stage(package: str) -> None:
    stage = {part: number for number, parts in enumerate(FLOWS[package]) for part in parts}
    backwards = [
        f"{module} imports {name}"
        for module in modules(package)
        if part_of(module) != "__init__"
        for name in imported(package, module)
        if name.startswith(f"{package}.")
        and stage.get(name.removeprefix(f"{package}.").split(".")[0], -1) > stage[part_of(module)]
    ]
    assert backwards == []


def test_the_engine_is_imported_by_nothing_that_it_stands_on() -> None:
    backwards = [
        f"{module} imports {name}"
        for module in modules(UTILS)
        for name in imported(UTILS, module)
        if name.split(".")[0] == ENGINE
    ]
    assert backwards == []


def test_a_figure_knows_the_record_only_through_its_cubes() -> None:
    drawn = [module for module in modules(UTILS) if part_of(module) == "show"]
    assert drawn
    assert not [name for module in drawn for name in imported(UTILS, module) if f"{UTILS}.record" in name]


def test_only_the_engine_names_what_the_extras_bring() -> None:
    named = {name.split(".")[0] for module in modules(UTILS) for name in imported(UTILS, module)}
    assert "numpy" in named
    assert not named & set(HEAVY)


def test_what_runs_no_network_is_imported_without_the_extras() -> None:
    hidden = f"import sys; sys.modules.update(dict.fromkeys({HEAVY!r}))"
    wanted = ", ".join(f"{ENGINE}.{module}" for module in RUNS_NO_NETWORK)
    facade = f"from {ENGINE} import lab; [getattr(lab, name) for name in lab.__all__]"
    command = [sys.executable, "-c", f"{hidden}; import {wanted}; {facade}"]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
