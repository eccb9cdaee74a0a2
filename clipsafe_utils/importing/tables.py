"""Files as they come: tables in CSV or Parquet, arrays in NPZ; text stays text until it is understood."""

import csv
import io
import zipfile
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.files import open_plain, read_plain
from clipsafe_utils.metrics.ood_scores import SCORES

MOST_ROWS = 2_000_000
MOST_BYTES = 2**32
"""Of one file of arrays once it is unpacked: eight times 50,000 x 1,000 numbers of double precision."""

TOOLBOX = {"imagename": "image", "object_response": "prediction", "category": "label"}
"""Columns of model-vs-human's CSV, which is taken as it is, and what they are called here."""

_ALIASES = {"images": "image", "labels": "label", "predictions": "prediction"}
COLUMNS = ("image", "label", "prediction", "confidence", "scores", "classes", *SCORES)


@dataclass(frozen=True, eq=False)
class Table:
    """The columns of a file, each with one entry a row; scores have two dims.

    Attributes
    ----------
    path : Path
        The file.
    columns : mapping of str to ndarray
        By name: text, or numbers of a file that knows numbers.
    is_toolbox : bool
        Whether it is in model-vs-human's format.
    """

    path: Path
    columns: Mapping[str, NDArray[Any]]
    is_toolbox: bool = False

    @property
    def rows(self) -> int:
        """Number of rows."""
        return len(next(column for name, column in self.columns.items() if name != "classes"))

    def place(self, row: int) -> str:
        """Say where a row stands: the file, and the line or the number of the row."""
        is_text = self.path.suffix == ".csv"
        return f"{self.path}: line {row + 2}" if is_text else f"{self.path}: row {row}"


def read_table(path: Path) -> Table:
    """Read a file of predictions.

    Raises
    ------
    ClipsafeError
        If it cannot be read, is damaged, holds no row, or has columns that mean nothing here.

    Examples
    --------
    >>> read_table(Path("nowhere.csv"))
    Traceback (most recent call last):
    clipsafe_utils.errors.ClipsafeError: nowhere.csv: cannot be read (No such file or directory).
    """
    try:
        found = READERS[path.suffix](path)
    except OSError as error:
        raise ClipsafeError(f"{path}: cannot be read ({error.strerror or error}).") from error
    is_toolbox = {"imagename", "object_response"} <= set(found)
    names = TOOLBOX if is_toolbox else _ALIASES
    kept = {names.get(name, name): column for name, column in found.items()}
    if len(kept) < len(found):
        twice = next(name for name in found if names.get(name, name) != name and names[name] in found)
        raise ClipsafeError(f"{path}: has columns '{twice}' and '{names[twice]}', which mean the same.")
    if is_toolbox:
        kept = {name: column for name, column in kept.items() if name in TOOLBOX.values()}
    if unknown := [name for name in kept if name not in COLUMNS]:
        raise ClipsafeError(
            f"{path}: column {unknown[0]!r:.60} is unknown; the columns are {', '.join(COLUMNS)}."
        )
    return _checked(Table(path, kept, is_toolbox))


def numbers_of(table: Table, name: str) -> NDArray[np.float64]:
    """Return a column as finite numbers; `ClipsafeError` names the first row that holds none."""
    column = table.columns[name]
    try:
        values = column.astype(np.float64)
    except (ValueError, TypeError):
        values = np.array([_number(text) for text in column.tolist()])
    wrong = np.flatnonzero(~np.isfinite(values))
    if wrong.size:
        cell = str(column[wrong[0]])
        raise ClipsafeError(
            f"{table.place(int(wrong[0]))}: {name} is {cell!r:.40}, which is no finite number."
        )
    return values


def texts_of(table: Table, name: str) -> NDArray[np.str_]:
    """Return a column as text without blanks around it."""
    column = table.columns[name]
    text = column if column.dtype.kind == "U" else column.astype(str)
    return np.char.strip(text)


def _number(text: object) -> float:
    try:
        return float(str(text))
    except ValueError:
        return float("nan")


def _checked(table: Table) -> Table:
    if not {*table.columns} - {"classes"}:
        raise ClipsafeError(f"{table.path}: has no column; the columns are {', '.join(COLUMNS)}.")
    for name, column in table.columns.items():
        if column.ndim not in ((1, 2) if name in ("scores", "classes") else (1,)):
            fault = f"{name} has the shape {column.shape}; expected one entry a row"
            raise ClipsafeError(f"{table.path}: {fault}.")
    for name, column in table.columns.items():
        is_row_wise = name != "classes" or column.ndim == 2
        if is_row_wise and len(column) != table.rows:
            raise ClipsafeError(f"{table.path}: {name} has {len(column):,} rows, the file {table.rows:,}.")
    if table.rows == 0:
        raise ClipsafeError(f"{table.path}: holds no row.")
    if table.rows > MOST_ROWS:
        raise ClipsafeError(f"{table.path}: holds {table.rows:,} rows; at most {MOST_ROWS:,} are read.")
    return table


def _read_csv(path: Path) -> dict[str, NDArray[Any]]:
    try:
        text = read_plain(path).decode("utf-8-sig")
        header, *rows = csv.reader(io.StringIO(text, newline=""), strict=True)
    except UnicodeDecodeError as error:
        raise ClipsafeError(f"{path}: expected a table in CSV and UTF-8 (byte {error.start}).") from error
    except (ValueError, csv.Error) as error:
        reason = "no line" if isinstance(error, ValueError) else str(error)
        raise ClipsafeError(f"{path}: expected a table in CSV and UTF-8 ({reason}).") from error
    while rows and not rows[-1]:
        rows.pop()
    names = [name.strip() for name in header]
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise ClipsafeError(f"{path}: column {twice!r:.60} appears twice.")
    uneven = next((number for number, row in enumerate(rows, 2) if len(row) != len(names)), None)
    if uneven is not None:
        fault = f"expected {len(names)} cells, as in the header, got {len(rows[uneven - 2])}"
        raise ClipsafeError(f"{path}: line {uneven}: {fault}.")
    columns = zip(*rows, strict=True) if rows else ([] for _ in names)
    return {name: np.array(column, dtype=str) for name, column in zip(names, columns, strict=True)}


def _read_parquet(path: Path) -> dict[str, NDArray[Any]]:
    import pyarrow
    import pyarrow.parquet

    try:
        with open_plain(path) as stream:
            table = pyarrow.parquet.read_table(stream)
        return {name: _from_arrow(table.column(name), pyarrow) for name in table.column_names}
    except (pyarrow.ArrowException, ValueError, TypeError, KeyError, OverflowError) as error:
        raise ClipsafeError(f"{path}: expected a table in Parquet ({_first_line(error)}).") from error


def _from_arrow(column: Any, pyarrow: Any) -> NDArray[Any]:
    whole = column.combine_chunks()
    if whole.null_count:
        raise ValueError("a cell is empty")
    kinds = (pyarrow.types.is_list, pyarrow.types.is_large_list, pyarrow.types.is_fixed_size_list)
    if any(is_kind(whole.type) for is_kind in kinds):
        if len(whole.value_lengths().unique()) > 1:
            raise ValueError("the lists of a column differ in length")
        flat = whole.flatten().to_numpy(zero_copy_only=False)
        return np.asarray(flat).reshape(len(whole), -1)
    values = np.asarray(whole.to_numpy(zero_copy_only=False))
    return values.astype(str) if values.dtype.kind == "O" else values


def _read_npz(path: Path) -> dict[str, NDArray[Any]]:
    try:
        with open_plain(path) as stream:
            with zipfile.ZipFile(stream) as archive:
                unpacked = sum(item.file_size for item in archive.infolist())
            if unpacked > MOST_BYTES:
                fault = f"unpacks to {unpacked:,} bytes; at most {MOST_BYTES:,} are read"
                raise ClipsafeError(f"{path}: {fault}.")
            stream.seek(0)
            with np.load(stream, allow_pickle=False) as stored:
                found = {name: np.asarray(stored[name]) for name in stored.files}
    except _NO_ARRAYS as error:
        raise ClipsafeError(
            f"{path}: expected arrays in NPZ without pickle ({_first_line(error)})."
        ) from error
    for name, column in found.items():
        if column.dtype.kind not in "biufU":
            raise ClipsafeError(f"{path}: {name!r:.60} holds neither numbers nor text, but {column.dtype}.")
    return found


_NO_ARRAYS = (
    *(ValueError, KeyError, EOFError, TypeError, AttributeError, SyntaxError, NotImplementedError),
    *(OverflowError, RuntimeError, MemoryError, zipfile.BadZipFile, zlib.error, UnicodeError),
)
"""All that NumPy and the reader of archives say of bytes that are none."""


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:120]


READERS: Mapping[str, Callable[[Path], dict[str, NDArray[Any]]]] = {
    ".csv": _read_csv,
    ".parquet": _read_parquet,
    ".npz": _read_npz,
}
"""What reads a file, by the end of its name."""
