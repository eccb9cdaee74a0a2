"""A group in several processes: starts first, nothing twice, nothing lost when one model fails."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip("torch")

from clipsafe_engine.lab.training import run
from clipsafe_engine.lab.training.ledger import Row, read_ledger
from clipsafe_engine.lab.training.recipe import Recipe
from clipsafe_engine.lab.training.run import ship, train_group
from clipsafe_engine.lab.training.weights import write_weights
from clipsafe_engine.lab.world.world import World
from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.files import sha256

Make = Callable[..., Recipe]


@pytest.fixture
def no_training(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        pytest.fail("something was trained")

    monkeypatch.setattr(run, "_train_missing", refuse)


def keep(folder: Path, recipe: Recipe, accuracy: float = 0.5) -> Row:
    """Put a file and its row there as if the recipe had been trained."""
    import torch

    path = folder / f"{recipe.name}.safetensors"
    write_weights(path, {"bias": torch.ones(2)}, recipe.described())
    (folder / f"{recipe.name}.curve.csv").write_text("samples,loss\n256,3.00000\n")
    row = Row.of(recipe, sha256(path), accuracy, 1.0)
    run.add_to_ledger(folder, [row])
    return row


@pytest.mark.usefixtures("no_training")
def test_what_is_trained_is_kept(tmp_path: Path, world: World, tiny: Make) -> None:
    rows = [keep(tmp_path, tiny(name, "labels")) for name in "ab"]
    recipes = [tiny("b", "labels"), tiny("a", "labels")]
    assert list(map(str, train_group(recipes, tmp_path, 1, world.folder))) == [str(rows[1]), str(rows[0])]


@pytest.mark.usefixtures("no_training")
def test_another_place_in_the_zoo_needs_no_training(tmp_path: Path, world: World, tiny: Make) -> None:
    keep(tmp_path, tiny("a", "labels"))
    (row,) = train_group([tiny("a", "labels", group="standard", shipped=True)], tmp_path, 1, world.folder)
    assert (row.group, row.shipped) == ("standard", True)
    assert read_ledger(tmp_path)["a"].group == "standard"


@pytest.mark.usefixtures("no_training")
@pytest.mark.parametrize("choices", [{"learning_rate": 1e-3}, {"seed": 4}, {"knobs": (("wrong", 0.5),)}])
def test_a_file_of_another_recipe_is_refused(
    tmp_path: Path, world: World, tiny: Make, choices: dict[str, object]
) -> None:
    row = keep(tmp_path, tiny("a", "labels"))
    with pytest.raises(ClipsafeError, match=r"a\.safetensors: is of another recipe; delete it to train 'a'"):
        train_group([tiny("a", "labels", **choices)], tmp_path, 1, world.folder)
    assert sha256(tmp_path / "a.safetensors") == row.weights


@pytest.mark.usefixtures("no_training")
def test_a_file_that_was_cut_short_is_refused(tmp_path: Path, world: World, tiny: Make) -> None:
    keep(tmp_path, tiny("a", "labels"))
    path = tmp_path / "a.safetensors"
    path.write_bytes(path.read_bytes()[:50])
    with pytest.raises(ClipsafeError, match=r"a\.safetensors: expected a whole weight file"):
        train_group([tiny("a", "labels")], tmp_path, 1, world.folder)


@pytest.mark.usefixtures("no_training")
@pytest.mark.parametrize("place", [0, 1])
def test_a_recipe_that_does_not_fit_the_world_stops_all_before_the_first(
    tmp_path: Path, world: World, tiny: Make, place: int
) -> None:
    recipes = [tiny("a", "labels")]
    recipes.insert(place, tiny("b", "clip", "labels_wide_far"))
    with pytest.raises(ClipsafeError, match="b: the source 'labels_wide_far' has no captions"):
        train_group(recipes, tmp_path, 1, world.folder)


def test_only_what_is_shipped_is_copied(tmp_path: Path, tiny: Make) -> None:
    recipes = [tiny("a", "labels", shipped=True), tiny("b", "labels")]
    rows = [keep(tmp_path, recipe) for recipe in recipes]
    weights = tmp_path / "weights"
    ship(recipes, rows, tmp_path, weights)
    assert sorted(path.name for path in weights.iterdir()) == ["a.safetensors", "curves.csv", "zoo.csv"]
    assert sha256(weights / "a.safetensors") == rows[0].weights
    assert list(read_ledger(weights)) == ["a", "b"]
    assert (weights / "curves.csv").read_text().split()[1:] == ["a,256,3.0", "b,256,3.0"]
    (tmp_path / "b.curve.csv").write_text("samples,loss\n256\n")
    with pytest.raises(ClipsafeError, match=r"b\.curve\.csv: expected a training curve"):
        ship(recipes, rows, tmp_path, weights)


def learning(tiny: Make, name: str, loss: str, **choices: object) -> Recipe:
    """Choose what is above chance after seconds."""
    return replace(tiny(name, loss, **choices), images=1024, samples=8192)


@pytest.mark.slow
def test_two_processes_train_starts_first_and_agree_with_one(
    tmp_path: Path, world: World, tiny: Make
) -> None:
    recipes = [
        learning(tiny, "clip", "clip"),
        tiny("tuned", "labels", start="clip"),
        learning(tiny, "half_way", "average", start="clip", average_with="tuned"),
        learning(tiny, "labels", "labels"),
    ]
    rows = train_group(recipes, tmp_path / "two", 2, world.folder)
    assert [row.name for row in rows] == ["clip", "tuned", "half_way", "labels"]
    assert all(row.accuracy > 0.2 for row in rows)
    made = {path.stem: path.stat().st_mtime for path in (tmp_path / "two").glob("*.safetensors")}
    assert made["clip"] < made["tuned"] < made["half_way"]
    assert {name: row.weights for name, row in read_ledger(tmp_path / "two").items()} == {
        row.name: row.weights for row in rows
    }
    # What was trained stays; what was deleted comes back the same, beside a start that is there.
    for name in ("tuned", "half_way"):
        (tmp_path / "two" / f"{name}.safetensors").unlink()
    again = train_group(recipes, tmp_path / "two", 1, world.folder)
    assert [row.weights for row in again] == [row.weights for row in rows]
    stayed = {path.stem: path.stat().st_mtime for path in (tmp_path / "two").glob("*.safetensors")}
    assert stayed["clip"] == made["clip"]
    assert stayed["tuned"] > made["tuned"]


@pytest.mark.slow
def test_one_that_fails_takes_nothing_with_it(tmp_path: Path, world: World, tiny: Make) -> None:
    recipes = [
        tiny("lost", "labels", learning_rate=1e30),
        learning(tiny, "good", "labels"),
        tiny("never", "labels", start="lost"),
    ]
    with pytest.raises(ClipsafeError, match=r"^lost: diverged in epoch 1"):
        train_group(recipes, tmp_path, 2, world.folder)
    assert list(read_ledger(tmp_path)) == ["good"]
    assert [path.name for path in tmp_path.glob("*.safetensors")] == ["good.safetensors"]


KILLED = """
import sys
from pathlib import Path
from clipsafe_engine.lab.training.recipe import Recipe
from clipsafe_engine.lab.training.run import train_group

if __name__ == "__main__":
    recipes = [
        Recipe(f"a{seed}", "resnet_xs", "labels", "labels", images=256, samples=10**8, batch=64, seed=seed)
        for seed in range(2)
    ]
    train_group(recipes, Path(sys.argv[1]), 2, Path(sys.argv[2]))
"""


def processes_below(number: int) -> set[int]:
    """Return the numbers of all processes that come from one."""
    parents = {}
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = status.read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it ended meanwhile
        if fields[0] != "Z":
            parents[int(status.parent.name)] = int(fields[1])
    found: set[int] = set()
    while more := {child for child, parent in parents.items() if parent in found | {number}} - found:
        found |= more
    return found


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc")
@pytest.mark.parametrize("killed", ["parent", "child"])
def test_no_process_outlives_a_killed_one(tmp_path: Path, world: World, killed: str) -> None:
    script = tmp_path / "killed.py"
    script.write_text(KILLED)
    work = tmp_path / "work"
    command = [sys.executable, script, work, world.folder]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as parent:
        try:
            wait_for(lambda: len(list(work.glob("a*.checkpoint"))) == 2)
            below = processes_below(parent.pid)
            assert len(below) >= 2
            trainers = [each for each in below if "spawn_main" in Path(f"/proc/{each}/cmdline").read_text()]
            assert len(trainers) == 2
            os.kill(parent.pid if killed == "parent" else trainers[0], signal.SIGKILL)
            wait_for(lambda: not any(Path(f"/proc/{number}/exe").exists() for number in trainers))
            _, said = parent.communicate(timeout=60)
        finally:
            parent.kill()
    if killed == "child":
        assert "a training process was killed, perhaps for lack of memory; train again to go on." in said
    assert sorted(path.name for path in work.glob("a*")) == ["a0.checkpoint", "a1.checkpoint"]


def wait_for(happened: Callable[[], bool], seconds: float = 600) -> None:
    end = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < end
        time.sleep(0.2)
