"""The data sets that a file of predictions may be of, and what is known of them without an image."""

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from clipsafe_utils.measuring.answers import answers_of
from clipsafe_utils.record.confidences import NAMESPACE
from clipsafe_utils.record.ood_sets import OOD_SETS
from clipsafe_utils.registry.data_sets import data_sets
from clipsafe_utils.registry.label_maps import merging, subset

HOME, CUES, OBJECTNET = "imagenet-val", "cue-conflict", "objectnet"
CLASSES = 1000

_SPACES = {"imagenet-r": "imagenet_r", "imagenet-a": "imagenet_a"}
_NOT_TAKEN = "imagenet-vid-robust"
"""Its frames belong together, which a file of predictions does not say."""


@dataclass(frozen=True)
class KnownSet:
    """One data set.

    Attributes
    ----------
    name : str
        What its file is called.
    role : str
        id, shift, ood or cue_conflict.
    condition : str
        What cubes call it.
    images : int
        Images of the whole set; 0 where that differs from copy to copy.
    namespace : str
        Of the paired draws.
    """

    name: str
    role: str
    condition: str
    images: int
    namespace: str

    @property
    def classes(self) -> NDArray[np.int64]:
        """The ImageNet classes that its images show, one for each answer."""
        if self.name == OBJECTNET:
            return merging("objectnet").first_index()
        return subset(_SPACES[self.name]) if self.name in _SPACES else np.arange(CLASSES)

    @property
    def answers(self) -> NDArray[np.int64]:
        """The answer that each of the 1,000 classes stands for, -1 for none."""
        if self.name == OBJECTNET:
            merged = merging("objectnet")
            return answers_of(merged.indices, merged.numbers)
        return answers_of(self.classes)

    @property
    def is_smaller(self) -> bool:
        """Whether the protocol chooses among fewer answers than the 1,000 classes."""
        return len(self.classes) < CLASSES


@cache
def known_sets() -> dict[str, KnownSet]:
    """Return the data sets by name.

    Examples
    --------
    >>> known_sets()["imagenet-a"].condition, len(known_sets()["imagenet-a"].classes)
    ('a', 200)
    """
    found = {}
    for one in data_sets().values():
        if one.role in ("id", "shift", "ood", "cue_conflict") and one.name != _NOT_TAKEN:
            is_home = one.role == "id"
            name, namespace = (HOME, NAMESPACE) if is_home else (one.name, one.draws)
            found[name] = KnownSet(name, one.role, one.conditions[0], one.images, namespace)
    for label in OOD_SETS:
        name = label.replace("_", "-")
        found.setdefault(name, KnownSet(name, "ood", label, 0, name))
    return found
