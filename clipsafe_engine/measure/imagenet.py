"""The study `imagenet`: which data set feeds which cube."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from clipsafe_engine.datasets.annotations import factor_flags
from clipsafe_engine.datasets.image_list import ImageList
from clipsafe_engine.measure.joining import join_cubes
from clipsafe_engine.measure.provenance import digest
from clipsafe_engine.measure.work import Task, measure_models
from clipsafe_utils.cubes.schema import FACTORS
from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.importing.models_table import table_of_entries
from clipsafe_utils.measuring.answers import answers_of, same_class_subsets
from clipsafe_utils.measuring.cubes import Facts, describe, write_cubes
from clipsafe_utils.measuring.plan import (
    SPLIT_SEED,
    Condition,
    CueConflict,
    ImageSet,
    InDistribution,
    Part,
    Plan,
    fitting_half,
)
from clipsafe_utils.metrics.draws import REPLICATES
from clipsafe_utils.registry.catalogue import ModelEntry
from clipsafe_utils.registry.data_sets import data_set
from clipsafe_utils.registry.label_maps import merging

HOME, CUES = "imagenet", "cue-conflict"
ID = "id"
ANCHORS, WHOLE = "vid_robust_pm0", "vid_robust_pm10"
PROMPTS = "80"
"""The set of prompts that all cubes but `prompts` are measured with."""

LICENCE = "CC BY-NC 4.0: derived with the annotations of ImageNet-X (Idrissi et al. 2023)"


def plan_of_lists(
    lists: Mapping[str, ImageList],
    prompts: str = PROMPTS,
    prompt_sets: Mapping[str, tuple[str, ...]] | None = None,
) -> Plan:
    """Say what is measured on the data sets that are there.

    Parameters
    ----------
    lists : mapping of str to ImageList
        By name, as `clipsafe_engine.datasets` lists them. Without the validation set of ImageNet only
        accuracy under shift and shape bias are measured.
    prompts : str
        The set of prompts that makes logits of embeddings.
    prompt_sets : mapping of str to tuple of str, optional
        As in `Plan`.

    Raises
    ------
    ClipsafeError
        If there is no set to measure, or the factors of ImageNet-X do not fit the images.
    """
    cues = _cue_conflict(lists[CUES]) if CUES in lists else None
    shifts = {
        condition: made
        for name, images in lists.items()
        if data_set(name).role == "shift"
        for condition, made in _shift(images).items()
    }
    if HOME not in lists:
        if cues is None and not shifts:
            raise ClipsafeError(f"There is nothing to measure without {HOME}, {CUES} or a shifted set.")
        return Plan(conditions=shifts, shifts=_outcomes(shifts), cue_conflict=cues, prompts=prompts)
    home = lists[HOME]
    in_distribution = InDistribution(_images(home), fitting_half(len(home)), ID)
    conditions = _same_classes(home, ~in_distribution.fits) | shifts
    return Plan(
        in_distribution=in_distribution,
        conditions=conditions,
        shifts=(ID, *_outcomes(conditions)),
        factors={selection: _factors(home, selection) for selection in ("top", "multi")},
        ood={
            name.replace("-", "_"): _images(images)
            for name, images in lists.items()
            if data_set(name).role == "ood"
        },
        cue_conflict=cues,
        prompts=prompts,
        prompt_sets=prompt_sets or {},
    )


def measure_imagenet(
    store: Path,
    entries: Sequence[ModelEntry],
    plan: Plan,
    folder: Path,
    work: Path,
    *,
    study: str = "imagenet",
    replicates: int = REPLICATES,
    jobs: int = 2,
    advance: Callable[[str], object] = str,
) -> dict[str, str]:
    """Measure models of the catalogue and write the cubes of the study.

    Parameters
    ----------
    store : Path
        Folder of the predictions.
    entries : sequence of ModelEntry
        The models.
    plan : Plan
        As of `plan_of_lists`.
    folder : Path
        Of the study.
    work : Path
        For one file a model; kept, it saves measuring what did not change.
    study : str
        Name of the study.
    replicates : int
        Draws beside the estimate.
    jobs : int
        Processes.
    advance : callable
        Called with the name of each model once it is measured.

    Returns
    -------
    dict of str to str
        Content hash of each cube.

    Raises
    ------
    ClipsafeError
        As in `measure_models`, or if there is no model.
    """
    if not entries:
        raise ClipsafeError("There is no model to measure.")
    tasks = [Task(entry.name, plan) for entry in entries]
    measured = measure_models(store, tasks, work, replicates=replicates, jobs=jobs, advance=advance)
    predictions = digest([one.predictions for one in measured])
    source = (
        f"clipsafe measure; {replicates} draws; temperatures fitted on a half of seed {SPLIT_SEED}; prompts "
        f"{plan.prompts}; predictions {predictions[:16]}"
    )
    facts = Facts(study, "measured", LICENCE, source)
    models = describe(table_of_entries(entries), "models", facts)
    cubes = {"models": models, **join_cubes(measured, facts)}
    return write_cubes(cubes, folder)


def _images(images: ImageList) -> ImageSet:
    return ImageSet(images.name, data_set(images.name).draws, images.labels, answers=_answers_of(images))


def _shift(images: ImageList) -> dict[str, Condition]:
    if "right_classes" not in images.columns:
        (name,) = data_set(images.name).conditions
        return {name: Condition(_images(images))}
    frames = ImageSet(
        images.name,
        data_set(images.name).draws,
        images.labels,
        units=images.columns["anchor"],
        answers=_answers_of(images),
        truth=images.columns["right_classes"],
    )
    anchors = images.columns["offset"] == 0
    return {"vid_robust": Condition(frames, asked={ANCHORS: anchors, WHOLE: np.ones(len(images), np.bool_)})}


def _outcomes(conditions: Mapping[str, Condition]) -> tuple[str, ...]:
    return tuple(outcome for name, one in conditions.items() for outcome in one.asked or (name,))


def _same_classes(home: ImageList, tested: NDArray[np.bool_]) -> dict[str, Condition]:
    found = {}
    for name, answers in same_class_subsets().items():
        rows = tested & (answers[home.labels] >= 0)
        images = ImageSet(home.name, data_set(home.name).draws, home.labels, answers=answers, rows=rows)
        found[name] = Condition(images, calibrated=False)
    return found


def _factors(home: ImageList, selection: str) -> dict[str, Part]:
    flags = factor_flags(home, selection)
    return {factor: Part(rows=flags[:, place]) for place, factor in enumerate(FACTORS)}


def _cue_conflict(images: ImageList) -> CueConflict:
    classes = merging("cue_conflict")
    shape, texture = (
        np.array([classes.names.index(name) for name in images.columns[cue]]) for cue in ("shape", "texture")
    )
    return CueConflict(
        ImageSet(CUES, data_set(CUES).draws, images.labels, truth=shape, rows=images.columns["conflict"]),
        texture,
        classes.names,
        answers_of(classes.indices, classes.numbers),
    )


def _answers_of(images: ImageList) -> NDArray[np.int64] | None:
    if images.label_space is None:
        return None
    return answers_of(images.label_space, None if images.merged is None else images.merged.numbers)
