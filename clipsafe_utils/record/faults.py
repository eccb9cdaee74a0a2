"""Faults that were met while the public record was read: one file of data."""

import tomllib
from dataclasses import dataclass, fields
from functools import cache
from importlib.resources import files
from typing import Any

from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.record.public_sources import PUBLIC_SOURCES

BY = ("numbers", "code")
KEPT = ("left out", "other", "counted")


@dataclass(frozen=True)
class Fault:
    """One fault. The file says what each attribute means."""

    title: str
    repository: str
    commit: str
    file: str
    rows: tuple[str, ...]
    wrong: str
    seen: str
    here: str
    owner: str
    by: str
    source: str
    kept: str


@cache
def faults() -> tuple[Fault, ...]:
    """Return all of them in order."""
    text = files("clipsafe_utils.record").joinpath("faults.toml").read_text(encoding="utf-8")
    return tuple(map(as_fault, tomllib.loads(text)["fault"]))


def as_fault(row: dict[str, Any]) -> Fault:
    """Check a row of the file."""
    title = row.get("title", "")
    names = {field.name for field in fields(Fault)}
    if row.keys() != names:
        raise ClipsafeError(f"faults.toml: '{title}': {sorted(row.keys() ^ names)} is missing or unknown.")
    fault = Fault(**row | {"rows": tuple(row["rows"])})
    if fault.by not in BY or fault.kept not in KEPT or fault.source not in PUBLIC_SOURCES:
        raise ClipsafeError(f"faults.toml: '{title}': no known `by`, `kept` or `source`.")
    if empty := [name for name in sorted(names) if not getattr(fault, name)]:
        raise ClipsafeError(f"faults.toml: '{title}': {empty} is empty.")
    return fault
