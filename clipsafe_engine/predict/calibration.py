"""Measuring the rates of this machine, on images that are here and networks with random weights."""

import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import torch

from clipsafe_engine.datasets.decoding import decoded
from clipsafe_engine.datasets.image_list import ImageList
from clipsafe_engine.models import clips
from clipsafe_engine.models.loading import LoadedModel, library_of, transform_of
from clipsafe_engine.predict.catalogue_models import (
    Running,
    RunningModel,
    parameters_that_fit,
    usable_device,
)
from clipsafe_engine.predict.planning import Rates, demand_of
from clipsafe_engine.predict.run import usable_cores
from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.registry.catalogue import ModelEntry

IMAGES = 64
REPETITIONS = 3


def calibrate(
    entries: Sequence[ModelEntry],
    images: ImageList,
    running: Running,
    batch_images: int,
    advance: Callable[[str], object] = str,
) -> Rates:
    """Measure seconds an image: decode, crop, and each network, whose weights are random.

    Parameters
    ----------
    entries : sequence of ModelEntry
        Networks to measure, at least one.
    images : ImageList
        Some real images; broken ones are passed over.
    running : Running
        Device and precision.
    batch_images : int
        Images in one pass.
    advance : callable
        Told of every model.

    Raises
    ------
    ClipsafeError
        If no image can be read.
    """
    pictures, decode = [], []
    for index in range(min(IMAGES, len(images))):
        began = time.perf_counter()
        try:
            pictures.append(decoded(images, index))
        except ClipsafeError:
            continue
        decode.append(time.perf_counter() - began)
    if not pictures:
        raise ClipsafeError(f"{images.place(0)}: neither this image nor the next {IMAGES} can be read.")
    crops = []
    for crop in {transform_of(entry).crop for entry in entries}:
        began = time.perf_counter()
        for picture in pictures:
            crop(picture)
        crops.append((time.perf_counter() - began) / len(pictures))
    forward, per_effort = {}, []
    for entry in entries:
        forward[entry.name] = _forward_seconds(entry, running, batch_images)
        per_effort.append(forward[entry.name] / demand_of(entry).effort)
        advance(entry.name)
    device = usable_device(running)
    return Rates(
        machine=f"{_device_name(device)}, {running.precision}",
        cores=usable_cores(),
        parameters_at_once=parameters_that_fit(device),
        decode=statistics.mean(decode),
        crop=statistics.mean(crops),
        per_effort=statistics.median(per_effort),
        forward=forward,
    )


def _forward_seconds(entry: ModelEntry, running: Running, batch_images: int) -> float:
    network, transform = library_of(entry).build(entry), transform_of(entry)
    loaded = (
        LoadedModel(entry, "embeddings", clips.ImageTower(network), transform, Path(), "", None)
        if entry.library == "open_clip"
        else LoadedModel(entry, "logits", network, transform, Path(), "", None)
    )
    model = RunningModel(loaded, running)
    batch = torch.zeros(batch_images, 3, transform.crop.size, transform.crop.size, device=model.device)
    model.forward(batch)
    times = []
    for _ in range(REPETITIONS):
        began = time.perf_counter()
        model.forward(batch)
        times.append(time.perf_counter() - began)
    return min(times) / batch_images


def _device_name(device: torch.device) -> str:
    if device.type == "cuda":
        return str(torch.cuda.get_device_name(device))
    return f"{device.type} with {torch.get_num_threads()} threads"
