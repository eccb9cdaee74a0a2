"""The command `clipsafe train`: groups and files by name, one sentence for a mistake, JSON for scripts."""

import io
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from rich.console import Console

from clipsafe_engine.lab.training import commands
from clipsafe_engine.lab.training.commands import train_named_group
from clipsafe_engine.lab.training.ledger import Row, read_ledger
from clipsafe_engine.lab.training.recipe import Recipe, read_groups
from clipsafe_utils import terminal
from clipsafe_utils.cli import main
from clipsafe_utils.errors import ClipsafeError

OWN = """
[[models]]
name = "mine"
architecture = "resnet_s"
source = "labels"
loss = "labels"
start = "clip-resnet_s-wit-64k-s0"
"""

Told = tuple[int, str, str]
Make = Callable[..., Recipe]


@pytest.fixture
def clipsafe(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Told]:
    """Run the command in an empty folder: exit code, output, complaint."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> Told:
        monkeypatch.setattr(sys, "argv", ["clipsafe", *arguments])
        with pytest.raises(SystemExit) as stopped:
            main()
        said = capsys.readouterr()
        return int(stopped.value.code or 0), said.out, said.err

    return run


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Recipe]:
    """Train nothing; keep what would be trained."""
    kept: list[Recipe] = []

    def train_group(recipes: Sequence[Recipe], *_: object) -> list[Row]:
        kept.extend(recipes)
        return [Row.of(recipe, "0f", 0.9, 60.0) for recipe in recipes]

    monkeypatch.setattr(commands, "train_group", train_group)
    return kept


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["train", "nothing"], "nothing: expected a file or one of the groups classifiers, clips"),
        (["train", "references", "--only", "nobody"], "--only nobody: the group has the models reference-"),
        (["train", "own.toml"], "own.toml, [[models]] 1, loss: expected one of clip"),
    ],
)
def test_a_mistake_is_one_sentence_and_writes_nothing(
    clipsafe: Callable[..., Told], tmp_path: Path, arguments: list[str], words: str
) -> None:
    (tmp_path / "own.toml").write_text(OWN.replace('"labels"\nstart', '"hinge"\nstart'))
    code, out, complaint = clipsafe(*arguments)
    assert (code, out) == (2, "")
    assert complaint.startswith("clipsafe: ")
    assert words in complaint
    assert complaint.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["own.toml"]


def test_a_group_is_told_as_table_and_as_json(clipsafe: Callable[..., Told], asked: list[Recipe]) -> None:
    code, out, complaint = clipsafe("train", "references", "--json")
    assert (code, complaint) == (0, "")
    rows = json.loads(out, parse_constant=pytest.fail)
    assert [row["name"] for row in rows] == ["reference-labels", "reference-wit"]
    assert (rows[0]["level"], rows[0]["accuracy"]) == (None, 0.9)
    code, out, _ = clipsafe("train", "references", "--only", "reference-wit")
    assert "reference-wit" in out
    assert "reference-labels" not in out
    assert [recipe.name for recipe in asked] == ["reference-labels", "reference-wit", "reference-wit"]


def test_what_a_model_needs_is_trained_before_it(asked: list[Recipe], tmp_path: Path) -> None:
    train_named_group("fine_tuned", ["half_way-clip-resnet_xs-wit-64k-s0"], tmp_path, 1, None)
    assert [recipe.name for recipe in asked] == [
        "clip-resnet_xs-wit-64k-s0",
        "tuned-clip-resnet_xs-wit-64k-s0",
        "half_way-clip-resnet_xs-wit-64k-s0",
    ]


@pytest.mark.parametrize("group", read_groups())
def test_whole_groups_are_in_order(asked: list[Recipe], tmp_path: Path, group: str) -> None:
    train_named_group(group, [], tmp_path, 1, None)
    names = [recipe.name for recipe in asked]
    assert len(set(names)) == len(names)
    for place, recipe in enumerate(asked):
        assert {recipe.start, recipe.average_with} <= {"", *names[:place]}


def test_a_file_of_one_s_own_may_start_from_the_zoo(asked: list[Recipe], tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text(OWN)
    train_named_group(str(path), [], tmp_path, 1, None)
    assert [recipe.name for recipe in asked] == ["clip-resnet_s-wit-64k-s0", "mine"]
    path.write_text(OWN.replace("clip-resnet_s", "clap-resnet_s"))
    with pytest.raises(ClipsafeError, match=r"^mine: starts from 'clap-resnet_s-wit-64k-s0', which no group"):
        train_named_group(str(path), [], tmp_path, 1, None)


@pytest.mark.usefixtures("asked")
def test_what_is_shipped_is_listed(tmp_path: Path) -> None:
    for name in ("reference-labels", "reference-wit"):
        (tmp_path / f"{name}.curve.csv").write_text("samples,loss\n256,3.00000\n")
    train_named_group("references", [], tmp_path, 1, tmp_path / "weights")
    assert list(read_ledger(tmp_path / "weights")) == ["reference-labels", "reference-wit"]
    assert sorted(path.name for path in (tmp_path / "weights").iterdir()) == ["curves.csv", "zoo.csv"]


def test_progress_has_rate_and_time_left_and_is_silent_where_nobody_looks(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with terminal.measured_progress("Training", 512, "images") as seen:
        seen(256, "mine")
    assert capsys.readouterr() == ("", "")
    shown = io.StringIO()
    monkeypatch.setattr(terminal, "Console", lambda **_: Console(file=shown, force_terminal=True, width=120))
    with terminal.measured_progress("Training", 512, "images") as seen:
        seen(256, "mine")
    assert "Training: mine" in shown.getvalue()
    assert "images/s" in shown.getvalue()
    assert "0:00:00" in shown.getvalue()
