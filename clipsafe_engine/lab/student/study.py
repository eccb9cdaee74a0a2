"""From a change to a study: train, predict, measure, and join the cubes of the shipped zoo."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from clipsafe_engine.lab.measure.miniature import measure_miniature
from clipsafe_engine.lab.measure.records import NONE, ModelRecord
from clipsafe_engine.lab.predict.run import predict_zoo
from clipsafe_engine.lab.predict.sets import OWN_SOURCE, images_of, model_name, own_source, world_hash
from clipsafe_engine.lab.student.change import Change, recipe_of
from clipsafe_engine.lab.student.join import join_study
from clipsafe_engine.lab.student.own_world import make_test_world, read_own_world
from clipsafe_engine.lab.training.evaluation import outputs
from clipsafe_engine.lab.training.ledger import Row
from clipsafe_engine.lab.training.objectives import load_network
from clipsafe_engine.lab.training.run import train_group
from clipsafe_engine.lab.world.renderer import render
from clipsafe_engine.lab.world.sets import TEST_SETS
from clipsafe_engine.lab.world.world import load_world
from clipsafe_engine.lab.zoo import record_of
from clipsafe_engine.predict.store import Predictions, PredictionStore
from clipsafe_utils.cubes.studies import Study
from clipsafe_utils.cubes.yours import YOURS
from clipsafe_utils.registry.drawn_world import DATA
from clipsafe_utils.terminal import progress


@dataclass(frozen=True)
class Tests:
    """What a student's model is tested on: the book's images, so that it can stand beside the zoo."""

    __test__ = False  # not a test, whatever pytest thinks of the name

    seed: int
    """Of the test sets."""
    kept: Study
    """The cubes to join; as many draws are made as they have."""
    world: Path = DATA
    """The world that the test images are drawn in."""


def make_study(change: Change, folder: Path, tests: Tests, jobs: int = 2) -> Study:
    """Train a model, measure it, and write the cubes of the zoo with it into a folder.

    What is done already is kept, so a run that was stopped goes on, and a second change joins the first.

    Parameters
    ----------
    change : Change
        What to change in the world.
    folder : Path
        Gets the cubes; beside them the folders `training`, `predictions` and `measured`.
    tests : Tests
        What to test on and what to join.
    jobs : int
        Processes of one thread each. The training itself takes one.

    Returns
    -------
    Study
        The zoo and all models of the folder.

    Raises
    ------
    ClipsafeError
        If the change does not fit the world, the training diverges or ends at chance, a file cannot be
        written, or the kept cubes were measured otherwise.
    """
    world = read_own_world(change.world)
    recipe = recipe_of(world, change)
    (row,) = train_group([recipe], folder / "training", 1, change.world)
    tested = replace(tests, world=_world_of_tests(change, tests, folder / "tests" / recipe.name))
    _predict(change, row, folder, tested, jobs)
    _measure(change, row, folder, tested)
    return join_study(tests.kept, folder)


def _world_of_tests(change: Change, tests: Tests, folder: Path) -> Path:
    return make_test_world(change.world, folder, tests.world) if change.is_of_own_world else tests.world


def _predict(change: Change, row: Row, folder: Path, tests: Tests, jobs: int) -> None:
    weights, store = folder / "training", folder / "predictions"
    with progress("Predicting", total=len(TEST_SETS) + 1) as advance:
        if change.is_of_own_world:
            _predict_own_source(change, row, weights, PredictionStore(store), tests)
        predict_zoo([row], weights, store, tests.seed, jobs=jobs, world_folder=tests.world, advance=advance)


def _predict_own_source(
    change: Change, row: Row, weights: Path, store: PredictionStore, tests: Tests
) -> None:
    """Run the model over held-out images of its own world, where `predict_zoo` would draw the book's."""
    identity = {"weights": row.weights, "images": world_hash(load_world(tests.world), tests.seed)}
    if store.is_done(model_name(row), OWN_SOURCE, identity):
        return
    world = load_world(change.world)
    parameters, labels = images_of(world, own_source(row), tests.seed)
    network, described = load_network(world, weights / f"{row.name}.safetensors")
    values = outputs(network, described["form"], render(world, parameters))
    rows = np.arange(len(labels))
    store.write(Predictions(model_name(row), OWN_SOURCE, "embeddings", values, labels, rows, identity))


def _measure(change: Change, row: Row, folder: Path, tests: Tests) -> None:
    world = load_world(tests.world)
    with progress("Measuring", total=1) as advance:
        measure_miniature(
            folder / "predictions",
            [_record(change, row, folder / "training")],
            folder / "measured" / row.name,
            folder / "measured" / "tables",
            world=world,
            seed=tests.seed,
            expected={"images": world_hash(world, tests.seed)},
            replicates=_replicates(tests.kept),
            jobs=1,
            advance=advance,
        )


def _record(change: Change, row: Row, weights: Path) -> ModelRecord:
    """Say who the model is, such that no statistic of the zoo counts it: it is drawn beside the zoo."""
    images = own_source(row)
    return replace(
        record_of({row.name: row}, row, weights),
        training_source=YOURS,
        family=row.name,
        reference=change.command,
        rung=NONE,
        knob=NONE,
        level=np.nan,
        own_images=f"{change.name} {images}" if change.is_of_own_world else images,
        shipped=True,
    )


def _replicates(kept: Study) -> int:
    return int(kept.read("causes").sizes["draw"]) - 1
