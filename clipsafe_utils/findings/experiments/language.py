"""Is any effect of language left when its artefacts are gone? CLIP less cross-entropy on the same images."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import pandas as pd

from clipsafe_utils.cubes.schema import HEADLINE_FACTORS
from clipsafe_utils.findings.experiments.cells import Cell, Experiments, of_seeds
from clipsafe_utils.findings.properties import accuracy_on
from clipsafe_utils.say import Missing, Said, Text, Value

SOURCES = ("wit", "laion", "mixed")

WRITTEN, CLEAN = "written", "right-masked"
RUNGS: Mapping[str, str] = {
    WRITTEN: "as written, all pairs",
    "right": "right captions, all pairs",
    "written-masked": "as written, pairs masked",
    CLEAN: "right captions, pairs masked",
}
"""How CLIPs were trained: captions, and pairs of one concept; by rung of the experiment."""

LEAST = 0.05
"""By how much shape bias must fall without artefacts, for language to be what lowers it: frozen."""

BIAS = "shape_bias"
_ZOO = ("wit", "laion")

Verdict = Literal["lowers", "lowers a little", "nothing left", "raises", "open", "untrained"]


def classifiers(source: str) -> Cell:
    """Return the networks that learnt the true labels of a source."""
    if source in _ZOO:
        return of_seeds(f"labels-resnet_xs-{source}-64k-s{{seed}}")
    return of_seeds(f"language-{source}-labels-s{{seed}}")


def clips(source: str, rung: str) -> Cell:
    """Return the CLIPs of a source and a rung."""
    if source in _ZOO and rung == WRITTEN:
        return of_seeds(f"clip-resnet_xs-{source}-64k-s{{seed}}")
    return of_seeds(f"language-{source}-{rung}-s{{seed}}")


@dataclass(frozen=True, eq=False)
class Language:
    """What CLIP's training does beside cross-entropy, and what its artefacts have to do with it."""

    trained: Experiments

    def __bool__(self) -> bool:
        return isinstance(self.left, Value)

    def by_source(self, rung: str, source: str, property_: str = BIAS) -> Said:
        """Return a property of CLIPs less that of classifiers, its interval over seeds and images."""
        return self.trained.difference(property_, clips(source, rung), classifiers(source))

    def over_sources(self, rung: str, property_: str = BIAS) -> Said:
        """Return the mean of that over sources, its interval over sources and images."""
        pairs = [(clips(source, rung), classifiers(source)) for source in SOURCES]
        return self.trained.over_sources(property_, pairs)

    def bias(self, rung: str, source: str) -> Said:
        """Return the shape bias of the CLIPs of a rung, or without one that of the classifiers."""
        return self.trained.mean(BIAS, _cell(source, rung))

    def seeds(self, rung: str, source: str) -> Text:
        """Say how many of the planned trainings of that cell there are."""
        return self.trained.seeds([_cell(source, rung)])

    @property
    def as_written(self) -> Said:
        """What CLIP's training does to shape bias, artefacts and all."""
        return self.over_sources(WRITTEN)

    @property
    def left(self) -> Said:
        """What is left of it with right captions and masked pairs."""
        return self.over_sources(CLEAN)

    @property
    def taken(self) -> Said:
        """What taking the artefacts away does to the shape bias of CLIPs."""
        pairs = [(clips(source, CLEAN), clips(source, WRITTEN)) for source in SOURCES]
        return self.trained.over_sources(BIAS, pairs)

    @property
    def verdict(self) -> Verdict:
        """What is left by the frozen rule; `open` until every source is trained."""
        left = self.left
        if isinstance(left, Missing):
            return "untrained"
        if left.units < len(SOURCES):
            return "open"
        if left.side == "down":
            return "lowers" if left.estimate <= -LEAST else "lowers a little"
        return "raises" if left.side == "up" else "nothing left"

    @property
    def trainings(self) -> Text:
        """How many of the planned trainings there are."""
        return self.trained.seeds([_cell(source, rung) for source in SOURCES for rung in ("", *RUNGS)])

    @cached_property
    def rows(self) -> pd.DataFrame:
        """Columns rung, source (empty: over sources) and difference, a `Value`; missing ones are left out."""
        found = [
            (rung, source, self.by_source(rung, source) if source else self.over_sources(rung))
            for rung in RUNGS
            for source in (*SOURCES, "")
        ]
        known = [row for row in found if isinstance(row[2], Value)]
        return pd.DataFrame(known, columns=["rung", "source", "difference"])

    @cached_property
    def factors(self) -> pd.DataFrame:
        """The same of accuracy by factor, over sources: a row a factor, a column of `Said` a rung."""
        rows = [
            {"factor": factor}
            | {rung: self.over_sources(rung, accuracy_on(factor)) for rung in (WRITTEN, CLEAN)}
            for factor in HEADLINE_FACTORS
        ]
        return pd.DataFrame(rows, dtype=object)


def _cell(source: str, rung: str) -> Cell:
    return clips(source, rung) if rung else classifiers(source)
