"""The study `experiments` against small computations that share no code with it."""

from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from scipy.special import softmax

pytest.importorskip("zarr")

from clipsafe_engine.lab.measure.experiments import measure_experiments
from clipsafe_engine.lab.world.sets import HARD, TEST_SETS
from clipsafe_engine.predict.store import PredictionStore
from clipsafe_utils.cubes.studies import Study
from clipsafe_utils.measuring.rounding import DIGITS
from tests.lab.measure import stand_ins
from tests.lab.measure.laboratories import RECORDS, REPLICATES

ROUNDING = 2.0 ** -(DIGITS + 1)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("experiments")
    world = stand_ins.small_world(folder / "world")
    stand_ins.write_predictions(PredictionStore(folder / "store"), world, RECORDS, (*TEST_SETS, HARD))
    measure_experiments(
        folder / "store",
        RECORDS,
        {"clip-a": stand_ins.SCALE},
        folder / "cubes",
        folder / "work",
        world=world,
        seed=stand_ins.SEED,
        replicates=REPLICATES,
        jobs=1,
    )
    return folder


@pytest.fixture(scope="module")
def values(folder: Path) -> xr.DataArray:
    return Study("experiments", folder / "cubes").read("causes")["value"]


def test_all_models_are_in_all_cubes_shipped_or_not(folder: Path) -> None:
    study = Study("experiments", folder / "cubes")
    study.check()
    assert study.cubes == ("models", "factors", "shape_bias", "causes")
    for name in study.cubes:
        assert study.read(name)["model"].values.tolist() == [record.model for record in RECORDS]


def test_confidence_on_the_hard_set_is_that_of_the_logits(folder: Path, values: xr.DataArray) -> None:
    stored = PredictionStore(folder / "store").read("net-b", HARD)
    chances = softmax(stored.values.astype(float), axis=1)
    accuracy = (chances.argmax(axis=1) == stored.labels).mean()
    here = values.sel(model="net-b", draw=0)
    assert here.sel(property="accuracy_before_hard").item() == pytest.approx(accuracy, rel=ROUNDING)
    gap = chances.max(axis=1).mean() - accuracy
    assert here.sel(property="confidence_gap_before_hard").item() == pytest.approx(gap, rel=ROUNDING)
    cooled = softmax(stored.values / here.sel(property="temperature").item(), axis=1)
    gap = cooled.max(axis=1).mean() - accuracy
    assert here.sel(property="confidence_gap_after_hard").item() == pytest.approx(gap, rel=1e-3, abs=1e-5)


def test_a_scale_is_a_clip_s(values: xr.DataArray) -> None:
    scale = values.sel(property="logit_scale")
    assert (scale.sel(model="clip-a") == stand_ins.SCALE).all()
    assert np.isnan(scale.sel(model="net-b")).all()
