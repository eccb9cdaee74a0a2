"""What is written is read back the same, bad files are named, and the hash sees every change that counts."""

from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from clipsafe_utils.cubes import content_hash, read_cube, write_cube
from clipsafe_utils.errors import ClipsafeError


@pytest.mark.parametrize("name", ["factors", "shape_bias_cube", "models"])
def test_round_trip(name: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    cube = request.getfixturevalue(name)
    path = tmp_path / f"{name.removesuffix('_cube')}.nc"
    write_cube(cube, path)
    again = read_cube(path)
    xr.testing.assert_identical(cube, again)
    assert content_hash(cube) == content_hash(again)


def test_same_cube_same_bytes(factors: xr.Dataset, models: xr.Dataset, tmp_path: Path) -> None:
    for cube, name in ((factors, "factors"), (models, "models")):
        for folder in ("one", "two"):
            write_cube(cube, tmp_path / folder / f"{name}.nc")
        assert (tmp_path / "one" / f"{name}.nc").read_bytes() == (
            tmp_path / "two" / f"{name}.nc"
        ).read_bytes()


def test_hash_sees_values_labels_dims_and_attributes(factors: xr.Dataset) -> None:
    other_value = factors.copy(deep=True)
    other_value["hits"][0, 0, 0] += 1
    variants = [
        factors,
        other_value,
        factors.assign_coords(model=["a", "c"]),
        factors.transpose("model", "selection", "factor"),
        factors.assign_attrs(licence="other"),
        factors.rename(hits="right"),
    ]
    assert len({content_hash(cube) for cube in variants}) == len(variants)


def test_hash_does_not_see_versions_types_or_kinds_of_nan(factors: xr.Dataset) -> None:
    same = factors.assign_attrs(versions="numpy 9")
    same["hits"] = same["hits"].astype(np.float64).assign_attrs(factors["hits"].attrs)
    assert content_hash(same) == content_hash(factors)
    quiet, negative = np.array([np.nan]), -np.array([np.nan])
    assert content_hash(xr.Dataset({"x": ("i", quiet)})) == content_hash(xr.Dataset({"x": ("i", negative)}))


def test_truncated_file_is_named(factors: xr.Dataset, tmp_path: Path) -> None:
    path = tmp_path / "factors.nc"
    write_cube(factors, path)
    path.write_bytes(path.read_bytes()[:2000])
    with pytest.raises(ClipsafeError, match=r"factors\.nc: not a readable netCDF file"):
        read_cube(path)


def test_text_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "factors.nc"
    path.write_text("model,hits\n")
    with pytest.raises(ClipsafeError, match="not a readable netCDF file"):
        read_cube(path)


def test_bad_cube_leaves_the_old_file(factors: xr.Dataset, tmp_path: Path) -> None:
    path = tmp_path / "factors.nc"
    write_cube(factors, path)
    before = path.read_bytes()
    with pytest.raises(ClipsafeError, match="'images' is missing"):
        write_cube(factors.drop_vars("images"), path)
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["factors.nc"]


def test_full_disk_leaves_the_old_file(
    factors: xr.Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "factors.nc"
    write_cube(factors, path)
    before = path.read_bytes()

    def fill(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(xr.Dataset, "to_netcdf", fill)
    with pytest.raises(ClipsafeError, match=r"factors\.nc: cannot be written \(No space left on device\)"):
        write_cube(factors.assign_attrs(licence="other"), path)
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["factors.nc"]


def test_a_cube_of_another_schema_is_refused_and_one_of_before_is_read(
    factors: xr.Dataset, tmp_path: Path
) -> None:
    path = tmp_path / "factors.nc"
    write_cube(factors, path)
    with xr.open_dataset(path, engine="h5netcdf") as stored:
        assert stored.attrs["schema_version"] == 1
        cube = stored.load()
    for version, is_read in ((None, True), (1, True), (2, False), ("x" * 999, False)):
        cube.attrs.pop("schema_version", None)
        if version is not None:
            cube.attrs["schema_version"] = version
        cube.to_netcdf(path, engine="h5netcdf")
        if is_read:
            assert "schema_version" not in read_cube(path).attrs
        else:
            with pytest.raises(ClipsafeError, match=r"factors\.nc: has the schema version .{1,20}; this"):
                read_cube(path)
