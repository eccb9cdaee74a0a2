"""Reading the world's TOML files into dataclasses, with one sentence for whatever is wrong in them."""

import tomllib
from dataclasses import MISSING, Field, fields
from pathlib import Path
from typing import Any, TypeVar, get_args, get_origin

from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.files import read_plain

Filled = TypeVar("Filled")
Table = dict[str, Any]


def read_toml(path: Path) -> Table:
    """Read a TOML file.

    Raises
    ------
    ClipsafeError
        If the file cannot be read or is not TOML.

    Examples
    --------
    >>> from clipsafe_utils.registry.drawn_world import DATA
    >>> sorted(read_toml(DATA / "test_sets.toml"))
    ['counts', 'seeds']
    """
    try:
        return tomllib.loads(read_plain(path).decode("utf-8"))
    except OSError as error:
        raise ClipsafeError(f"{path}: cannot be read ({error.strerror or error}).") from error
    except (ValueError, RecursionError) as error:  # Of TOML, of UTF-8, and of numbers of 5,000 digits.
        raise ClipsafeError(f"{path}: expected TOML ({error}).") from error


def entry(table: Table, key: str, kind: type, place: str) -> Any:
    """Return one entry of a table after a check of its type.

    Parameters
    ----------
    table : dict
        What `read_toml` gave, or a part of it.
    key : str
        The entry's name.
    kind : type
        `dict`, `list` or another plain type.
    place : str
        The file and the place in it, for the message.

    Raises
    ------
    ClipsafeError
        If there is no such entry or it is of another type.

    Examples
    --------
    >>> entry({"counts": {"natural": 3}}, "counts", dict, "test_sets.toml")
    {'natural': 3}
    """
    if not isinstance(table.get(key), kind):
        raise ClipsafeError(f"{place}: expected an entry {key!r} of type {kind.__name__}.")
    return table[key]


def fill(kind: type[Filled], row: object, place: str) -> Filled:
    """Make a dataclass from one table of a TOML file.

    Parameters
    ----------
    kind : type
        A dataclass whose fields are numbers, texts, truth values or tuples of these. The metadata `low` and
        `high` of a field bound its numbers.
    row : object
        The table.
    place : str
        The file and the place in it, for the message.

    Raises
    ------
    ClipsafeError
        If an entry is missing, unknown, of the wrong type or out of its range.

    Examples
    --------
    >>> from clipsafe_utils.registry.knobs import CaptionKnobs
    >>> fill(CaptionKnobs, {"detail": 0.25, "wrong": 0.05, "missing": 0.1}, "sources.toml").wrong
    0.05
    """
    if not isinstance(row, dict):
        raise ClipsafeError(f"{place}: expected a table, got {row!r}.")
    known: dict[str, Field[Any]] = {item.name: item for item in fields(kind)}  # type: ignore[arg-type]
    for name in row:
        if name not in known:
            raise ClipsafeError(f"{place}: has no entry {name!r}; expected one of {', '.join(known)}.")
    values = {}
    for name, item in known.items():
        if name in row:
            values[name] = checked(row[name], item.type, item.metadata, f"{place}, {name}")
        elif item.default is MISSING:
            raise ClipsafeError(f"{place}: expected an entry {name!r}, found none.")
    return kind(**values)


def checked(value: object, kind: Any, limits: Any, place: str) -> object:
    """Return one value after a check of its type and of its range; see `fill`.

    Raises
    ------
    ClipsafeError
        If it is of another type or out of its range.

    Examples
    --------
    >>> checked(3, float, {"low": 0, "high": 4}, "sources.toml, wrong")
    3.0
    """
    if get_origin(kind) is tuple:
        if not isinstance(value, list):
            raise ClipsafeError(f"{place}: expected a list, got {value!r}.")
        return tuple(checked(item, get_args(kind)[0], limits, place) for item in value)
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if type(value) is not kind:
        raise ClipsafeError(f"{place}: expected {_WORDS.get(kind, kind.__name__)}, got {value!r}.")
    low, high = limits.get("low"), limits.get("high")
    if (low is not None and not value >= low) or (high is not None and not value <= high):
        raise ClipsafeError(f"{place}: expected a number from {low} to {high}, got {value}.")
    return value


_WORDS = {float: "a number", int: "a whole number", str: "a text", bool: "true or false"}
