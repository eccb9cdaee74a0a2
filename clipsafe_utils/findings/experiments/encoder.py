"""Does the encoder matter at equal accuracy? ViT-s less a ResNet-xs that saw fewer images, by source."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
import pandas as pd
import xarray as xr

from clipsafe_utils.cubes.schema import HEADLINE_FACTORS
from clipsafe_utils.findings.experiments.cells import Cell, Experiments, of_seeds
from clipsafe_utils.findings.experiments.residuals import of_cell, residuals
from clipsafe_utils.metrics.runs import contrast_of_runs
from clipsafe_utils.say import Missing, Said, Text, Value, listed

SOURCES = ("wit", "laion")
READ: Mapping[str, str] = {"shape_bias": "shape bias", "accuracy": "accuracy, natural images"}
"""What the figure shows: what is asked, and what was to be equal."""

Verdict = Literal["shape more", "shape less", "sources differ", "open"]

_FEWEST = 2


def vits(source: str) -> Cell:
    """Return the Vision Transformers of a source; seed 0 stands in the zoo."""
    return f"clip-vit_s-{source}-64k-s0", *of_seeds(f"encoder-vit_s-{source}-s{{seed}}", (1, 2))


def resnets(source: str) -> Cell:
    """Return the ResNets of a source."""
    return of_seeds(f"encoder-resnet_xs-{source}-s{{seed}}")


@dataclass(frozen=True, eq=False)
class Encoder:
    """Vision Transformers less ResNets, by source."""

    trained: Experiments

    def __bool__(self) -> bool:
        return any(isinstance(self.difference(source), Value) for source in SOURCES)

    def difference(self, source: str, property_: str = "shape_bias") -> Said:
        """Return a property of ViTs less that of ResNets, its interval over seeds and images."""
        return self.trained.difference(property_, vits(source), resnets(source))

    @property
    def verdict(self) -> Verdict:
        """On which side of zero the difference is; `open` until every source is trained."""
        found = [self.difference(source) for source in SOURCES]
        known = [one.estimate for one in found if isinstance(one, Value)]
        if len(known) < len(SOURCES):
            return "open"
        if all(one < 0 for one in known):
            return "shape less"
        return "shape more" if all(one > 0 for one in known) else "sources differ"

    @property
    def trainings(self) -> Text:
        """How many of the planned trainings there are."""
        return self.trained.seeds([cell for source in SOURCES for cell in (vits(source), resnets(source))])

    @cached_property
    def rows(self) -> pd.DataFrame:
        """Columns source, property and difference, a `Value`; what is missing is left out."""
        found = [(source, name, self.difference(source, name)) for source in SOURCES for name in READ]
        known = [row for row in found if isinstance(row[2], Value)]
        return pd.DataFrame(known, columns=["source", "property", "difference"])

    @cached_property
    def factors(self) -> dict[str, dict[str, Said]]:
        """The difference of residuals, by source and factor; its interval is over seeds alone."""
        found = residuals(self.trained)
        return {
            source: {factor: self._on_factor(found, source, factor) for factor in HEADLINE_FACTORS}
            for source in SOURCES
        }

    def decided_factors(self, side: Literal["up", "down"]) -> Text:
        """Name the factors on which the difference lies on a side of zero in every source."""
        names = [
            factor.replace("_", " ")
            for factor in HEADLINE_FACTORS
            if all(
                isinstance(one, Value) and one.side == side
                for one in (self.factors[source][factor] for source in SOURCES)
            )
        ]
        return listed(names) if names else Text("no factor")

    def _on_factor(self, found: xr.DataArray | None, source: str, factor: str) -> Said:
        if found is None:
            return Missing("no line of standard networks")
        upper, lower = (of_cell(found, cell, factor) for cell in (vits(source), resnets(source)))
        if min(upper.size, lower.size) < _FEWEST:
            return Missing("too few trainings where the line is supported")
        # Counts have no draws: each repeats the estimate.
        repeated = [np.tile(side, (3, 1)) for side in (upper, lower)]
        return contrast_of_runs(repeated, [1.0, -1.0], self.trained.confidence)
