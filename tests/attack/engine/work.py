"""What is killed, where it needs torch: functions of a module, so that another process finds them.

What takes time and touches no file is put out of the way: the pictures of the drawn world, what a network
says of them, and the pools of processes, whose work is done where steps are counted. All that is written is
written by the code of the package.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

from clipsafe_engine.datasets.opening import open_images
from clipsafe_engine.field import run as field
from clipsafe_engine.field.parity import Parity
from clipsafe_engine.field.wheels import Wheel
from clipsafe_engine.lab import commands
from clipsafe_engine.lab.measure import miniature
from clipsafe_engine.lab.predict import references
from clipsafe_engine.lab.predict import run as zoo
from clipsafe_engine.lab.student import study as student
from clipsafe_engine.lab.student.change import Change
from clipsafe_engine.lab.training import loop
from clipsafe_engine.lab.training import run as training
from clipsafe_engine.lab.training.ledger import Row
from clipsafe_engine.lab.training.recipe import Recipe
from clipsafe_engine.lab.world.world import load_world
from clipsafe_engine.measure.joining import join_cubes
from clipsafe_engine.measure.work import Task, measure_models
from clipsafe_engine.models.prompts import PromptSet
from clipsafe_engine.predict.predict import predict
from clipsafe_engine.predict.run import Settings
from clipsafe_engine.predict.store import PredictionStore
from clipsafe_utils.measuring.cubes import Facts, write_cubes
from clipsafe_utils.registry.data_sets import data_set
from tests.engine.measure.small_study import PLAN, write_store
from tests.engine.predict.tiny import MODELS, Folder
from tests.lab.measure import stand_ins
from tests.lab.measure.laboratories import RECORDS

SETTINGS = Settings(batch_images=4, shard_images=8, threads=2, prompts=(PromptSet("one", ("a {}.",)),))
REPLICATES = 3


class Here:
    """A pool that does its work where it is asked to."""

    def __init__(self, *_: object, initargs: Sequence[object] = (), **__: object) -> None:
        if initargs:
            training._reports = initargs[0]

    def __enter__(self) -> "Here":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def submit(self, function: Callable[..., Any], *arguments: object) -> "Future[Any]":
        future: Future[Any] = Future()
        future.set_result(function(*arguments))
        return future


def predict_tiny(images: Path, store: Path) -> None:
    """Run small networks over a folder of images."""
    predict(MODELS, [Folder("drawn", images)], PredictionStore(store), SETTINGS)


def measure_small(store: Path, folder: Path) -> None:
    """Measure two models and write their cubes."""
    tasks = [Task(model, PLAN) for model in ("a", "b")]
    measured = measure_models(store, tasks, folder / "measured", replicates=REPLICATES, jobs=1)
    write_cubes(join_cubes(measured, Facts("small", "proxy", "CC0", "made by a test")), folder / "cubes")


def measure_miniature(made: Path, folder: Path) -> None:
    """Measure stand-ins for the models of the zoo."""
    miniature.measure_miniature(
        made / "store",
        RECORDS[:2],
        folder / "cubes",
        folder / "measured",
        world=load_world(made / "world"),
        seed=stand_ins.SEED,
        replicates=REPLICATES,
        jobs=1,
    )


def choose(world: Path) -> None:
    """Choose the filtered test sets by references that know nothing."""

    def guess(_: object, __: str, parameters: Any) -> np.ndarray:
        return np.random.default_rng(len(parameters)).normal(size=(len(parameters), 48)).astype("f4")

    references.load_network = lambda *_: (None, {"form": "classifier"})
    references.render = lambda _, parameters: parameters
    references.outputs = guess
    references.choose_filtered(load_world(world), Path("nowhere"), stand_ins.SEED)


def predict_miniature(rows: Sequence[Row], weights: Path, store: Path, world: Path) -> None:
    """Run the zoo over all test sets."""
    _without_pictures()
    zoo.predict_zoo(rows, weights, store, stand_ins.SEED, jobs=1, world_folder=world)


def reproduce(weights: Path, folder: Path) -> None:
    """Reproduce the study in a folder, with other models in the place of the zoo's."""
    commands.models_of = lambda *_: [SimpleNamespace(shipped=True)]
    commands.predict = lambda *given: write_store(given[2], "a", "b")
    commands.measure = lambda *given: measure_small(given[2], given[2])
    commands.compare = lambda *_: []
    commands.reproduce(weights, folder, folder, quick=True, jobs=1)


def train(recipes: Sequence[Recipe], folder: Path, world: Path) -> None:
    """Train a group, with a checkpoint after every epoch."""
    _without_waiting()
    training.train_group(recipes, folder, 1, world)


def study(change: Change, folder: Path, tests: student.Tests) -> None:
    """Make a student's study."""
    _without_waiting()
    _without_pictures()
    student.make_study(change, folder, tests, 1)


@dataclass(frozen=True)
class File(Wheel):
    """A wheel that is a file of weights made by a test."""

    path: Path = Path()

    def file(self) -> Path:
        return self.path


def field_of(path: Path, images: Path, store: Path, cubes: Path) -> None:
    """Make the study `field` of one small network."""
    wheel = File("timm", "test_efficientnet", "r160_in1k", 160, 1000, "0" * 64, path)
    field.WHEELS = (wheel,)
    field.run_models(images, store)
    parity = [
        Parity(wheel.model, name, count, 0.0, count, count)
        for name, count in (
            (name, len(open_images(data_set(name), images))) for name in (field.SAMPLES, field.CUES)
        )
    ]
    field.write_field(images, store, cubes, parity)


def _without_waiting() -> None:
    training.ProcessPoolExecutor = Here
    loop._SECONDS_BETWEEN_CHECKPOINTS = -1
    loop.time = SimpleNamespace(monotonic=lambda: 0.0)
    loop.development_accuracy = lambda *_: 0.5


def _without_pictures() -> None:
    def said(_: object, form: str, parameters: Any) -> np.ndarray:
        width = 64 if form == "clip" else 48
        values = np.random.default_rng(len(parameters)).normal(size=(len(parameters), width)).astype("f4")
        return values / np.linalg.norm(values, axis=1, keepdims=True) if form == "clip" else values

    zoo.ProcessPoolExecutor = Here
    for module in (zoo, student):
        module.render = lambda _, parameters: parameters
        module.outputs = said
