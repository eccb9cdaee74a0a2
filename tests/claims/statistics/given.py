"""A study that is given as it is, and neither written nor read."""

from pathlib import Path

import xarray as xr

from clipsafe_utils.claims.reading import Reader
from clipsafe_utils.cubes import Study
from clipsafe_utils.cubes.validation import validate


class Given(Reader):
    """Reads valid cubes from memory."""

    def __init__(self, models: xr.Dataset, **cubes: xr.Dataset) -> None:
        super().__init__(Study("given", Path("nowhere")))
        self.models = models
        self.cubes = cubes
        for name, cube in cubes.items():
            validate(cube, name)

    def cube(self, name: str) -> xr.Dataset | None:
        return self.cubes.get(name)
