"""Which sets of prompts differ in their number of templates, and which in their wording."""

from collections.abc import Iterable, Mapping

NUMBERS: Mapping[str, int] = {
    "one": 1,
    "five": 5,
    "default": 10,
    "thirty": 30,
    "eighty": 80,
    "1": 1,
    "5": 5,
    "30": 30,
    "80": 80,
}
"""Templates of the sets that differ in number alone: words in the laboratory, figures in the engine."""

WORDINGS: Mapping[str, str] = {
    "name_only": "the name alone",
    "colours": "a colour before it",
    "backgrounds": "a background after it",
    "scrambled": "words out of order",
    "bad": "words never read",
    "sale": "stuff … for sale",
    "drawing": "a drawing of a …",
}
"""Sets of another kind of wording, and what figures call them."""

_BASES = ("default", "80")


def base_of(names: Iterable[str]) -> str | None:
    """Return the set that others are compared with: what the other chapters use."""
    known = set(names)
    return next((name for name in _BASES if name in known), None)


def by_number(names: Iterable[str]) -> list[str]:
    """Return the sets that differ in number, from few to many."""
    return sorted((name for name in names if name in NUMBERS), key=lambda name: NUMBERS[name])


def by_wording(names: Iterable[str]) -> list[str]:
    """Return the sets of another wording, those that are not known here last."""
    order = list(WORDINGS)
    others = [name for name in names if name not in NUMBERS]
    return sorted(others, key=lambda name: order.index(name) if name in order else len(order))


def title_of(name: str) -> str:
    """Return what a figure calls a set of another wording."""
    return WORDINGS.get(name, name.replace("_", " "))
