"""Running loaded models over shards: cut ahead, forward, write; each image read and decoded once."""

import hashlib
import json
import math
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from clipsafe_engine.models.prompts import PromptSet, imagenet_class_names
from clipsafe_engine.models.transforms import Crop
from clipsafe_engine.predict.forward import Batch, Runner
from clipsafe_engine.predict.interfaces import Model, ModelReference
from clipsafe_engine.predict.jobs import Job, entry_provenance
from clipsafe_engine.predict.pixels import CutImage, Cutter, Request
from clipsafe_engine.predict.store import SHARD_IMAGES, PredictionStore, StoredDtype
from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.terminal import say

STORED_DTYPE: StoredDtype = "float32"
"""Half precision moves ECE and FPR at 95 % recall by some 4e-4; a test shows it."""

Loaded = Mapping[ModelReference, Model]


def usable_cores() -> int:
    """Return how many cores this process may use, which on a cluster are fewer than there are.

    Examples
    --------
    >>> usable_cores() >= 1
    True
    """
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@dataclass(frozen=True)
class Settings:
    """How to run; of these, only the batch can touch the last digits of a prediction.

    Attributes
    ----------
    batch_images : int
        Images in one pass of a network; less where memory does not do.
    shard_images : int
        Images that are predicted again at most after a kill.
    threads : int
        Threads that read, decode and cut.
    parameters_at_once : int
        Most parameters of the models that are loaded together.
    most_unreadable : float
        Largest share of the images of a shard that may be no whole images; rounded up to an image.
    prompts : tuple of PromptSet
        For models that give embeddings: the classifiers to make.
    """

    batch_images: int = 64
    shard_images: int = SHARD_IMAGES
    threads: int = field(default_factory=usable_cores)
    parameters_at_once: int = 2_000_000_000
    most_unreadable: float = 0.01
    prompts: tuple[PromptSet, ...] = ()


@dataclass
class Summary:
    """What a run did.

    Attributes
    ----------
    images : int
        Images read and decoded, each time counted.
    passes : int
        Images times models.
    seconds, waited : float
        All of the run; of them, waiting for pixels.
    unreadable : list of str
        A sentence with the file for each image that is no whole image.
    """

    images: int = 0
    passes: int = 0
    seconds: float = 0.0
    waited: float = 0.0
    unreadable: list[str] = field(default_factory=list)

    @property
    def pace(self) -> str:
        """Images a second and share of the time that was spent waiting for pixels.

        Examples
        --------
        >>> Summary(images=100, seconds=4, waited=1).pace
        '25.0 images/s, 25 % waiting for pixels'
        """
        seconds = max(self.seconds, 1e-9)
        return f"{self.images / seconds:.1f} images/s, {100 * self.waited / seconds:.0f} % waiting for pixels"

    def add(self, other: "Summary") -> None:
        """Add what another process did."""
        self.images += other.images
        self.passes += other.passes
        self.seconds += other.seconds
        self.waited += other.waited
        self.unreadable += other.unreadable


Advance = Callable[[str, int], None]
"""Called after each batch with the pace and the images of the batch."""


def silent(_pace: str, _images: int) -> None:
    """Tell nobody."""


class Run:
    """Runs jobs and keeps account of what was done.

    Parameters
    ----------
    store : PredictionStore
        Where predictions go.
    settings : Settings
        How to run.
    advance : callable
        Told of every batch.
    """

    def __init__(self, store: PredictionStore, settings: Settings, advance: Advance = silent) -> None:
        self._store, self._settings, self._advance = store, settings, advance
        self._began = time.perf_counter()
        self.summary = Summary()

    def shards(self, jobs: Sequence[Job], loaded: Loaded) -> None:
        """Run shards one after the other; the next is cut while the networks are busy with one.

        Raises
        ------
        ClipsafeError
            See `predict`. Shards that were finished stay.
        """
        runners = {model: Runner(model.name, network, network.transform) for model, network in loaded.items()}
        cutter = Cutter(self._settings.threads)
        requests = (Request(job.images, row, _crops(job, loaded)) for job in jobs for row in job.rows)
        waited = self.summary.waited
        with closing(cutter.cut_ahead(requests)) as cut_images:
            for job in jobs:
                parts: dict[ModelReference, list[NDArray[np.float32]]] = {model: [] for model in job.models}
                faults: list[str] = []
                for taken in _batches(cut_images, len(job.rows), self._settings.batch_images):
                    faults += [image.fault for image in taken if image.fault]
                    _refuse_too_many(job, faults, self._settings.most_unreadable)
                    batch = Batch(_stacked(taken, _crops(job, loaded)))
                    for model in job.models:
                        parts[model].append(_without_faults(runners[model](batch), taken))
                    self._account(len(taken), len(job.models), waited + cutter.waited)
                for model in job.models:
                    self._write(model, loaded[model], job, np.concatenate(parts.pop(model)))
                self.summary.unreadable += faults

    def classifiers(self, model: ModelReference, network: Model) -> None:
        """Write the zero-shot classifiers of a model that the store lacks; each is told, as it takes long."""
        for prompts in lacking_classifiers(self._store, model, self._settings):
            say(_embedding(model, prompts), to_stderr=True)
            made = network.classifier(prompts)
            identity = classifier_provenance(model, prompts)
            self._store.write_classifier(model.name, prompts.name, made.values, made.logit_scale, identity)

    def _account(self, images: int, models: int, waited: float) -> None:
        self.summary.images += images
        self.summary.passes += images * models
        self.summary.seconds = time.perf_counter() - self._began
        self.summary.waited = waited
        self._advance(self.summary.pace, images)

    def _write(self, model: ModelReference, network: Model, job: Job, values: NDArray[np.float32]) -> None:
        writer = self._store.writer(
            model.name,
            job.images.name,
            kind=network.kind,
            labels=job.images.labels,
            image_ids=job.images.image_ids,
            width=values.shape[1],
            dtype=STORED_DTYPE,
            provenance=entry_provenance(model, job.images),
            shard_images=self._settings.shard_images,
        )
        writer.write(job.shard, values)


def lacking_classifiers(store: PredictionStore, model: ModelReference, settings: Settings) -> list[PromptSet]:
    """Return the sets of prompts whose classifier is yet to be made for a model that gives embeddings."""
    if model.kind != "embeddings":
        return []
    return [
        prompts
        for prompts in settings.prompts
        if not store.has_classifier(model.name, prompts.name, classifier_provenance(model, prompts))
    ]


def _embedding(model: ModelReference, prompts: PromptSet) -> str:
    """Say which texts are embedded before an image is read, and what takes less time."""
    templates, classes = len(prompts.templates), len(imagenet_class_names())
    texts = f"{model.name}: embedding {templates * classes:,} texts, {templates} of each class"
    return f"{texts}; --prompts 1 takes {classes:,}." if templates > 1 else f"{texts}."


def classifier_provenance(model: ModelReference, prompts: PromptSet) -> dict[str, str]:
    """Return the identity of a zero-shot classifier: the model, the templates, the names of the classes."""
    said = json.dumps([prompts.templates, imagenet_class_names()])
    return {**model.provenance(), "prompts": hashlib.sha256(said.encode()).hexdigest()}


def _crops(job: Job, loaded: Loaded) -> tuple[Crop, ...]:
    return tuple(dict.fromkeys(loaded[model].transform.crop for model in job.models))


def _batches(cut_images: Iterator[CutImage], images: int, size: int) -> Iterator[list[CutImage]]:
    for first in range(0, images, size):
        yield list(islice(cut_images, min(size, images - first)))


def _stacked(taken: Sequence[CutImage], crops: Sequence[Crop]) -> dict[Crop, NDArray[np.uint8]]:
    return {crop: np.stack([image.pixels[k] for image in taken]) for k, crop in enumerate(crops)}


def _without_faults(values: NDArray[np.float32], taken: Sequence[CutImage]) -> NDArray[np.float32]:
    values[[image.fault is not None for image in taken]] = np.nan
    return values


def _refuse_too_many(job: Job, faults: Sequence[str], most: float) -> None:
    allowed = math.ceil(most * len(job.rows))
    if len(faults) > allowed:
        raise ClipsafeError(
            f"{job.images.name}: more than {allowed} of {len(job.rows):,} images are broken, "
            f"the last one {faults[-1]}"
        )
