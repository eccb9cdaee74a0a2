"""Running the zoo over the test sets: each set is drawn once for all models that lack it."""

import hashlib
import multiprocessing
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import torch

from clipsafe_engine.lab.predict.sets import OWN_SOURCE, images_of, model_name, own_source, world_hash
from clipsafe_engine.lab.training.evaluation import outputs, zero_shot
from clipsafe_engine.lab.training.ledger import Row
from clipsafe_engine.lab.training.objectives import load_network
from clipsafe_engine.lab.world.captions import prompt_tokens
from clipsafe_engine.lab.world.prompts import read_prompt_sets, read_single_templates
from clipsafe_engine.lab.world.renderer import render
from clipsafe_engine.lab.world.sets import TEST_SETS
from clipsafe_engine.lab.world.world import World, load_world
from clipsafe_engine.predict.store import Kind, Predictions, PredictionStore
from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.files import sha256
from clipsafe_utils.processes import end_with_parent
from clipsafe_utils.registry.drawn_world import DATA

Models = tuple[tuple[str, Path, str], ...]
"""Name, weight file and its SHA-256."""


def predict_zoo(
    rows: Sequence[Row],
    weights: Path,
    store: Path,
    seed: int,
    *,
    jobs: int = 2,
    world_folder: Path = DATA,
    advance: Callable[[str], object] = str,
) -> dict[str, str]:
    """Run models over all test sets and over held-out images of their own source; make classifiers.

    There is a classifier of each prompt set under its name, and of each single template under its text.
    What the store already holds is not computed again.

    Parameters
    ----------
    rows : sequence of Row
        The models; none of them an encoder without classes.
    weights : Path
        Folder of their weight files.
    store : Path
        Folder of the predictions.
    seed : int
        Of the test sets.
    jobs : int
        Processes of one thread each.
    world_folder : Path
        The world.
    advance : callable
        Called with the name of each set once all models have it.

    Returns
    -------
    dict of str to str
        What the provenance of every prediction holds beside the weights.

    Raises
    ------
    ClipsafeError
        If a weight file is not the one of the list, or a filtered set was not chosen for this seed.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     sorted(predict_zoo([], Path(folder), Path(folder), seed=71, jobs=1))
    ['images']
    """
    world = load_world(world_folder)
    provenance = {"images": world_hash(world, seed)}
    models = tuple((model_name(row), weights / f"{row.name}.safetensors", row.weights) for row in rows)
    for row in rows:
        if row.loss == "contrastive":
            raise ClipsafeError(f"{weights / row.name}.safetensors: is an encoder, which has no classes.")
    for name, path, expected in models:
        if not path.is_file() or sha256(path) != expected:
            raise ClipsafeError(
                f"{path}: expected the weights of {name!r} with the SHA-256 {expected[:16]}…."
            )
    tasks: list[tuple[str, str, Models]] = [(name, name, models) for name in TEST_SETS] if models else []
    for source in dict.fromkeys(map(own_source, rows)):
        own = tuple(model for model, row in zip(models, rows, strict=True) if own_source(row) == source)
        tasks.append((OWN_SOURCE, source, own))
    clips = tuple(model for model, row in zip(models, rows, strict=True) if row.loss == "clip")
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(jobs, spawn, initializer=end_with_parent) as pool:
        running: dict[Future[None], str] = {
            pool.submit(_predict_set, dataset, images, own, store, seed, world_folder, provenance): images
            for dataset, images, own in tasks
        }
        classifiers = pool.submit(_keep_classifiers, clips, store, world_folder)
        try:
            for task in as_completed(running):
                task.result()
                advance(running[task])
            classifiers.result()
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    return provenance


def _predict_set(
    dataset: str,
    images: str,
    models: Models,
    folder: Path,
    seed: int,
    world_folder: Path,
    provenance: Mapping[str, str],
) -> None:
    torch.set_num_threads(1)
    store, world = PredictionStore(folder), _world(world_folder)
    missing = [
        (name, path, {"weights": digest, **provenance})
        for name, path, digest in models
        if not store.is_done(name, dataset, {"weights": digest, **provenance})
    ]
    if not missing:
        return
    parameters, labels = images_of(world, images, seed)
    pixels = render(world, parameters)
    for name, path, identity in missing:
        network, form = _loaded(path, world)
        values = outputs(network, form, pixels)
        kind: Kind = "embeddings" if form == "clip" else "logits"
        if kind == "logits":
            values = values[:, : world.classes]
        store.write(Predictions(name, dataset, kind, values, labels, np.arange(len(labels)), identity))


def _keep_classifiers(clips: Models, folder: Path, world_folder: Path) -> None:
    torch.set_num_threads(1)
    store, world = PredictionStore(folder), _world(world_folder)
    singles = {template: (template,) for template in read_single_templates(world)}
    for prompt_set, templates in (read_prompt_sets(world) | singles).items():
        said = hashlib.sha256(prompt_tokens(world, templates).tobytes()).hexdigest()
        for name, path, digest in clips:
            identity = {"weights": digest, "prompts": said}
            if not store.has_classifier(name, prompt_set, identity):
                store.write_classifier(
                    name, prompt_set, *zero_shot(world, _loaded(path, world)[0], templates), identity
                )


# Equal arguments give the same world, so that what is made once for a world is made once a process.
_world = lru_cache(maxsize=1)(load_world)


@lru_cache(maxsize=256)
def _loaded(path: Path, world: World) -> tuple[Any, str]:
    network, described = load_network(world, path)
    return network, described["form"]
