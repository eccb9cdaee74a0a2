"""Claims, effects and labels in words: one way to write them for the terminal, the pages and the figure."""

import math
from collections.abc import Mapping

from clipsafe_utils.claims.labels import Label
from clipsafe_utils.claims.populations import Effect
from clipsafe_utils.claims.registry import Claim
from clipsafe_utils.say import Text, change

MARKS: Mapping[Label, str] = {
    Label.SUPPORTED: "✓✓",
    Label.CONTRADICTED: "✗✗",
    Label.REPRODUCED: "✓",
    Label.NOT_REPRODUCED: "✗",
    Label.AGREES: "(✓)",
    Label.DISAGREES: "(✗)",
    Label.MIXED: "±",
    Label.UNCLEAR: "?",
    Label.NO_DATA: "–",
    Label.OUTSIDE: "·",
    Label.SHOWN_POSSIBLE: "◇",
    Label.OPPOSITE: "◆",
    Label.NOT_SHOWN: "?",
    Label.BUILT_IN: "=",
    Label.NOT_TESTABLE: "∅",
}
"""A sign for each label. It never stands without the word."""

SEEN_IN: Mapping[str, str] = {
    "paper": "from the paper",
    "summary": "from a summary",
    "follow-up": "from the follow-up",
    "book": "a claim of this book",
}
"""How we know of a finding."""

KNOWN_BEFORE: Mapping[str, str] = {
    "nothing": "nothing, when the claim was frozen",
    "direction": "the direction, when the claim was frozen",
    "numbers": "numbers, when the claim was frozen",
}
"""What we knew of the outcome in real models."""

CHANGES: Mapping[tuple[str, str], str] = {
    ("axes", "probit"): "accuracy on probit axes, not raw",
    ("fit", "least_squares"): "the line by least squares, not Huber's",
    ("fit", "local"): "a local line, not one for all networks",
    ("selection", "multi"): "every factor of an image, not its top factor",
    ("reference", "without_factor"): "against accuracy without the factor, not overall",
    ("spread", "pooled"): "the spread of all standard families, not of those near in accuracy",
    ("label_rule", "real"): "any label of the image is right (ReaL), not the class alone",
    ("label_rule", "metaclass"): "any class of the same kind is right, not the class alone",
    ("score", "maximum_concept_matching"): "detection by MCM, not maximum softmax",
    ("score", "maximum_logit"): "detection by the largest logit, not maximum softmax",
    ("score", "energy"): "detection by energy, not maximum softmax",
    ("score", "negative_entropy"): "detection by entropy, not maximum softmax",
    ("detection", "at_equal_accuracy"): "AUROC at equal accuracy, not as measured",
    ("filtered_by", "labels"): "only images that the reference on labels chose",
    ("filtered_by", "wit"): "only images that the reference on wit chose",
    ("error", "debiased"): "the debiased root-mean-square error, not plain ECE",
    ("error", "equal_mass"): "ECE with bins of equal mass, not of equal width",
    ("error", "root_mean_square"): "the root-mean-square error, not plain ECE",
    ("error", "five_bins"): "plain ECE with five bins, not fifteen",
}
"""What each alternative of `choices.ALTERNATIVES` changes."""

_SCALE_AND_DIGITS: Mapping[str, tuple[float, int]] = {
    "points": (100.0, 1),
    "nats": (1.0, 3),
    "factors": (1.0, 1),
}
_PLAIN = (1.0, 2)

_POSSIBLE: Mapping[str, tuple[float, float]] = {
    "points of the spread": (-0.5, 0.5),
    "points": (-1.0, 1.0),
    "factors": (-5.0, 5.0),
    "rank correlation": (-2.0, 2.0),
    "skill": (-math.inf, 1.0),
}
"""Between which ends a statistic can lie at all, by the beginning of its unit; others have no such ends."""

_ANYTHING = (-math.inf, math.inf)

NO_BOUND = "no bound"
"""What stands for an end that is not known, or that lies beyond what is possible."""


def number(claim: Claim, value: float) -> Text:
    """Write a value of the claim's statistic, with its sign and a true minus."""
    scale, digits = _SCALE_AND_DIGITS.get(claim.unit.split(" ")[0], _PLAIN)
    return change(scale * value, digits)


def bounds(claim: Claim, low: float, high: float) -> tuple[float, float]:
    """Return the ends of an interval; one beyond what is possible says nothing, and is infinite."""
    least, most = next((of for unit, of in _POSSIBLE.items() if claim.unit.startswith(unit)), _ANYTHING)
    return low if low >= least else -math.inf, high if high <= most else math.inf


def ends(claim: Claim, low: float, high: float) -> str:
    """Write the ends of an interval; an end that says nothing in words."""
    written = [number(claim, end) if math.isfinite(end) else NO_BOUND for end in bounds(claim, low, high)]
    return NO_BOUND if set(written) == {NO_BOUND} else " to ".join(written)


def estimate(claim: Claim, effect: Effect, confidence: float) -> Text:
    """Write an effect with the interval of its mean over units."""
    return Text(
        f"{number(claim, effect.estimate)} {claim.unit} ({ends(claim, *effect.interval(confidence))})"
    )


def rule(claim: Claim) -> str:
    """Say what would speak for a claim and what against it."""
    size = f"{number(claim, claim.smallest_effect)} {claim.unit}".lstrip("+")
    if claim.direction == "none":
        for_it = f"effects of {size} or more ruled out both ways"
    else:
        side = {"up": "above 0", "down": "below 0", "either": "of one sign"}[claim.direction]
        for_it = (
            f"one network or more with an effect {side} beyond chance, of {size} or more"
            if claim.quantifier == "some"
            else f"effects {side} beyond chance, with a mean of {size} or more"
        )
    return f"For it: {for_it}. Against it: {claim.against}."
