"""What a value means for use: a sentence, chosen by rules whose thresholds stand here and on the card."""

import math
from collections.abc import Hashable, Mapping

from clipsafe_utils.cards.properties import ACCURACY, GAP, SHAPE, TEMPERATURE, CardProperty, ood_key
from clipsafe_utils.findings.own_models import ABOVE, BELOW, WITHIN
from clipsafe_utils.say import Text, Value, choose, number

GOOD_AUROC, FAIR_AUROC = 0.95, 0.85
SMALL_ERROR, LARGE_ERROR = 0.02, 0.05
LITTLE_SCALING = 0.05
"""A temperature within this of 1 changes little."""

_AS_WRITTEN = 3
"""Digits of a share as the card writes it, so that what is read is what is judged."""

NO_LINE = "no line"

RULES = (
    "Better or worse than its accuracy would suggest: its height above the line of standard networks has a "
    "p-value below 5 % against new standard families, after Holm's correction over the lines of that part "
    "of the card.",
    "By shape or by texture: the interval of the shape bias lies on one side of 50 %.",
    f"AUROC: from {GOOD_AUROC:.2f}, from {FAIR_AUROC:.2f}, and below.",
    f"Calibration error, and confidence less accuracy: up to {100 * SMALL_ERROR:.0f} points, up to "
    f"{100 * LARGE_ERROR:.0f}, and more. Temperature: within {LITTLE_SCALING:.2f} of 1, above, and below.",
)
"""By what the sentences are chosen."""


PECULIAR: Mapping[str, str] = {
    "shift:a": "The set was made of images that torchvision's ResNet-50 gets wrong, whose own accuracy is 0 "
    "by construction.",
    ood_key("cood", "auroc"): "Its classes are chosen for each network and score, from easy to hard: places "
    "compare networks on different images.",
}
"""What has to be known of how a set was made, by key of the property."""


def judgement_of(part: str, verdict: str) -> str:
    """Say what it means where a value stands by the line; empty for what has no line."""
    return {"Visual factors": _FACTORS, "Distribution shift": _SHIFTS}.get(part, {}).get(verdict, "")


def use_of(one: CardProperty, value: Value, like: float) -> str:
    """Say what a value means for use, but for where it stands by the line.

    Parameters
    ----------
    one : CardProperty
        The property.
    value : Value
        Its value.
    like : float
        Accuracy on the same classes of ImageNet; NaN where it is not known.
    """
    if one.key == ACCURACY:
        return f"Of 100 images like those of ImageNet, it names {_of_100(value.estimate)} correctly."
    if one.part == "Visual factors":
        return ""
    if one.part == "Distribution shift":
        return _lost(value.estimate, like)
    if one.key == SHAPE:
        return choose("shape" if value.low > 0.5 else "texture" if value.high < 0.5 else "neither", _CUES)
    if one.part == "Unknown images":
        return _detection(one, value.estimate)
    return _calibration(one.key, value.estimate)


_FACTORS: Mapping[Hashable, str] = {
    ABOVE: "Errs less on such images than its accuracy would suggest.",
    BELOW: "Errs more on such images than its accuracy would suggest: try your own images.",
    WITHIN: "Errs on such images about as its accuracy would suggest.",
    NO_LINE: "Whether that is good for its accuracy is not known.",
}
_SHIFTS: Mapping[Hashable, str] = {
    ABOVE: "That is more than standard networks of its accuracy reach.",
    BELOW: "That is less than standard networks of its accuracy reach.",
    WITHIN: "That is about what standard networks of its accuracy reach.",
    NO_LINE: "Whether that is good for its accuracy is not known.",
}
_CUES: Mapping[Hashable, str] = {
    "shape": "Decides by shape where shape and texture disagree.",
    "texture": "Decides by texture where shape and texture disagree: a familiar surface can mislead it.",
    "neither": "Neither shape nor texture clearly leads.",
}
_SURE: Mapping[Hashable, str] = {
    "little": "Its confidence can be read almost as it stands.",
    "some": "Its confidence is off by a few points: correct it before you set a threshold.",
    "much": "Do not read its confidence as the chance that it is right.",
}


def _of_100(share: float) -> str:
    return f"{100 * share:.0f}"


def _lost(share: float, like: float) -> str:
    if math.isnan(like):
        return f"Names {_of_100(share)} of 100 such images correctly, choosing among the classes of the set."
    gap = 100 * (share - like)
    side = "fewer" if gap < 0 else "more"
    return f"Expect {abs(gap):.0f} points {side} than on ImageNet images of the same classes."


def _detection(one: CardProperty, value: float) -> Text:
    if one.best == "low":
        return Text(f"If 95 of 100 known images are to pass, {_of_100(value)} of 100 unknown ones pass, too.")
    value = round(value, _AS_WRITTEN)
    size = "good" if value >= GOOD_AUROC else "fair" if value >= FAIR_AUROC else "poor"
    return choose(
        size,
        {
            "good": "A threshold on this score separates most such images from known ones.",
            "fair": "A threshold on this score finds many such images, and misses many.",
            "poor": "Do not rely on this score to notice such images.",
        },
    )


def _calibration(key: str, value: float) -> Text:
    value = round(value, _AS_WRITTEN)
    if key == TEMPERATURE:
        side = "none" if abs(value - 1) <= LITTLE_SCALING else "sure" if value > 1 else "unsure"
        divided = f"divide its logits by {number(value)}"
        return choose(
            side,
            {
                "none": "Scaling changes little.",
                "sure": f"It is too sure: {divided}.",
                "unsure": f"It is not sure enough: {divided}.",
            },
        )
    if key == GAP:
        side = "even" if abs(value) <= SMALL_ERROR else "over" if value > 0 else "under"
        size = number(100 * abs(value), 1)
        return choose(
            side,
            {
                "even": "On the whole its confidence matches its accuracy.",
                "over": f"It is too sure: its mean confidence is {size} points above its accuracy.",
                "under": f"It is not sure enough: its mean confidence is {size} points below its accuracy.",
            },
        )
    return choose("little" if value <= SMALL_ERROR else "some" if value <= LARGE_ERROR else "much", _SURE)
