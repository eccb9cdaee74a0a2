"""Reading the tables of the record: names as text, numbers as numbers, and the cell that is wrong by name."""

from collections.abc import Callable, Collection, Sequence
from pathlib import Path

import pandas as pd

from clipsafe_utils.errors import ClipsafeError

Locate = Callable[[str], Path]
"""Finds the local copy of a raw file by its path in a mirror."""


def read_numbers(
    path: Path, names: Sequence[str], numbers: Sequence[str], may_be_blank: Collection[str] = ()
) -> pd.DataFrame:
    """Read some columns of a CSV: names as text, numbers as float64, NaN where a cell may be blank."""
    try:
        table = pd.read_csv(path, dtype=str, keep_default_na=False)
    except OSError as error:
        raise ClipsafeError(f"{path}: not a readable table ({error.strerror}).") from error
    except ValueError as error:
        raise ClipsafeError(f"{path}: not a readable table ({str(error).splitlines()[0]}).") from error
    missing = [column for column in (*names, *numbers) if column not in table]
    if missing:
        raise ClipsafeError(f"{path}: column '{missing[0]}' is missing.")
    repeated = table[table.duplicated(list(names))]
    if len(repeated):
        raise ClipsafeError(f"{path}: row '{' '.join(repeated.iloc[0][list(names)])}' appears twice.")
    for column in numbers:
        table[column] = _numbers(table, column, names, column in may_be_blank, path)
    return table[[*names, *numbers]]


def _numbers(
    table: pd.DataFrame, column: str, names: Sequence[str], may_be_blank: bool, path: Path
) -> pd.Series:
    text = table[column].str.replace(",", "").str.strip()
    numbers = pd.to_numeric(text, errors="coerce").astype(float)
    wrong = numbers.isna() & ~(text.eq("") & may_be_blank)
    if wrong.any():
        row = table[wrong].iloc[0]
        raise ClipsafeError(
            f"{path}: row '{' '.join(row[list(names)])}', column '{column}': '{row[column]}' is not a number."
        )
    return numbers
