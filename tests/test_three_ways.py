"""The three ways to rerun a chapter that the book promises: one command, papermill, the notebook itself."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from clipsafe_utils.cubes.studies import REPOSITORY
from clipsafe_utils.filling import AGAIN, for_readers
from clipsafe_utils.publishing.compile import fill_notebooks

pytestmark = pytest.mark.slow
CAT_AND_DOG = "{cue_classes: [cat, dog]}"


def _command(name: str, *arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).parent / name
    return subprocess.run([program, *arguments], cwd=folder, capture_output=True, text=True, check=False)


def _pictures(path: Path) -> list[str]:
    outputs = [output for cell in nbformat.read(path, 4).cells for output in cell.get("outputs", [])]
    return [output["data"]["text/html"] for output in outputs if "<svg" in str(output.get("data"))]


def test_one_command_gives_a_notebook_and_a_page(tmp_path: Path) -> None:
    done = _command("clipsafe", "render", "shape-bias", "-y", CAT_AND_DOG, "-o", "mine", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    notebook, page = (tmp_path / "mine" / f"02-shape-bias.{ending}" for ending in ("ipynb", "html"))
    assert done.stdout.splitlines() == [str(path.relative_to(tmp_path)) for path in (notebook, page)]
    assert _pictures(notebook) != _pictures(REPOSITORY / "book" / "02-shape-bias.ipynb")
    assert "<svg" in page.read_text(encoding="utf-8")


def test_papermill_runs_the_published_notebook(tmp_path: Path) -> None:
    output = tmp_path / "out.ipynb"
    published = REPOSITORY / "book" / "02-shape-bias.ipynb"
    done = _command("papermill", str(published), str(output), "-y", CAT_AND_DOG, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert _pictures(output) != _pictures(published)


def test_papermill_stops_at_a_bad_value(tmp_path: Path) -> None:
    published = REPOSITORY / "book" / "02-shape-bias.ipynb"
    done = _command("papermill", str(published), "out.ipynb", "-p", "cue_classes", "[cat]", folder=tmp_path)
    assert done.returncode != 0
    assert "write a list as {cue_classes: [cat]}" in done.stderr


def test_the_notebook_runs_where_it_lies() -> None:
    """One chapter stands for all: each of them is also run by `test_chapters`, on other values."""
    path = REPOSITORY / "book" / "07-claims.ipynb"
    notebook = nbformat.read(path, 4)
    NotebookClient(
        notebook, kernel_name="python3", resources={"metadata": {"path": str(path.parent)}}
    ).execute()
    # With other threads than the renderer's, the last digits of a drawing may differ; what it says may not.
    said = [_alternative_texts(one) for one in (notebook, nbformat.read(path, 4))]
    assert said[0] == said[1] != []


def _alternative_texts(notebook: nbformat.NotebookNode) -> list[str]:
    return re.findall(r'aria-label=\\?"(.*?)\\?"', nbformat.writes(notebook))


def test_every_way_says_the_same_after_a_change(tmp_path: Path) -> None:
    """One command, papermill, and a notebook from the site that was run again, on two classes."""
    published = REPOSITORY / "book" / "02-shape-bias.ipynb"
    downloaded = tmp_path / "site" / "02-shape-bias.ipynb"
    downloaded.parent.mkdir()
    shutil.copy(published, downloaded)
    fill_notebooks(downloaded.parent)
    _command("clipsafe", "render", "shape-bias", "-y", CAT_AND_DOG, "-o", "mine", folder=tmp_path)
    rendered = nbformat.read(tmp_path / "mine" / "02-shape-bias.ipynb", 4)
    for name, source in {"papermill": published, "download": downloaded}.items():
        output = tmp_path / f"{name}.ipynb"
        done = _command("papermill", str(source), str(output), "-y", CAT_AND_DOG, folder=tmp_path)
        assert done.returncode == 0, done.stderr
        again = nbformat.read(output, 4)
        assert _sentences(again if name == "download" else for_readers(again)) == _sentences(rendered)
        assert _pictures(output) == _pictures(tmp_path / "mine" / "02-shape-bias.ipynb")
    assert _sentences(rendered) != _sentences(nbformat.read(downloaded, 4)) != ""


def _sentences(notebook: nbformat.NotebookNode) -> str:
    """Return what the last cell of a notebook that left the book says."""
    shown = [output.get("data", {}) for output in notebook.cells[-1].get("outputs", [])]
    return next((data["text/markdown"] for data in shown if AGAIN in data), "")
