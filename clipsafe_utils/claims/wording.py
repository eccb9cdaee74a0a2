"""Claims, effects and verdicts in words: one way to write them for the terminal, the pages and the figure."""

from collections.abc import Mapping

import numpy as np

from clipsafe_utils.claims.effects import Effect
from clipsafe_utils.claims.registry import Claim
from clipsafe_utils.say import Text, change

MARKS: Mapping[str, str] = {"supported": "✓", "contradicted": "✗", "undecided": "?", "not measured": "–"}
"""A sign for each verdict. It never stands without the word."""

SEEN_IN: Mapping[str, str] = {
    "paper": "from the paper",
    "summary": "from a summary",
    "follow-up": "from the follow-up",
    "book": "asked by this book",
}
"""How we know of a finding."""

CHANGES: Mapping[tuple[str, str], str] = {
    ("axes", "probit"): "accuracy on probit axes, not raw",
    ("fit", "least_squares"): "the line by least squares, not Huber's",
    ("fit", "local"): "a local line, not one for all networks",
    ("selection", "multi"): "every factor of an image, not its top factor",
    ("reference", "without_factor"): "against accuracy without the factor, not overall",
    ("score", "maximum_concept_matching"): "detection by MCM, not maximum softmax",
    ("score", "maximum_logit"): "detection by the largest logit, not maximum softmax",
    ("score", "energy"): "detection by energy, not maximum softmax",
    ("score", "negative_entropy"): "detection by entropy, not maximum softmax",
    ("detection", "at_equal_accuracy"): "AUROC at equal accuracy, not as it is",
    ("quantity", "fixed"): "images and samples seen held fixed",
    ("filtered_by", "labels"): "only images that the reference on labels chose",
    ("filtered_by", "wit"): "only images that the reference on wit chose",
    ("error", "plain"): "plain ECE, not debiased",
    ("error", "equal_mass"): "ECE with bins of equal mass, not debiased",
    ("error", "root_mean_square"): "root-mean-square error, not debiased ECE",
    ("error", "five_bins"): "plain ECE with five bins, not debiased",
    ("consistency", "either_way"): "always worse counts against it, too",
}
"""What each alternative of `choices.ALTERNATIVES` changes."""

_SCALE_AND_DIGITS: Mapping[str, tuple[float, int]] = {
    "points": (100.0, 1),
    "nats": (1.0, 3),
    "factors": (1.0, 1),
}
_PLAIN = (1.0, 2)


def number(claim: Claim, value: float) -> Text:
    """Write a value of the claim's statistic, with its sign and a true minus."""
    scale, digits = _SCALE_AND_DIGITS.get(claim.unit.split(" ")[0], _PLAIN)
    return change(scale * value, digits)


def interval(claim: Claim, effect: Effect, confidence: float) -> str:
    """Write the interval of an effect; an unbounded one in words."""
    if not np.isfinite(effect.half_width(confidence)):
        return "unbounded"
    low, high = effect.interval(confidence)
    return f"{number(claim, low)} to {number(claim, high)}"


def estimate(claim: Claim, effect: Effect, confidence: float) -> Text:
    """Write an effect with its interval."""
    return Text(f"{number(claim, effect.value)} ({interval(claim, effect, confidence)})")


def rule(claim: Claim) -> str:
    """Say the rule of a claim."""
    size = f"{number(claim, claim.smallest_effect)} {claim.unit}".lstrip("+")
    if "correlation" in claim.unit:
        size = f"{claim.smallest_effect:.2f}"
    if claim.direction in ("up", "down"):
        side, other, bound = ("above", "below", f"at least {size}")
        if claim.direction == "down":
            side, other, bound = "below", "above", f"at most −{size}"
        if not claim.smallest_effect:
            return f"supported if {side} 0 beyond chance; contradicted if {other} 0 beyond chance"
        return f"supported if {side} 0 beyond chance and {bound}; contradicted if that much is ruled out"
    there = f"other than 0 beyond chance and at least {size}, up or down"
    if claim.direction == "either":
        return f"supported if {there}; contradicted if that much is ruled out both ways"
    return f"supported if {size} or more is ruled out both ways; contradicted if {there}"
