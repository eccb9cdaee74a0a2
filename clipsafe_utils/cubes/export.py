"""Writing a cube as tidy tables for people who do not use xarray."""

from pathlib import Path

import pandas as pd
import xarray as xr

from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.files import replacing

FORMATS = ("csv", "parquet")


def tidy_tables(cube: xr.Dataset) -> dict[str, pd.DataFrame]:
    """Turn a cube into tables with one row for each combination of labels.

    Parameters
    ----------
    cube : xarray.Dataset
        Any cube.

    Returns
    -------
    dict of str to pandas.DataFrame
        One table for each set of dims, under the names of those dims joined by ``-``. A cube whose
        variables share their dims gives one table.

    Examples
    --------
    >>> cube = xr.Dataset({"count": ("model", [3])}, coords={"model": ["a"]})
    >>> tidy_tables(cube)["model"].to_dict("records")
    [{'model': 'a', 'count': 3}]
    """
    names_by_dims: dict[tuple[str, ...], list[str]] = {}
    for name, array in cube.data_vars.items():
        names_by_dims.setdefault(tuple(map(str, array.dims)), []).append(str(name))
    return {
        "-".join(dims): cube[names].to_dataframe().reset_index()[[*dims, *names]]
        for dims, names in names_by_dims.items()
    }


def export_cube(cube: xr.Dataset, name: str, folder: Path, file_format: str) -> list[Path]:
    """Write a cube as CSV or Parquet.

    Parameters
    ----------
    cube : xarray.Dataset
        The cube.
    name : str
        First part of the file names.
    folder : Path
        Where to write.
    file_format : {"csv", "parquet"}
        Format of the files.

    Returns
    -------
    list of Path
        The files: one, or one for each set of dims.

    Raises
    ------
    ClipsafeError
        If the format is unknown, or its library is not installed.

    Examples
    --------
    >>> export_cube(xr.Dataset(), "factors", Path("."), "xlsx")
    Traceback (most recent call last):
    clipsafe_utils.errors.ClipsafeError: 'xlsx' is not a format; choose csv or parquet.
    """
    if file_format not in FORMATS:
        raise ClipsafeError(f"'{file_format}' is not a format; choose {' or '.join(FORMATS)}.")
    tables = tidy_tables(cube)
    written = []
    for dims, table in tables.items():
        path = folder / (f"{name}.{file_format}" if len(tables) == 1 else f"{name}-{dims}.{file_format}")
        with replacing(path) as temporary:
            _write(table, temporary, file_format)
        written.append(path)
    return written


def _write(table: pd.DataFrame, path: Path, file_format: str) -> None:
    if file_format == "csv":
        table.to_csv(path, index=False)
        return
    try:
        table.to_parquet(path, index=False)
    except ImportError as error:
        raise ClipsafeError("Parquet needs the package pyarrow: pip install 'clipsafe[record]'.") from error
