"""A world with a small development set, and recipes that take a second."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from clipsafe_engine.lab.training.recipe import Recipe
from clipsafe_engine.lab.world.world import World, load_world
from clipsafe_utils.registry.drawn_world import DATA


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    folder = Path(shutil.copytree(DATA, tmp_path_factory.mktemp("world") / "data"))
    path = folder / "test_sets.toml"
    path.write_text(re.sub(r"^natural = \d+", "natural = 480", path.read_text(), flags=re.MULTILINE))
    return load_world(folder)


@pytest.fixture(scope="session")
def tiny() -> Callable[..., Recipe]:
    """Four epochs of 256 images: too few to learn from, enough to train on."""

    def make(name: str, loss: str, source: str = "labels", **choices: object) -> Recipe:
        given: dict[str, object] = {"architecture": "resnet_xs", "images": 256, "samples": 1024, "batch": 64}
        return Recipe(name=name, loss=loss, source=source, **(given | choices))  # type: ignore[arg-type]

    return make


@pytest.fixture
def accepted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Accept what has learnt nothing."""
    monkeypatch.setattr("clipsafe_engine.lab.training.loop.development_accuracy", lambda *_: 0.5)
