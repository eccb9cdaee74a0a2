"""Chapter 5 in words and numbers."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from clipsafe_utils.chapters.formats import NOT_MEASURED, complete, percent, points
from clipsafe_utils.findings.prompts.changes import EVERY, PROPERTIES, Tested, contrast, fewest_and_most
from clipsafe_utils.findings.prompts.sets import NUMBERS, by_wording, title_of
from clipsafe_utils.findings.prompts.subsets import spread
from clipsafe_utils.say import Value

SHOWN: Mapping[str, tuple[str, ...]] = {
    "name_only": ("accuracy",),
    "colours": ("accuracy",),
    "backgrounds": ("ece", "nll"),
    "scrambled": ("accuracy", "auroc"),
    "bad": ("accuracy",),
    "sale": ("accuracy",),
    "drawing": ("accuracy", "auroc", "ece", "nll"),
}
"""Sets of another wording, and the changes that the prose gives of each."""

TITLES: Mapping[str, str] = {
    "accuracy": "accuracy",
    "auroc": "AUROC",
    "ece": "ECE",
    "nll": "NLL",
    "temperature": "temperature",
    "factors": "gap on factors",
}
"""Properties as tables and sentences call them."""

READ = ("backgrounds", "drawing")
"""Sets whose two errors, ECE and NLL, are held against each other."""

OF_NUMBER = ("auroc", "ece", "factors")
"""Changes from the most templates to the fewest that the prose holds against the follow-up."""

_CONFIDENT = ("default", *READ)
_SPREAD = {"one": 1, "ten": 10}

KEYS = (
    "prompts-clips",
    "prompts-families",
    "prompts-fewest",
    "prompts-most",
    "prompts-number-answer",
    *(f"prompts-number-{name}" for name in OF_NUMBER),
    "prompts-wording-answer",
    *(f"prompts-{kind.replace('_', '-')}-{name}" for kind, names in SHOWN.items() for name in names),
    "prompts-drawing-accuracy-wit",
    "prompts-drawing-accuracy-laion",
    *(f"prompts-{kind}-reading" for kind in READ),
    *(f"prompts-{kind}-confidence" for kind in _CONFIDENT),
    *(f"prompts-{kind}-accuracy-itself" for kind in _CONFIDENT),
    "prompts-temperature-lowest",
    "prompts-temperature-highest",
    "prompts-ece-kind",
    "prompts-pool",
    *(f"prompts-subsets-{name}-{size}" for name in ("accuracy", "auroc", "ece") for size in _SPREAD),
)
"""Every number that the prose glues."""

_ONE_POINT = 0.01
_TOO_SMALL = "changes too little to matter"


def numbers(
    tested: Sequence[Tested],
    changes: Mapping[str, pd.DataFrame],
    subsets: Mapping[str, pd.DataFrame],
    confidence: float,
) -> dict[str, str]:
    """Return the numbers of the prose: of the first study that has other prompts.

    Parameters
    ----------
    tested : sequence of Tested
        The studies.
    changes, subsets : mapping of str to DataFrame
        By study, as of `changes` and of `subset_changes`.
    confidence : float
        Level of the intervals.

    Returns
    -------
    dict of str to str
        Every key of `KEYS`; "not measured" where a study lacks what it needs.

    Examples
    --------
    >>> numbers([], {}, {}, 0.95)["prompts-number-answer"]
    'not measured'
    """
    found: dict[str, str] = {}
    for one in tested[:1]:
        moved = changes[one.study]
        found |= _of_study(one, moved) | _of_number(one, confidence) | _of_wordings(moved)
        found |= _of_confidence(moved)
    for table in list(subsets.values())[:1]:
        found |= _of_subsets(table)
    return complete(KEYS, found)


def weigh(found: Value, name: str) -> str:
    """Say in words whether a change matters: whether its whole interval is on one side, and of what size.

    Examples
    --------
    >>> weigh(Value(0.001, -0.001, 0.003, units=9), "accuracy")
    'changes too little to matter'
    >>> weigh(Value(-0.006, -0.008, -0.004, units=9), "ece")
    'is lower by 0.60 points'
    >>> weigh(Value(-0.004, -0.006, -0.002, units=9), "ece")
    'is lower by 0.40 points, less than would matter'
    >>> weigh(Value(0.0, -0.02, 0.02, units=9), "auroc")
    'is not decided'
    """
    smallest = PROPERTIES[name].smallest
    if not np.isfinite([found.low, found.high]).all():
        return "is not decided"
    if max(abs(found.low), abs(found.high)) < smallest:
        return _TOO_SMALL
    if not found.excludes(0):
        return "is not decided"
    said = (
        f"is {'higher' if found.estimate > 0 else 'lower'} by {amount(abs(found.estimate), name).lstrip('+')}"
    )
    return f"{said}, less than would matter" if abs(found.estimate) < smallest else said


def amount(value: float, name: str) -> str:
    """Write a change of a property with its sign and unit.

    Examples
    --------
    >>> amount(-0.0056, "ece"), amount(0.0123, "temperature")
    ('−0.56 points', '+0.012')
    """
    text = _signed(value, name, _digits(value))
    return f"{text} points" if _in_points(name) else text


def change(found: Value | None, name: str) -> str:
    """Write a change of a property with its interval.

    Examples
    --------
    >>> change(Value(-0.006, -0.008, -0.004, units=9), "ece")
    '−0.60 points (−0.80 to −0.40)'
    >>> change(Value(-0.158, -0.232, -0.084, units=9), "ece")
    '−15.8 points (−23.2 to −8.4)'
    >>> change(None, "ece")
    'not measured'
    """
    if found is None or not np.isfinite(found.estimate):
        return NOT_MEASURED
    digits = _digits(found.estimate)
    ends = f"{_signed(found.low, name, digits)} to {_signed(found.high, name, digits)}"
    return f"{amount(found.estimate, name)} ({ends if np.isfinite(found.low) else 'unbounded'})"


def estimate(changes: pd.DataFrame, prompt_set: str, name: str, source: str = EVERY) -> Value | None:
    """Take one change out of a table of `changes`; None where it is not there."""
    rows = changes[
        (changes["prompt_set"] == prompt_set) & (changes["property"] == name) & (changes["source"] == source)
    ]
    if rows.empty:
        return None
    value, low, high = (float(rows[column].iloc[0]) for column in ("value", "low", "high"))
    return Value(value, low, high, units=int(rows["families"].iloc[0]), unit="family")


def reading(ece: Value | None, nll: Value | None) -> str:
    """Say what ECE and NLL, held against each other, make of a wording.

    Examples
    --------
    >>> down, up = Value(-0.1, -0.2, -0.05, units=9), Value(0.1, 0.05, 0.2, units=9)
    >>> reading(down, down), reading(down, up), reading(None, up)
    ('both errors fall: a gain', 'ECE falls while NLL rises: no gain', 'not measured')
    """
    if ece is None or nll is None:
        return NOT_MEASURED
    if not (ece.excludes(0) and nll.excludes(0)):
        return "one of the two errors is not decided"
    if ece.estimate > 0:
        return "both errors rise: a loss" if nll.estimate > 0 else "NLL falls while ECE rises"
    return "both errors fall: a gain" if nll.estimate < 0 else "ECE falls while NLL rises: no gain"


def _of_study(tested: Tested, changes: pd.DataFrame) -> dict[str, str]:
    temperature = tested.values.sel(property="temperature", prompt_set=tested.base).isel(draw=0)
    return {
        "prompts-clips": str(tested.models.sizes["model"]),
        "prompts-families": str(changes["families"].max()),
        "prompts-temperature-lowest": f"{temperature.min().item():.2f}",
        "prompts-temperature-highest": f"{temperature.max().item():.2f}",
        "prompts-ece-kind": "debiased" if tested.is_debiased else "plain",
    }


def _of_number(tested: Tested, confidence: float) -> dict[str, str]:
    ends = fewest_and_most(tested)
    if ends is None:
        return {}
    found = {name: contrast(tested, *ends, name, confidence) for name in PROPERTIES}
    said = {f"prompts-number-{name}": change(found[name], name) for name in OF_NUMBER}
    fewest, most = (str(NUMBERS[name]) for name in ends)
    judged = {name: weigh(one, name) for name, one in found.items() if one is not None}
    return said | {
        "prompts-fewest": fewest,
        "prompts-most": most,
        "prompts-number-answer": _answer(judged),
    }


def _answer(judged: Mapping[str, str]) -> str:
    small = [TITLES[name] for name, said in judged.items() if said == _TOO_SMALL]
    others = [f"{TITLES[name]} {said}" for name, said in judged.items() if said != _TOO_SMALL]
    verb = "change" if len(small) > 1 else "changes"
    return _listed([*([f"{_listed(small)} {verb} too little to matter"] if small else []), *others], "; ")


def _of_wordings(changes: pd.DataFrame) -> dict[str, str]:
    found = {
        f"prompts-{kind.replace('_', '-')}-{name}": change(estimate(changes, kind, name), name)
        for kind, names in SHOWN.items()
        for name in names
    }
    for source in ("wit", "laion"):
        one = estimate(changes, "drawing", "accuracy", source)
        found[f"prompts-drawing-accuracy-{source}"] = (
            NOT_MEASURED if one is None else f"{points(one.estimate)}"
        )
    for kind in READ:
        errors = (estimate(changes, kind, name) for name in ("ece", "nll"))
        found[f"prompts-{kind}-reading"] = reading(*errors)
    every = changes[(changes["source"] == EVERY) & (changes["property"] == "accuracy")]
    moved = {str(name): float(value) for name, value in zip(every["prompt_set"], every["value"], strict=True)}
    if kinds := by_wording(moved):
        worst = min(kinds, key=lambda kind: moved[kind])
        found["prompts-wording-answer"] = (
            f"one other wording (“{title_of(worst)}”) moves accuracy by {points(moved[worst])} points"
        )
    return found


def _of_confidence(changes: pd.DataFrame) -> dict[str, str]:
    """Mean confidence is accuracy less ECE where a model is nowhere over-confident."""
    every = changes[changes["source"] == EVERY].set_index(["prompt_set", "property"])["level"]
    found = {}
    for kind in _CONFIDENT:
        if {(kind, "accuracy"), (kind, "ece")} <= set(every.index):
            accuracy, error = (float(every[kind, name]) for name in ("accuracy", "ece"))
            found[f"prompts-{kind}-accuracy-itself"] = percent(accuracy, 0)
            found[f"prompts-{kind}-confidence"] = percent(accuracy - error, 0)
    return found


def _of_subsets(changes: pd.DataFrame) -> dict[str, str]:
    if changes.empty:
        return {}
    widest = spread(changes).groupby(["property", "templates"])["spread"].max()
    found = {"prompts-pool": str(changes["templates"].max())}
    for name in dict.fromkeys(changes["property"]):
        for word, size in _SPREAD.items():
            if (name, size) in widest.index:
                found[f"prompts-subsets-{name}-{word}"] = f"{100 * float(widest[name, size]):.2f}"
    return found


def _signed(value: float, name: str, digits: int) -> str:
    if _in_points(name):
        return points(value, digits)
    text = f"{value:+.3f}"
    return text.lstrip("+-") if float(text) == 0 else text.replace("-", "−")


def _digits(value: float) -> int:
    """Give changes below one point a digit more."""
    return 2 if abs(value) < _ONE_POINT else 1


def _in_points(name: str) -> bool:
    return PROPERTIES[name].scale > 1


def _listed(parts: Sequence[str], separator: str = ", ") -> str:
    if len(parts) < 2:
        return "".join(parts)
    return f"{separator.join(parts[:-1])}{separator if separator == '; ' else ' '}and {parts[-1]}"
