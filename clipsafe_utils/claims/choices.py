"""The choices behind the statistics: the headline, and alternatives that the ledger tries one at a time."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from clipsafe_utils.metrics.accuracies import Axes
from clipsafe_utils.metrics.baseline import Fit, Spread
from clipsafe_utils.metrics.labelled.factors import Reference


@dataclass(frozen=True)
class Choices:
    """One way to compute the statistics; as it is, that of the headline."""

    axes: Axes = "raw"  # This and the next three as in chapter 1.
    fit: Fit = "huber"
    selection: str = "top"
    reference: Reference = "overall"
    spread: Spread = "near"  # Of left-out standard families, near the model's accuracy or all.
    label_rule: str = "class"  # What counts as right, where a study has several rules.
    score: str = "maximum_softmax"  # What detects unfamiliar images.
    detection: str = "as_it_is"  # Or "at_equal_accuracy": height above the line of label-trained networks.
    filtered_by: str = "both"  # Or "labels", "wit": which reference chose adversarial and fooling images.
    error: str = "plain"  # How calibration is measured; "plain" has 15 equal-width bins.


ALTERNATIVES: Mapping[str, tuple[str, ...]] = {
    "axes": ("probit",),
    "fit": ("least_squares", "local"),
    "selection": ("multi",),
    "reference": ("without_factor",),
    "spread": ("pooled",),
    "label_rule": ("real", "metaclass"),
    "score": ("maximum_concept_matching", "maximum_logit", "energy", "negative_entropy"),
    "detection": ("at_equal_accuracy",),
    "filtered_by": ("labels", "wit"),
    "error": ("debiased", "equal_mass", "root_mean_square", "five_bins"),
}
"""What stands beside the headline for each choice."""


def one_at_a_time(names: tuple[str, ...]) -> Iterator[tuple[str, str, Choices]]:
    """Yield name, value and `Choices` of every alternative of some choices, one changed at a time."""
    for name in names:
        for value in ALTERNATIVES[name]:
            yield name, value, replace(Choices(), **{name: value})  # type: ignore[arg-type]
