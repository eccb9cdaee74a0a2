"""The same work on a cluster: Dask hands out shards, and hands those of a lost worker to another.

A task is one shard of one data set for one group of models. It writes what is missing and returns an account;
run twice, it finds everything done. So workers may come and go.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from clipsafe_engine.datasets.image_list import ImageList
from clipsafe_engine.predict.interfaces import DatasetReference, Model, ModelReference
from clipsafe_engine.predict.jobs import WHOLE, Part, outstanding, rounds
from clipsafe_engine.predict.run import (
    Advance,
    Run,
    Settings,
    Summary,
    lacking_classifiers,
    silent,
    usable_cores,
)
from clipsafe_engine.predict.store import PredictionStore
from clipsafe_utils.errors import ClipsafeError

if TYPE_CHECKING:
    from distributed import Client

WORKERS_LOST = 20
"""Workers that may be lost under one task before it is given up, in a cluster that is started here: a spot
machine is lost often. A scheduler that runs already has a setting of its own."""

ALLOWED_FAILURES = "distributed.scheduler.allowed-failures"
"""What Dask calls this setting."""

_on_worker: dict[ModelReference, Model] = {}
_one_at_a_time = Lock()


@dataclass(frozen=True)
class Task:
    """One shard for some of the models of a group, or their classifiers where there is no data set."""

    store: Path
    settings: Settings
    group: tuple[ModelReference, ...]
    models: tuple[ModelReference, ...]
    dataset: DatasetReference | None = None
    shard: int = 0


def predict_on_cluster(
    client: "Client",
    models: Sequence[ModelReference],
    datasets: Sequence[DatasetReference],
    store: PredictionStore,
    settings: Settings,
    part: Part = WHOLE,
    advance: Advance = silent,
) -> Summary:
    """Do what `predict` does, on the workers of a Dask cluster that share the file system of the store.

    Parameters
    ----------
    client : distributed.Client
        Of the cluster. Workers of one thread each make the best use of memory.
    models, datasets, store, settings, part, advance
        As in `predict`.

    Returns
    -------
    Summary
        What all workers did; seconds and waiting are summed over them.

    Raises
    ------
    ClipsafeError
        As `predict`, or if more workers were lost under one task than the scheduler allows.
    """
    from distributed import KilledWorker, as_completed

    summary = Summary()
    tasks = list(_tasks(models, datasets, store, settings, part))
    futures = [client.submit(run_task, task, pure=False, priority=-k) for k, task in enumerate(tasks)]
    try:
        for future in as_completed(futures, loop=client.loop):
            try:
                done = future.result()
            except KilledWorker as error:
                raise ClipsafeError(
                    f"{error.allowed_failures + 1} workers were lost under one task; see their logs."
                ) from error
            summary.add(done)
            future.release()
            advance(summary.pace, done.images)
    finally:
        client.cancel(futures)
    return summary


def run_task(task: Task) -> Summary:
    """Do one task, with models and data sets that stay open for the next; runs on a worker."""
    with _one_at_a_time:  # A worker of several threads has one device all the same.
        return _run_alone(task)


@contextmanager
def connected(scheduler: str | None, cluster: str | None, workers: int) -> Iterator["Client"]:
    """Connect to a running scheduler, or start workers as SLURM jobs for the time of the block.

    Raises
    ------
    ClipsafeError
        If the scheduler does not answer, or what is needed is not installed.
    """
    import dask
    from distributed import Client

    if scheduler is not None:
        try:
            # Not the default of the process: one that cannot connect would stay the default of Dask and break
            # whatever else uses Dask here, the writing of cubes for one.
            client = Client(scheduler, set_as_default=False)
        except (OSError, ValueError) as error:
            raise ClipsafeError(f"--scheduler {scheduler}: does not answer ({error}).") from error
        with client:
            yield client
        return
    if cluster != "slurm":
        raise ClipsafeError(f"--cluster {cluster}: expected slurm; for any other give --scheduler ADDRESS.")
    try:
        from dask_jobqueue import SLURMCluster
    except ImportError as error:
        raise ClipsafeError("--cluster slurm needs dask-jobqueue: pip install 'clipsafe[scale]'.") from error
    # The size of a job is set in ~/.config/dask/jobqueue.yaml, as for every other use of the cluster.
    with (
        dask.config.set({ALLOWED_FAILURES: WORKERS_LOST}),
        SLURMCluster(worker_extra_args=["--nthreads", "1"]) as slurm,
        Client(slurm, set_as_default=False) as client,
    ):
        slurm.scale(workers)
        yield client


def _run_alone(task: Task) -> Summary:
    store = PredictionStore(task.store)
    run = Run(store, replace(task.settings, threads=usable_cores()))
    if task.dataset is None:
        for model, network in _loaded(task).items():
            run.classifiers(model, network)
        return run.summary
    images = _opened(task.dataset)
    every = outstanding(store, task.models, [images], task.settings.shard_images)
    jobs = [job for job in every if job.shard == task.shard]
    if jobs:
        run.shards(jobs, _loaded(task))
    return run.summary


def _tasks(
    models: Sequence[ModelReference],
    datasets: Sequence[DatasetReference],
    store: PredictionStore,
    settings: Settings,
    part: Part,
) -> Iterator[Task]:
    references = {dataset.name: dataset for dataset in datasets}
    images = [dataset.open() for dataset in datasets]
    for group in rounds(models, settings.parameters_at_once):
        for model in group:
            if lacking_classifiers(store, model, settings):
                yield Task(store.folder, settings, group, (model,))
        for job in outstanding(store, group, images, settings.shard_images, part):
            yield Task(store.folder, settings, group, job.models, references[job.images.name], job.shard)


def _loaded(task: Task) -> dict[ModelReference, Model]:
    for model in set(_on_worker) - set(task.group):
        del _on_worker[model]
    for model in task.models:
        if model not in _on_worker:
            _on_worker[model] = model.load()
    return {model: _on_worker[model] for model in task.models}


@lru_cache(maxsize=16)
def _opened(dataset: DatasetReference) -> ImageList:
    return dataset.open()
