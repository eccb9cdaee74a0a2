"""Tables of single models: detection, cue conflict, joining and rounding."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

pytest.importorskip("zarr")

from clipsafe_engine.measure.model import measure_model
from clipsafe_engine.measure.outputs import ModelOutputs
from clipsafe_engine.predict.store import PredictionStore
from clipsafe_utils.cubes import validate
from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.measuring.cubes import Facts, join_models
from clipsafe_utils.measuring.cues import decisions
from clipsafe_utils.measuring.detection import Scored, areas_of_sets
from clipsafe_utils.measuring.outputs import Outputs
from clipsafe_utils.measuring.plan import CueConflict, ImageSet
from clipsafe_utils.measuring.rounding import DIGITS, compact, rounded
from clipsafe_utils.metrics.draws import draw_weights
from clipsafe_utils.metrics.ood import detection
from tests.engine.measure.small_study import PLAN, predictions, unreadable, write_store

FACTS = Facts("test", "proxy", "CC0", "made by a test")


def test_areas_are_those_of_the_detection_metrics() -> None:
    random = np.random.default_rng(0)
    # Few distinct values: most pairs are ties.
    known = {"s": random.integers(2, 9, 300) / 4, "t": random.standard_normal(300)}
    others = {name: {"s": random.integers(0, 7, 200) / 4, "t": random.standard_normal(200)} for name in "ab"}
    weights = draw_weights("known", range(300), 9)
    of_others = {name: draw_weights(name, range(200), 9) for name in "ab"}
    found = areas_of_sets(
        Scored(known, weights), {name: Scored(scores, of_others[name]) for name, scores in others.items()}
    )
    for score in "st":
        for name in "ab":
            expected = detection(known[score], others[name][score], weights, of_others[name]).auroc
            assert found.sel(score=score, ood_set=name).values == pytest.approx(expected, abs=1e-12)


def test_cue_classes_are_decided_by_mean_probability() -> None:
    # The first cue class has the likeliest member, the second the larger mean.
    probabilities = np.array([[0.4, 0.02, 0.3, 0.28], [0.1, 0.1, 0.35, 0.45]])
    cues = CueConflict(ImageSet("c", "c"), np.array([1, 0]), ("cat", "dog"), np.array([0, 0, 1, 1]))
    said = Outputs(np.log(probabilities), np.array([0, 1]), np.arange(2), "c", np.ones(2, bool))
    assert decisions(cues, said).tolist() == [[False, True, False], [True, False, False]]
    assert decisions(replace(cues, cue_classes=None), said).tolist() == [
        [True, False, False],
        [False, False, True],
    ]


def test_joined_tables_keep_the_rules(tmp_path: Path) -> None:
    store = write_store(tmp_path, "a", "b")
    tables = [measure_model(ModelOutputs(store, model, "default"), PLAN, 4) for model in "ab"]
    for name in ("factors", "shifts", "ood", "calibration", "shape_bias"):
        cube = join_models([one[name] for one in tables], name, FACTS)
        validate(cube, name)
        assert cube["model"].values.tolist() == ["a", "b"]
    assert cube["count"].dtype == np.int32


def test_models_that_saw_other_images_are_not_joined(tmp_path: Path) -> None:
    store = write_store(tmp_path / "all", "a")
    other = PredictionStore(tmp_path / "some")
    for dataset in ("home", "away", "far", "near", "cues"):
        other.write(unreadable(predictions("b", dataset), 3))
    tables = [
        measure_model(ModelOutputs(one, model, "default"), PLAN, 2)["shifts"]
        for one, model in ((store, "a"), (other, "b"))
    ]
    with pytest.raises(ClipsafeError, match="'shifts': model 'b' was shown other images than 'a'"):
        join_models(tables, "shifts", FACTS)
    with pytest.raises(ClipsafeError, match="'shifts': its models were not measured alike"):
        join_models([tables[0], tables[1].isel(condition=[0])], "shifts", FACTS)


def test_replicates_are_rounded_and_the_estimate_is_not() -> None:
    values = np.random.default_rng(0).uniform(-1, 1, (3, 1000))
    values[1, 0] = np.nan
    kept = compact(xr.DataArray(values, dims=("draw", "model"), coords={"draw": [0, 1, 2]}))
    assert kept.dtype == np.float32
    assert (kept[0].values == values[0].astype(np.float32)).all()
    assert np.isnan(kept.values[1, 0])
    off = np.abs(kept.values / values - 1)[1:]
    assert 2.0 ** -(DIGITS + 2) < np.nanmax(off) <= 2.0 ** -(DIGITS + 1) * (1 + 1e-6)
    bits = kept.values[2].view(np.uint32)
    assert (bits & np.uint32(2 ** (23 - DIGITS) - 1) == 0).all()
    assert rounded(np.array([1.0, 0.0, -2.0], np.float32)).tolist() == [1.0, 0.0, -2.0]
