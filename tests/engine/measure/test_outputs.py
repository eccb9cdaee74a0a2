"""Sets that merge classes, show some only, give several labels, or hold files that cannot be read."""

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("zarr")

from clipsafe_engine.measure.model import measure_model
from clipsafe_engine.measure.outputs import ModelOutputs
from clipsafe_engine.predict.store import Predictions, PredictionStore
from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.measuring.hits import hits_of, outcomes, single_labels
from clipsafe_utils.measuring.outputs import merged
from clipsafe_utils.measuring.plan import Condition, ImageSet
from clipsafe_utils.metrics.draws import draw_weights
from tests.engine.measure.small_study import (
    CLASSES,
    IMAGES,
    LABELS,
    PLAN,
    predictions,
    unreadable,
    write_store,
)

# Classes 0 and 1 are the first answer, 5 and 3 the second, 9 the third; the others are none.
ANSWERS = np.array([0, 0, -1, 1, -1, 1, -1, -1, -1, 2])


def outputs_of(store: PredictionStore) -> ModelOutputs:
    return ModelOutputs(store, "a", "default")


def test_merging_takes_the_largest_of_each_answer() -> None:
    logits = np.random.default_rng(0).standard_normal((20, CLASSES))
    expected = [
        [max(row[k] for k in range(CLASSES) if ANSWERS[k] == answer) for answer in range(3)] for row in logits
    ]
    assert merged(logits, ANSWERS).tolist() == expected
    only = np.where(
        np.isin(np.arange(CLASSES), [2, 7]), np.cumsum(np.isin(np.arange(CLASSES), [2, 7])) - 1, -1
    )
    assert (merged(logits, only) == logits[:, [2, 7]]).all()


def test_labels_are_counted_among_the_answers(tmp_path: Path) -> None:
    store = PredictionStore(tmp_path)
    found = predictions("a", "away")
    kept = np.isin(LABELS, np.flatnonzero(ANSWERS >= 0))
    store.write(found)
    said = outputs_of(store).read(ImageSet("away", "away", answers=ANSWERS, rows=kept))
    best = [
        np.argmax([found.values[row][[0, 1]].max(), found.values[row][[3, 5]].max(), found.values[row][9]])
        for row in np.flatnonzero(kept)
    ]
    assert (hits_of(said) == (best == ANSWERS[LABELS[kept]])).all()
    assert said.units.tolist() == np.flatnonzero(kept).tolist()


def test_any_of_several_answers_is_right(tmp_path: Path) -> None:
    store = PredictionStore(tmp_path)
    store.write(predictions("a", "away"))
    truth = np.stack([LABELS, np.full(IMAGES, -1)], axis=1)
    truth[::2, 1] = (LABELS[::2] + 1) % CLASSES
    said = outputs_of(store).read(ImageSet("away", "away", truth=truth))
    decided = said.logits.argmax(axis=1)
    right = (decided == truth[:, 0]) | (decided == truth[:, 1])
    assert (hits_of(said) == right).all()
    assert right.sum() > (decided == LABELS).sum()
    assert (single_labels(said) == np.where(right, decided, LABELS)).all()


def test_frames_of_a_unit_are_drawn_together_and_judged_by_the_worst(tmp_path: Path) -> None:
    store = PredictionStore(tmp_path)
    store.write(predictions("a", "home"))
    units = np.repeat(np.arange(IMAGES // 4), 4)[np.random.default_rng(0).permutation(IMAGES)]
    condition = Condition(
        ImageSet("home", "clips", units=units),
        asked={"first": np.arange(IMAGES) < IMAGES, "some": np.arange(IMAGES) % 2 == 0},
    )
    said = outputs_of(store).read(condition.images)
    hits = hits_of(said)
    counts = outcomes("clips", condition, said, hits, 3)
    weights = draw_weights("clips", range(IMAGES // 4), 3)
    for outcome, asked in condition.asked.items():
        whole = np.array([all(hits[(units == unit) & asked]) for unit in range(IMAGES // 4)])
        assert (counts[outcome][0] == weights @ whole.astype(int)).all()
        assert (counts[outcome][1] == weights.sum(axis=1)).all()


def test_files_that_cannot_be_read_count_nowhere(tmp_path: Path) -> None:
    store, whole = PredictionStore(tmp_path / "some"), write_store(tmp_path / "all", "a")
    gone = (0, 17, 399)
    for dataset in ("home", "away", "far", "near", "cues"):
        store.write(unreadable(predictions("a", dataset), *gone))
    found, complete = (measure_model(outputs_of(one), PLAN, 4) for one in (store, whole))
    fits = PLAN.in_distribution.fits
    images = found["shifts"]["images"].sel(model="a")
    assert images.sel(condition="away") == IMAGES - 3
    assert images.sel(condition="id") == (~fits).sum() - (~fits)[list(gone)].sum()
    hits = predictions("a", "away").values.argmax(axis=1) == LABELS
    hits[list(gone)] = False
    assert found["shifts"]["hits"].sel(model="a", condition="away") == hits.sum()
    assert found["factors"]["images"].sel(model="a", factor="pose") == 134 - 2
    assert found["shape_bias"]["count"].sum() == complete["shape_bias"]["count"].sum() - 3
    kept = np.delete(draw_weights("away", range(IMAGES), 4), gone, axis=1)
    assert (found["shifts"]["draw_images"].sel(model="a", condition="away") == kept.sum(axis=1)).all()


def test_a_set_of_which_nothing_could_be_read_is_named(tmp_path: Path) -> None:
    store = PredictionStore(tmp_path)
    store.write(unreadable(predictions("a", "away"), *range(IMAGES)))
    with pytest.raises(ClipsafeError, match="'a' could read no image of 'away'"):
        outputs_of(store).read(ImageSet("away", "away"))


def test_embeddings_need_a_classifier(tmp_path: Path) -> None:
    store = PredictionStore(tmp_path)
    values = np.eye(4, dtype=np.float32)
    store.write(Predictions("a", "v", "embeddings", values, np.arange(4), np.arange(4), {"weights": "w"}))
    with pytest.raises(ClipsafeError, match="default"):
        outputs_of(store).read(ImageSet("v", "v"))
    store.write_classifier("a", "default", np.eye(4)[:3], 10.0, {"weights": "w"})
    said = outputs_of(store).read(ImageSet("v", "v"))
    assert (said.logits == 10 * np.eye(4)[:, :3]).all()
    assert said.logit_scale == 10


def test_half_precision_is_measured_as_it_is(tmp_path: Path) -> None:
    store = PredictionStore(tmp_path)
    half = predictions("a", "home", dtype="float16")
    store.write(half)
    said = outputs_of(store).read(ImageSet("home", "home"))
    assert said.logits.dtype == np.float16
    assert (hits_of(said) == (half.values.astype(float).argmax(axis=1) == LABELS)).all()
