"""The claims on calibration, asked of CLIPs that are as sure of themselves as trained ones: `regime`."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Literal

import numpy as np

from clipsafe_utils.findings.experiments.cells import Cell, Experiments, of_seeds
from clipsafe_utils.findings.experiments.length import HARD, MASKED_AT_ONCE, NATURAL, Length, LengthCell
from clipsafe_utils.metrics.runs import mean_of_runs
from clipsafe_utils.say import Missing, Said, Side, Text, Value, count, listed, points, span

BEFORE, AFTER = f"ece_before_{HARD}", f"ece_after_{HARD}"
"""The error that the claims are asked about: plain ECE, the temperature fitted on the natural set."""

AFTER_AT_HOME = f"ece_after_{NATURAL}"
"""The same on the set that the temperature was fitted for: that is what F11 of the ledger reads."""

NLL_BEFORE, NLL_AFTER = f"nll_before_{HARD}", f"nll_after_{HARD}"
"""What F12 of the ledger reads."""

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
Trend = Literal["alike", "apart", "some"]
"""Off cross-entropy in no source beyond the interval, to one side in every source, or neither."""

_OF_TREND: Mapping[Trend, Stands] = {"alike": "falls", "apart": "stands", "some": "undecided"}
_NOBODY = Missing("the experiment was not trained")


@dataclass(frozen=True)
class Scaled:
    """What a temperature from the natural set changes on the hard set, by kind of CLIP."""

    changes: Mapping[str, Value]

    @property
    def kinds(self) -> Text:
        """Kinds of CLIP by name."""
        return listed(self.changes)

    @property
    def falls(self) -> Text:
        """For how many it falls beyond the interval."""
        return self._count("down")

    @property
    def rises(self) -> Text:
        """For how many it rises beyond the interval."""
        return self._count("up")

    def number(self, side: Side) -> int:
        """Return how many change to one side beyond the interval."""
        return sum(one.side == side for one in self.changes.values())

    def _count(self, side: Side) -> Text:
        return count(self.number(side), len(self.changes)) if self.changes else _NOBODY


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
        every = [self.resembles(source) for source in CLIPS]
        return count(every.count(True), sum(not isinstance(one, Missing) for one in every))

    @property
    def names_of_alike(self) -> Text:
        """Those sources by name."""
        return listed(f"`{source}`" for source in CLIPS if self.resembles(source) is True)

    def resembles(self, source: str) -> bool | Missing:
        """Return whether the CLIPs of a source are like a trained one by the rule of `length`."""
        return self.length.is_alike(LengthCell(source, CLIPS[source]))

    @cached_property
    def cells(self) -> list[LengthCell]:
        """CLIPs of each source, of a second encoder and of fewer images, those that were trained."""
        kinds = {"": CLIPS, " with a ResNet-s": SECOND, " with a quarter of the images": QUARTER}
        every = [LengthCell(f"`{source}`{kind}", of[source]) for kind, of in kinds.items() for source in of]
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
    def scaled(self) -> Scaled:
        """By cell, the error after scaling less that before it."""
        return self._scaled(BEFORE, AFTER)

    @cached_property
    def scaled_nll(self) -> Scaled:
        """The same of NLL."""
        return self._scaled(NLL_BEFORE, NLL_AFTER)

    def _scaled(self, before: str, after: str) -> Scaled:
        every = {}
        for cell in self.cells:
            first, second = (self.trained.draws(name, cell.models) for name in (before, after))
            if first.size and first.shape == second.shape:
                every[cell.title] = mean_of_runs(second - first, self.trained.confidence, "difference")
        return Scaled(every)

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
        # Of one seed an interval would hold the images alone, so none is said.
        every = {
            source: self.trained.difference(BEFORE, cell, CLIPS[source]) for source, cell in kind.items()
        }
        return listed(f"{one} points on `{name}`" for name, one in every.items() if isinstance(one, Value))

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
        """Stands where CLIPs of some source have the larger error, beyond the interval: as F8 does."""
        return self.f8

    @property
    def f10(self) -> Stands | Missing:
        """Falls where the means of sources differ by no more than the seeds of one source.

        So the recipes froze it. F10 of the ledger holds the source against the encoder, in temperature.
        """
        apart, seeds = self.between_sources, self.between_seeds
        if not self.is_asked or isinstance(apart, Missing) or isinstance(seeds, Missing):
            return _NOBODY
        return "stands" if apart.estimate > seeds.estimate else "falls"

    @property
    def f11(self) -> Stands | Missing:
        """Falls where the difference after scaling is within its interval in every source.

        So the recipes froze it, on the hard set: a temperature under shift. F11 of the ledger is `at_home`.
        """
        trend = self._trend(AFTER)
        return trend if isinstance(trend, Missing) else _OF_TREND[trend]

    @property
    def at_home(self) -> Trend | Missing:
        """F11 as the ledger asks it: how CLIPs are off cross-entropy, scaled, on the natural set."""
        return self._trend(AFTER_AT_HOME)

    def _trend(self, error: str) -> Trend | Missing:
        sides = self._sides(error)
        if not sides:
            return _NOBODY
        return "alike" if sides == {"neither"} else "apart" if len(sides) == 1 else "some"

    @property
    def off_at_home(self) -> Text:
        """By how much, from the lowest to the highest source."""
        every = self.beside_labels(AFTER_AT_HOME).values()
        return span([one.estimate for one in every], partial(points, digits=2))

    @property
    def err_more(self) -> Text:
        """Sources in which CLIPs err more than cross-entropy before scaling, beyond the interval."""
        every = self.beside_labels(BEFORE)
        return listed(f"`{source}`" for source, one in every.items() if one.side == "up")

    @property
    def f12(self) -> Stands | Missing:
        """Stands where the error is smaller after scaling beyond the interval in most cells, else falls."""
        changes = self.scaled.changes
        if not self.is_asked or not changes:
            return _NOBODY
        return "stands" if 2 * self.scaled.number("down") > len(changes) else "falls"
