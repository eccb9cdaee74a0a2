"""Writing a cube as tidy tables for people who do not use xarray."""

from pathlib import Path

import pandas as pd
import xarray as xr

from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.files import replacing

FORMATS = ("csv", "parquet")


def tidy_tables(cube: xr.Dataset) -> dict[str, pd.DataFrame]:
    """Turn a cube into tables with one row for each combination of labels.

    By the names of the dims, joined by ``-``; variables that share their dims share a table.
    """
    names_by_dims: dict[tuple[str, ...], list[str]] = {}
    for name, array in cube.data_vars.items():
        names_by_dims.setdefault(tuple(map(str, array.dims)), []).append(str(name))
    return {
        "-".join(dims): cube[names].to_dataframe().reset_index()[[*dims, *names]]
        for dims, names in names_by_dims.items()
    }


def export_cube(cube: xr.Dataset, name: str, folder: Path, file_format: str) -> list[Path]:
    """Write a cube as CSV or Parquet, one file for each set of dims, and return the files."""
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
