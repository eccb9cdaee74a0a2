"""Retrieval: recall at each rank from the source that states it, made-up rows and the files themselves."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from clipsafe_utils.cubes.validation import validate
from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.record import retrieval
from clipsafe_utils.record.networks import describe
from clipsafe_utils.record.published import write_one

_BUILT = {
    "open_clip": retrieval.open_clip_recall,
    "scaling-laws": retrieval.scaling_laws_recall,
    "frequency": retrieval.frequency_recall,
}


def written(folder: Path, coco: float = 0.25) -> Path:
    """Write recall at 1 of two made-up CLIPs, one file a set and direction."""
    for name in ("flickr_t2i", "flickr_i2t", "coco_t2i", "coco_i2t"):
        full = {
            "backboneRN50_pretrainedmine": {"full": 0.5},
            "backboneRN101_pretrainedmine": {"full": coco if name == "coco_t2i" else 0.125},
        }
        (folder / f"{name}_k=1_results.json").write_text(json.dumps(full))
    return folder


def built_from(folder: Path, monkeypatch: pytest.MonkeyPatch) -> xr.Dataset:
    monkeypatch.setattr(retrieval, "fetch", lambda path: folder / path.rsplit("/", 1)[-1])
    return retrieval.frequency_recall()


def test_by_hand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cube = built_from(written(tmp_path), monkeypatch)
    assert cube["model"].values.tolist() == ["RN101.mine@224", "RN50.mine@224"]
    row = cube.sel(model="RN101.mine@224", set="mscoco")
    assert row["recall_at_1"].sel(direction="image_for_text") == 0.25  # t2i: an image for a text
    assert row["recall_at_1"].sel(direction="text_for_image") == 0.125
    assert row["queries"].values.tolist() == [25_000, 5_000]
    assert cube["recall_at_5"].isnull().all()


def test_recall_is_that_of_a_whole_number_of_queries(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ClipsafeError, match=r"row 'RN101\.mine@224', .* of the 25,000 images"):
        built_from(written(tmp_path, coco=0.25001), monkeypatch)


class TestMirror:
    """The checks of the description of the sources, on the files themselves."""

    @pytest.fixture
    def cubes(self, mirror: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, xr.Dataset]:
        monkeypatch.setenv("CLIPSAFE_MIRROR", str(mirror))
        return {source: build() for source, build in _BUILT.items()}

    def test_every_row_of_open_clip_joins(self, cubes: dict[str, xr.Dataset], mirror: Path) -> None:
        path = mirror / "open_clip" / "docs" / "openclip_results.csv"
        accuracies = pd.read_csv(path)
        names = accuracies["name"] + "." + accuracies["pretrained"]
        assert sorted(names) == sorted(cubes["open_clip"]["model"].values.tolist())
        assert len(names) == 121

    def test_recall_grows_with_the_rank(self, cubes: dict[str, xr.Dataset], mirror: Path) -> None:
        table = pd.read_csv(mirror / retrieval.OPEN_CLIP)
        for found in ("Flickr image", "Flickr text", "MSCOCO image", "MSCOCO text"):
            at_1, at_5, at_10 = (table[f"{found} retr. R@{rank}"] for rank in (1, 5, 10))
            assert ((at_1 <= at_5) & (at_5 <= at_10)).all()
        assert (cubes["open_clip"]["recall_at_1"] <= cubes["open_clip"]["recall_at_5"]).all()

    def test_ranks_are_not_mixed(self, cubes: dict[str, xr.Dataset]) -> None:
        stated = {
            source: {rank for rank in (1, 5) if cube[f"recall_at_{rank}"].notnull().all()}
            for source, cube in cubes.items()
        }
        assert stated == {"open_clip": {1, 5}, "scaling-laws": {5}, "frequency": {1}}
        assert cubes["scaling-laws"]["recall_at_1"].isnull().all()
        assert {source: cube.sizes["model"] for source, cube in cubes.items()} == {
            "open_clip": 121,
            "scaling-laws": 32,
            "frequency": 21,
        }

    def test_two_readings_of_one_network_agree(self, cubes: dict[str, xr.Dataset]) -> None:
        theirs = cubes["frequency"]["recall_at_1"].sel(model="ViT-B-16.datacomp@224").values
        ours = cubes["open_clip"]["recall_at_1"].sel(model="ViT-B-16.datacomp_xl_s13b_b90k").values
        assert np.abs(theirs - ours).max() < 0.06
        large = cubes["scaling-laws"]["recall_at_5"].sel(model="ViT-L-14.openai").values
        np.testing.assert_allclose(
            large, cubes["open_clip"]["recall_at_5"].sel(model="ViT-L-14.openai"), atol=0.005
        )

    def test_captioners_tuned_on_coco_are_no_zero_shot_clips(self, cubes: dict[str, xr.Dataset]) -> None:
        names = [name for name in cubes["open_clip"]["model"].values.tolist() if "mscoco_finetuned" in name]
        assert len(names) == 2
        assert {describe("open_clip", name).group for name in names} == {"other"}

    def test_the_cube(self, mirror: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("CLIPSAFE_MIRROR", str(mirror))
        assert list(write_one("retrieval", tmp_path)) == ["retrieval"]
        cube = xr.load_dataset(tmp_path / "retrieval.nc")
        validate(cube, "retrieval")
        assert cube.attrs["licence"].startswith("MIT: ")
