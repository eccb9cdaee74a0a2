"""The verb itself: it trains what was written, says what came out, and exits on mistakes before any work."""

import json
import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from clipsafe_engine.lab import student_commands
from clipsafe_engine.lab.student import make
from clipsafe_engine.lab.student.change import Change
from clipsafe_utils.cubes.studies import Study
from clipsafe_utils.errors import ClipsafeError

RUNNER = CliRunner()
APP = typer.Typer()
APP.command()(student_commands.student)
ROW = {"property": "shape bias", "yours": "51.0 %"}


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[Change]:
    """Stand in for the training; what was asked for is kept."""
    asked: list[Change] = []

    def make_mine(change: Change, folder: Path, jobs: int) -> Study:
        asked.append(change)
        assert jobs == 2
        return Study("mine", folder)

    monkeypatch.setattr(make, "make_mine", make_mine)
    monkeypatch.setattr(student_commands, "compared", lambda folder, name: [ROW | {"of": f"{folder} {name}"}])
    monkeypatch.setattr(
        student_commands, "render_pages", lambda folder, pages: [folder / f"{page}.html" for page in pages]
    )
    return asked


def test_one_command_trains_what_was_written(made: list[Change]) -> None:
    arguments = ["--set", "texture_correlation=0.9", "--set", "seed=1", "--captions", "laion"]
    done = RUNNER.invoke(APP, [*arguments, "--no-pages", "--json"])
    assert done.exit_code == 0, done.output
    assert made == [Change({"texture_correlation": 0.9, "seed": 1}, "laion")]
    told = json.loads(done.output)
    assert told["study"] == "mine"
    assert told["pages"] == []
    assert told["comparison"] == [ROW | {"of": "mine laion-texture_correlation_0.9-s1"}]


@pytest.mark.usefixtures("made")
def test_it_says_what_came_out_and_where_the_pages_are() -> None:
    done = RUNNER.invoke(APP, ["-o", "here"])
    assert done.exit_code == 0, done.output
    assert "51.0 %" in done.output
    assert done.output.split()[-4:] == [f"here/{page}.html" for page in student_commands.PAGES]


def test_a_world_is_copied_and_nothing_trained(made: list[Change], tmp_path: Path) -> None:
    done = RUNNER.invoke(APP, ["--copy-world", str(tmp_path / "my-world")])
    assert done.exit_code == 0, done.output
    assert made == []
    assert (tmp_path / "my-world" / "captions.toml").exists()


def test_a_mistake_is_told_before_any_work(made: list[Change]) -> None:
    with pytest.raises(ClipsafeError, match="did you mean 'texture_correlation'"):
        RUNNER.invoke(APP, ["--set", "texture=1"], catch_exceptions=False)
    assert made == []


def test_a_mistake_of_the_change_is_told_before_torch_is_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "clipsafe_engine.lab.student.study", None)
    with pytest.raises(ClipsafeError, match="this source has no captions"):
        make.make_mine(Change(source="labels_wide_far"), tmp_path / "mine")
    with pytest.raises(ClipsafeError, match=r"is not installed; training needs it: pip install 'clipsafe\["):
        make.make_mine(Change(), tmp_path / "mine")
    assert not (tmp_path / "mine").exists()


def test_shipped_cubes_are_not_written_over(tmp_path: Path) -> None:
    (tmp_path / "models.nc").touch()
    with pytest.raises(ClipsafeError, match="holds another study; name a folder of your own"):
        make.make_mine(Change(), tmp_path)
    assert list(tmp_path.iterdir()) == [tmp_path / "models.nc"]
