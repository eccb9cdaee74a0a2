"""The public names: each is there, none costs anything before it is asked for, and pages need few lines."""

import ast
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import jupytext
import pytest

import clipsafe_utils
from clipsafe_engine import lab
from clipsafe_utils import metrics

PAGES = sorted((Path(__file__).resolve().parents[1] / "notebooks").glob("*.md"))
MOST_IMPORTS = 6
PACKAGES = (clipsafe_utils, lab, metrics)
HEAVY = ("numpy", "pandas", "xarray", "matplotlib", "torch", "IPython")


@pytest.mark.parametrize("package", PACKAGES, ids=[package.__name__ for package in PACKAGES])
def test_every_public_name_is_there_and_says_what_it_does(package: ModuleType) -> None:
    for name in package.__all__:
        public = getattr(package, name)
        assert callable(public), name
        assert public.__doc__, name
        assert name in dir(package)
        # A module of that name would take its place as soon as somebody imports it.
        assert not any(Path(folder, f"{name}.py").exists() for folder in package.__path__), name


def test_a_name_that_is_not_public_is_refused() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'shape_bais'"):
        _ = clipsafe_utils.shape_bais
    assert {*clipsafe_utils.__all__} <= {*dir(clipsafe_utils)}


def test_nothing_heavy_is_imported_before_it_is_asked_for() -> None:
    loaded = f"[name for name in {HEAVY} if name in sys.modules]"
    code = f"import sys, clipsafe_utils, clipsafe_engine.lab; print({loaded})"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "[]"


HIDING = {"hide-input", "remove-input", "remove-cell"}


def imports_of(page: Path) -> list[str]:
    # Code that a page shows, from scratch or as an exercise, is to run alone: it brings its own imports.
    cells = [cell for cell in jupytext.read(page).cells if HIDING & {*cell.metadata.get("tags", [])}]
    trees = [ast.parse(cell.source) for cell in cells if cell.cell_type == "code"]
    nodes = [node for tree in trees for node in tree.body]
    return [ast.unparse(node) for node in nodes if isinstance(node, ast.Import | ast.ImportFrom)]


@pytest.mark.parametrize("page", PAGES, ids=[page.stem for page in PAGES])
def test_a_page_needs_few_lines_of_import(page: Path) -> None:
    assert len(imports_of(page)) <= MOST_IMPORTS, imports_of(page)
