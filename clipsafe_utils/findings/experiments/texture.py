"""What of "images" is texture? Texture knobs and all others, as the curated source and as `wit` has them."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import pandas as pd

from clipsafe_utils.cubes.schema import HEADLINE_FACTORS
from clipsafe_utils.findings.experiments.cells import Cell, Experiments, of_seeds
from clipsafe_utils.findings.properties import relative_accuracy
from clipsafe_utils.say import Missing, Said, Text, Value

LOSSES: Mapping[str, str] = {"clip": "CLIP's loss", "labels": "cross-entropy"}

TEXTURE, OTHERS, BOTH = EFFECTS = ("texture knobs", "all other knobs", "all knobs")

LARGEST_SHARE = 0.25
"""How much of what the texture knobs move the others may move, for the step to be one of texture: frozen."""

BIAS = "shape_bias"

_ZOO = {
    "clip": ("clip-resnet_xs-labels-64k-s{seed}", "language-wit-right-s{seed}"),
    "labels": ("labels-resnet_xs-labels-64k-s{seed}", "labels-resnet_xs-wit-64k-s{seed}"),
}
"""The two ends under each loss: the curated source, and `wit` with right captions."""

Verdict = Literal["both", "clip", "labels", "neither", "open"]


def corners(loss: str) -> tuple[Cell, Cell, Cell, Cell]:
    """Return the curated cell, that with the textures of `wit`, with all else of `wit`, and `wit`."""
    curated, web = _ZOO[loss]
    turned = (f"texture-{loss}-{knobs}-s{{seed}}" for knobs in ("labels-as-wit", "wit-as-labels"))
    one, two, three, four = map(of_seeds, (curated, *turned, web))
    return one, two, three, four


_WEIGHTS = {
    TEXTURE: (-0.5, 0.5, -0.5, 0.5),
    OTHERS: (-0.5, -0.5, 0.5, 0.5),
    BOTH: (-1.0, 0.0, 0.0, 1.0),
}
"""Of the corners, in each effect: the mean of the two places where what is turned can be turned."""

_AT_ENDS = {
    (TEXTURE, "labels"): (-1.0, 1.0, 0.0, 0.0),
    (TEXTURE, "wit"): (0.0, 0.0, -1.0, 1.0),
    (OTHERS, "labels"): (-1.0, 0.0, 1.0, 0.0),
    (OTHERS, "wit"): (0.0, -1.0, 0.0, 1.0),
}
"""The same at one place: what is not turned is as that source has it."""


@dataclass(frozen=True, eq=False)
class Texture:
    """What texture knobs, all others and both do under each loss."""

    trained: Experiments

    def __bool__(self) -> bool:
        return any(isinstance(self.effect(loss, TEXTURE), Value) for loss in LOSSES)

    def effect(self, loss: str, turned: str, property_: str = BIAS) -> Said:
        """Return what knobs do to a property, from the curated source to `wit`."""
        return self._weighted(loss, _WEIGHTS[turned], property_)

    def at(self, loss: str, turned: str, rest: str) -> Said:
        """Return what knobs do to shape bias where the rest is as a source has it."""
        return self._weighted(loss, _AT_ENDS[turned, rest], BIAS)

    def share(self, loss: str) -> Said:
        """Return how much the others move shape bias, as a share of what the texture knobs do; no sign."""
        texture, others = (self.effect(loss, turned) for turned in (TEXTURE, OTHERS))
        if isinstance(texture, Missing) or isinstance(others, Missing):
            return Missing("not all cells were trained")
        return Value(abs(others.estimate / texture.estimate)) if texture.estimate else Value(float("inf"))

    def excess(self, loss: str) -> Said:
        """Return by how much the others move it more than they may, with an interval."""
        texture, others = (self.effect(loss, turned) for turned in (TEXTURE, OTHERS))
        if isinstance(texture, Missing) or isinstance(others, Missing):
            return Missing("not all cells were trained")
        signs = [1.0 if one.estimate >= 0 else -1.0 for one in (texture, others)]
        weights = [
            signs[1] * other - LARGEST_SHARE * signs[0] * own
            for own, other in zip(_WEIGHTS[TEXTURE], _WEIGHTS[OTHERS], strict=True)
        ]
        return self._weighted(loss, weights, BIAS)

    @property
    def verdict(self) -> Verdict:
        """Under which losses the others move shape bias more than they may; `open` until all is trained."""
        excess = {loss: self.excess(loss) for loss in LOSSES}
        known = {loss: one.estimate for loss, one in excess.items() if isinstance(one, Value)}
        if len(known) < len(LOSSES):
            return "open"
        more = [loss for loss, one in known.items() if one > 0]
        return "both" if len(more) > 1 else _ONLY[more[0]] if more else "neither"

    @property
    def trainings(self) -> Text:
        """How many of the planned trainings there are."""
        return self.trained.seeds([cell for loss in LOSSES for cell in corners(loss)])

    @cached_property
    def rows(self) -> pd.DataFrame:
        """Columns loss, turned and effect, a `Value`; what is missing is left out."""
        found = [(loss, turned, self.effect(loss, turned)) for loss in LOSSES for turned in EFFECTS]
        known = [row for row in found if isinstance(row[2], Value)]
        return pd.DataFrame(known, columns=["loss", "turned", "effect"])

    @cached_property
    def factors(self) -> pd.DataFrame:
        """What knobs do to relative accuracy: a row a factor, a column of `Said` a loss and kind of knob."""
        rows = [
            {"factor": factor}
            | {
                (loss, turned): self.effect(loss, turned, relative_accuracy(factor))
                for loss in LOSSES
                for turned in (TEXTURE, OTHERS)
            }
            for factor in HEADLINE_FACTORS
        ]
        return pd.DataFrame(rows, dtype=object)

    def _weighted(self, loss: str, weights: tuple[float, ...] | list[float], property_: str) -> Said:
        used = {cell: by for cell, by in zip(corners(loss), weights, strict=True) if by}
        return self.trained.contrast(property_, used)


_ONLY: Mapping[str, Verdict] = {"clip": "clip", "labels": "labels"}
