"""What was measured of each model, one file a model: only what changed is measured again."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from urllib.parse import quote

from clipsafe_engine.measure.model import Tables, measure_model
from clipsafe_engine.measure.outputs import ModelOutputs
from clipsafe_engine.measure.provenance import described_predictions, digest
from clipsafe_engine.measure.table_files import key_of, read_tables, write_tables
from clipsafe_utils import cubes, measuring, metrics
from clipsafe_utils.files import clear_scratch
from clipsafe_utils.measuring.plan import Plan
from clipsafe_utils.metrics.draws import REPLICATES

_MEASURING = [Path(file).parent for file in (cubes.__file__, measuring.__file__, metrics.__file__, __file__)]
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


@dataclass(frozen=True, eq=False)
class Task:
    """One model to measure.

    Attributes
    ----------
    model : str
        Its name in the store.
    plan : Plan
        What to measure.
    expected : mapping of str to str
        What the provenance of its predictions must hold, such as the hash of its weights.
    """

    model: str
    plan: Plan
    expected: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Measured:
    """Where the tables of one model are.

    Attributes
    ----------
    model : str
        Its name.
    path : Path
        A file of `table_files`.
    predictions : str
        Hash of what made its predictions.
    """

    model: str
    path: Path
    predictions: str

    def read(self, *tables: str) -> Tables:
        """Read those tables of some names that the model has."""
        return read_tables(self.path, tables)


def measure_models(
    store: Path,
    tasks: Sequence[Task],
    work: Path,
    *,
    replicates: int = REPLICATES,
    jobs: int = 2,
    advance: Callable[[str], object] = str,
) -> list[Measured]:
    """Measure models side by side, and only those of which anything changed.

    A model is measured again if its predictions, the plan, the number of draws or the code that measures
    changed. A run that is killed goes on where it stopped.

    Parameters
    ----------
    store : Path
        Folder of a `PredictionStore`.
    tasks : sequence of Task
        The models.
    work : Path
        Folder for one file a model.
    replicates : int
        Draws beside the estimate.
    jobs : int
        Processes, of one thread each.
    advance : callable
        Called with the name of each model once it is done.

    Returns
    -------
    list of Measured
        In the order of the tasks.

    Raises
    ------
    ClipsafeError
        If an entry is missing, unfinished or damaged, or was made by something else than a task names, or of
        other images. What is missing is found before anything is measured.
    """
    keys = _keys(store, tasks, replicates)
    clear_scratch(work)
    found = {
        task.model: Measured(task.model, work / f"{quote(task.model, safe='')}.npz", predictions)
        for task, (_, predictions) in zip(tasks, keys, strict=True)
    }
    waiting = []
    for task, (key, _) in zip(tasks, keys, strict=True):
        if key_of(found[task.model].path) == key:
            advance(task.model)
        else:
            waiting.append((store, task, found[task.model].path, key, replicates))
    for model in _measured(waiting, jobs):
        advance(model)
    return list(found.values())


def _measured(waiting: Sequence[tuple[Path, Task, Path, str, int]], jobs: int) -> Iterator[str]:
    if jobs == 1 or len(waiting) < 2:
        yield from (_measure(*arguments) for arguments in waiting)
        return
    with (
        _one_thread_each(),
        ProcessPoolExecutor(min(jobs, len(waiting)), get_context("spawn")) as pool,
    ):
        running = [pool.submit(_measure, *arguments) for arguments in waiting]
        try:
            for done in as_completed(running):
                yield done.result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _measure(store: Path, task: Task, path: Path, key: str, replicates: int) -> str:
    from clipsafe_engine.predict.store import PredictionStore

    outputs = ModelOutputs(PredictionStore(store), task.model, task.plan.prompts)
    tables = measure_model(outputs, task.plan, replicates)
    write_tables(tables, path, key)
    return task.model


@contextmanager
def _one_thread_each() -> Iterator[None]:
    """Let processes that begin in the block use one thread each: they share the cores among them."""
    before = {name: os.environ.get(name) for name in _THREADS}
    os.environ.update(dict.fromkeys(_THREADS, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _keys(store: Path, tasks: Sequence[Task], replicates: int) -> list[tuple[str, str]]:
    """Return of each task the hash of all that decides its tables, and that of its predictions."""
    from clipsafe_engine.predict.store import PredictionStore

    opened, code = PredictionStore(store), digest(_sources())
    keys = []
    for task in tasks:
        predictions = digest(described_predictions(opened, task.model, task.plan, task.expected))
        keys.append((digest([code, task.plan, replicates, predictions]), predictions))
    return keys


def _sources() -> list[str]:
    """Return the code that measures."""
    paths = [path for folder in _MEASURING for path in folder.rglob("*.py")]
    return [path.read_text(encoding="utf-8") for path in sorted(paths)]
