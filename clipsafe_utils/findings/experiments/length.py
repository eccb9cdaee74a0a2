"""Is a CLIP of the drawn world as sure of itself as a trained one? `length`, by its frozen rule."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from clipsafe_utils.findings.experiments.cells import Cell, Experiments, of_seeds
from clipsafe_utils.say import Missing, Said, Text, Value, listed, number, percent, points, span

HARD, NATURAL = "hard", "natural"
"""Sets of images that confidence is held against accuracy on."""

GAP = "confidence_gap_before"
SCALE, TEMPERATURE, ACCURACY, SHAPE = "logit_scale", "temperature", f"accuracy_before_{HARD}", "shape_bias"
GAP_HARD, GAP_NATURAL = f"{GAP}_{HARD}", f"{GAP}_{NATURAL}"

RULE = {ACCURACY: (0.6, 0.8), TEMPERATURE: (0.8, 1.3), GAP_HARD: (-0.05, 0.05)}
"""Between which values the mean over the seeds of a cell is like a trained CLIP; frozen with the recipes."""

_NOBODY = Missing("the experiment was not trained")


@dataclass(frozen=True)
class LengthCell:
    """CLIPs trained alike: how long, with which logit scale, and whether equal concepts are masked."""

    title: str
    models: Cell

    def __str__(self) -> str:
        return self.title


ZOO = LengthCell("×1, free (as in the zoo)", of_seeds("clip-resnet_xs-wit-64k-s{seed}"))
MASKED_AT_ONCE = LengthCell("×1, held at 100, masked", of_seeds("length-1-held100-masked-s{seed}"))
CELLS = (
    ZOO,
    LengthCell("×4, free", of_seeds("length-4-free-s{seed}")),
    LengthCell("×16, free", of_seeds("length-16-free-s{seed}", [0])),
    LengthCell("×4, free, masked", of_seeds("length-4-free-masked-s{seed}")),
    LengthCell("×4, from 50", of_seeds("length-4-from50-s{seed}")),
    LengthCell("×4, held at 50", of_seeds("length-4-held50-s{seed}")),
    LengthCell("×4, held at 100", of_seeds("length-4-held100-s{seed}")),
    MASKED_AT_ONCE,
    LengthCell("×4, held at 100, masked", of_seeds("length-4-held100-masked-s{seed}")),
)
"""The cells, from the zoo's towards those that are furthest from it."""


@dataclass(frozen=True)
class Rule:
    """`RULE` in words, from end to end."""

    accuracy: Text
    temperature: Text
    gap: Text  # in points

    @classmethod
    def written(cls) -> "Rule":
        """Write it."""
        return cls(
            span(RULE[ACCURACY], lambda end: percent(end, 0)),
            span(RULE[TEMPERATURE], lambda end: number(end, 1)),
            span(RULE[GAP_HARD], lambda end: points(end, 0)),
        )


@dataclass(frozen=True, eq=False)
class Length:
    """What training length, the logit scale and masked pairs do to the confidence of CLIPs."""

    trained: Experiments
    rule: Rule = field(default_factory=Rule.written)

    def __bool__(self) -> bool:
        return any(cell is not ZOO for cell in self.cells)

    @cached_property
    def cells(self) -> list[LengthCell]:
        """Cells that somebody trained."""
        return [cell for cell in CELLS if self.trained.trained(cell.models)]

    def mean(self, property_: str, cell: LengthCell) -> Said:
        """Return the mean of a property over the seeds of a cell."""
        scale: Literal["number", "difference", "share"] = "share"
        if property_ in (SCALE, TEMPERATURE):
            scale = "number"
        elif property_.startswith(GAP):
            scale = "difference"
        return self.trained.mean(property_, cell.models, scale)

    def is_alike(self, cell: LengthCell) -> bool | Missing:
        """Return whether a cell is like a trained CLIP by `RULE`."""
        is_inside = []
        for name, (low, high) in RULE.items():
            mean = self.mean(name, cell)
            if isinstance(mean, Missing):
                return mean
            is_inside.append(low <= mean.estimate <= high)
        return all(is_inside)

    @cached_property
    def alike(self) -> list[LengthCell]:
        """Cells that are like a trained CLIP."""
        return [cell for cell in self.cells if self.is_alike(cell) is True]

    @property
    def answer(self) -> Literal["some", "none"] | Missing:
        """Whether `some` cell is like a trained CLIP, or `none`."""
        return ("some" if self.alike else "none") if self else _NOBODY

    @property
    def names_of_alike(self) -> Text:
        """Those cells by name."""
        return listed(cell.title for cell in self.alike)

    @property
    def shape_of_alike(self) -> Text:
        """Their shape bias, from the lowest to the highest."""
        means = (self.mean(SHAPE, cell) for cell in self.alike)
        return span([mean.estimate for mean in means if isinstance(mean, Value)], percent)

    @property
    def zoo(self) -> Literal["too unsure", "too sure", "like a trained CLIP"] | Missing:
        """How the zoo's own CLIPs stand, by the temperature that suits them."""
        temperature = self.mean(TEMPERATURE, ZOO)
        if isinstance(temperature, Missing):
            return temperature
        low, high = RULE[TEMPERATURE]
        if temperature.estimate < low:
            return "too unsure"
        return "too sure" if temperature.estimate > high else "like a trained CLIP"

    def change(self, property_: str, upper: LengthCell, lower: LengthCell) -> Said:
        """Return a property of one cell less that of another."""
        is_number = property_ in (SCALE, TEMPERATURE)
        scale: Literal["change", "difference"] = "change" if is_number else "difference"
        return self.trained.difference(property_, upper.models, lower.models, scale)


def cell_called(title: str) -> LengthCell:
    """Return a cell of `CELLS`.

    Examples
    --------
    >>> cell_called("×16, free").models
    ('length-16-free-s0',)
    """
    return next(cell for cell in CELLS if cell.title == title)
