"""A study of ten classes that fits in a second: one home, one shift, two sets out of distribution."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from clipsafe_engine.predict.store import Predictions, PredictionStore
from clipsafe_utils.cubes.schema import OVERALL
from clipsafe_utils.measuring.plan import (
    Condition,
    CueConflict,
    ImageSet,
    InDistribution,
    Part,
    Plan,
    fitting_half,
)

CLASSES, IMAGES = 10, 400
LABELS = np.random.default_rng(9).integers(0, CLASSES, IMAGES)
PLAN = Plan(
    in_distribution=InDistribution(ImageSet("home", "home", LABELS), fitting_half(IMAGES), "id"),
    conditions={"away": Condition(ImageSet("away", "away", LABELS))},
    shifts=("id", "away"),
    factors={"top": {"pose": Part(rows=np.arange(IMAGES) % 3 == 0), OVERALL: Part()}},
    ood={"far": ImageSet("far", "far"), "near": ImageSet("near", "near")},
    cue_conflict=CueConflict(ImageSet("cues", "cues", LABELS), (LABELS + 1) % CLASSES, tuple("abcdefghij")),
)
NOISE = {"home": 1.0, "away": 2.0, "far": 1.0, "near": 1.0, "cues": 2.0}


def predictions(
    model: str, dataset: str, *, weights: str = "", seed: int = 0, dtype: str = "float32"
) -> Predictions:
    """Stand in for the logits of a model."""
    random = np.random.default_rng([seed, len(model), *map(ord, model + dataset)])
    is_known = dataset not in ("far", "near")
    logits = 2 * NOISE[dataset] * random.standard_normal((IMAGES, CLASSES))
    if is_known:
        logits[np.arange(IMAGES), LABELS] += 4
    labels = LABELS if is_known else np.full(IMAGES, -1)
    made_by = {"weights": weights or f"weights of {model}", "seed": str(seed)}
    return Predictions(model, dataset, "logits", logits.astype(dtype), labels, np.arange(IMAGES), made_by)


def write_store(folder: Path, *models: str) -> PredictionStore:
    """Write the predictions of some models on every set."""
    store = PredictionStore(folder)
    for model in models:
        for dataset in NOISE:
            store.write(predictions(model, dataset))
    return store


def unreadable(found: Predictions, *rows: int) -> Predictions:
    """Take away what a model says of some images, as of files that could not be read."""
    values = found.values.copy()
    values[list(rows)] = np.nan
    return replace(found, values=values)
