"""Killed at any moment, a run goes on where it stopped and ends with the bytes of an undisturbed one."""

import multiprocessing
import os
import random
import signal
import threading
import time

import pytest

pytest.importorskip("torch")
pytest.importorskip("zarr")
pytest.importorskip("open_clip")

from clipsafe_engine.models.prompts import PromptSet
from clipsafe_engine.predict import jobs
from clipsafe_engine.predict.jobs import outstanding
from clipsafe_engine.predict.predict import predict
from clipsafe_engine.predict.run import Settings
from clipsafe_engine.predict.store import PredictionStore
from tests.engine.predict.tiny import MODELS, REAL_IMAGES, Folder, TinyModel, bytes_of, draw_images

KILLS = 20
SETTINGS = Settings(batch_images=4, shard_images=8, threads=2, prompts=(PromptSet("one", ("a {}.",)),))


def run_slowly(models, sets, store):
    """Predict in a process of its own, slow enough to be killed in the middle."""
    predict(models, sets, PredictionStore(store), SETTINGS, advance=lambda _pace, _images: time.sleep(0.005))


def shards_of(store):
    return {name: content for name, content in bytes_of(store).items() if "predictions" in name}


@pytest.fixture
def sets(tmp_path):
    place = draw_images(tmp_path / "drawn", 200)
    for path in sorted((REAL_IMAGES / "imagenet-samples").rglob("*.JPEG"))[:40]:
        (place / path.name).symlink_to(path)
    return [Folder("drawn", place), Folder("few", draw_images(tmp_path / "few", 13, seed=1))]


@pytest.fixture
def undisturbed(tmp_path, sets):
    store = PredictionStore(tmp_path / "undisturbed")
    predict(MODELS, sets, store, SETTINGS)
    return bytes_of(store.folder)


@pytest.mark.slow
def test_twenty_kills_of_one_process(tmp_path, sets, undisturbed):
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    store, rng = tmp_path / "killed", random.Random(0)
    killed, done = 0, {}
    while True:
        process = context.Process(target=run_slowly, args=(MODELS, sets, store))
        process.start()
        if killed < KILLS:
            # The clock starts with the first thing that is written, so that each run comes some way.
            wait_for_change(store, process)
            time.sleep(rng.uniform(0, 0.08))
            os.kill(process.pid, signal.SIGKILL)
        process.join(120)
        finished = {name: (store / name).stat().st_mtime_ns for name in shards_of(store)}
        assert done.items() <= finished.items(), "a finished shard was written again"
        done = finished
        if process.exitcode == 0:
            break
        assert process.exitcode == -signal.SIGKILL
        killed += 1
    assert killed == KILLS
    assert bytes_of(store) == undisturbed


def wait_for_change(store, process):
    before = entries_of(store)
    deadline = time.monotonic() + 60
    while entries_of(store) == before and process.is_alive() and time.monotonic() < deadline:
        time.sleep(0.002)


def entries_of(store):
    """Count what is in a folder; what goes away meanwhile is no error, as it would be for `rglob`."""
    return sum(len(folders) + len(files) for _, folders, files in os.walk(store))


@pytest.mark.slow
def test_twenty_kills_of_workers_of_a_cluster(tmp_path, sets, undisturbed):
    distributed = pytest.importorskip("distributed")
    import dask

    from clipsafe_engine.predict.cluster import ALLOWED_FAILURES, WORKERS_LOST, predict_on_cluster

    store = PredictionStore(tmp_path / "cluster")
    slow = [SlowModel(model.name, model.seed, model.kind, model.transform) for model in MODELS]
    with (
        dask.config.set({ALLOWED_FAILURES: WORKERS_LOST}),
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0") as cluster,
        distributed.Client(cluster, set_as_default=False) as client,
    ):
        stop = threading.Event()
        killed: list[int] = []
        rng = random.Random(0)

        def kill_now_and_then():
            while len(killed) < KILLS and not stop.wait(rng.uniform(0.2, 1.2)):
                nanny = rng.choice(list(cluster.workers.values()))
                if nanny.pid is not None:
                    os.kill(nanny.pid, signal.SIGKILL)
                    killed.append(nanny.pid)

        killer = threading.Thread(target=kill_now_and_then)
        killer.start()
        told = []
        summary = predict_on_cluster(
            client, slow, sets, store, SETTINGS, advance=lambda _pace, images: told.append(images)
        )
        stop.set()
        killer.join()
    assert len(killed) == KILLS
    assert bytes_of(store.folder) == undisturbed
    assert sum(told) == summary.images


class SlowModel(TinyModel):
    """The same network; its batches take a while."""

    def load(self):
        network = super().load()
        forward = network.forward

        def slowly(batch):
            time.sleep(0.08)
            return forward(batch)

        network.forward = slowly
        return network


def test_a_full_disk_is_one_sentence_and_the_run_goes_on_afterwards(tmp_path, monkeypatch):
    from clipsafe_engine.predict import arrays
    from clipsafe_utils.errors import ClipsafeError

    sets = [Folder("few", draw_images(tmp_path / "few", 20))]
    whole, store = PredictionStore(tmp_path / "whole"), PredictionStore(tmp_path / "full")
    predict(MODELS, sets, whole, SETTINGS)
    write_shard, written = arrays.write_shard, []

    def until_full(*arguments):
        written.append(arguments)
        if len(written) > 4:
            raise OSError(28, "No space left on device")
        write_shard(*arguments)

    monkeypatch.setattr(arrays, "write_shard", until_full)
    with pytest.raises(ClipsafeError, match="No space left"):
        predict(MODELS, sets, store, SETTINGS)
    monkeypatch.setattr(arrays, "write_shard", write_shard)
    images = [dataset.open() for dataset in sets]
    left = [len(job.models) for job in outstanding(store, MODELS, images, SETTINGS.shard_images)]
    assert sum(left) == 9 - 3  # The first of the four was the classifier.
    predict(MODELS, sets, store, SETTINGS)
    assert bytes_of(store.folder) == bytes_of(whole.folder)
    assert not list(jobs.outstanding(store, MODELS, images, SETTINGS.shard_images))
