"""Cells of an experiment: trainings that differ in their seed alone, of its study and of the zoo.

A cell names the models that were planned. Those that nobody trained, or that lack the property, are left out
and said; a cell without any is missing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import xarray as xr

from clipsafe_utils.cubes.source_lines import source_lines
from clipsafe_utils.cubes.studies import Study, find_study
from clipsafe_utils.metrics.arguments import Array
from clipsafe_utils.metrics.runs import contrast_of_runs, mean_of_runs
from clipsafe_utils.say import Missing, Said, Scale, Text, count

STUDY, ZOO = "experiments", "miniature"
"""Study of the models that were trained for an experiment, and that of those which stand beside them."""

SEEDS = (0, 1, 2)

Cell = tuple[str, ...]
"""Models that were planned for a cell, by name, one a seed."""

_CAUSES, _FACTORS = "causes", "factors"
_DIMS = ("draw", "model", "property")
_NOBODY = Missing("the experiment was not trained")


def of_seeds(name: str, seeds: Sequence[int] = SEEDS) -> Cell:
    """Return the models of a name in which `{seed}` stands for the seed.

    Examples
    --------
    >>> of_seeds("language-wit-right-s{seed}", [0, 1])
    ('language-wit-right-s0', 'language-wit-right-s1')
    """
    return tuple(name.format(seed=seed) for seed in seeds)


@dataclass(frozen=True, eq=False)
class Experiments:
    """The trainings of the experiments and those of the zoo, by their names without a study."""

    cubes: Sequence[xr.Dataset]  # `causes`; none where the study is absent or not asked for
    confidence: float
    models: xr.Dataset | None = None  # who they are
    factors: xr.Dataset | None = None  # right answers by factor, of those trainings that have them

    def __bool__(self) -> bool:
        return bool(self.cubes)

    @cached_property
    def value(self) -> xr.DataArray:
        """Every property of every training, dims draw, model and property; NaN where a study lacks one."""
        if not self.cubes:
            return xr.DataArray(np.empty((0, 0, 0)), [(dim, []) for dim in _DIMS], _DIMS)
        properties = list(dict.fromkeys(str(name) for one in self.cubes for name in one["property"].values))
        parts = [one["value"].reindex(property=properties) for one in self.cubes]
        return xr.concat(parts, "model", join="inner").transpose(*_DIMS)

    @property
    def source_lines(self) -> list[str]:
        """Where the numbers come from, for a figure."""
        return source_lines(self.cubes)

    def trained(self, cell: Cell) -> Cell:
        """Return the models of a cell that were trained."""
        known = self.value.indexes["model"]
        return tuple(model for model in cell if model in known)

    def seeds(self, cells: Sequence[Cell]) -> Text:
        """Say how many of the planned trainings of some cells there are."""
        return count(sum(len(self.trained(cell)) for cell in cells), sum(map(len, cells)))

    def draws(self, property_: str, cell: Cell) -> Array:
        """Return a property of the trainings of a cell that have it, shape (draws, runs)."""
        models = list(self.trained(cell))
        if not models or property_ not in self.value.indexes["property"]:
            return np.empty((self.value.sizes["draw"], 0))
        values = np.asarray(self.value.sel(property=property_, model=models).values, np.float64)
        return values[:, np.isfinite(values[0])]

    def mean(self, property_: str, cell: Cell, scale: Scale = "share") -> Said:
        """Return the mean over the seeds of a cell, its interval over seeds and images."""
        draws = self.draws(property_, cell)
        return mean_of_runs(draws, self.confidence, scale) if draws.shape[1] else _NOBODY

    def difference(self, property_: str, upper: Cell, lower: Cell, scale: Scale = "difference") -> Said:
        """Return the mean of one cell less that of another; images are paired, seeds are not."""
        return self.contrast(property_, {upper: 1.0, lower: -1.0}, scale)

    def contrast(self, property_: str, weights: dict[Cell, float], scale: Scale = "difference") -> Said:
        """Return a weighted sum of the means of cells, its interval over seeds and images."""
        sides = [self.draws(property_, cell) for cell in weights]
        if not all(side.shape[1] for side in sides):
            return _NOBODY
        return contrast_of_runs(sides, list(weights.values()), self.confidence, scale)

    def over_sources(self, property_: str, pairs: Sequence[tuple[Cell, Cell]]) -> Said:
        """Return the mean over sources of upper less lower cell, its interval over sources and images.

        A source without both cells is left out.
        """
        sides = [tuple(self.draws(property_, cell) for cell in pair) for pair in pairs]
        each = [one.mean(axis=1) - other.mean(axis=1) for one, other in sides if one.size and other.size]
        if not each:
            return _NOBODY
        return mean_of_runs(np.stack(each, axis=1), self.confidence, "difference", unit="source")


NONE = Experiments((), 0.95)


def read_experiments(studies: Sequence[str], confidence: float) -> Experiments:
    """Read the trainings of the experiments where the zoo is among some studies; else there are none.

    Examples
    --------
    >>> bool(read_experiments(["published"], 0.95))
    False
    """
    zoo = next((study for study in map(find_study, studies) if study.name == ZOO), None)
    trained = _beside(zoo) if zoo is not None else None
    if zoo is None or trained is None:
        return NONE
    both = (zoo, trained)
    causes = [_unnamed(study.read(_CAUSES)) for study in both if study.has(_CAUSES)]
    factors = _joined([study for study in both if study.has(_FACTORS)], _FACTORS)
    models = _joined(both, "models") if factors is not None else None
    return Experiments(causes, confidence, models, factors)


def _beside(zoo: Study) -> Study | None:
    """Return the study of the experiments that stands beside the zoo."""
    study = Study(STUDY, zoo.folder.parent / STUDY)
    return study if study.has(_CAUSES) else None


def _joined(studies: Sequence[Study], cube: str) -> xr.Dataset | None:
    parts = [_unnamed(study.read(cube)) for study in studies]
    return xr.concat(parts, "model", join="inner", combine_attrs="override") if parts else None


def _unnamed(cube: xr.Dataset) -> xr.Dataset:
    return cube.assign_coords(model=[str(name).split(":", 1)[-1] for name in cube["model"].values])
