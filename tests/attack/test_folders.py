"""A command that makes room for its results removes only what it made itself (D1)."""

from pathlib import Path

import pytest

from clipsafe_engine.lab.workspace import MARK, clear_workspace
from clipsafe_utils.errors import ClipsafeError

OURS = (
    "cubes/factors.nc",
    "cubes/.factors.nc.4x7_k2.nc",
    "cubes/.clipsafe-0a1b2c3d-4x7_k2/factors.nc",
    "measured/.clipsafe-0a1b2c3d-4x7_k2/miniature%3Aclip.npz",
    "measured/miniature%3Aclip-resnet_xs-wit-64k-s0.npz",
    "predictions/miniature%3Aclip/plain/0123456789abcdef.zarr/c.0.0",
    "images/plain/0123456789abcdef.zarr/labels/zarr.json",
    "classifiers/miniature%3Aclip/a%20photo/0123456789abcdef.zarr/zarr.json",
    ".unfinished/tmp12/zarr.json",
    ".unfinished/.clipsafe-0a1b2c3d-4x7_k2/entry/zarr.json",
)


def put(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("x")


def test_what_an_earlier_reproduction_made_goes(tmp_path: Path) -> None:
    put(tmp_path, MARK, *OURS)
    clear_workspace(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [MARK]


def test_a_new_folder_is_made_and_marked(tmp_path: Path) -> None:
    clear_workspace(tmp_path / "a" / "b")
    assert (tmp_path / "a" / "b" / MARK).is_file()


@pytest.mark.parametrize(
    "precious",
    ["thesis.txt", "cubes/thesis.txt", "predictions/a/b/notes.md", "measured/me.npz/me.txt", ".git/HEAD"],
)
@pytest.mark.parametrize("marked", [False, True])
def test_a_folder_with_anything_else_is_refused_whole(tmp_path: Path, precious: str, marked: bool) -> None:
    put(tmp_path, precious, *OURS, *([MARK] if marked else []))
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(ClipsafeError, match="which no reproduction made"):
        clear_workspace(tmp_path)
    assert sorted(tmp_path.rglob("*")) == before


def test_cubes_without_our_mark_are_somebodys(tmp_path: Path) -> None:
    put(tmp_path, *OURS)
    with pytest.raises(ClipsafeError, match="which no reproduction made"):
        clear_workspace(tmp_path)


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    put(tmp_path / "elsewhere", "thesis.txt")
    put(tmp_path / "work", MARK)
    (tmp_path / "work" / "cubes").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ClipsafeError, match="holds cubes"):
        clear_workspace(tmp_path / "work")
    assert (tmp_path / "elsewhere" / "thesis.txt").read_text() == "x"


def test_a_file_in_the_way_is_named(tmp_path: Path) -> None:
    put(tmp_path, "thesis.txt")
    with pytest.raises(ClipsafeError, match=r"thesis\.txt: cannot be emptied"):
        clear_workspace(tmp_path / "thesis.txt")
