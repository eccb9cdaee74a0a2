"""Chapter 6 in numbers: what the prose glues; directions are chosen from sign and interval."""

from collections.abc import Mapping

import pandas as pd

from clipsafe_utils.chapters.causes.views import PANELS
from clipsafe_utils.chapters.causes.words import cell_of, moved
from clipsafe_utils.chapters.formats import complete, listed, percent, points
from clipsafe_utils.findings.causes.contrasts import KNOB_STEPS, absent
from clipsafe_utils.findings.causes.effects import (
    HEADLINE,
    estimate_of,
    hidden_from_accuracy,
    strongest,
)
from clipsafe_utils.findings.ladder import LOSS_OF_RUNG, dose, knobs_of
from clipsafe_utils.findings.shift.laboratory import Laboratory

SAID: Mapping[str, tuple[str, str]] = {
    "causes-web-accuracy": ("curated to web, classifier", "accuracy"),
    "causes-web-shift": ("curated to web, classifier", "accuracy_shifts"),
    "causes-web-bias": ("curated to web, classifier", "shape_bias"),
    "causes-web-auroc": ("curated to web, classifier", "auroc"),
    "causes-clip-shift": ("classifier to CLIP", "accuracy_shifts"),
    "causes-clip-bias": ("classifier to CLIP", "shape_bias"),
    "causes-clip-error": ("classifier to CLIP", "ece_debiased_before_natural"),
    "causes-captions-accuracy": ("names to captions", "accuracy"),
    "causes-captions-factors": ("names to captions", "factors"),
    "causes-texture-accuracy": ("typical textures", "accuracy"),
    "causes-texture-shift": ("typical textures", "accuracy_shifts"),
    "causes-images-accuracy": ("images ", "accuracy"),
    "causes-images-auroc": ("images ", "auroc"),
    "causes-batch-accuracy": ("batch", "accuracy"),
    "causes-batch-error": ("batch", "ece_debiased_before_natural"),
    "causes-wrong-accuracy": ("wrong captions", "accuracy"),
    "causes-wrong-error": ("wrong captions", "ece_debiased_before_natural"),
    "causes-encoder-shift": ("ResNet-xs to ResNet-s", "accuracy_shifts"),
    "causes-encoder-error": ("ResNet-xs to ResNet-s", "ece_debiased_before_natural"),
    "causes-strong-accuracy": ("strong, on labels", "accuracy"),
    "causes-strong-bias": ("strong, on labels", "shape_bias"),
    "causes-strong-error": ("strong, on labels", "ece_debiased_before_natural"),
    "causes-strong-scaled": ("strong, on labels", "ece_debiased_after_shifts"),
}
"""Effects that the prose names: the beginning of the cause's title, and the property."""

KEYS = (
    *SAID,
    "causes-lab-causes",
    "causes-lab-effects",
    "causes-lab-moves",
    "causes-lab-chance",
    "causes-lab-sure",
    "causes-lab-verdict",
    "causes-lab-absent",
    "causes-property",
    "causes-property-count",
    "causes-property-largest",
    "causes-knob",
    "causes-knob-changes",
    "causes-hidden-within",
    "causes-hidden-causes",
    "causes-hidden-moving",
    "causes-hidden-cause",
    "causes-hidden-accuracy",
    "causes-hidden-property",
    "causes-hidden-effect",
    "causes-misread-levels",
    "causes-misread-biases",
)
"""Every number of the laboratory that the prose of the chapter glues."""

WITHIN = 0.01
"""A cause that moves accuracy in distribution by less can hardly be seen there."""

LARGE = 0.1
"""What the prose calls much: ten points."""

_SHARES = [key for key in HEADLINE if key != "temperature"]
_LARGEST = 3


def numbers(
    laboratory: Laboratory | None, table: pd.DataFrame, property_: str, knob: str, confidence: float
) -> dict[str, str]:
    """Return the numbers of the laboratory.

    Parameters
    ----------
    laboratory : Laboratory or None
        None where no study has one.
    table : DataFrame
        `effects` on the headline properties.
    property_, knob : str
        Those that the reader has chosen.
    confidence : float
        Level of the intervals.

    Returns
    -------
    dict of str to str
        Every key of `KEYS`; "not measured" where the trainings for it are absent.

    Examples
    --------
    >>> numbers(None, pd.DataFrame(), "shape_bias", "batch", 0.95)["causes-lab-causes"]
    'not measured'
    """
    found: dict[str, str] = {"causes-property": PANELS[property_].title, "causes-knob": KNOB_STEPS[knob][1]}
    if laboratory is not None and len(table):
        found |= _said(table) | _counts(table, confidence)
        found["causes-lab-absent"] = listed(absent(laboratory))
        found |= _of_property(table, property_) | _of_knob(laboratory, table, knob) | _hidden(table)
        found |= _misread(laboratory, confidence)
    return complete(KEYS, found)


def winners(table: pd.DataFrame) -> dict[str, int]:
    """Count, by kind of cause, the properties that a cause of this kind moves most.

    Returns
    -------
    dict of str to int
        The kind with most properties first; properties that no cause moves are not counted.
    """
    first = [strongest(table, key).head(1)["kind"] for key in dict.fromkeys(table["property"])]
    kinds = pd.concat(first) if first else pd.Series(dtype=str)
    return {str(kind): int(count) for kind, count in kinds.value_counts().items()}


def _said(table: pd.DataFrame) -> dict[str, str]:
    found = {}
    for key, (beginning, property_) in SAID.items():
        rows = table[table["cause"].str.startswith(beginning) & (table["property"] == property_)]
        if len(rows):
            found[key] = moved(estimate_of(rows.iloc[0]))
    return found


def _counts(table: pd.DataFrame, confidence: float) -> dict[str, str]:
    return {
        "causes-lab-causes": str(table["cause"].nunique()),
        "causes-lab-effects": str(len(table)),
        "causes-lab-moves": str(int(table["moves"].sum())),
        "causes-lab-chance": f"{(1 - confidence) * len(table):.0f}",
        "causes-lab-sure": str(int(table["sure"].sum())),
        "causes-lab-verdict": verdict(table),
    }


def verdict(table: pd.DataFrame) -> str:
    """Say which kind of choice moves most properties furthest, to stand after "in the laboratory".

    Examples
    --------
    >>> rows = [("Images", "accuracy", 0.1), ("Language", "auroc", 0.2), ("Images", "shape_bias", 0.3)]
    >>> verdict(pd.DataFrame(rows, columns=["kind", "property", "value"]).assign(moves=True))
    'the largest step is one of images for 2 of 3 properties, of language for 1'
    """
    won = list(winners(table).items())
    if not won:
        return "no cause moves a property beyond its interval"
    (kind, count), *others = won
    properties = table["property"].nunique()
    rest = "".join(f", of {name.lower()} for {number}" for name, number in others)
    return f"the largest step is one of {kind.lower()} for {count} of {properties} properties{rest}"


def _of_property(table: pd.DataFrame, property_: str) -> dict[str, str]:
    kept = strongest(table, property_)
    tried = int((table["property"] == property_).sum())
    largest = [f"{row['cause']}, {cell_of(estimate_of(row))}" for _, row in kept.head(_LARGEST).iterrows()]
    return {
        "causes-property-count": f"{len(kept)} of {tried}",
        "causes-property-largest": "; ".join(largest) or "none",
    }


def _of_knob(laboratory: Laboratory, table: pd.DataFrame, knob: str) -> dict[str, str]:
    if knob not in knobs_of(laboratory.causes):
        return {}
    rows = table[table["cause"].str.startswith(f"{KNOB_STEPS[knob][1]} ") & table["property"].isin(PANELS)]
    changes = [f"{HEADLINE[row['property']].name} {cell_of(estimate_of(row))}" for _, row in rows.iterrows()]
    if not changes:
        return {}
    return {"causes-knob": str(rows["cause"].iloc[0]), "causes-knob-changes": "; ".join(changes)}


def _hidden(table: pd.DataFrame) -> dict[str, str]:
    accuracy = table[table["property"] == "accuracy"]
    quiet = accuracy[accuracy["value"].abs() <= WITHIN]
    others = [key for key in _SHARES if key != "accuracy"]
    kept = hidden_from_accuracy(table, WITHIN, others)
    found = {
        "causes-hidden-within": f"{100 * WITHIN:.0f}",
        "causes-hidden-causes": f"{len(quiet)} of {len(accuracy)}",
        "causes-hidden-moving": str(kept[kept["value"].abs() >= LARGE]["cause"].nunique()),
    }
    if kept.empty:
        return found
    first = kept.iloc[0]
    return found | {
        "causes-hidden-cause": str(first["cause"]),
        "causes-hidden-accuracy": points(float(first["accuracy"])),
        "causes-hidden-property": HEADLINE[str(first["property"])].name,
        "causes-hidden-effect": cell_of(estimate_of(first)),
    }


def _misread(laboratory: Laboratory, confidence: float) -> dict[str, str]:
    """Say what each dose of typical textures makes of a CLIP: a step is as large as it was chosen."""
    table = dose(laboratory.causes, "texture_correlation", "shape_bias", confidence)
    rows = table[table["loss"] == LOSS_OF_RUNG["d"]]
    if rows.empty:
        return {}
    return {
        "causes-misread-levels": listed([percent(level, 0) for level in rows["level"]]),
        "causes-misread-biases": listed([percent(value, 0) for value in rows["value"]]),
    }
