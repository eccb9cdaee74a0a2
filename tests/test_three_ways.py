"""The three ways to rerun a chapter that the book promises: one command, papermill, the notebook itself."""

import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from clipsafe_utils.cubes.studies import REPOSITORY
from clipsafe_utils.filling import AGAIN, for_readers
from clipsafe_utils.publishing.compile import fill_notebooks

# One worker runs all: the command and papermill run once for all tests that look at what they left.
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("three ways")]
PUBLISHED = REPOSITORY / "book" / "02-shape-bias.ipynb"
CAT_AND_DOG = "{cue_classes: [cat, dog]}"


def _command(name: str, *arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).parent / name
    return subprocess.run([program, *arguments], cwd=folder, capture_output=True, text=True, check=False)


def _pictures(path: Path) -> list[str]:
    outputs = [output for cell in nbformat.read(path, 4).cells for output in cell.get("outputs", [])]
    return [output["data"]["text/html"] for output in outputs if "<svg" in str(output.get("data"))]


@dataclass(frozen=True)
class Way:
    """How a run ended, and the notebook that it left."""

    done: subprocess.CompletedProcess[str]
    notebook: Path


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Way:
    folder = tmp_path_factory.mktemp("rendered")
    done = _command("clipsafe", "render", "shape-bias", "-y", CAT_AND_DOG, "-o", "mine", folder=folder)
    return Way(done, folder / "mine" / "02-shape-bias.ipynb")


@pytest.fixture(scope="module")
def by_papermill(tmp_path_factory: pytest.TempPathFactory) -> Way:
    return _papermill(PUBLISHED, tmp_path_factory.mktemp("papermill"))


def _papermill(source: Path, folder: Path) -> Way:
    output = folder / "out.ipynb"
    return Way(_command("papermill", str(source), str(output), "-y", CAT_AND_DOG, folder=folder), output)


def test_one_command_gives_a_notebook_and_a_page(rendered: Way) -> None:
    assert rendered.done.returncode == 0, rendered.done.stderr
    page = rendered.notebook.with_suffix(".html")
    assert rendered.done.stdout.splitlines() == [f"mine/{path.name}" for path in (rendered.notebook, page)]
    assert _pictures(rendered.notebook) != _pictures(PUBLISHED)
    assert "<svg" in page.read_text(encoding="utf-8")


def test_papermill_runs_the_published_notebook(by_papermill: Way) -> None:
    assert by_papermill.done.returncode == 0, by_papermill.done.stderr
    assert _pictures(by_papermill.notebook) != _pictures(PUBLISHED)


def test_papermill_stops_at_a_bad_value(tmp_path: Path) -> None:
    done = _command("papermill", str(PUBLISHED), "out.ipynb", "-p", "cue_classes", "[cat]", folder=tmp_path)
    assert done.returncode != 0
    assert "write a list as {cue_classes: [cat]}" in done.stderr


def test_the_notebook_runs_where_it_lies() -> None:
    """One chapter stands for all: each of them is also run by `test_chapters`, without a kernel."""
    path = REPOSITORY / "book" / "08-claims.ipynb"
    notebook = nbformat.read(path, 4)
    NotebookClient(
        notebook, kernel_name="python3", resources={"metadata": {"path": str(path.parent)}}
    ).execute()
    # With other threads than the renderer's, the last digits of a drawing may differ; what it says may not.
    said = [_alternative_texts(one) for one in (notebook, nbformat.read(path, 4))]
    assert said[0] == said[1] != []


def _alternative_texts(notebook: nbformat.NotebookNode) -> list[str]:
    return re.findall(r'aria-label=\\?"(.*?)\\?"', nbformat.writes(notebook))


def test_every_way_says_the_same_after_a_change(rendered: Way, by_papermill: Way, tmp_path: Path) -> None:
    """One command, papermill, and a notebook from the site that was run again, on two classes."""
    downloaded = tmp_path / "site" / PUBLISHED.name
    downloaded.parent.mkdir()
    shutil.copy(PUBLISHED, downloaded)
    fill_notebooks(downloaded.parent)
    again = _papermill(downloaded, tmp_path)
    assert again.done.returncode == 0, again.done.stderr
    mine, papermilled, run_again = (nbformat.read(way.notebook, 4) for way in (rendered, by_papermill, again))
    assert _sentences(run_again) == _sentences(for_readers(papermilled)) == _sentences(mine)
    assert _sentences(mine) != _sentences(nbformat.read(downloaded, 4)) != ""
    pictures = [_pictures(way.notebook) for way in (rendered, by_papermill, again)]
    assert pictures[0] == pictures[1] == pictures[2]


def _sentences(notebook: nbformat.NotebookNode) -> str:
    """Return what the last cell of a notebook that left the book says."""
    shown = [output.get("data", {}) for output in notebook.cells[-1].get("outputs", [])]
    return next((data["text/markdown"] for data in shown if AGAIN in data), "")
