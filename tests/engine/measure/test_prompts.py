"""The cube `prompts`, of embeddings that two classifiers read."""

from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("zarr")

from clipsafe_engine.measure.model import measure_model
from clipsafe_engine.measure.outputs import ModelOutputs
from clipsafe_engine.predict.store import Predictions, PredictionStore
from clipsafe_utils.cubes import validate
from clipsafe_utils.measuring.cubes import Facts, join_models
from tests.engine.measure.small_study import CLASSES, IMAGES, LABELS, PLAN

FACTS = Facts("test", "measured", "MIT", "made up")
CLASSIFIERS = {"1": 2.0, "80": 0.0}
"""How noisy each is."""


def unit(rows: np.ndarray) -> np.ndarray:
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> PredictionStore:
    made = PredictionStore(tmp_path_factory.mktemp("store"))
    random = np.random.default_rng(0)
    for dataset in ("home", "away", "far", "near", "cues"):
        is_known = dataset not in ("far", "near")
        near = np.eye(CLASSES)[LABELS] * is_known + 0.4 * random.standard_normal((IMAGES, CLASSES))
        values = unit(near)
        labels = LABELS if is_known else np.full(IMAGES, -1)
        made.write(Predictions("clip", dataset, "embeddings", values, labels, np.arange(IMAGES), {}))
    for name, noise in CLASSIFIERS.items():
        rows = unit(np.eye(CLASSES) + noise * random.standard_normal((CLASSES, CLASSES)))
        made.write_classifier("clip", name, rows, 10.0, {})
    return made


@pytest.mark.parametrize("ood", [PLAN.ood, {}], ids=["detection", "known images alone"])
def test_each_set_has_its_accuracy_on_the_half_that_fits_no_temperature(
    store: PredictionStore, ood: dict[str, object]
) -> None:
    plan = replace(PLAN, ood=ood, prompt_sets={name: (name,) for name in CLASSIFIERS})
    table = measure_model(ModelOutputs(store, "clip", "80"), plan, 4)["prompts"]
    cube = join_models([table], "prompts", FACTS)
    validate(cube, "prompts")
    assert ("auroc" in cube) == bool(ood)
    assert PLAN.in_distribution is not None
    rows = ~PLAN.in_distribution.fits
    embeddings = store.read("clip", "home").values[rows]
    for name in CLASSIFIERS:
        said = (embeddings @ store.read_classifier("clip", name).values.T).argmax(axis=1)
        found = cube["accuracy"].sel(draw=0, prompt_set=name).item()
        assert found == pytest.approx((said == LABELS[rows]).mean(), abs=1e-6)
