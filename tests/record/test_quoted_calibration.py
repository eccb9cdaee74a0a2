"""Calibration quoted from tables that state no licence: made-up rows, and checks on the files themselves."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from clipsafe_utils.cubes.validation import validate
from clipsafe_utils.record import clip_calibration, hsc
from clipsafe_utils.record.calibration_tables import lay_out
from clipsafe_utils.record.networks import describe
from clipsafe_utils.record.published import write_one
from clipsafe_utils.record.tables import read_numbers

_HEADER = (
    "Architecture,Accuracy,Accuracy_TS,ECE_15,ECE_15_TS,Confidence Mean,Confidence Mean_TS,"
    "Temperature,input size"
)
_MADE = {
    "CLIP_ViT-L/14@336px": (70.0, 71.0, 0.05, 0.02, 0.8, 0.75, 1.2, 336),
    "resnet50.a1_in1k": (80.0, 80.5, 0.1, 0.03, 0.7, 0.8, 0.9, 224),
    "resnet18.tv_in1k": (60.0, 60.5, 0.1, 0.03, 0.7, 0.8, 300, 224),
    "resnet34.tv_in1k": (60.0, 60.5, 0.1, 0.5, 0.7, 0.1, 1.5, 224),
    "resnet101_torchvision": (77.0, 77.5, 0.1, 0.03, 0.7, 0.6, 1.1, 224),
    "resnet9000.nobody_in1k": (77.0, 77.5, 0.1, 0.03, 0.7, 0.6, 1.1, 224),
    "swin_base_patch4_window7_224.ms_in22k_ft_in1k": (85.0, 85.5, 0.1, 0.03, 0.7, 0.6, 1.1, 224),
}


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> xr.Dataset:
    lines = [_HEADER, *(",".join([name, *map(str, row)]) for name, row in _MADE.items())]
    path = tmp_path / "table.csv"
    path.write_text("\n".join(lines))
    monkeypatch.setattr(hsc, "fetch", lambda _: path)
    return hsc.calibration_rows()


class TestClassifiers:
    def test_by_hand(self, made: xr.Dataset) -> None:
        row = made.sel(model="ViT-L-14-336.openai@336", condition="id", draw=0)
        assert row["accuracy"].values.tolist() == [0.7, 0.71]
        assert row["ece"].values.tolist() == [0.05, 0.02]
        assert row["mean_confidence"].values.tolist() == [0.8, 0.75]
        assert row["temperature"].item() == 1.2
        assert row["image_size"].item() == 336
        assert row["nll"].isnull().all()
        assert made["scaling"].values.tolist() == ["before", "after"]

    def test_only_the_networks_that_a_claim_needs(self, made: xr.Dataset) -> None:
        names = [name.partition("@")[0] for name in made["model"].values.tolist()]
        assert names == ["ViT-L-14-336.openai", "resnet50.a1_in1k", "resnet18.tv_in1k", "resnet34.tv_in1k"]

    def test_a_temperature_left_by_a_failed_fit_is_not_quoted(self, made: xr.Dataset) -> None:
        row = made.sel(model="resnet18.tv_in1k@224", condition="id", draw=0)
        assert row["temperature"].isnull()
        assert row["ece"].values.tolist() == [0.1, 0.03]

    def test_nothing_is_quoted_after_a_fit_that_did_not_converge(self, made: xr.Dataset) -> None:
        row = made.sel(model="resnet34.tv_in1k@224", condition="id", draw=0)
        assert row["temperature"].isnull()
        np.testing.assert_array_equal(row["ece"], [0.1, np.nan])
        np.testing.assert_array_equal(row["accuracy"], [0.6, np.nan])

    def test_it_says_on_which_images(self, made: xr.Dataset) -> None:
        assert "the other 45,000" in made["ece"].attrs["images"]
        assert "does not state" in made["nll"].attrs["not_measured"]


class TestTemperatures:
    def test_thirteen_of_which_three_count_nowhere(self) -> None:
        cube = clip_calibration.calibration_rows()
        assert cube.sizes["model"] == 13
        assert cube["temperature"].notnull().all()
        assert cube["ece"].isnull().all()
        networks = [describe("clip-calibration", name) for name in cube["model"].values.tolist()]
        others = [network for network in networks if network.group == "other"]
        assert len(others) == 3
        for network in others:
            assert "wrong activation" in network.reference
            assert network.checkpoint == network.model
        assert {network.group for network in networks if network not in others} == {"clip_zero_shot"}

    def test_an_epoch_is_a_number_of_samples(self) -> None:
        seen = clip_calibration.calibration_rows()["samples_seen"]
        assert seen.sel(model="ViT-L-14.laion400m_e31") == 31 * 407_332_084
        assert np.isnan(seen.sel(model="ViT-L-14.openai"))


def test_what_is_not_stated_is_missing() -> None:
    cube = lay_out({}, pd.Series({"a": 2.0}))
    assert cube["temperature"].values.tolist() == [[2.0]]
    assert cube["image_size"].isnull().all()
    assert "mean_confidence" not in cube


@pytest.fixture(scope="module")
def table(mirror: Path) -> pd.DataFrame:
    columns = [f"{name}{end}" for name in hsc.COLUMNS.values() for end in ("", "_TS")]
    return (
        read_numbers(mirror / hsc.TABLE, ["Architecture"], [*columns, "Temperature", "input size"])
        .rename(columns={"Architecture": "model"})
        .set_index("model")
    )


class TestMirror:
    """The checks of the description of the sources, on the files themselves."""

    @pytest.fixture
    def cube(self, mirror: Path, monkeypatch: pytest.MonkeyPatch) -> xr.Dataset:
        monkeypatch.setenv("CLIPSAFE_MIRROR", str(mirror))
        return hsc.calibration_rows().sel(draw=0, condition="id")

    def test_accuracies_are_those_of_timm(self, table: pd.DataFrame, mirror: Path) -> None:
        path = mirror / "pytorch-image-models" / "results" / "results-imagenet.csv"
        theirs = read_numbers(path, ["model", "img_size"], ["top1"]).astype({"img_size": float})
        # Of a few networks the table states the size before cropping.
        size = table["input size"].replace({404: 384}).rename("img_size")
        both = table.assign(img_size=size).merge(theirs, on=["model", "img_size"])
        apart = (both["Accuracy"] - both["top1"]).abs().set_axis(both["model"])
        tuned = [name for name in apart.index if describe("timm", name).group == "clip_fine_tuned"]
        assert len(tuned) == 35
        assert apart[tuned].max() < 0.045
        assert apart.median() < 0.01

    def test_failed_fits_are_known_and_none_is_quoted(self, table: pd.DataFrame, cube: xr.Dataset) -> None:
        ends = {"before": "", "after": "_TS"}
        stated = {
            name: pd.DataFrame({scaling: table[column + end] for scaling, end in ends.items()})
            for name, column in hsc.COLUMNS.items()
        }
        assert (stated["ece"]["after"] > hsc.NOT_CONVERGED).sum() == 7
        usable = hsc.without_failed_fits(stated, table["Temperature"])
        assert usable.isna().sum() == 14 + 7
        assert cube["temperature"].notnull().all()
        assert cube["ece"].notnull().all()

    def test_numbers_of_networks(self, cube: xr.Dataset) -> None:
        groups = pd.Series([describe("hsc", name).group for name in cube["model"].values.tolist()])
        assert groups.value_counts().to_dict() == {"standard": 67, "clip_fine_tuned": 32, "clip_zero_shot": 9}

    def test_quoted_temperatures_are_those_of_the_notebook(self, mirror: Path) -> None:
        table = pd.read_csv(mirror / "derived" / "clip_temperatures.csv")
        theirs = table.set_index(table["architecture"] + "." + table["pretrained"])["temperature"]
        pd.testing.assert_series_equal(clip_calibration.temperatures(), theirs)
        assert table["note"].notna().sum() == 3
        errors = json.loads((mirror / "CLIP_Calibration" / "dataset_eces.json").read_text())
        names = table["architecture"] + ";" + table["pretrained"]
        for data_set, column in (("CIFAR100", "cifar100"), ("Food101", "food101"), ("SUN397", "sun397")):
            means = [np.mean(errors[data_set][name]) for name in names]
            np.testing.assert_allclose(means, table[f"ece10_after_{column}"], atol=1e-6)

    def test_both_sources_ask_for_like_temperatures(self, cube: xr.Dataset) -> None:
        ours = clip_calibration.temperatures()
        for name in ("ViT-B-32", "ViT-B-16", "ViT-L-14", "RN50"):
            quoted = cube["temperature"].sel(model=f"{name}.openai@224").item()
            assert ours[f"{name}.openai"] == pytest.approx(quoted, abs=0.05)

    def test_the_part_is_written_beside_the_cube(
        self, mirror: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("CLIPSAFE_MIRROR", str(mirror))
        assert list(write_one("calibration", tmp_path)) == ["calibration", "calibration.quoted"]
        quoted = xr.load_dataset(tmp_path / "calibration.quoted.nc")
        validate(quoted, "calibration")
        assert quoted.attrs["licence"].startswith("no licence stated: ")
        assert "imagenet_tune.ipynb" in quoted["temperature"].attrs["source"]
        assert (tmp_path / "calibration.quoted.nc").stat().st_size < 150_000
