"""Reading and writing cubes, and a hash of what a cube says that does not depend on how it is stored."""

import hashlib
import json
from pathlib import Path

import numpy as np
import xarray as xr

from clipsafe_utils.cubes.containers import check_container
from clipsafe_utils.cubes.schema import SCHEMA_VERSION
from clipsafe_utils.cubes.validation import validate
from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.files import replacing

COMPRESSION_LEVEL = 5
_VERSION = "schema_version"
"""An attribute of the file, not of the cube in memory; cubes from before it are of the first version."""
UNHASHED_ATTRIBUTES = frozenset({"versions"})
"""What may differ between two machines that obtained the same result."""


def read_cube(path: Path) -> xr.Dataset:
    """Read one cube into memory and check it.

    Parameters
    ----------
    path : Path
        A netCDF file. What stands before the first dot names the schema: ``factors.nc``, or a part with terms
        of its own, ``shape_bias.by-sa.nc``.

    Returns
    -------
    xarray.Dataset
        Text as NumPy strings, counts as whole numbers.

    Raises
    ------
    ClipsafeError
        If the file is missing, unreadable or breaks a rule of its schema.

    Examples
    --------
    >>> read_cube(Path("nowhere/factors.nc"))
    Traceback (most recent call last):
    clipsafe_utils.errors.ClipsafeError: nowhere/factors.nc: no such cube.
    """
    if not path.is_file():
        raise ClipsafeError(f"{path}: no such cube.")
    try:
        check_container(path)
        with xr.open_dataset(path, engine="h5netcdf") as stored:
            cube = _with_plain_text(stored.load())
        written = str(cube.attrs.pop(_VERSION, SCHEMA_VERSION))
        if written != str(SCHEMA_VERSION):
            fault = f"has the schema version {written[:20]}; this clipsafe reads {SCHEMA_VERSION}"
            raise ClipsafeError(f"{path}: {fault}.")
        validate(cube, _schema_of(path), str(path))
    except ClipsafeError:
        raise
    except Exception as error:  # A file may hold anything, and four libraries say so in as many ways.
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise ClipsafeError(f"{path}: not a readable netCDF file ({reason}).") from error
    return cube


def write_cube(cube: xr.Dataset, path: Path) -> None:
    """Check a cube and write it in one step that cannot leave half a file.

    Parameters
    ----------
    cube : xarray.Dataset
        The cube.
    path : Path
        Where to write; the name says the schema, as in `read_cube`.

    Raises
    ------
    ClipsafeError
        If the cube breaks a rule, or the file cannot be written. The old file stays as it was.

    Examples
    --------
    >>> write_cube(xr.Dataset(), Path("somewhere/factors.nc"))
    Traceback (most recent call last):
    clipsafe_utils.cubes.validation.CubeError: somewhere/factors.nc: variable 'hits' is missing.
    """
    validate(cube, _schema_of(path), str(path))
    stored = _with_plain_text(cube).assign_attrs({_VERSION: SCHEMA_VERSION})
    encoding = {name: _encoding(stored[name].dtype) for name in stored.variables}
    with replacing(path) as temporary:
        stored.to_netcdf(temporary, engine="h5netcdf", encoding=encoding)


def content_hash(cube: xr.Dataset) -> str:
    """Hash dims, kinds, values and attributes (but versions) of a cube.

    Parameters
    ----------
    cube : xarray.Dataset
        Any dataset of numbers and text.

    Returns
    -------
    str
        64 hexadecimal digits. Equal for two cubes that say the same, whatever wrote them.

    Examples
    --------
    >>> a = xr.Dataset({"x": ("model", [1, 2])}, attrs={"versions": "numpy 1"})
    >>> content_hash(a) == content_hash(a.assign_attrs(versions="numpy 2"))
    True
    """
    digest = hashlib.sha256(_attributes(cube.attrs))
    for name in sorted(map(str, cube.variables)):
        array = cube[name]
        kind, content = _canonical(np.asarray(array.values))
        digest.update(json.dumps([name, kind, array.dims, array.shape]).encode())
        digest.update(_attributes(array.attrs))
        digest.update(content)
    return digest.hexdigest()


def _schema_of(path: Path) -> str:
    return path.name.partition(".")[0]


def _encoding(dtype: np.dtype) -> dict[str, object]:
    # HDF5 does not compress strings of variable length; text is stored as characters.
    compression: dict[str, object] = {"zlib": True, "complevel": COMPRESSION_LEVEL}
    return compression | ({"dtype": "S1"} if dtype.kind == "U" else {})


def _attributes(attributes: dict[str, object]) -> bytes:
    hashed = {str(key): str(value) for key, value in attributes.items() if key not in UNHASHED_ATTRIBUTES}
    return json.dumps(hashed, sort_keys=True).encode()


def _canonical(values: np.ndarray) -> tuple[str, bytes]:
    # Counts with and without a missing value among them hash alike: numbers are compared as float64.
    if values.dtype.kind in "OTU":
        return "text", "\0".join(map(str, values.ravel())).encode()
    numbers = values.astype("<f8")
    numbers[np.isnan(numbers)] = np.nan
    return "number", numbers.tobytes()


def _with_plain_text(cube: xr.Dataset) -> xr.Dataset:
    """Return the cube with every text variable as NumPy unicode, whichever string type stored it."""
    text = {
        name: cube[name].copy(data=cube[name].values.astype(str))
        for name, variable in cube.variables.items()
        if variable.dtype.kind in "OT"
    }
    labels = {name: array for name, array in text.items() if name in cube.coords}
    return cube.assign_coords(labels).assign({name: text[name] for name in text if name not in labels})
