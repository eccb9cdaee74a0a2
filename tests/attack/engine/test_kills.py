"""Killed before any change on disk and run again, work ends in the same bytes and leaves nothing else."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

pytest.importorskip("torch")
pytest.importorskip("zarr")

import timm
import torch

from clipsafe_engine.lab.student.change import Change
from clipsafe_engine.lab.training.recipe import Recipe
from clipsafe_engine.lab.world.world import World
from clipsafe_engine.predict.store import PredictionStore
from clipsafe_utils.cubes.schema import CUE_CLASSES
from clipsafe_utils.files import _SCRATCH
from tests.attack import kill
from tests.attack.effort import effort
from tests.attack.engine import work
from tests.engine.datasets.trees import WNIDS, write
from tests.engine.measure.small_study import write_store
from tests.engine.predict.tiny import draw_images
from tests.lab.measure.laboratories import RECORDS
from tests.lab.measure.stand_ins import small_world, write_predictions
from tests.lab.predict.test_run import keep
from tests.lab.student import tiny_study
from tests.lab.training.conftest import tiny, world  # noqa: F401  # fixtures

pytestmark = pytest.mark.slow

Begin = Callable[..., object]


def same_after_kills(
    function: Begin, given: Callable[[Path], tuple[object, ...]], folder: Path, usual: int, *but: str
) -> dict[str, bytes]:
    """Kill a function at several steps, run it again each time, and hold that against an undisturbed run.

    Parameters
    ----------
    function : callable
        Of a module.
    given : callable
        From the folder that is written to, to the arguments.
    folder : Path
        Where to work.
    usual : int
        At how many steps it is killed where not all are asked for.
    but : str
        How the names of files begin that hold times or places.
    """
    whole = folder / "whole"
    steps = kill.call(function, *given(whole), below=whole).steps
    expected = kill.bytes_below(whole, but)
    for at in kill.moments(steps, effort(usual, steps)):
        killed = folder / f"killed at {at}"
        assert kill.call(function, *given(killed), below=killed, at=at).was_killed
        kill.call(function, *given(killed), below=killed)
        assert kill.bytes_below(killed, but) == expected, at
        shutil.rmtree(killed)
    return expected


def test_predict(tmp_path: Path) -> None:
    images = draw_images(tmp_path / "drawn", 20)
    same_after_kills(work.predict_tiny, lambda folder: (images, folder), tmp_path, 4)


def test_measure(tmp_path: Path) -> None:
    write_store(tmp_path / "store", "a", "b")
    same_after_kills(work.measure_small, lambda folder: (tmp_path / "store", folder), tmp_path, 2)


def test_what_a_killed_measuring_left_goes_though_nothing_is_left_to_do(tmp_path: Path) -> None:
    write_store(tmp_path / "store", "a", "b")
    kill.together((work.measure_small, (tmp_path / "store", tmp_path / "whole")))
    whole = kill.bytes_below(tmp_path / "whole")
    for part in ("measured", "cubes"):
        write(tmp_path / "whole" / part / f"{_SCRATCH}a" / "half.npz", b"of it")
    kill.together((work.measure_small, (tmp_path / "store", tmp_path / "whole")))
    assert kill.bytes_below(tmp_path / "whole") == whole


def test_miniature_measure(tmp_path: Path) -> None:
    write_predictions(PredictionStore(tmp_path / "store"), small_world(tmp_path / "world"), RECORDS[:2])
    same_after_kills(work.measure_miniature, lambda folder: (tmp_path, folder), tmp_path, 1)


def test_miniature_choose(tmp_path: Path) -> None:
    small_world(tmp_path / "world")
    shutil.rmtree(tmp_path / "world" / "filtered")

    def given(folder: Path) -> tuple[Path]:
        shutil.copytree(tmp_path / "world", folder, dirs_exist_ok=True)
        return (folder,)

    chosen = same_after_kills(work.choose, given, tmp_path, 4)
    assert sum(name.startswith("filtered/") for name in chosen) == 1 + 4


def test_miniature_predict(tmp_path: Path) -> None:
    drawn = small_world(tmp_path / "world")
    rows = [keep(drawn, tmp_path / "weights", "clip", "clip", 0)]
    given = (rows, tmp_path / "weights")
    same_after_kills(work.predict_miniature, lambda folder: (*given, folder, drawn.folder), tmp_path, 2)


def test_miniature_reproduce(tmp_path: Path) -> None:
    same_after_kills(work.reproduce, lambda folder: (tmp_path, folder), tmp_path, 2)


def test_train(tmp_path: Path, world: World, tiny: Callable[..., Recipe]) -> None:  # noqa: F811
    recipes = [tiny("a", "labels", batch=256)]
    files = same_after_kills(work.train, lambda folder: (recipes, folder, world.folder), tmp_path, 3)
    assert sorted(files) == ["a.curve.csv", "a.safetensors", "zoo.csv"]


@pytest.mark.slow
def test_miniature_student(tmp_path: Path) -> None:
    tests = tiny_study.make_zoo(tmp_path / "zoo")
    change = Change({"images": 256, "samples": 512, "batch": 256}, "labels")
    same_after_kills(work.study, lambda folder: (change, folder / "mine", tests), tmp_path, 2)


@pytest.fixture
def small_field(tmp_path: Path) -> tuple[Path, Path]:
    """Weights and images of the study `field` in small."""
    torch.manual_seed(0)
    torch.save(timm.create_model("test_efficientnet").state_dict(), tmp_path / "w.pth")
    write(tmp_path / "images" / "imagenet-samples" / f"{WNIDS[0]}_x.JPEG")
    for number, shape in enumerate(CUE_CLASSES):
        name = f"{shape}1-{CUE_CLASSES[number - 1]}1.png"
        write(tmp_path / "images" / "cue-conflict" / shape / name)
    return tmp_path / "w.pth", tmp_path / "images"


def test_field(tmp_path: Path, small_field: tuple[Path, Path]) -> None:
    def given(folder: Path) -> tuple[Path, ...]:
        return (*small_field, folder / "store", folder / "cubes")

    # The note of hashes holds the place and the time of each file of weights.
    same_after_kills(work.field_of, given, tmp_path, 5, "store/weights.json")
