"""The properties of a card: how they are called, which end is the better one, how they are written."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from clipsafe_utils.cubes.schema import HEADLINE_FACTORS, READ_OUTS
from clipsafe_utils.metrics.accuracies import Axes
from clipsafe_utils.registry.set_names import ood_set_title, shift_title
from clipsafe_utils.say import Scale

Best = Literal["high", "low", "none"]

ACCURACY, SHAPE, GAP, TEMPERATURE = "accuracy", "shape_bias", "confidence_less_accuracy", "temperature"
OF_ALL = "_of_1000"

SHIFTS: Mapping[str, tuple[str, ...]] = {
    "shift:v2": ("v2_matched_frequency", "v2_threshold_0_7", "v2_top_images"),
    "shift:a": ("a", f"a{OF_ALL}"),
    "shift:r": ("r", f"r{OF_ALL}"),
    "shift:sketch": ("sketch",),
    "shift:objectnet": ("objectnet", f"objectnet{OF_ALL}"),
}
"""Conditions of the cube `shifts`, the one that is shown where several are known first."""

SCORES = ("maximum_softmax", "maximum_logit", "maximum_concept_matching", "energy", "negative_entropy")
"""By which detection is shown: the first of these that is known of a model."""

USUAL_SETS = ("ninco", "inaturalist", "sun", "places", "textures", "cood")
"""Sets of unknown images of which a card says where they were not measured."""

PART_OF_NINCO = "ninco_"
"""What the names of small sets that NINCO sampled begin with: no line of a card."""

PARTS = (
    "Accuracy",
    "Visual factors",
    "Shape or texture",
    "Distribution shift",
    "Unknown images",
    "Calibration",
)
_AXES: Mapping[str, Axes] = {"Visual factors": "raw", "Distribution shift": "probit"}


@dataclass(frozen=True)
class CardProperty:
    """One property: key, part of the card, title, the better end and the scale of its numbers."""

    key: str
    part: str
    title: str
    best: Best
    scale: Scale = "share"

    @property
    def axes(self) -> Axes | None:
        """Where its line over accuracy is straight, as chapters 1 and 3 draw it; None without a line."""
        return _AXES.get(self.part)


def factor_key(factor: str) -> str:
    """Return the key of accuracy on a visual factor."""
    return f"factor:{factor}"


def ood_key(ood_set: str, measure: str) -> str:
    """Return the key of detection of a set: `auroc` or `fpr`."""
    return f"ood:{ood_set}:{measure}"


def error_key(scaling: str) -> str:
    """Return the key of the calibration error before or after temperature scaling."""
    return f"ece:{scaling}"


def properties_of(sets: Sequence[str] = ()) -> list[CardProperty]:
    """Return the properties in the order of the card; `sets` of unknown images are added to the usual ones.

    Examples
    --------
    >>> [one.title for one in properties_of()][:2]
    ['ImageNet', 'pose']
    """
    accuracy, factors, shape, shift, unknown, calibration = PARTS
    every = tuple(dict.fromkeys((*USUAL_SETS, *sets)))
    return [
        CardProperty(ACCURACY, accuracy, "ImageNet", "high"),
        *(
            CardProperty(factor_key(name), factors, name.replace("_", " "), "high")
            for name in HEADLINE_FACTORS
        ),
        CardProperty(SHAPE, shape, "shape bias", "none"),
        *(CardProperty(key, shift, shift_title(names[0]), "high") for key, names in SHIFTS.items()),
        *(
            CardProperty(ood_key(name, measure), unknown, f"{ood_set_title(name)}, {words}", best)
            for name in every
            for measure, words, best in _MEASURES
        ),
        CardProperty(error_key("before"), calibration, "calibration error (ECE)", "low"),
        CardProperty(error_key("after"), calibration, "ECE after temperature scaling", "low"),
        CardProperty(TEMPERATURE, calibration, "temperature", "none", "number"),
        CardProperty(GAP, calibration, "confidence less accuracy", "none", "difference"),
    ]


_MEASURES: tuple[tuple[str, str, Best], ...] = (
    ("auroc", "AUROC", "high"),
    ("fpr", "unknown images let through", "low"),
)


def kinds_of(key: str) -> tuple[str, ...]:
    """Return the kinds in which a property may be measured, the one that is shown first of several first."""
    if key == SHAPE:
        return READ_OUTS
    return SHIFTS.get(key) or (SCORES if key.startswith("ood:") else ("",))
