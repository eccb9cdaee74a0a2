"""One CLIP fine-tuned by seventy recipes: made-up rows, and checks on the files themselves."""

import json
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from clipsafe_utils.cubes.validation import validate
from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.record import model_soups
from clipsafe_utils.record.networks import describe
from clipsafe_utils.record.public_sources import PUBLIC_SOURCES
from clipsafe_utils.record.published import write_one

_RECIPE = {"lr": 1e-5, "wd": 0.1, "mix": 0.5, "smoothing": 0, "epochs": 4, "aug": "rand-m7-n2"}


def written(folder: Path, monkeypatch: pytest.MonkeyPatch, copy: float = 0.5, aug: str | None = None) -> None:
    recipes = {"model_0": {"info": "probe"}, "model_4": _RECIPE, "model_5": _RECIPE} | {
        "model_6": _RECIPE | {"aug": aug}
    }
    accuracy = dict.fromkeys(recipes, 0.5) | {"model_5": copy}
    rows = [
        {"model_name": name} | dict.fromkeys(model_soups.DATA_SETS.values(), accuracy[name])
        for name in recipes
    ]
    for row in rows:
        row["ImageNetSketch"] = 25_000 / 50_889
    (folder / "individual_model_results.jsonl").write_text("\n".join(map(json.dumps, rows)))
    (folder / "hparam_info.json").write_text(json.dumps(recipes))
    monkeypatch.setattr(model_soups, "fetch", lambda path: folder / path.rsplit("/", 1)[-1])


def test_by_hand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written(tmp_path, monkeypatch)
    cube = model_soups.recipe_counts()
    assert cube["model"].values.tolist() == ["model_0", "model_4", "model_6"]
    assert cube["hits"].sel(model="model_4").values.tolist() == [
        25_000,
        13_000,
        5_000,
        15_000,
        3_750,
        25_000,
        9_287,
    ]
    np.testing.assert_array_equal(cube["learning_rate"], [np.nan, 1e-5, 1e-5])
    np.testing.assert_array_equal(cube["augmentation_magnitude"], [np.nan, 7, 0])
    np.testing.assert_array_equal(cube["augmentation_operations"], [np.nan, 2, 0])


def test_the_copy_must_be_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written(tmp_path, monkeypatch, copy=0.6)
    with pytest.raises(ClipsafeError, match=r"results\.jsonl: 'model_5' is not 'model_4' once more"):
        model_soups.recipe_counts()


def test_an_unknown_augmentation_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written(tmp_path, monkeypatch, aug="auto")
    with pytest.raises(ClipsafeError, match=r"hparam_info\.json: .*'auto' is not rand-m"):
        model_soups.recipe_counts()


@pytest.mark.parametrize("content", ["{", '{"model_name": "model_1"}', '"model_1"'])
def test_a_bad_file_is_named(content: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written(tmp_path, monkeypatch)
    (tmp_path / "individual_model_results.jsonl").write_text(content)
    with pytest.raises(ClipsafeError, match=r"results\.jsonl: expected a line a model"):
        model_soups.recipe_counts()


def test_they_stand_in_a_cube_of_their_own() -> None:
    assert [*PUBLIC_SOURCES["model-soups"].cubes] == ["recipes"]


def test_they_are_one_family() -> None:
    networks = [describe("model-soups", f"model_{number}") for number in (0, 1, 71)]
    assert {network.family for network in networks} == {"CLIP (WIT) ViT-B"}
    assert [network.fine_tuning for network in networks] == ["in1k (linear)", "in1k", "in1k"]
    assert len({network.checkpoint for network in networks}) == 3


class TestMirror:
    """The checks of the description of the sources, on the files themselves."""

    @pytest.fixture
    def cube(self, mirror: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> xr.Dataset:
        monkeypatch.setenv("CLIPSAFE_MIRROR", str(mirror))
        write_one("recipes", tmp_path)
        cube = xr.load_dataset(tmp_path / "recipes.nc")
        validate(cube, "recipes")
        return cube

    def test_every_count_is_whole_and_the_copy_counts_once(self, cube: xr.Dataset) -> None:
        assert cube.sizes["model"] == 71
        assert "model-soups:model_5" not in cube["model"].values
        assert cube["hits"].notnull().all()
        assert cube["hits"].attrs["rounding"] == "exact"

    def test_the_probe_alone_has_no_recipe(self, cube: xr.Dataset) -> None:
        missing = cube["learning_rate"].isnull()
        assert cube["model"].values[missing].tolist() == ["model-soups:model_0"]
