"""A chapter that a reader has downloaded runs with an installed package, away from any clone."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from clipsafe_utils.cubes.studies import REPOSITORY

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build a wheel and unpack it, which is what an installer does with it."""
    folder = tmp_path_factory.mktemp("installed")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder], cwd=REPOSITORY, check=True
    )
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "site")
    return folder / "site"


def _run(installed: Path, folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHONPATH": str(installed)}
    return subprocess.run(
        [sys.executable, *command], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


def test_the_package_finds_the_cubes_that_it_carries(installed: Path, tmp_path: Path) -> None:
    asked = "from clipsafe_utils.cubes import studies; print(studies.REPOSITORY, len(studies.list_studies()))"
    done = _run(installed, tmp_path, "-c", asked)
    carried = installed / "clipsafe_utils" / "carried"
    assert done.stdout.split() == [str(carried), str(len(list((REPOSITORY / "cubes").iterdir())))], (
        done.stderr
    )


def test_a_reader_renders_a_chapter_with_the_package_alone(installed: Path, tmp_path: Path) -> None:
    command = ("-c", "from clipsafe_utils.cli import main; main()")
    mine = ("render", "shape-bias", "-y", "{cue_classes: [cat, dog]}", "-o", "mine")
    before = sorted(path for path in installed.rglob("*") if "__pycache__" not in path.parts)
    done = _run(installed, tmp_path, *command, *mine)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "mine" / "02-shape-bias.html").stat().st_size > 100_000
    for book in (("book",), ("compile",), ("render",), ("render", "shape-bias")):
        done = _run(installed, tmp_path, *command, *book)
        assert (done.returncode, done.stdout) == (2, "")
        assert "in a clone of the repository" in done.stderr
    assert sorted(path for path in installed.rglob("*") if "__pycache__" not in path.parts) == before


def test_a_downloaded_notebook_runs(installed: Path, tmp_path: Path) -> None:
    """The ledger reads every cube."""
    name = "08-claims"
    (tmp_path / f"{name}.ipynb").write_bytes((REPOSITORY / "book" / f"{name}.ipynb").read_bytes())
    papermill = ("-m", "papermill", f"{name}.ipynb", "out.ipynb", "--no-progress-bar")
    done = _run(installed, tmp_path, *papermill)
    assert done.returncode == 0, done.stderr
