"""Training a group of models in a few processes of one thread each."""

import multiprocessing
import shutil
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from pathlib import Path
from queue import Empty
from typing import Any

from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.files import replacing, sha256
from clipsafe_utils.lab.training.ledger import Row, add_curves, add_to_ledger, read_ledger
from clipsafe_utils.lab.training.recipe import Recipe
from clipsafe_utils.lab.world.world import DATA, load_world
from clipsafe_utils.terminal import measured_progress

_SECONDS_BETWEEN_LOOKS = 0.5
_FEWEST_IMAGES_A_REPORT = 4096

Said = Callable[[str], None]


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
        If a model diverges, or a file is of another recipe or cannot be written. What was trained stays.

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
            rows[recipe.name] = known[recipe.name]
        else:
            missing.append(recipe)
    if missing:
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
    if row is None or not path.exists():
        return False
    # As text: a level that is not a number is not equal to itself.
    if str(row) != str(Row.of(recipe, row.weights, row.accuracy, row.seconds)):
        raise ClipsafeError(f"{path}: is of another recipe; delete it to train {recipe.name!r} again.")
    return sha256(path) == row.weights


def _train_missing(missing: list[Recipe], folder: Path, jobs: int, world_folder: Path) -> dict[str, Row]:
    rows: dict[str, Row] = {}
    names = {recipe.name for recipe in missing}
    waiting, running = list(missing), dict[Future[Row], Recipe]()
    spawn = multiprocessing.get_context("spawn")
    total = sum(recipe.epochs * recipe.images for recipe in missing)
    with (
        spawn.Manager() as manager,
        measured_progress("Training", total, "images") as seen,
        ProcessPoolExecutor(jobs, mp_context=spawn) as pool,
    ):
        reports: Any = manager.Queue()
        while waiting or running:
            for recipe in list(waiting):
                needed = {recipe.start, recipe.average_with} & names
                if len(running) < jobs and needed <= rows.keys():
                    waiting.remove(recipe)
                    task = pool.submit(_train_one, recipe, folder, world_folder, reports)
                    running[task] = recipe
            done, _ = wait(running, _SECONDS_BETWEEN_LOOKS, FIRST_COMPLETED)
            seen(_drain(reports), ", ".join(recipe.name for recipe in running.values()))
            for task in done:
                recipe = running.pop(task)
                rows[recipe.name] = task.result()
                add_to_ledger(folder, [rows[recipe.name]])
    return rows


def _train_one(recipe: Recipe, folder: Path, world_folder: Path, reports: Any) -> Row:
    from clipsafe_utils.lab.training.loop import train

    unsaid = 0

    def report(images: int) -> None:
        nonlocal unsaid
        unsaid += images
        if unsaid >= _FEWEST_IMAGES_A_REPORT:
            reports.put(unsaid)
            unsaid = 0

    trained = train(load_world(world_folder), recipe, folder, report)
    reports.put(unsaid)
    return Row.of(recipe, sha256(trained.path), trained.accuracy, trained.seconds)


def _drain(reports: Any) -> int:
    total = 0
    while True:
        try:
            total += reports.get_nowait()
        except Empty:
            return total


def _curve(folder: Path, recipe: Recipe) -> list[tuple[int, float]]:
    lines = (folder / f"{recipe.name}.curve.csv").read_text(encoding="utf-8").splitlines()[1:]
    return [(int(samples), float(loss)) for samples, loss in (line.split(",") for line in lines)]
