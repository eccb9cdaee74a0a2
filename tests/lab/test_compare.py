"""Two runs of the laboratory agree but for single images on an edge; what differs is found and named."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from clipsafe_engine.lab.compare import CUBES, SMALL_SET, TOLERANCE, Difference, compare
from clipsafe_utils.cubes import find_study, read_cube, write_cube
from clipsafe_utils.errors import ClipsafeError

KEPT = find_study("miniature").folder


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Hold the cubes of three models of the repository."""
    folder = tmp_path_factory.mktemp("three")
    models = read_cube(KEPT / "prompts.nc")["model"].values[:3]
    for name in CUBES:
        write_cube(read_cube(KEPT / f"{name}.nc").sel(model=models), folder / f"{name}.nc")
    return folder


@pytest.fixture
def made(three: Path, tmp_path: Path) -> Path:
    """Copy them for one test, which may change them."""
    return Path(shutil.copytree(three, tmp_path, dirs_exist_ok=True))


def differences(made: Path) -> dict[str, Difference]:
    return {one.cube: one for one in compare(made, KEPT)}


def change(path: Path, variable: str, by: float) -> None:
    cube = read_cube(path).load()
    values = cube[variable].values.copy()
    at = np.unravel_index(np.nanargmax(np.isfinite(values) & (values > 0)), values.shape)
    values[at] += np.asarray(by, values.dtype)
    attributes = cube[variable].attrs | ({"not_measured": "changed by a test"} if np.isnan(by) else {})
    write_cube(cube.assign({variable: (cube[variable].dims, values, attributes)}), path)


def test_cubes_of_the_repository_agree_with_themselves(made: Path) -> None:
    found = differences(made)
    assert list(found) == list(CUBES)
    assert all(one.agrees and one.largest == 0 and one.models == 3 for one in found.values())


def test_single_images_on_an_edge_are_no_difference(made: Path) -> None:
    change(made / "factors.nc", "hits", -1)
    found = differences(made)["factors"]
    assert found.agrees
    assert found.where == "hits"
    assert 0 < found.largest <= 1 / SMALL_SET


@pytest.mark.parametrize(
    ("cube", "variable", "by"),
    [("factors", "hits", -0.01 * 2 * SMALL_SET), ("causes", "value", 0.006), ("ood", "auroc", -0.006)],
)
def test_what_is_beyond_the_tolerance_is_named(made: Path, cube: str, variable: str, by: float) -> None:
    change(made / f"{cube}.nc", variable, by)
    found = differences(made)[cube]
    assert not found.agrees
    assert found.where == variable
    assert found.largest > TOLERANCE


def test_a_value_that_only_one_of_the_two_has_is_a_difference(made: Path) -> None:
    change(made / "causes.nc", "value", np.nan)
    assert differences(made)["causes"].largest == np.inf


def test_a_model_that_the_repository_lacks_is_named(made: Path) -> None:
    cube = read_cube(made / "causes.nc")
    write_cube(cube.assign_coords(model=["other", *cube["model"].values[1:]]), made / "causes.nc")
    with pytest.raises(ClipsafeError, match="lacks the model 'other'"):
        compare(made, KEPT)


def test_other_variables_are_an_error(made: Path) -> None:
    cube = read_cube(made / "shape_bias.nc").load()
    write_cube(cube.isel(cue_class=slice(3)), made / "shape_bias.nc")
    with pytest.raises(ClipsafeError, match="expected the variables and sizes"):
        compare(made, KEPT)
