"""Tables of one model in one file that is quick to read back: NumPy arrays and a description in JSON."""

import json
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from clipsafe_engine.measure.model import Tables
from clipsafe_utils.files import replacing

DESCRIPTION = "description"
KEY = "key"
_UNREADABLE = (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile)


def write_tables(tables: Tables, path: Path, key: str) -> None:
    """Write tables in one step that cannot leave half a file.

    Parameters
    ----------
    tables : dict of str to Dataset
        Their attributes are text and numbers.
    path : Path
        The file, ``.npz``.
    key : str
        What `key_of` gives back.

    Raises
    ------
    ClipsafeError
        If the file cannot be written.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder) / "m.npz"
    ...     write_tables({"shifts": xr.Dataset({"hits": ("model", [3])}, {"model": ["m"]})}, path, "0f")
    ...     key_of(path), read_tables(path, ["shifts", "ood"])["shifts"]["hits"].sel(model="m").item()
    ('0f', 3)
    """
    described: dict[str, Any] = {KEY: key, "tables": {}}
    arrays: dict[str, NDArray[Any]] = {}
    for name, table in tables.items():
        variables = {str(variable): array for variable, array in table.variables.items()}
        arrays |= {f"{name}/{variable}": _plain(array.values) for variable, array in variables.items()}
        described["tables"][name] = {
            "attributes": table.attrs,
            "variables": {variable: [array.dims, array.attrs] for variable, array in variables.items()},
        }
    with replacing(path) as temporary, temporary.open("wb") as stream:
        np.savez(stream, allow_pickle=False, **{DESCRIPTION: np.array(json.dumps(described))}, **arrays)


def read_tables(path: Path, names: Iterable[str]) -> Tables:
    """Read those tables of some names that the file has."""
    with np.load(path, allow_pickle=False) as stored:
        described = json.loads(str(stored[DESCRIPTION]))["tables"]
        tables = {}
        for name in names:
            if name in described:
                variables = {
                    variable: xr.Variable(dims, stored[f"{name}/{variable}"], attributes)
                    for variable, (dims, attributes) in described[name]["variables"].items()
                }
                coordinates = {key: array for key, array in variables.items() if array.dims == (key,)}
                others = {key: array for key, array in variables.items() if key not in coordinates}
                tables[name] = xr.Dataset(others, coordinates, described[name]["attributes"])
    return tables


def key_of(path: Path) -> str:
    """Return the key of a file of tables; empty where there is none that can be read."""
    try:
        # NumPy leaves a file open that it cannot read.
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as stored:
            return str(json.loads(str(stored[DESCRIPTION]))[KEY])
    except _UNREADABLE:
        return ""


def _plain(values: NDArray[Any]) -> NDArray[Any]:
    # xarray holds some text as Python objects, which would have to be pickled.
    return values.astype(str) if values.dtype.kind in "OT" else values
