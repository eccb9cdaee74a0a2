"""The claims on calibration, asked of CLIPs that are as sure of themselves as trained ones: `regime`."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from clipsafe_utils.findings.experiments.cells import Cell, Experiments, of_seeds
from clipsafe_utils.findings.experiments.length import HARD, MASKED_AT_ONCE, Length, LengthCell
from clipsafe_utils.metrics.runs import mean_of_runs
from clipsafe_utils.say import Missing, Said, Side, Text, Value, count, listed

BEFORE, AFTER = f"ece_before_{HARD}", f"ece_after_{HARD}"
"""The error that the claims are asked about: plain ECE, the temperature fitted on the natural set."""

CLIPS: Mapping[str, Cell] = {
    "wit": MASKED_AT_ONCE.models,  # shared with the experiment `length`
    "laion": of_seeds("regime-laion-clip-s{seed}"),
    "mixed": of_seeds("regime-mixed-clip-s{seed}"),
}
LABELS: Mapping[str, Cell] = {
    "wit": of_seeds("regime-wit-labels-s{seed}"),
    "laion": of_seeds("regime-laion-labels-s{seed}"),
    "mixed": of_seeds("language-mixed-labels-s{seed}"),  # shared with the experiment `language`
}
"""CLIPs, and networks with cross-entropy, by source of the images."""

QUARTER: Mapping[str, Cell] = {source: (f"regime-{source}-16k-clip-s0",) for source in ("wit", "laion")}
SECOND: Mapping[str, Cell] = {source: (f"regime-{source}-resnet_s-clip-s0",) for source in CLIPS}
"""CLIPs of a quarter of the images, and of a second encoder; one seed each."""

Stands = Literal["stands", "falls", "undecided"]
_NOBODY = Missing("the experiment was not trained")


@dataclass(frozen=True, eq=False)
class Regime:
    """Claims F8 to F12 on the hard set."""

    trained: Experiments
    length: Length

    @property
    def is_asked(self) -> bool:
        """Whether a cell of `length` is like a trained CLIP, and CLIPs of this experiment were trained."""
        return bool(self.length.alike) and bool(self.compared)

    @property
    def alike(self) -> Text:
        """How many sources have CLIPs that are like a trained one by the rule of `length`."""
        every = [self.length.is_alike(LengthCell(source, cell)) for source, cell in CLIPS.items()]
        return count(every.count(True), sum(not isinstance(one, Missing) for one in every))

    @cached_property
    def cells(self) -> list[LengthCell]:
        """CLIPs of each source, of a second encoder and of fewer images, those that were trained."""
        kinds = {"": CLIPS, ", ResNet-s": SECOND, ", a quarter of the images": QUARTER}
        every = [LengthCell(f"{source}{kind}", of[source]) for kind, of in kinds.items() for source in of]
        return [cell for cell in every if self.trained.trained(cell.models)]

    @cached_property
    def compared(self) -> list[str]:
        """Sources that have both CLIPs and networks with cross-entropy."""
        return [
            source
            for source in LABELS
            if all(self.trained.draws(BEFORE, of[source]).size for of in (CLIPS, LABELS))
        ]

    def beside_labels(self, error: str) -> dict[str, Value]:
        """Return, by source, the error of CLIPs less that of cross-entropy on the same images."""
        every = {
            source: self.trained.difference(error, CLIPS[source], LABELS[source]) for source in self.compared
        }
        return {source: one for source, one in every.items() if isinstance(one, Value)}

    @cached_property
    def scaled(self) -> dict[str, Value]:
        """By cell, the error after scaling less that before it."""
        every = {}
        for cell in self.cells:
            before, after = (self.trained.draws(name, cell.models) for name in (BEFORE, AFTER))
            if before.size and before.shape == after.shape:
                every[cell.title] = mean_of_runs(after - before, self.trained.confidence, "difference")
        return every

    @cached_property
    def of_sources(self) -> dict[str, Said]:
        """By source, the error of CLIPs before scaling."""
        means = {source: self.trained.mean(BEFORE, cell) for source, cell in CLIPS.items()}
        return {source: mean for source, mean in means.items() if isinstance(mean, Value)}

    @property
    def between_sources(self) -> Said:
        """How far the largest mean of a source is from the smallest."""
        means = [mean.estimate for mean in self.of_sources.values() if isinstance(mean, Value)]
        return Value(max(means) - min(means), scale="difference") if len(means) > 1 else _NOBODY

    @property
    def between_seeds(self) -> Said:
        """How far the seeds of one source lie apart at the most."""
        every = [self.trained.draws(BEFORE, cell) for cell in CLIPS.values()]
        ranges = [float(np.ptp(draws[0])) for draws in every if draws.shape[1] > 1]
        return Value(max(ranges), scale="difference") if ranges else _NOBODY

    @property
    def by_quantity(self) -> Text:
        """What a quarter of the images changes in the error, by source."""
        return self._beside_usual(QUARTER)

    @property
    def by_encoder(self) -> Text:
        """What a second encoder changes in the error, by source."""
        return self._beside_usual(SECOND)

    def _beside_usual(self, kind: Mapping[str, Cell]) -> Text:
        every = {
            source: self.trained.difference(BEFORE, cell, CLIPS[source]) for source, cell in kind.items()
        }
        return listed(f"{one.in_full()} on `{name}`" for name, one in every.items() if isinstance(one, Value))

    def _sides(self, error: str) -> set[Side]:
        """On which sides of cross-entropy CLIPs err, by source; none where the claims are not asked."""
        return {one.side for one in self.beside_labels(error).values()} if self.is_asked else set()

    @property
    def f8(self) -> Stands | Missing:
        """Falls where CLIPs have the smaller error in every source, beyond the interval."""
        sides = self._sides(BEFORE)
        if not sides:
            return _NOBODY
        return "falls" if sides == {"down"} else "stands" if "up" in sides else "undecided"

    @property
    def f9(self) -> Stands | Missing:
        """Stands where CLIPs of some source have the larger error, beyond the interval."""
        sides = self._sides(BEFORE)
        if not sides:
            return _NOBODY
        return "stands" if "up" in sides else "falls" if sides == {"down"} else "undecided"

    @property
    def f10(self) -> Stands | Missing:
        """Falls where the means of sources differ by no more than the seeds of one source."""
        apart, seeds = self.between_sources, self.between_seeds
        if not self.is_asked or isinstance(apart, Missing) or isinstance(seeds, Missing):
            return _NOBODY
        return "stands" if apart.estimate > seeds.estimate else "falls"

    @property
    def f11(self) -> Stands | Missing:
        """Falls where the difference after scaling is within its interval in every source."""
        sides = self._sides(AFTER)
        if not sides:
            return _NOBODY
        return "falls" if sides == {"neither"} else "stands" if len(sides) == 1 else "undecided"

    @property
    def f12(self) -> Stands | Missing:
        """Stands where the error is smaller after scaling beyond the interval in most cells, else falls."""
        if not self.is_asked or not self.scaled:
            return _NOBODY
        return "stands" if 2 * self._smaller > len(self.scaled) else "falls"

    @property
    def smaller(self) -> Text:
        """In how many cells the error is smaller after scaling, beyond the interval."""
        return count(self._smaller, len(self.scaled)) if self.scaled else _NOBODY

    @property
    def _smaller(self) -> int:
        return sum(one.side == "down" for one in self.scaled.values())
