"""Names of models in the files of the public record. No result is read: claims are frozen before.

Of a file of decisions the path and the first line are read; of a table the columns that say who a row is;
of a JSON file the keys of one pattern, without parsing it. Where the notes list the names, no file is opened.
"""

import csv
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from clipsafe_utils.errors import ClipsafeError

Source = Mapping[str, Any]
"""A table `sources.<id>` of `units_per_claim.toml`."""


def names_of(source: Source, mirror: Path) -> list[str]:
    """Return the names that a source has for its models, sorted, each once."""
    files = sorted(mirror.glob(source["files"]))
    if not files:
        raise ClipsafeError(f"{mirror / source['files']}: expected a file of the mirror.")
    for file in files:
        _check_header(
            file, [*source.get("in_columns", []), *source.get("only", {}), *source.get("header", [])]
        )
    return sorted({name for file in files for name in _names_in(file, source, mirror)})


def _names_in(file: Path, source: Source, mirror: Path) -> Iterable[str]:
    if "in_path" in source:
        return _in_text(str(file.relative_to(mirror)), source["in_path"])
    if "in_columns" in source:
        return _in_columns(file, source["in_columns"], source.get("only", {}))
    if "in_keys" in source:
        return _in_text(file.read_text(encoding="utf-8"), source["in_keys"])
    return list(source["listed"])


def _in_text(text: str, pattern: str) -> Iterable[str]:
    """Join the groups of every match, which is all that is kept of the text."""
    for match in re.finditer(pattern, text):
        yield ".".join(part for part in match.groups() if part is not None)


def _in_columns(file: Path, names: list[str], only: Mapping[str, str]) -> Iterable[str]:
    """Join the named cells of every row that has the values `only`; the other cells are let go unread."""
    with file.open(encoding="utf-8", newline="") as stream:
        rows = csv.reader(stream)
        header = next(rows)
        places = [header.index(name) for name in names]
        asked = {header.index(name): value for name, value in only.items()}
        for number, row in enumerate(rows, start=1):
            if len(row) <= max(*places, *asked, 0):
                raise ClipsafeError(f"{file}: row {number} ends before its columns {', '.join(names)}.")
            if all(row[place] == value for place, value in asked.items()):
                yield ".".join(row[place] for place in places)


def _check_header(file: Path, columns: Iterable[str]) -> None:
    if not columns:
        return
    with file.open("rb") as stream:
        first_line = stream.readline().decode()
    header = next(csv.reader([first_line]), [])
    missing = [column for column in columns if column not in header]
    if missing:
        raise ClipsafeError(f"{file}: column '{missing[0]}' is missing.")
