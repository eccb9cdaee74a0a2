"""Chapters 3 and 4 in the laboratory: what source, loss, fine-tuning and exposure do alone, in values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import product

import pandas as pd

from clipsafe_utils.findings.clip_pairs import Pairs
from clipsafe_utils.findings.ladder import RUNGS, SOURCES
from clipsafe_utils.findings.model_pairs import (
    FAR_FIRST,
    NEAR_FIRST,
    STRENGTH,
    laboratory_pairs,
    procedure_contrasts,
    source_twins,
)
from clipsafe_utils.findings.properties import Property
from clipsafe_utils.findings.shift.laboratory import ACCURACY, DETECTION, SHIFTS, Changes, Laboratory, changes
from clipsafe_utils.findings.trainings import Cell, Trainings, common_side, tables_of_studies
from clipsafe_utils.metrics.runs import mean_of_runs
from clipsafe_utils.say import Missing, Said, Text, Value

LADDER = {
    DETECTION: Property("detection", "mean AUROC, %", is_share=True),
    SHIFTS: Property("accuracy under shift", "mean over kinds, %", is_share=True),
    ACCURACY: Property("accuracy in distribution", "accuracy, %", is_share=True),
}
"""Panels of the ladder."""

FILTERED = {
    "adversarial images": ("accuracy_adversarial_labels", "accuracy_adversarial_wit"),
    "fooling images": ("auroc_fooling_labels", "auroc_fooling_wit"),
}
"""Sets that a network has chosen: one trained on `labels`, one on `wit`."""

_CURATED = "labels"
_TWINS = ("laion", "wit")
_NEAR, _FAR = "wide_near", "wide_far"
_FIRST_RUNG, _LAST_RUNG = "a", "d"
_NO_PAIR = Missing("no pair differs in this alone")


@dataclass(frozen=True)
class Step:
    """What one step of the ladder does in distribution, under shift, and to AUROC."""

    accuracy: Said
    shifts: Said
    auroc: Said


@dataclass(frozen=True, eq=False)
class Change:
    """What one change does in the mean over pairs, by measure: `change["auroc"]`."""

    measures: Changes = field(default_factory=dict)

    def __getitem__(self, measure: str) -> Said:
        """Return the mean over pairs."""
        return self.measures[measure][0] if measure in self.measures else _NO_PAIR

    @property
    def pairs(self) -> Text:
        """How many pairs there are."""
        return Text(max(len(each) for _, each in self.measures.values())) if self else _NO_PAIR

    @property
    def costs_at_equal(self) -> str | Missing:
        """Whether accuracy under shift and AUROC both fall at equal accuracy: `yes` or `no`."""
        both = [self[measure] for measure in ("shifts_at_equal", "auroc_at_equal")]
        known = [one for one in both if isinstance(one, Value) and one.has_interval]
        if len(known) < len(both):
            return _NO_PAIR
        return "yes" if all(one.side == "down" for one in known) else "no"

    @property
    def step(self) -> Step:
        """The change as a step of the ladder is told."""
        return Step(self[ACCURACY], self[SHIFTS], self[DETECTION])

    def __bool__(self) -> bool:
        return bool(self.measures)


@dataclass(frozen=True, eq=False)
class Controlled:
    """What the laboratory says; without one, everything is missing."""

    laboratory: Laboratory | None  # the first study that changes one cause at a time
    confidence: float  # level of the intervals, over seeds or pairs, and images

    @cached_property
    def trainings(self) -> Trainings:
        """Its trainings that differ in one thing."""
        return Trainings(self.laboratory.causes if self.laboratory else None, self.confidence)

    @cached_property
    def ladder(self) -> Mapping[Property, pd.DataFrame]:
        """Detection and accuracies along the ladder."""
        return tables_of_studies({"": self.trainings}, LADDER, Trainings.ladder)

    @cached_property
    def loss(self) -> Mapping[str, Step]:
        """CLIP with whole captions in place of cross-entropy on labels, by source of the images."""
        return {source: self._step((_LAST_RUNG, source), (_FIRST_RUNG, source)) for source in SOURCES}

    @property
    def loss_moves(self) -> str | Missing:
        """The side to which CLIP's loss moves both accuracy under shift and AUROC on every web source."""
        web = [step for source, step in self.loss.items() if source != _CURATED]
        return common_side([side for step in web for side in (step.shifts, step.auroc)])

    @cached_property
    def images(self) -> Mapping[str, Step]:
        """Other images under cross-entropy, by the source that replaces `labels`."""
        lower = (_FIRST_RUNG, _CURATED)
        return {source: self._step((_FIRST_RUNG, source), lower) for source in SOURCES if source != _CURATED}

    @cached_property
    def twins(self) -> Change:
        """Zero-shot CLIPs of `wit` instead of `laion`."""
        pairs, sources = source_twins(self.laboratory.models) if self.laboratory else ([], ("", ""))
        return self._change(pairs if sources == _TWINS else [])

    @cached_property
    def by_procedure(self) -> Mapping[str, Change]:
        """What is made of zero-shot CLIPs, against these."""
        made = laboratory_pairs(self.laboratory.models) if self.laboratory else {}
        return {procedure: self._change(pairs) for procedure, pairs in made.items()}

    @cached_property
    def strength(self) -> Change:
        """Strong fine-tuning instead of gentle."""
        return self._change(self._contrasts.get(STRENGTH, []))

    @cached_property
    def near(self) -> Change:
        """Fine-tuning by way of more classes, some of them near the unseen glyphs, instead of directly."""
        return self._change(self._contrasts.get(NEAR_FIRST, []))

    @cached_property
    def far(self) -> Change:
        """Fine-tuning by way of more classes, none of them near the unseen glyphs, instead of directly."""
        return self._change(self._contrasts.get(FAR_FIRST, []))

    @cached_property
    def exposure(self) -> Change:
        """More classes near the unseen glyphs, instead of as many that are not."""
        names = self.laboratory.models["model"].values.tolist() if self.laboratory else []
        pairs = [(name.replace(_NEAR, _FAR), name) for name in names if _NEAR in name]
        return self._change([(far, near) for far, near in pairs if far in names])

    @cached_property
    def kin(self) -> pd.DataFrame:
        """Both versions of the sets that a network has chosen, for the cells of the ladder.

        Columns set, rung, source, the means by_labels and by_wit, and gap, a `Value`: the version chosen by
        the network trained on `wit` less the other, paired over seeds and images.
        """
        rows = []
        for (kind, versions), rung, source in product(FILTERED.items(), RUNGS, SOURCES):
            by_labels, by_wit = (self.trainings.draws(name, (rung, source)) for name in versions)
            if by_labels.size and by_wit.size:
                gap = mean_of_runs(by_wit - by_labels, self.confidence, "difference")
                rows.append((kind, rung, source, by_labels[0].mean(), by_wit[0].mean(), gap))
        return pd.DataFrame(rows, columns=["set", "rung", "source", "by_labels", "by_wit", "gap"])

    def made(self, procedure: str) -> Change:
        """Return what one procedure changes; nothing where nobody tried it."""
        return self.by_procedure.get(procedure, Change())

    def kin_gap(self, kind: str, source: str) -> Said:
        """Return what the version chosen by `wit` does to classifiers of a source, instead of `labels`'."""
        gaps = {(row["set"], row["rung"], row["source"]): row["gap"] for row in self.kin.to_dict("records")}
        gap: Said = gaps.get((kind, _FIRST_RUNG, source), Missing("no network chose such a set"))
        return gap

    @cached_property
    def _contrasts(self) -> Mapping[str, Pairs]:
        return procedure_contrasts(self.laboratory.models) if self.laboratory else {}

    def _step(self, upper: Cell, lower: Cell) -> Step:
        return Step(*(self.trainings.step(name, upper, lower) for name in (ACCURACY, SHIFTS, DETECTION)))

    def _change(self, pairs: Pairs) -> Change:
        return Change(changes(self.laboratory, pairs, self.confidence) if self.laboratory else {})
