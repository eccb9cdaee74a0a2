"""Two runs on one store at once: both end well, with the bytes of one alone, and leave nothing."""

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

pytest.importorskip("torch")
pytest.importorskip("zarr")

from clipsafe_engine.lab.training.recipe import Recipe
from clipsafe_engine.lab.world.world import World
from clipsafe_engine.predict import arrays
from clipsafe_engine.predict.store import PredictionStore
from clipsafe_utils.files import _SCRATCH, scratch_folder
from tests.attack import kill
from tests.attack.engine import work
from tests.attack.engine.test_kills import small_field  # noqa: F401  # a fixture
from tests.engine.predict.tiny import draw_images
from tests.lab.training.conftest import tiny, world  # noqa: F401  # fixtures


def test_two_predicts_on_one_store(tmp_path: Path) -> None:
    images = draw_images(tmp_path / "drawn", 20)
    kill.together((work.predict_tiny, (images, tmp_path / "alone")))
    kill.together(*[(work.predict_tiny, (images, tmp_path / "both"))] * 2)
    assert kill.bytes_below(tmp_path / "both") == kill.bytes_below(tmp_path / "alone")


def test_two_fields_on_one_store(tmp_path: Path, small_field: tuple[Path, Path]) -> None:  # noqa: F811
    for name, runs in (("alone", 1), ("both", 2)):
        given = (*small_field, tmp_path / name / "store", tmp_path / name / "cubes")
        kill.together(*[(work.field_of, given)] * runs)
    but = ("store/weights.json",)
    assert kill.bytes_below(tmp_path / "both", but) == kill.bytes_below(tmp_path / "alone", but)


def test_two_trainings_in_one_folder(
    tmp_path: Path,
    world: World,  # noqa: F811
    tiny: Callable[..., Recipe],  # noqa: F811
) -> None:
    recipes = [tiny(name, "labels", batch=256) for name in "ab"]
    for name, runs in (("alone", 1), ("both", 2)):
        kill.together(*[(work.train, (recipes, tmp_path / name, world.folder))] * runs)
    assert kill.bytes_below(tmp_path / "both") == kill.bytes_below(tmp_path / "alone")


def test_what_lies_unfinished_goes_by_its_lock_and_on_other_machines_by_its_age(tmp_path: Path) -> None:
    unfinished = tmp_path / arrays.UNFINISHED
    with scratch_folder(unfinished) as live:
        of_a_killed_run = unfinished / f"{_SCRATCH}killed"
        theirs, theirs_of_old = unfinished / ".clipsafe-00000000-a", unfinished / ".clipsafe-00000000-b"
        for folder in (of_a_killed_run, theirs, theirs_of_old):
            folder.mkdir()
        hours_ago = time.time() - 2 * arrays.ABANDONED_AFTER_SECONDS
        for folder in (theirs_of_old, live):
            os.utime(folder, (hours_ago, hours_ago))
        PredictionStore(tmp_path)
        assert set(unfinished.iterdir()) == {live, theirs}
    PredictionStore(tmp_path)
    assert set(unfinished.iterdir()) == {theirs}
