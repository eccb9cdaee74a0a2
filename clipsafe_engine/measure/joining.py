"""From what was measured of single models to every cube that they make."""

from collections.abc import Sequence

import xarray as xr

from clipsafe_engine.measure.work import Measured
from clipsafe_utils.measuring.cubes import Facts, join_models

JOINED = ("factors", "shape_bias", "shifts", "ood", "calibration", "prompts")
"""The cubes that tables of single models make."""


def join_cubes(measured: Sequence[Measured], facts: Facts) -> dict[str, xr.Dataset]:
    """Make every cube for which some of the models have a table; errors as in `join_models`."""
    cubes = {}
    for name in JOINED:
        tables = [table for one in measured for table in one.read(name).values()]
        if tables:
            cubes[name] = join_models(tables, name, facts)
    return cubes
