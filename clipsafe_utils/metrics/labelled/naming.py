"""What the labelled metrics share."""

from collections.abc import Iterable

import xarray as xr

from clipsafe_utils.metrics.intervals import wilson_interval


def described(array: xr.DataArray, long_name: str) -> xr.DataArray:
    """Return the array with no attributes but a long name and the unit 1: shares, counts and truth values."""
    named = array.copy(deep=False)  # `drop_attrs` copies every label of every dim, which takes far longer.
    named.attrs = {"long_name": long_name, "units": "1"}
    return named


def interval_over_images(
    hits: xr.DataArray, images: xr.DataArray, confidence: float
) -> tuple[xr.DataArray, xr.DataArray]:
    """Return the low and the high end of Wilson's interval, with the dims of the counts."""
    low, high = xr.apply_ufunc(
        wilson_interval, hits, images, kwargs={"confidence": confidence}, output_core_dims=[[], []]
    )
    return low, high


def refuse_unknown(name: str, wanted: Iterable[str], known: Iterable[str]) -> None:
    """Refuse labels that a dim does not have; the message names the argument and the first such label."""
    options = dict.fromkeys(known)
    for label in wanted:
        if label not in options:
            raise ValueError(f"{name}: expected some of {', '.join(options)}, got {label!r}.")
