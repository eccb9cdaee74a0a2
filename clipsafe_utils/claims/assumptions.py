"""What the protocol does not say, and what was chosen: one file of data."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

MARKS: Mapping[str, str] = {
    "not found": "found nowhere",
    "inferred": "our inference",
    "memory": "recalled, not looked up",
    "summary": "from a summary",
}
"""How we know of a line of the protocol, as the table says it."""


@dataclass(frozen=True)
class Assumption:
    """One line of the protocol that had to be settled. The file says what each attribute means."""

    what: str
    mark: str
    chosen: str
    claims: tuple[str, ...]


@cache
def assumptions() -> tuple[Assumption, ...]:
    """Return all of them in order."""
    text = files("clipsafe_utils.claims").joinpath("assumptions.toml").read_text(encoding="utf-8")
    return tuple(
        Assumption(row["what"], row["mark"], row["chosen"], tuple(row["claims"]))
        for row in tomllib.loads(text)["assumption"]
    )
