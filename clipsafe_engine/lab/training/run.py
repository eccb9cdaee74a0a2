"""Training a group of models in a few processes of one thread each."""

import multiprocessing
import shutil
from collections.abc import Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from queue import Empty
from typing import Any

from clipsafe_engine.lab.training.ledger import Row, add_curves, add_to_ledger, read_ledger
from clipsafe_engine.lab.training.recipe import Recipe, world_of
from clipsafe_engine.lab.world.world import load_world
from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.files import read_plain, replacing, sha256
from clipsafe_utils.processes import end_with_parent
from clipsafe_utils.registry.drawn_world import DATA
from clipsafe_utils.terminal import measured_progress

_SECONDS_BETWEEN_LOOKS = 0.5
_FEWEST_IMAGES_A_REPORT = 4096


def train_group(recipes: Sequence[Recipe], folder: Path, jobs: int, world_folder: Path = DATA) -> list[Row]:
    """Train what is not trained yet and return a row for each model.

    Parameters
    ----------
    recipes : sequence of Recipe
        In an order in which each comes after what it starts from.
    folder : Path
        Gets the weight files, the curves and the list `zoo.csv`.
    jobs : int
        Processes at once.
    world_folder : Path
        The world to train in.

    Raises
    ------
    ClipsafeError
        If a recipe does not fit the world, a model diverges, or a file is of another recipe or cannot be
        written. What was trained stays, and what is being trained is first finished.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     train_group([], Path(folder), jobs=1)
    []
    """
    known = read_ledger(folder)
    rows: dict[str, Row] = {}
    missing: list[Recipe] = []
    for recipe in recipes:
        if _is_trained(recipe, known.get(recipe.name), folder):
            row = known[recipe.name]
            # Made anew: what has no bearing on the weights, such as the group, may have changed.
            rows[recipe.name] = Row.of(recipe, row.weights, row.accuracy, row.seconds)
        else:
            missing.append(recipe)
    if rows:
        add_to_ledger(folder, rows.values())
    if missing:
        world = load_world(world_folder)
        for recipe in missing:
            world_of(world, recipe)  # refuses it now rather than after hours
        rows.update(_train_missing(missing, folder, jobs, world_folder))
    return [rows[recipe.name] for recipe in recipes]


def ship(recipes: Sequence[Recipe], rows: Sequence[Row], folder: Path, weights: Path) -> None:
    """Put a trained group where the repository keeps its weights: the list, the curves, the shipped files.

    Raises
    ------
    ClipsafeError
        If a file cannot be written.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as weights:
    ...     ship([], [], Path("nowhere"), Path(weights))
    """
    for recipe in recipes:
        if recipe.shipped:
            with replacing(weights / f"{recipe.name}.safetensors") as temporary:
                shutil.copyfile(folder / f"{recipe.name}.safetensors", temporary)
    add_to_ledger(weights, rows)
    add_curves(
        weights, {recipe.name: _curve(folder, recipe) for recipe in recipes if recipe.loss != "average"}
    )


def _is_trained(recipe: Recipe, row: Row | None, folder: Path) -> bool:
    path = folder / f"{recipe.name}.safetensors"
    if not path.is_file():
        return False
    from clipsafe_engine.lab.training.weights import read_description

    found, wanted = read_description(path), recipe.described()
    if any(found.get(name) != value for name, value in wanted.items()):
        raise ClipsafeError(f"{path}: is of another recipe; delete it to train {recipe.name!r} again.")
    return row is not None and sha256(path) == row.weights


def _train_missing(missing: list[Recipe], folder: Path, jobs: int, world_folder: Path) -> dict[str, Row]:
    rows: dict[str, Row] = {}
    names = {recipe.name for recipe in missing}
    waiting, running = list(missing), dict[Future[Row], Recipe]()
    fault: Exception | None = None
    spawn = multiprocessing.get_context("spawn")
    reports = spawn.Queue()
    total = sum(recipe.epochs * recipe.images for recipe in missing if recipe.loss != "average")
    with (
        measured_progress("Training", total, "images") as seen,
        ProcessPoolExecutor(jobs, spawn, initializer=_begin_process, initargs=(reports,)) as pool,
    ):
        while running or (waiting and not fault):
            for recipe in [] if fault else list(waiting):
                needed = {recipe.start, recipe.average_with} & names
                if len(running) < jobs and needed <= rows.keys():
                    waiting.remove(recipe)
                    running[pool.submit(_train_one, recipe, folder, world_folder)] = recipe
                    # A pool of Python 3.11 may not watch its newest process before the next task comes in: a
                    # killed one would be noticed hours later, when another has trained its model.
                    pool.submit(_nothing)
            done, _ = wait(running, _SECONDS_BETWEEN_LOOKS, FIRST_COMPLETED)
            seen(_drain(reports), ", ".join(recipe.name for recipe in running.values()))
            for task in done:
                recipe = running.pop(task)
                try:
                    rows[recipe.name] = _row(task, recipe)
                    add_to_ledger(folder, [rows[recipe.name]])
                except ClipsafeError as error:
                    fault = fault or error
    if fault:
        raise fault
    return rows


def _row(task: Future[Row], recipe: Recipe) -> Row:
    try:
        return task.result()
    except BrokenProcessPool as error:
        raise ClipsafeError(
            f"{recipe.name}: a training process was killed, perhaps for lack of memory; train again to go on."
        ) from error


def _begin_process(reports: Any) -> None:
    global _reports
    _reports = reports
    end_with_parent()


_reports: Any = None
"""In a training process: gets the numbers of images seen."""


def _train_one(recipe: Recipe, folder: Path, world_folder: Path) -> Row:
    from clipsafe_engine.lab.training.loop import train

    unsaid = 0

    def report(images: int) -> None:
        nonlocal unsaid
        unsaid += images
        if unsaid >= _FEWEST_IMAGES_A_REPORT:
            _reports.put(unsaid)
            unsaid = 0

    trained = train(load_world(world_folder), recipe, folder, report)
    _reports.put(unsaid)
    return Row.of(recipe, sha256(trained.path), trained.accuracy, trained.seconds)


def _nothing() -> None:
    pass


def _drain(reports: Any) -> int:
    total = 0
    while True:
        try:
            total += reports.get_nowait()
        except Empty:
            return total


def _curve(folder: Path, recipe: Recipe) -> list[tuple[int, float]]:
    path = folder / f"{recipe.name}.curve.csv"
    try:
        lines = read_plain(path).decode("utf-8").splitlines()[1:]
        return [(int(samples), float(loss)) for samples, loss in (line.split(",") for line in lines)]
    except (OSError, ValueError) as error:
        raise ClipsafeError(f"{path}: expected a training curve ({error}).") from error
