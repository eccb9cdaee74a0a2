"""Confidences of the record: which images, which answers, and what is measured from them."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from clipsafe_utils.cubes import find_study, read_cube
from clipsafe_utils.cubes.schema import FACTORS, OVERALL
from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.metrics.calibration import calibration_floor
from clipsafe_utils.metrics.draws import REPLICATES, draw_weights
from clipsafe_utils.metrics.labelled.calibration import ESTIMATE_ONLY
from clipsafe_utils.record import confidences
from clipsafe_utils.record.confidences import ALL_IMAGES, ANNOTATED, NAMESPACE, conditions, measure
from clipsafe_utils.record.imagenet_x import ANNOTATIONS_FOLDER, PREDICTIONS_FOLDER
from clipsafe_utils.record.sources import fetch
from tests.conftest import FIXTURES


@pytest.fixture(scope="module")
def cube() -> xr.Dataset:
    return read_cube(find_study("published").path("calibration")).isel(scaling=0)


@pytest.fixture
def raw(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Predictions of three images, the last of them wrong, in another order than the labels."""
    labels = pd.DataFrame({"file_name": ["a", "b", "c"], "label": [7, 8, 9]})
    labels.to_csv(tmp_path / "filename_label.csv", index=False)
    predictions = pd.DataFrame(
        {"file_name": ["c", "a", "b"], "predicted_class": [1, 7, 8], "predicted_probability": [0.4, 0.9, 0.6]}
    )
    predictions.to_csv(tmp_path / "model.csv", index=False)
    monkeypatch.setattr(confidences, "fetch", lambda path: tmp_path / Path(path).name)
    return tmp_path / "model.csv"


class TestReading:
    def test_answers_are_matched_with_labels_by_name(self, raw: Path) -> None:
        table = confidences.read_confidences(raw.name)
        assert table.index.tolist() == ["a", "b", "c"]
        assert table["confidence"].tolist() == [0.9, 0.6, 0.4]
        assert table["correct"].tolist() == [True, True, False]

    def test_a_missing_image_is_named(self, raw: Path) -> None:
        text = raw.read_text().replace("a,7,0.9\n", "")
        raw.write_text(text)
        with pytest.raises(ClipsafeError, match=r"model\.csv: no prediction for the image a\."):
            confidences.read_confidences(raw.name)

    def test_the_fixture_lacks_most_images(self, monkeypatch: pytest.MonkeyPatch) -> None:
        local = FIXTURES / "record" / PREDICTIONS_FOLDER / "ViT.csv"
        labels = fetch(f"{ANNOTATIONS_FOLDER}/filename_label.csv")
        monkeypatch.setattr(confidences, "fetch", lambda path: local if "ViT" in path else labels)
        with pytest.raises(ClipsafeError, match="no prediction for the image ILSVRC2012_val_"):
            confidences.read_confidences(f"{PREDICTIONS_FOLDER}/ViT.csv")


class TestConditions:
    def test_factors_partition_the_annotated_images_but_two(self) -> None:
        sets = conditions()
        names = [f"factor_{name}" for name in FACTORS if name != OVERALL]
        assert list(sets) == [ALL_IMAGES, ANNOTATED, *names]
        assert [len(sets[name]) for name in (ALL_IMAGES, ANNOTATED, "factor_pose")] == [
            50_000,
            46_110,
            15_064,
        ]
        members = [image for name in names for image in sets[name]]
        assert len(members) == len(set(members)) == len(sets[ANNOTATED]) - 2
        assert set(members) < set(sets[ANNOTATED]) < set(sets[ALL_IMAGES])


class TestMeasure:
    def test_draws_of_a_part_are_those_of_the_whole(self) -> None:
        random = np.random.default_rng(0)
        confidence = random.uniform(0.1, 1, (2, 300))
        correct = random.random((2, 300)) < confidence
        weights = draw_weights(NAMESPACE, range(300), 5)
        part = measure(confidence[:, :100], correct[:, :100], weights[:, :100], ["a", "b"])
        only_part = weights.copy()
        only_part[:, 100:] = 0
        same = measure(confidence, correct, only_part, ["a", "b"])
        for name in ("accuracy", "ece", "ece_debiased", "ece_rms", "ece_equal_mass"):
            np.testing.assert_allclose(part[name], same[name])

    def test_by_hand(self) -> None:
        correct = np.array([[1, 0, 1, 0]], bool)
        found = measure(np.full((1, 4), 0.5), correct, np.ones((1, 4), int), ["m"])
        assert (found["ece"].item(), found["accuracy"].item()) == (0, 0.5)

    def test_the_floor_is_simulated_for_the_estimate_only(self) -> None:
        confidence = np.full((1, 50), 0.5)
        found = measure(confidence, np.ones((1, 50), bool), draw_weights("x", range(50), 2), ["a"])
        assert found["ece_floor"].values[0] == calibration_floor(confidence)
        assert found["ece_floor"].isel(draw=slice(1, None)).isnull().all()
        assert found["ece"].values[0] == pytest.approx(0.5)
        assert found["bin_count"].sum().item() == 50


class TestCube:
    def test_accuracies_are_those_of_the_counts_by_factor(self, cube: xr.Dataset) -> None:
        factors = find_study("published").read("factors").sel(label_rule="class", selection="top")
        share = (factors["hits"] / factors["images"]).sel(model=cube["model"].values)
        accuracy = cube["accuracy"].isel(draw=0)
        for condition in cube["condition"].values.tolist()[1:]:
            factor = OVERALL if condition == ANNOTATED else condition.removeprefix("factor_")
            np.testing.assert_allclose(
                accuracy.sel(condition=condition), share.sel(factor=factor), atol=1e-12
            )

    def test_bins_hold_every_image(self, cube: xr.Dataset) -> None:
        expected = [len(images) for images in conditions().values()]
        assert (cube["bin_count"].sum("bin") == np.array(expected)).all()
        hits = cube["bin_hits"].sum("bin") / cube["bin_count"].sum("bin")
        np.testing.assert_allclose(hits, cube["accuracy"].isel(draw=0).transpose(*hits.dims))

    def test_what_needs_all_probabilities_is_not_measured(self, cube: xr.Dataset) -> None:
        assert cube.sizes["draw"] == 1 + REPLICATES
        for name in ("nll", "brier", "ece_classwise", "temperature"):
            assert cube[name].isnull().all()
            assert cube[name].attrs["not_measured"] == confidences.TOP_ONLY
        assert cube["ece_floor"].isel(draw=0).notnull().all()
        assert cube["ece_floor"].attrs["not_measured"] == ESTIMATE_ONLY
