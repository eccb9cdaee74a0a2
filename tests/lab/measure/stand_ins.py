"""A small world, and stand-ins for what models of it would say: no network, no image."""

import dataclasses
import re
import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from clipsafe_engine.lab.measure.records import ModelRecord
from clipsafe_engine.lab.measure.sets import OWN_SOURCE
from clipsafe_engine.lab.world.filtering import FILTERED, candidates, keep_rows
from clipsafe_engine.lab.world.material import TestSet, counts
from clipsafe_engine.lab.world.sets import TEST_SETS, make_test_set
from clipsafe_engine.lab.world.world import World, load_world
from clipsafe_engine.predict.store import Predictions, PredictionStore
from clipsafe_utils.registry.drawn_world import DATA

SEED = 71
SMALL = {
    "natural": 960,
    "one_factor": 96,
    "redrawn": 240,
    "redrawn_candidates": 960,
    "renditions": 240,
    "adversarial": 240,
    "adversarial_candidates": 480,
    "sketches": 240,
    "controlled": 240,
    "sequences": 48,
    "sequence_reach": 2,
    "stylised": 240,
    "unseen_glyphs": 120,
    "scenes": 120,
    "textures": 120,
    "fooling": 120,
    "fooling_candidates": 240,
    "cue_conflict": 240,
}
WIDTH = 16
SCALE = 12.0
PROMPT_SETS = {"one": ("one/0", "one/1"), "all": ("all/0",)}


def small_world(folder: Path) -> World:
    """Copy the world with fewer images a set; the filtered sets take rows at random."""
    shutil.copytree(DATA, folder, dirs_exist_ok=True)
    text = (folder / "test_sets.toml").read_text()
    for name, images in SMALL.items():
        text = re.sub(rf"^{name} = \d+", f"{name} = {images}", text, flags=re.MULTILINE)
    (folder / "test_sets.toml").write_text(text)
    return with_filtered_sets(dataclasses.replace(load_world(folder), folder=folder))


def with_filtered_sets(world: World) -> World:
    """Choose rows of the filtered sets at random where none are chosen."""
    random = np.random.default_rng(0)
    for name in FILTERED:
        pool = len(candidates(world, name, SEED).labels)
        wanted = getattr(counts(world.folder), name.partition("_")[0])
        keep_rows(world, name, SEED, np.sort(random.permutation(pool)[:wanted]))
    return world


def record(model: str, **facts: object) -> ModelRecord:
    """Describe a model."""
    given: dict[str, object] = {
        "model": model,
        "weights": f"hash of {model}",
        "group": "standard",
        "training_source": "labels",
        "architecture": "resnet_xs",
        "family": f"family of {model}",
        "checkpoint": model,
        "reference": "made by a test",
        "seed": 0,
        "loss": "labels",
    }
    return ModelRecord(**(given | facts))  # type: ignore[arg-type]


def own_images(world: World, images: int = 240) -> TestSet:
    """Stand in for images of a model's own source."""
    made = make_test_set(world, "natural", SEED + 1)
    return dataclasses.replace(made, labels=made.labels[:images], image_ids=made.image_ids[:images])


def write_predictions(
    store: PredictionStore,
    world: World,
    records: Sequence[ModelRecord],
    sets: Sequence[str] = TEST_SETS,
    seed: int = 0,
) -> dict[str, TestSet]:
    """Write what models would say of every set: zero-shot CLIPs as embeddings, others as logits."""
    made = {name: make_test_set(world, name, SEED) for name in sets} | {OWN_SOURCE: own_images(world)}
    for row, one in enumerate(records):
        random = np.random.default_rng([seed, row])
        classes = random.standard_normal((world.classes, WIDTH))
        classes /= np.linalg.norm(classes, axis=1, keepdims=True)
        is_clip = one.group == "clip_zero_shot"
        provenance = {"weights": one.weights, "data": "made by a test"}
        for name, images in made.items():
            values = _embeddings(classes, images, random)
            kind = "embeddings" if is_clip else "logits"
            if not is_clip:
                values = SCALE * values @ classes.T
            store.write(
                Predictions(
                    one.model,
                    name,
                    kind,
                    values.astype(np.float32),
                    images.labels,
                    np.arange(len(images.labels)),
                    provenance,
                )
            )
        if is_clip:
            _write_classifiers(store, one.model, classes, provenance, random)
    return made


def _embeddings(classes: np.ndarray, images: TestSet, random: np.random.Generator) -> np.ndarray:
    signal = np.where(images.labels[:, None] >= 0, classes[images.labels], 0)
    if "texture_class" in images.columns:
        signal = signal + 0.8 * classes[images.columns["texture_class"]]
    values = signal + 0.35 * random.standard_normal((len(images.labels), WIDTH))
    embeddings: np.ndarray = values / np.linalg.norm(values, axis=1, keepdims=True)
    return embeddings


def _write_classifiers(
    store: PredictionStore,
    model: str,
    classes: np.ndarray,
    provenance: dict[str, str],
    random: np.random.Generator,
) -> None:
    names = ["default", *(name for subsets in PROMPT_SETS.values() for name in subsets)]
    for name in names:
        noise = 0 if name == "default" else 0.05
        rows = classes + noise * random.standard_normal(classes.shape)
        rows /= np.linalg.norm(rows, axis=1, keepdims=True)
        store.write_classifier(model, name, rows, SCALE, provenance)
