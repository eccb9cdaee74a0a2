"""What a card holds."""

from dataclasses import dataclass, field

import numpy as np

from clipsafe_utils.cards.placing import Placed, group_of
from clipsafe_utils.metrics.arguments import Array
from clipsafe_utils.say import Missing, Said, Value

NOT_A_CERTIFICATE = (
    "This card is not a certificate: it says how a model did on public sets of images, not how it will do on "
    "yours."
)
NOT_CHECKED = (
    "Whether the model was trained on images of these sets, or on images like them.",
    "How far two evaluations of one network differ: intervals are over images alone.",
    "Your images, your classes and your prompts.",
)
"""What no card looks at."""


@dataclass(frozen=True)
class Line:
    """One property of a card.

    Attributes
    ----------
    key, part, title : str
        What it is.
    best : {"high", "low", "none"}
        Which end is the better one. Rank 1 is the better end, and the highest value where none is.
    value : Value or Missing
        With its 95 % interval, where its chance is known.
    chance : str
        What the interval is from; empty where there is none.
    kind : str
        Condition, score or read-out: networks are placed among those of the same kind.
    row : str
        The row of the cube.
    place : Place or Missing
        Among the networks of the record of its group.
    height : Value or Missing
        Above the line of the record's standard networks, for factors and shifts; over images.
    p_value : float or None
        How often a standard network of a new family would be as far off, before Holm's correction.
    verdict : str
        Where that leaves it: above, below, within, no line; empty for other properties.
    equal : Place or Missing
        The place among networks of about its accuracy: by height where there is a line, else by value.
    use : str
        What it means for use.
    others : ndarray
        The values of the networks it is placed among, for drawing.
    """

    key: str
    part: str
    title: str
    best: str
    value: Said
    chance: str = ""
    kind: str = ""
    row: str = ""
    place: Placed = field(default_factory=lambda: Missing("not measured"))
    height: Said = field(default_factory=lambda: Missing("the record has no line for it"))
    p_value: float | None = None
    verdict: str = ""
    equal: Placed = field(default_factory=lambda: Missing("not measured"))
    use: str = ""
    others: Array = field(default_factory=lambda: np.empty(0), repr=False, compare=False)


@dataclass(frozen=True)
class Card:
    """What is known of one model, a line a property.

    Attributes
    ----------
    model, checkpoint, group : str
        Who it is.
    study : str
        Where its values are from.
    in_record : tuple of str
        Rows of the record that are the same network, which is counted once.
    lines : tuple of Line
        All properties in the order of the card, measured or not.
    """

    model: str
    checkpoint: str
    group: str
    study: str
    in_record: tuple[str, ...]
    lines: tuple[Line, ...]

    @property
    def among(self) -> str:
        """Which networks it is placed among."""
        return group_of(self.group)

    @property
    def measured(self) -> list[Line]:
        """The lines that have a value."""
        return [line for line in self.lines if isinstance(line.value, Value)]

    @property
    def unknown(self) -> dict[str, list[str]]:
        """What was not measured: titles by reason."""
        found: dict[str, list[str]] = {}
        for line in self.lines:
            if isinstance(line.value, Missing):
                found.setdefault(line.value.reason, []).append(line.title)
        return found

    def line(self, key: str) -> Line:
        """Return the line of a property by its key; KeyError where there is none."""
        try:
            return next(line for line in self.lines if line.key == key)
        except StopIteration:
            raise KeyError(key) from None
