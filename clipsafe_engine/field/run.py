"""From wheels and images to the cubes of the study `field`, by the engine of the full study."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from clipsafe_engine.datasets.image_list import ImageList
from clipsafe_engine.datasets.opening import open_images
from clipsafe_engine.field.parity import Parity, parity_of, plain_decisions, plain_logits
from clipsafe_engine.field.wheels import WHEELS, Wheel, convert, timm_weights
from clipsafe_engine.measure.imagenet import plan_of_lists
from clipsafe_engine.measure.joining import join_cubes
from clipsafe_engine.measure.work import Task, measure_models
from clipsafe_engine.predict.catalogue_models import (
    Running,
    find_models,
    parameters_that_fit,
    usable_device,
)
from clipsafe_engine.predict.commands import RootedDataset
from clipsafe_engine.predict.jobs import data_hash
from clipsafe_engine.predict.predict import predict
from clipsafe_engine.predict.run import Settings
from clipsafe_engine.predict.store import PredictionStore
from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.importing.models_table import table_of_entries
from clipsafe_utils.measuring.cubes import Facts, describe, write_cubes
from clipsafe_utils.measuring.cues import mean_probabilities
from clipsafe_utils.measuring.hits import predictions_of
from clipsafe_utils.registry.catalogue import ModelEntry
from clipsafe_utils.registry.data_sets import data_set
from clipsafe_utils.registry.label_maps import merging

STUDY = "field"
SAMPLES, CUES = "imagenet-samples", "cue-conflict"
RUNNING = Running("cpu")
"""On every machine, so that the last digits of a logit are the same on most."""

SHOWN = 16
LICENCE = (
    "CC BY 4.0: decisions on cue-conflict images of Geirhos et al. 2019; "
    "weights Apache-2.0, from wheels by ML Illustrated; no image is part of the cube"
)
NO_CLAIM = (
    "parity with a plain timm loop and shape bias; no accuracy, calibration or detection: "
    "the split of the ImageNet samples is not stated"
)
"""What the study speaks of."""


def run_models(images: Path, store: Path, advance: Callable[[str], object] = str) -> None:
    """Run the networks of the wheels over both sets; what the store has is not done again.

    Parameters
    ----------
    images : Path
        Folder of `imagenet-samples` and `cue-conflict`.
    store : Path
        Folder of the predictions; converted weights go there too.
    advance : callable
        Told the pace after every image.

    Raises
    ------
    ClipsafeError
        If a wheel or a set is missing, or as in `predict`.
    """
    entries = [convert(wheel, store / "weights") for wheel in WHEELS]
    models = find_models(entries, None, RUNNING, store)
    settings = Settings(most_unreadable=0, parameters_at_once=parameters_that_fit(usable_device(RUNNING)))
    datasets = [RootedDataset(name, images) for name in (SAMPLES, CUES)]

    def tell(pace: str, done: int) -> None:
        for _ in range(done):
            advance(pace)

    predict(models, datasets, PredictionStore(store), settings, advance=tell)


def compare_with_timm(images: Path, store: Path, advance: Callable[[str], object] = str) -> list[Parity]:
    """Run a plain loop by timm over the same images and compare it with what is stored.

    Parameters
    ----------
    images, store : Path
        As in `run_models`, which has to be done.
    advance : callable
        Told of every image.

    Returns
    -------
    list of Parity
        One a network and set.

    Raises
    ------
    ClipsafeError
        As `run_models`, or if a prediction is missing.
    """
    cues = merging("cue_conflict")
    members = {name: cues.indices[cues.numbers == number].tolist() for number, name in enumerate(cues.names)}
    opened, found = PredictionStore(store), []
    for wheel in WHEELS:
        weights = timm_weights(wheel)
        for name in (SAMPLES, CUES):
            listed = open_images(data_set(name), images)
            paths = [Path(listed.place(row)) for row in range(len(listed))]

            def tell(done: int, model: str = wheel.model) -> None:
                for _ in range(done):
                    advance(model)

            theirs = plain_logits(f"{wheel.architecture}.{wheel.tag}", weights, paths, tell)
            ours = opened.read(wheel.model, name).values
            found.append(
                parity_of(
                    wheel.model,
                    name,
                    (ours, np.array(cues.names)[decided(ours)]),
                    (theirs, plain_decisions(theirs, members)),
                )
            )
    return found


def write_field(images: Path, store: Path, folder: Path, parity: Sequence[Parity]) -> dict[str, str]:
    """Measure shape bias and write the cubes; return the content hash of each.

    Parameters
    ----------
    images, store : Path
        As in `run_models`, which has to be done.
    folder : Path
        Of the study.
    parity : sequence of Parity
        What `compare_with_timm` found.

    Raises
    ------
    ClipsafeError
        If the engine and timm's loop disagree on an image, or as in `measure_models`.
    """
    off = next((one for one in parity if not one.is_exact), None)
    if off is not None:
        raise ClipsafeError(
            f"{off.model} on {off.dataset}: {off.same_predictions} predictions and {off.same_decisions} "
            f"decisions of {off.images} equal those of timm's loop; no cube was written."
        )
    lists = {name: open_images(data_set(name), images) for name in (SAMPLES, CUES)}
    plan = plan_of_lists({CUES: lists[CUES]})
    tasks = [Task(wheel.model, plan) for wheel in WHEELS]
    measured = measure_models(store, tasks, store / "measured", replicates=0, jobs=1)
    facts = Facts(STUDY, "measured", LICENCE, _source(lists, WHEELS))
    cubes = {"models": describe(table_of_entries([_shown(wheel) for wheel in WHEELS]), "models", facts)}
    shown = sum(one.images for one in parity if one.model == WHEELS[0].model)
    said = {
        "claims": NO_CLAIM,
        "parity": f"predictions and 16-class decisions on {shown} images equal those of a plain timm loop",
    }
    cubes |= join_cubes(measured, facts)
    return write_cubes({name: cube.assign_attrs(said) for name, cube in cubes.items()}, folder)


def decided(logits: NDArray[np.floating]) -> NDArray[np.int64]:
    """Return the number of the cue class that each image is decided for, shape (images,).

    Examples
    --------
    >>> decided(10 * np.eye(1000)[404:405])
    array([0])
    """
    cues = merging("cue_conflict")
    classes = np.full(logits.shape[1], -1)
    classes[cues.indices] = cues.numbers
    return predictions_of(mean_probabilities(logits, classes))


def _shown(wheel: Wheel) -> ModelEntry:
    release = f"wheel {wheel.package} {version(wheel.package)}"
    return replace(wheel.entry(Path()), resolves_via=release)


def _source(lists: Mapping[str, ImageList], wheels: tuple[Wheel, ...]) -> str:
    weights = ", ".join(f"{wheel.package} {wheel.digest[:SHOWN]}" for wheel in wheels)
    data = ", ".join(f"{name} {data_hash(listed)[:SHOWN]}" for name, listed in lists.items())
    return f"clipsafe field; float32 on the CPU; weights {weights}; images {data}"
