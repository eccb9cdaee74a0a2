"""A study is a folder of cubes: finding, listing, reading and merging them."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache, reduce
from pathlib import Path

import numpy as np
import xarray as xr

from clipsafe_utils.cubes.schema import SCHEMAS
from clipsafe_utils.cubes.storage import read_cube
from clipsafe_utils.errors import ClipsafeError

_PACKAGE = Path(__file__).resolve().parents[1]
IS_CLONE = (_PACKAGE.parent / "_config.yml").is_file()
REPOSITORY = _PACKAGE.parent if IS_CLONE else _PACKAGE / "carried"
"""The clone; or, in an installed package, the files of the repository that the wheel carries."""


_CUBES_KEPT = 16
"""A chapter reads some cubes of two or three studies, and asks for each several times."""


def cubes_folder() -> Path:
    """Return the folder that holds the studies: ``CLIPSAFE_CUBES`` where set, else the repository's."""
    return Path(os.environ.get("CLIPSAFE_CUBES") or REPOSITORY / "cubes")


_MAY_LACK = ("draw", "condition", "scaling")
"""Dims that rows need not fill: what is quoted from a table has no draws, and no condition but its own."""

_LACKING = "not every source of these rows has every draw, condition and scaling"


_State = tuple[Path, int, int, int]
"""A file, when it was written, its size and its place on the disk: what tells whether it has changed."""


@dataclass(frozen=True)
class Study:
    """A named folder of cubes."""

    name: str
    folder: Path

    @property
    def cubes(self) -> tuple[str, ...]:
        """Names of the cubes that are there, in the order of the schema."""
        return tuple(name for name in SCHEMAS if self.path(name).is_file())

    def path(self, cube: str) -> Path:
        """Return the file of a cube, whether or not it is there."""
        return self.folder / f"{cube}.nc"

    def files(self, cube: str) -> list[Path]:
        """Return the files of a cube: its own, then its parts with other terms, as `shape_bias.by-sa.nc`."""
        own = self.path(cube)
        return [path for path in (own, *sorted(self.folder.glob(f"{cube}.*.nc"))) if path.is_file()]

    def has(self, cube: str) -> bool:
        """Say whether the study has a cube."""
        return cube in self.cubes

    def read(self, cube: str) -> xr.Dataset:
        """Read and check one cube with its parts; see `read_cube`."""
        content = self._read(cube)
        if cube != "models" and self.has("models"):
            unknown = content.indexes["model"].difference(self._read("models").indexes["model"])
            if len(unknown):
                raise ClipsafeError(f"{self.path(cube)}: model '{unknown[0]}' is not described in models.nc.")
        return content

    def check(self) -> None:
        """Read every cube; `ClipsafeError` names the file and the rule that one breaks."""
        self.check_models()
        for name in self.cubes:
            self.read(name)

    def check_models(self) -> None:
        """Raise `ClipsafeError` if the study does not describe its models."""
        if not self.has("models"):
            raise ClipsafeError(f"{self.path('models')}: no such cube; every study needs one.")

    def _read(self, cube: str) -> xr.Dataset:
        files = self.files(cube) or [self.path(cube)]
        return read_unchanged(files[0]) if len(files) == 1 else _join_once(*map(_state_of, files)).copy()


def read_unchanged(path: Path) -> xr.Dataset:
    """Read and check one file of a cube; again only when it has changed."""
    return _read_once(_state_of(path)).copy() if path.is_file() else read_cube(path)


def _state_of(path: Path) -> _State:
    state = path.stat()
    return path, state.st_mtime_ns, state.st_size, state.st_ino


@lru_cache(maxsize=_CUBES_KEPT)
def _read_once(file: _State) -> xr.Dataset:
    return _shared(read_cube(file[0]))


@lru_cache(maxsize=_CUBES_KEPT)
def _join_once(*files: _State) -> xr.Dataset:
    return _shared(join_parts([read_unchanged(path) for path, *_ in files]))


def _shared(cube: xr.Dataset) -> xr.Dataset:
    for variable in cube.variables.values():
        variable.values.flags.writeable = False  # Every reader of the files shares these arrays.
    return cube


def find_study(name: str) -> Study:
    """Find a study by its name, or by a path to its folder.

    Parameters
    ----------
    name : str
        A folder of `cubes_folder`, or a path with a separator in it, as in ``./my-cubes``.

    Raises
    ------
    ClipsafeError
        If there is no such folder, with the studies that exist; or if it cannot be looked into.

    Examples
    --------
    >>> find_study("published").has("factors")
    True
    """
    is_path = os.sep in name or name.startswith(".")
    folder = Path(name) if is_path else cubes_folder() / name
    try:
        is_there = bool(name) and folder.is_dir()
    except OSError as error:
        raise ClipsafeError(f"{name:.100}: is no folder of cubes ({error.strerror}).") from error
    if is_there and not os.access(folder, os.R_OK | os.X_OK):
        raise ClipsafeError(f"{folder}: cannot be read (Permission denied).")
    if not is_there:
        known = ", ".join(study.name for study in list_studies()) or "none"
        raise ClipsafeError(f"{folder}: no such study; the studies are: {known}.")
    return Study(folder.resolve().name, folder)


def list_studies() -> list[Study]:
    """Return every study that has a cube, by name.

    Examples
    --------
    >>> "published" in [study.name for study in list_studies()]
    True
    """
    root = cubes_folder()
    folders = sorted(path for path in root.iterdir() if path.is_dir()) if root.is_dir() else []
    return [study for folder in folders if (study := Study(folder.name, folder)).cubes]


def join_parts(parts: Sequence[xr.Dataset]) -> xr.Dataset:
    """Join the files of one cube along their models; of terms and sources that differ each has a line.

    Parameters
    ----------
    parts : sequence of xarray.Dataset
        Cubes as of `merge_cubes`, but that one may lack draws, conditions, scalings and variables that
        another has: what a part lacks is NaN.

    Examples
    --------
    >>> one, two = (
    ...     xr.Dataset({"count": ("model", [1])}, {"model": [name]}, {"licence": f"{name}: made by {name}"})
    ...     for name in "ab"
    ... )
    >>> join_parts([one, two]).attrs["licence"].splitlines()
    ['a: made by a', 'b: made by b']
    """
    widened = [_widened(part, parts) for part in parts]
    joined = reduce(merge_cubes, widened)
    joined.attrs |= _named_together(parts, "licence")
    for name, variable in joined.data_vars.items():
        for key in ("source", "not_measured"):
            variable.attrs |= _named_together([part[name] for part in widened], key)
    return joined


def _widened(part: xr.Dataset, parts: Sequence[xr.Dataset]) -> xr.Dataset:
    """Give a part the variables of the others, and on the dims of `_MAY_LACK` their labels."""
    labels = {
        dim: list(dict.fromkeys(label for one in parts for label in one[dim].values.tolist()))
        for dim in _MAY_LACK
        if dim in part.dims
    }
    lacks = {dim: every for dim, every in labels.items() if part.sizes[dim] < len(every)}
    wide = part.reindex(lacks) if lacks else part
    for variable in wide.data_vars.values():
        if {*lacks} & {*variable.dims}:
            variable.attrs = {"not_measured": _LACKING} | variable.attrs
    others = {
        name: one[name]
        for one in reversed(parts)
        for name, variable in one.data_vars.items()
        # What stands on dims of its own is joined as it is.
        if name not in part and {*variable.dims} <= {*wide.dims}
    }
    missing = {
        name: (variable.dims, np.full([wide.sizes[dim] for dim in variable.dims], np.nan), variable.attrs)
        if "model" in variable.dims
        else variable
        for name, variable in others.items()
    }
    return wide.assign(missing)


def _named_together(parts: Sequence[xr.Dataset | xr.DataArray], key: str) -> dict[str, str]:
    values = dict.fromkeys(part.attrs[key] for part in parts if key in part.attrs)
    return {key: "\n".join(values)} if values else {}


def merge_cubes(first: xr.Dataset, second: xr.Dataset) -> xr.Dataset:
    """Join two cubes of one kind along their models; attributes are those of the first.

    Parameters
    ----------
    first, second : xarray.Dataset
        Cubes with the same variables and the same labels on every dim but ``model``. A variable that has no
        dim of the other cube stays as it is.

    Raises
    ------
    ClipsafeError
        If a model stands in both, or another dim has other labels.

    Examples
    --------
    >>> one = xr.Dataset({"count": ("model", [1])}, coords={"model": ["a"]})
    >>> merge_cubes(one, one)
    Traceback (most recent call last):
    clipsafe_utils.errors.ClipsafeError: Model 'a' stands in both cubes.
    """
    both = sorted(set(first["model"].values) & set(second["model"].values))
    if both:
        raise ClipsafeError(f"Model '{both[0]}' stands in both cubes.")
    own = [_of_other_dims(first, second), _of_other_dims(second, first)]
    rest = [cube.drop_vars([*alone.variables]) for cube, alone in zip((first, second), own, strict=True)]
    try:
        joined = xr.concat(rest, dim="model", data_vars="minimal", join="exact", combine_attrs="override")
    except ValueError as error:
        raise ClipsafeError(
            f"The cubes cannot be merged: their dims other than 'model' differ ({error})."
        ) from error
    return xr.merge([joined, *own], combine_attrs="override")


def _of_other_dims(cube: xr.Dataset, other: xr.Dataset) -> xr.Dataset:
    dims = {name: {*variable.dims} for name, variable in cube.data_vars.items()}
    return cube[[name for name, own in dims.items() if own and not own & {*other.dims}]]
