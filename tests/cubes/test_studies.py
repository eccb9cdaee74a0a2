"""Studies are found by name or path, merged by model, and each network counts once."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from clipsafe_utils.cubes import find_study, list_studies, merge_cubes, select_models, write_cube
from clipsafe_utils.cubes.export import export_cube, tidy_tables
from clipsafe_utils.cubes.overview import in_short, overview
from clipsafe_utils.cubes.panels import left_out, read_panels
from clipsafe_utils.cubes.selection import is_real
from clipsafe_utils.cubes.studies import join_parts
from clipsafe_utils.cubes.yours import is_yours, label_of
from clipsafe_utils.errors import ClipsafeError


@pytest.fixture
def study_folder(
    factors: xr.Dataset, models: xr.Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Path:
    monkeypatch.setenv("CLIPSAFE_CUBES", str(tmp_path))
    folder = tmp_path / "mine"
    write_cube(factors, folder / "factors.nc")
    write_cube(models, folder / "models.nc")
    (tmp_path / "empty").mkdir()
    return folder


def test_studies_are_found(study_folder: Path) -> None:
    assert [study.name for study in list_studies()] == ["mine"]
    assert find_study("mine").cubes == ("models", "factors")
    assert find_study(str(study_folder)).name == "mine"
    assert not find_study("mine").has("ood")
    find_study("mine").check()


@pytest.mark.usefixtures("study_folder")
def test_unknown_study_lists_the_known_ones() -> None:
    with pytest.raises(ClipsafeError, match="the studies are: mine"):
        find_study("published")


def test_missing_cube_is_named(study_folder: Path) -> None:
    with pytest.raises(ClipsafeError, match=r"ood\.nc: no such cube"):
        find_study(str(study_folder)).read("ood")


def test_undescribed_model_is_refused(study_folder: Path, models: xr.Dataset) -> None:
    write_cube(models.isel(model=[0]), study_folder / "models.nc")
    with pytest.raises(ClipsafeError, match=r"factors\.nc: model 'b' is not described"):
        overview(check=True)
    (study_folder / "models.nc").unlink()
    with pytest.raises(ClipsafeError, match=r"models\.nc: no such cube; every study needs one"):
        find_study("mine").check()


@pytest.mark.usefixtures("study_folder")
def test_a_cube_is_read_again_only_when_its_file_has_changed(factors: xr.Dataset, study_folder: Path) -> None:
    study = find_study("mine")
    first = study.read("factors")
    assert np.shares_memory(first["hits"].values, study.read("factors")["hits"].values)
    with pytest.raises(ValueError, match="read-only"):
        first["hits"].values[0] = 0
    first.attrs["title"] = "another"
    first["extra"] = first["hits"]
    xr.testing.assert_identical(study.read("factors"), factors)
    write_cube(factors.isel(model=[0]), study_folder / "factors.nc")
    assert study.read("factors").sizes["model"] == 1


@pytest.mark.usefixtures("study_folder")
def test_overview_names_dims_and_source() -> None:
    rows = {row["cube"]: row for row in overview()}
    assert rows["factors"]["dims"] == "selection 2, model 2, factor 17"
    assert rows["factors"]["source"] == "made by a test"


def test_raw_files_of_a_source_are_counted() -> None:
    source = "clipsafe record; me/data@1a2b a.csv sha256:0a; me/data@1a2b b.csv sha256:1b; seed 7"
    assert in_short(source) == "clipsafe record; seed 7; 2 raw files"


def test_panels_of_the_record_and_what_is_left_out() -> None:
    asked = (["published"], "factors", ["clip_zero_shot"])
    assert [panel.study for panel in read_panels(*asked)] == ["published"]
    assert left_out(*asked) == []


def test_a_proxy_and_what_does_not_say_are_not_real() -> None:
    assert is_real(xr.Dataset(attrs={"evidence": "measured"}))
    assert not is_real(xr.Dataset(attrs={"evidence": "proxy"}))
    assert not is_real(xr.Dataset())


def test_models_of_a_reader() -> None:
    assert is_yours(xr.Dataset({"training_source": ("model", ["wit", "yours"])})).tolist() == [False, True]
    assert label_of("mine:wit-texture_correlation_0.9-s0") == "wit, texture correlation 0.9"
    assert label_of("mine:wit-s1") == "wit, seed 1"


def test_merge(factors: xr.Dataset) -> None:
    other = factors.assign_coords(model=["c", "d"])
    merged = merge_cubes(factors, other)
    assert list(merged["model"].values) == ["a", "b", "c", "d"]
    assert merged["hits"].dtype.kind == "i"
    assert merged["hits"].attrs == factors["hits"].attrs
    with pytest.raises(ClipsafeError, match="'a' stands in both"):
        merge_cubes(factors, factors)
    with pytest.raises(ClipsafeError, match="dims other than 'model' differ"):
        merge_cubes(factors, other.isel(factor=[0, -1]))


def test_what_shares_no_dim_with_the_other_cube_stays(factors: xr.Dataset) -> None:
    other = factors.assign_coords(model=["c", "d"])
    attributes = {"long_name": "of some models"}
    counted = other.assign(score_count=(("scored_model", "score_bin"), [[1, 2]], attributes))
    counted = counted.assign_coords(scored_model=["c"], score_bin=[0, 1])
    for merged in (merge_cubes(factors, counted), merge_cubes(counted, factors)):
        assert merged["score_count"].identical(counted["score_count"])
        assert merged["score_count"].dtype.kind == "i"
        assert merged["hits"].dims == factors["hits"].dims
        assert merged.sizes["model"] == 4


def test_a_part_may_lack_draws_conditions_and_variables() -> None:
    labels = {"draw": [0, 1], "condition": ["id", "dark"]}
    whole = xr.Dataset(
        {"ece": (("draw", "model", "condition"), np.ones((2, 1, 2)))}, labels | {"model": ["a"]}
    )
    quoted = xr.Dataset(
        {
            "ece": (("draw", "model", "condition"), [[[0.5]]], {"not_measured": "not stated"}),
            "mean_confidence": (("draw", "model", "condition"), [[[0.7]]], {"units": "1"}),
        },
        {"draw": [0], "condition": ["id"], "model": ["b"]},
    )
    joined = join_parts([whole, quoted])
    assert joined["ece"].sel(model="a").notnull().all()
    np.testing.assert_array_equal(joined["ece"].sel(model="b"), [[0.5, np.nan], [np.nan, np.nan]])
    np.testing.assert_array_equal(joined["mean_confidence"].sel(draw=0, condition="id"), [np.nan, 0.7])
    assert joined["mean_confidence"].attrs["units"] == "1"
    assert joined["ece"].attrs["not_measured"] == "not stated"
    xr.testing.assert_identical(join_parts([whole]), whole)


def test_a_part_may_not_lack_what_defines_a_count(factors: xr.Dataset) -> None:
    other = factors.assign_coords(model=["c", "d"]).isel(factor=[0, -1])
    with pytest.raises(ClipsafeError, match="dims other than 'model' differ"):
        join_parts([factors, other])


def test_a_checkpoint_counts_once_and_the_first_row_wins(factors: xr.Dataset, models: xr.Dataset) -> None:
    models["checkpoint"] = ("model", ["same", "same"], models["checkpoint"].attrs)
    reordered = factors.isel(model=[1, 0])
    cube, kept = select_models(reordered, models, ["standard", "clip_zero_shot"])
    assert list(cube["model"].values) == list(kept["model"].values) == ["a"]
    cube, kept = select_models(reordered, models, ["clip_zero_shot"])
    assert list(cube["model"].values) == ["b"]
    cube, _ = select_models(reordered, models, ["human"])
    assert cube.sizes["model"] == 0


@pytest.mark.parametrize("file_format", ["csv", "parquet"])
def test_export_is_tidy(factors: xr.Dataset, tmp_path: Path, file_format: str) -> None:
    (path,) = export_cube(factors, "factors", tmp_path, file_format)
    table = pd.read_csv(path) if file_format == "csv" else pd.read_parquet(path)
    assert list(table.columns) == ["selection", "model", "factor", "hits", "images"]
    assert len(table) == factors["hits"].size
    row = table[(table["model"] == "a") & (table["selection"] == "top") & (table["factor"] == "pose")]
    assert row[["hits", "images"]].to_numpy().tolist() == [[15, 30]]


def test_an_unknown_format_is_refused() -> None:
    with pytest.raises(ClipsafeError, match=r"^'xlsx' is not a format; choose csv or parquet\.$"):
        export_cube(xr.Dataset(), "factors", Path(), "xlsx")


def test_export_of_unlike_dims_gives_one_table_each() -> None:
    cube = xr.Dataset({"x": (("a", "b"), [[1, 2]]), "y": ("a", [3])}, coords={"a": ["one"], "b": [1, 2]})
    tables = tidy_tables(cube)
    assert {name: len(table) for name, table in tables.items()} == {"a-b": 2, "a": 1}


def test_one_study_is_listed_by_name_or_path(
    study_folder: Path, factors: xr.Dataset, models: xr.Dataset, tmp_path: Path
) -> None:
    other = tmp_path / "elsewhere" / "yours"
    write_cube(factors, other / "factors.nc")
    assert {row["study"] for row in overview(str(other))} == {"yours"}
    assert {row["cube"] for row in overview("mine", check=True)} == {"factors", "models"}
    write_cube(models.isel(model=[0]), other / "models.nc")
    with pytest.raises(ClipsafeError, match=r"factors\.nc: model 'b' is not described in models\.nc"):
        find_study(str(other)).read("factors")
    with pytest.raises(ClipsafeError, match=r"empty: expected"):
        overview(str(study_folder.parent / "empty"))


def test_a_check_names_all_faults_of_all_cubes_at_once(
    factors: xr.Dataset, models: xr.Dataset, study_folder: Path
) -> None:
    factors = factors.assign_attrs(evidence="hearsay").drop_vars("images")
    del factors["hits"].attrs["units"]
    models["family"] = ("model", ["", "x"], models["family"].attrs)
    for name, cube in {"factors": factors, "models": models}.items():
        text = {key: {"dtype": "S1"} for key, one in cube.variables.items() if one.dtype.kind == "U"}
        cube.to_netcdf(study_folder / f"{name}.nc", engine="h5netcdf", encoding=text)
    with pytest.raises(ClipsafeError) as raised:
        overview(str(study_folder), check=True)
    assert str(raised.value).splitlines() == [
        f"{study_folder}/models.nc: variable 'family' holds an empty text.",
        f"{study_folder}/factors.nc: variable 'hits' has no attribute 'units' that is text.",
        f"{study_folder}/factors.nc: variable 'images' is missing.",
        f"{study_folder}/factors.nc: attribute 'evidence' must be one of measured, proxy.",
    ]
