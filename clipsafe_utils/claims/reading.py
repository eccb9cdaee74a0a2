"""Reading a study for its claims, each cube once."""

from functools import cached_property

import numpy as np
import pandas as pd
import xarray as xr

from clipsafe_utils.claims.floor import evaluation_floor, read_twice
from clipsafe_utils.cubes import GROUPS, Study
from clipsafe_utils.cubes.panels import Panel
from clipsafe_utils.cubes.selection import is_real, select_models


class NotMeasuredError(Exception):
    """Why a study says nothing of a claim."""


class Reader:
    """A study whose cubes are read when they are first asked for, and kept."""

    def __init__(self, study: Study) -> None:
        self.study = study
        self._panels: dict[str, Panel | None] = {}
        self._cubes: dict[str, xr.Dataset] = {}
        self._floors: dict[str, float] = {}

    @cached_property
    def models(self) -> xr.Dataset:
        """The cube `models`, all rows."""
        return self.study.read("models")

    @property
    def is_proxy(self) -> bool:
        """Whether the study stands in for real models."""
        return self.study.has("models") and not is_real(self.models)

    def cube(self, name: str) -> xr.Dataset | None:
        """Return a cube as it is, or None where the study lacks it."""
        if name not in self._cubes and self.study.has(name):
            self._cubes[name] = self.study.read(name)
        return self._cubes.get(name)

    def panel(self, name: str) -> Panel | None:
        """Return a cube and its models, each network once; None where there is nothing to show."""
        if name not in self._panels:
            cube = self.cube(name)
            panel = None
            if cube is not None:
                kept, models = select_models(cube, self.models, tuple(GROUPS))
                panel = Panel(self.study.name, kept, models) if kept.sizes["model"] else None
            self._panels[name] = panel
        return self._panels[name]

    def needed(self, name: str) -> Panel:
        """Return `panel`; NotMeasuredError where there is nothing to show."""
        panel = self.panel(name)
        if panel is None:
            raise NotMeasuredError(f"no cube {name}")
        return panel

    def readings(self, name: str) -> pd.DataFrame:
        """Return the networks of a cube that were read twice, as of `read_twice`."""
        return read_twice(name, self.study.read(name), self.models)

    def floor(self, name: str) -> float:
        """Return the evaluation floor of a cube: 0 where no network was read twice."""
        if name not in self._floors:
            cube = self.cube(name)
            self._floors[name] = 0.0 if cube is None else evaluation_floor(name, cube, self.models)
        return self._floors[name]


def refuse_without(reader: Reader, cube: str, groups: tuple[str, ...], training_sources: int) -> None:
    """Raise NotMeasuredError where a study lacks the cube, a group, or CLIPs of enough training sources."""
    panel = reader.needed(cube)
    present = panel.models["group"].values
    for group in groups:
        if group not in present:
            raise NotMeasuredError(f"no model of the group '{GROUPS[group]}' in the cube {cube}")
    clips = panel.models.isel(model=present == groups[0])
    if np.unique(clips["training_source"]).size < training_sources:
        raise NotMeasuredError(f"CLIPs of one training source only in the cube {cube}")
