"""The claims: one file of data, read and checked."""

import tomllib
from dataclasses import dataclass, fields
from functools import cache
from importlib.resources import files
from typing import Any

from clipsafe_utils.claims.choices import ALTERNATIVES
from clipsafe_utils.cubes import GROUPS, SCHEMAS
from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.record.contributions import KNOWN_BEFORE

DIRECTIONS = ("up", "down", "either", "none")
QUANTIFIERS = ("each", "some")
SEEN = ("paper", "summary", "follow-up", "book")
CHECKS = ("sources", "logit_scale", "templates")
"""Of a study that stands in for real models, in `claims.proxy`."""

_LISTS = ("groups", "choices", "all_of")
_PLACE = "clipsafe_utils/claims/claims.toml"
_OF_A_STATISTIC = (
    "cube",
    "chapter",
    "groups",
    "unit",
    "because",
    "against",
    "family",
    "population",
    "known_before",
)


@dataclass(frozen=True)
class Claim:
    """One claim, and what a study must hold to be asked it. The file says what each attribute means."""

    id: str
    sentence: str
    seen: str
    finding: str = ""
    chapter: str = ""
    figure: str = ""
    cube: str = ""
    groups: tuple[str, ...] = ()
    training_sources: int = 1
    statistic: str = ""
    unit: str = ""
    population: str = ""
    quantifier: str = "each"
    direction: str = "either"
    smallest_effect: float = 0.0
    because: str = ""
    against: str = ""
    family: str = ""
    choices: tuple[str, ...] = ()
    built_in: str = ""
    not_testable: str = ""
    known_before: str = ""
    all_of: tuple[str, ...] = ()
    outside: str = ""
    no_data: str = ""

    @property
    def is_asked(self) -> bool:
        """Whether it has a statistic of its own."""
        return bool(self.statistic)

    @property
    def is_own(self) -> bool:
        """Whether it is this book's, not a finding of the papers."""
        return self.seen == "book"


@cache
def claims() -> tuple[Claim, ...]:
    """Return all claims in order; ClipsafeError if the file breaks a rule of `check_claims`."""
    text = files("clipsafe_utils.claims").joinpath("claims.toml").read_text(encoding="utf-8")
    return check_claims(tomllib.loads(text)["claim"])


def find_claim(name: str) -> Claim:
    """Return a claim by its id; ClipsafeError, with those that exist, if there is none."""
    for claim in claims():
        if claim.id == name:
            return claim
    known = ", ".join(claim.id for claim in claims())
    raise ClipsafeError(f"There is no claim '{name}'; the claims are {known}.")


def check_claims(rows: list[dict[str, Any]]) -> tuple[Claim, ...]:
    """Make claims of the rows of the file; ClipsafeError for an attribute, id or value that may not be."""
    known = {field.name for field in fields(Claim)}
    by_id: dict[str, Claim] = {}
    for row in rows:
        where = f"{_PLACE}, claim '{row.get('id', '')}'"
        unknown = sorted(set(row) - known)
        if unknown:
            raise ClipsafeError(f"{where}: has no attribute '{unknown[0]}'.")
        values: dict[str, Any] = {name: tuple(row[name]) if name in _LISTS else row[name] for name in row}
        try:
            claim = Claim(**values)
        except TypeError as error:
            raise ClipsafeError(f"{where}: needs id, sentence and seen.") from error
        _check(claim, where)
        if claim.id in by_id:
            raise ClipsafeError(f"{where}: appears twice.")
        by_id[claim.id] = claim
    for claim in by_id.values():
        absent = [name for name in claim.all_of if name not in by_id or not by_id[name].is_asked]
        if absent:
            raise ClipsafeError(
                f"{_PLACE}, claim '{claim.id}': all_of names '{absent[0]}', no claim of its own."
            )
    return tuple(by_id.values())


def _check(claim: Claim, where: str) -> None:
    for name, value, allowed in (
        ("seen", claim.seen, SEEN),
        ("direction", claim.direction, DIRECTIONS),
        ("quantifier", claim.quantifier, QUANTIFIERS),
        ("built_in", claim.built_in, ("", *CHECKS)),
        ("not_testable", claim.not_testable, ("", *CHECKS)),
        *(("groups", group, tuple(GROUPS)) for group in claim.groups),
        *(("choices", choice, tuple(ALTERNATIVES)) for choice in claim.choices),
    ):
        if value not in allowed:
            raise ClipsafeError(
                f"{where}: {name} is {value!r}; it is one of {', '.join(filter(None, allowed))}."
            )
    if claim.smallest_effect < 0:
        raise ClipsafeError(f"{where}: smallest_effect is negative; its sign is the direction's.")
    ways = [claim.is_asked, bool(claim.all_of), bool(claim.outside), bool(claim.no_data)]
    if sum(ways) != 1:
        raise ClipsafeError(f"{where}: needs one of statistic, all_of, outside and no_data.")
    if not claim.is_asked:
        return
    if claim.cube not in SCHEMAS:
        raise ClipsafeError(f"{where}: cube is {claim.cube!r}; it is one of {', '.join(SCHEMAS)}.")
    missing = [name for name in _OF_A_STATISTIC if not getattr(claim, name)]
    if missing:
        raise ClipsafeError(f"{where}: a statistic needs {missing[0]}.")
    if claim.known_before not in KNOWN_BEFORE:
        raise ClipsafeError(
            f"{where}: known_before is {claim.known_before!r}; it is one of {', '.join(KNOWN_BEFORE)}."
        )
