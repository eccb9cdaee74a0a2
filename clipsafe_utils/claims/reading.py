"""Reading a study for its claims: each cube once."""

from functools import cached_property

import xarray as xr

from clipsafe_utils.cubes import GROUPS, Study
from clipsafe_utils.cubes.panels import Panel
from clipsafe_utils.cubes.selection import is_real, select_models


class Reader:
    """A study whose cubes are read when they are first asked for, and kept."""

    def __init__(self, study: Study, groups: tuple[str, ...] = tuple(GROUPS)) -> None:
        self.study = study
        self.groups = groups
        self._panels: dict[str, Panel | None] = {}
        self._cubes: dict[str, xr.Dataset] = {}

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
                kept, models = select_models(cube, self.models, self.groups)
                panel = Panel(self.study.name, kept, models) if kept.sizes["model"] else None
            self._panels[name] = panel
        return self._panels[name]
