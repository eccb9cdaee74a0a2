"""A cube that somebody else made is read as it should be, or refused in one sentence (D7, D15, D16)."""

import io
import os
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest
import xarray as xr
from scipy.io import netcdf_file

from clipsafe_utils.cubes import read_cube, validate, write_cube
from clipsafe_utils.cubes.validation import MOST_MODELS
from clipsafe_utils.errors import ClipsafeError
from tests.attack.command import run
from tests.conftest import labelled

Change = Callable[[h5py.File], None]


def replaced(file: h5py.File, name: str, values: object, **options: object) -> None:
    """Put other values in the place of a variable, which keeps its attributes but for those of dims."""
    kept = {key: value for key, value in file[name].attrs.items() if key in ("long_name", "units", "source")}
    del file[name]
    file.create_dataset(name, data=values, **options)
    file[name].attrs.update(kept)


def set_values(name: str, value: float) -> Change:
    def change(file: h5py.File) -> None:
        file[name][(0,) * file[name].ndim] = value

    return change


def set_attribute(name: str, value: object, of: str = "") -> Change:
    return lambda file: (file[of] if of else file).attrs.__setitem__(name, value)


def renamed(old: str, new: str) -> Change:
    return lambda file: file.move(old, new)


def external(file: h5py.File) -> None:
    other = Path(file.filename).with_name("other.bin")
    other.write_bytes(bytes(10_000))
    shape = file["hits"].shape
    del file["hits"]
    file.create_dataset("hits", shape=shape, dtype="i8", external=[(str(other), 0, h5py.h5f.UNLIMITED)])


def external_link(file: h5py.File) -> None:
    with h5py.File(Path(file.filename).with_name("other.h5"), "w") as other:
        other["hits"] = np.zeros((2, 2, 17))
    del file["hits"]
    file["hits"] = h5py.ExternalLink("other.h5", "/hits")


def soft_link(file: h5py.File) -> None:
    del file["hits"]
    file["hits"] = h5py.SoftLink("/images")


def virtual(file: h5py.File) -> None:
    layout = h5py.VirtualLayout(shape=file["hits"].shape, dtype="i8")
    layout[...] = h5py.VirtualSource("other.h5", "hits", shape=file["hits"].shape)
    del file["hits"]
    file.create_virtual_dataset("hits", layout)


def a_group(file: h5py.File) -> None:
    file.create_group("more")


def ragged(file: h5py.File) -> None:
    file.create_dataset("more", (2,), h5py.vlen_dtype("i4"))


def sixteen_gigabytes(file: h5py.File) -> None:
    file.create_dataset("more", (2**31,), "f8", chunks=(2**20,), compression="gzip")


def models_in_two_dims(file: h5py.File) -> None:
    replaced(file, "model", np.zeros((2, 2), "S1"))


def models_of_another_length(file: h5py.File) -> None:
    replaced(file, "model", np.array([b"a", b"b", b"c"]))


def models_that_are(values: object) -> Change:
    return lambda file: replaced(file, "model", np.asarray(values))


CHANGES: dict[str, Change] = {
    "evidence is a list": set_attribute("evidence", np.array([1, 2])),
    "study is a list": set_attribute("study", np.array(["a", "b"], dtype=h5py.string_dtype())),
    "study is empty": set_attribute("study", ""),
    "licence is a number": set_attribute("licence", 3),
    "evidence is unknown": set_attribute("evidence", "hearsay"),
    "source is a list": set_attribute("source", np.array([1.0, 2.0]), "hits"),
    "long_name is a number": set_attribute("long_name", 7, "hits"),
    "scale_factor is text": set_attribute("scale_factor", "much", "hits"),
    "scale_factor is huge": set_attribute("scale_factor", 1e300, "hits"),
    "coordinates is a number": set_attribute("coordinates", 3, "hits"),
    "encoding is unknown": set_attribute("_Encoding", "klingon", "model"),
    "encoding is a number": set_attribute("_Encoding", 7, "model"),
    "a variable less": renamed("hits", "hit"),
    "a dim less": renamed("factor", "factors"),
    "negative": set_values("hits", -1),
    "more hits than images": set_values("hits", 10**9),
    "hits of complex numbers": lambda file: replaced(file, "hits", np.zeros((2, 2, 17), complex)),
    "hits of text": lambda file: replaced(file, "hits", np.full((2, 2, 17), b"a")),
    "hits of fractions": lambda file: replaced(file, "hits", np.full((2, 2, 17), 0.5)),
    "hits of infinity": lambda file: replaced(file, "hits", np.full((2, 2, 17), np.inf)),
    "hits of nothing": lambda file: replaced(file, "hits", h5py.Empty("f8")),
    "hits that are a place": lambda file: replaced(file, "hits", file["hits"].ref, dtype=h5py.ref_dtype),
    "hits of one dim": lambda file: replaced(file, "hits", np.zeros(2)),
    "models in two dims": models_in_two_dims,
    "models of another length": models_of_another_length,
    "a model of no text": models_that_are([b"a", b"\xff\xfe"]),
    "a factor that is unknown": lambda file: file["factor"].__setitem__(0, [b"X"] * file["factor"].shape[1]),
    "a group": a_group,
    "lists of different lengths": ragged,
    "another file's bytes": external,
    "another file's variable": external_link,
    "a link in the file": soft_link,
    "a virtual variable": virtual,
    "16 GiB in a few KB": sixteen_gigabytes,
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_foreign_cube_is_refused_in_one_sentence(
    change: str, factors: xr.Dataset, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "study" / "factors.nc"
    write_cube(factors, path)
    with h5py.File(path, "r+") as file:
        CHANGES[change](file)
    ended = run(capfd, "cubes", "export", "factors", "--study", str(path.parent), "-o", str(tmp_path / "out"))
    assert ended.is_one_sentence, ended
    assert str(path) in ended.err
    assert not list((tmp_path / "out").glob("*"))


def cut(content: bytes) -> bytes:
    return content[: len(content) // 2]


def classic(_: bytes) -> bytes:
    stream = io.BytesIO()
    with netcdf_file(stream, "w") as file:
        file.createDimension("model", 2)
        file.flush()
        return stream.getvalue()


CONTENTS: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda _: b"",
    "cut": cut,
    "text": lambda _: b"model,hits\na,1\n",
    "netCDF-3": classic,
    "HDF5 without anything": lambda content: content[:8],
    "zeros": lambda content: bytes(len(content)),
    "ends in the header": lambda content: content[:100],
}


@pytest.mark.parametrize("content", CONTENTS)
def test_bytes_that_are_no_cube(
    content: str, factors: xr.Dataset, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "factors.nc"
    write_cube(factors, path)
    path.write_bytes(CONTENTS[content](path.read_bytes()))
    ended = run(capfd, "cubes", "export", "factors", "--study", str(tmp_path), "-o", str(tmp_path / "out"))
    assert ended.is_one_sentence, ended
    assert f"{path}: not a readable netCDF file" in ended.err


@pytest.mark.parametrize("kind", ["pipe", "folder", "link to nothing", "link to itself", "device"])
def test_a_cube_is_a_plain_file(kind: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "factors.nc"
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    else:
        path.symlink_to({"link to nothing": "nowhere", "link to itself": path, "device": "/dev/zero"}[kind])
    ended = run(capfd, "cubes", "export", "factors", "--study", str(tmp_path), "-o", str(tmp_path / "out"))
    assert ended.is_one_sentence, ended


def shifts_with_draws(draws: object) -> xr.Dataset:
    """Two models under one condition, with draws under some labels."""
    dims = ("draw", "model", "condition")
    cube = xr.Dataset(
        {
            "hits": (dims[1:], np.array([[1], [2]])),
            "images": (dims[1:], np.array([[4], [4]])),
            "draw_hits": (dims, np.array([[[1], [2]]] * 2)),
            "draw_images": (("draw", "condition"), np.array([[4]] * 2)),
        },
        coords={"draw": draws, "model": ["a", "b"], "condition": ["id"]},
    )
    for name in ("draw_hits", "draw_images"):
        cube[name].attrs = {"long_name": "x", "units": "1", "source": "made by a test"}
    return labelled(cube, "shifts")


@pytest.mark.parametrize(
    "draws", [["a", "b"], [0.0, np.nan], [0.4, 1.0], [True, False], [-1, 0], [1, 0], [0, 0]]
)
def test_draws_are_numbered_from_zero(draws: list[object]) -> None:
    validate(shifts_with_draws([0, 1]), "shifts")
    with pytest.raises(ClipsafeError, match=r"coordinate 'draw' (must|holds '0' more than once)"):
        validate(shifts_with_draws(draws), "shifts")


NO_NAMES = {
    "numbers": [1, 2],
    "no numbers": [np.nan, 1.0],
    "true and false": [True, False],
    "dates": np.array(["2026-01-01", "2026-01-02"], "datetime64[ns]"),
    "twice the same": ["a", "a"],
    "empty": ["a", ""],
    "spaces": ["a", "  "],
    "clears the screen": ["a", "\x1b[2Jb"],
    "two lines": ["a", "b\nclipsafe: all is well."],
    "long": ["a", "b" * 300],
    "turned round": ["a", "\u202eb"],
    "half a character": ["a", "\udc80"],
}


@pytest.mark.parametrize("names", NO_NAMES)
def test_a_model_has_a_name_that_can_be_printed(names: str, factors: xr.Dataset) -> None:
    with pytest.raises(ClipsafeError, match=r"coordinate 'model' (must hold text|holds )"):
        validate(factors.assign_coords(model=NO_NAMES[names]), "factors")


def test_more_models_than_can_be_compared_are_refused_with_the_limit(models: xr.Dataset) -> None:
    names = np.arange(MOST_MODELS + 1).astype(str)
    many = models.isel(model=np.zeros(len(names), int)).assign_coords(model=names)
    with pytest.raises(ClipsafeError, match="holds 20,001 models; at most 20,000 are read"):
        validate(many, "models")
    validate(many.isel(model=slice(MOST_MODELS)), "models")


@pytest.mark.parametrize("place", ["/etc/hostname", "nowhere", ""])
def test_a_check_of_no_cube_at_all_is_no_success(
    place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CLIPSAFE_CUBES", place or str(tmp_path))
    for arguments in (("cubes", "--check"), ("cubes",)):
        ended = run(capfd, *arguments)
        assert ended.is_one_sentence, ended
        assert "expected a folder of studies" in ended.err


NAMES = {
    "none": "",
    "long": "x" * 300,
    "a long path": f"./{'a' * 300}",
    "with a zero": "a\0b",
    "a file": "./factors.nc",
    "above": "../../../../etc/hostname",
}


@pytest.mark.parametrize("name", NAMES)
def test_a_name_that_is_no_study(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "factors.nc").write_bytes(b"")
    monkeypatch.chdir(tmp_path)
    ended = run(capfd, "cubes", "export", "factors", "--study", NAMES[name], "-o", str(tmp_path / "out"))
    assert ended.is_one_sentence, ended


@pytest.mark.parametrize("mode", [0o000, 0o400])
def test_a_folder_that_may_not_be_read(
    mode: int,
    factors: xr.Dataset,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    write_cube(factors, tmp_path / "study" / "factors.nc")
    asked = os.access
    if (
        os.geteuid() == 0
    ):  # Who may do everything is refused nothing; so the system's answer is put in its place.
        monkeypatch.setattr(os, "access", lambda path, how: Path(path).name != "study" and asked(path, how))
    else:
        (tmp_path / "study").chmod(mode)
    ended = run(capfd, "cubes", "export", "factors", "--study", str(tmp_path / "study"), "-o", str(tmp_path))
    (tmp_path / "study").chmod(0o700)
    assert ended.is_one_sentence, ended
    assert "Permission denied" in ended.err


def test_a_cube_that_is_whole_is_read(factors: xr.Dataset, tmp_path: Path) -> None:
    write_cube(factors, tmp_path / "factors.nc")
    xr.testing.assert_equal(read_cube(tmp_path / "factors.nc"), factors)
