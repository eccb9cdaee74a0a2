"""What was looked for where real models leave a claim without data, and how to get it: one file of data."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True)
class Search:
    """What was looked for and not found. The file says what each attribute means."""

    claim: str
    looked_for: str
    found: str
    command: str


@cache
def searches() -> Mapping[str, Search]:
    """Return all of them by claim."""
    text = files("clipsafe_utils.claims").joinpath("searches.toml").read_text(encoding="utf-8")
    return {row["claim"]: Search(**row) for row in tomllib.loads(text)["search"]}
