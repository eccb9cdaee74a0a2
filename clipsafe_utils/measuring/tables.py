"""What was counted of one model, laid out as the variables of a cube."""

from collections.abc import Mapping, Sequence

import numpy as np
import xarray as xr

from clipsafe_utils.measuring.hits import Counts


def joined_conditions(calibration: Mapping[str, xr.Dataset]) -> xr.Dataset:
    """Put conditions side by side; they share the temperature."""
    apart = [one.drop_vars("temperature") for one in calibration.values()]
    joined = xr.concat(apart, "condition", combine_attrs="drop_conflicts")
    temperature = next(iter(calibration.values()))["temperature"]
    return joined.assign_coords(condition=list(calibration)).assign(temperature=temperature)


def outcome_table(counts: Mapping[str, tuple[Counts, Counts]]) -> xr.Dataset:
    """Lay hits and images of each outcome out over draws."""
    hits, images = (np.stack(columns, axis=-1) for columns in zip(*counts.values(), strict=True))
    dims = ("draw", "outcome")
    return xr.Dataset(
        {"hits": (dims, hits), "images": (dims, images)},
        coords={"draw": np.arange(len(hits)), "outcome": list(counts)},
    )


def shift_table(counts: Mapping[str, tuple[Counts, Counts]], conditions: Sequence[str]) -> xr.Dataset:
    """Lay hits and images of each condition out as in the cube `shifts`."""
    table = outcome_table({name: counts[name] for name in conditions}).rename(outcome="condition")
    estimate = table.isel(draw=0, drop=True)
    return estimate.assign(draw_hits=table["hits"], draw_images=table["images"])
