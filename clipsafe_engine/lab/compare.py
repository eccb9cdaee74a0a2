"""How far two runs of the laboratory differ: cubes made here against those in the repository."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import xarray as xr

from clipsafe_utils.cubes import read_cube
from clipsafe_utils.errors import ClipsafeError

TOLERANCE = 0.005
"""Largest difference of a share or a score between two machines. On one machine it is 0."""

SMALL_SET = 2000
"""Images that a count is taken as a share of, at least.

On another processor an image at the edge of a bin, or between two classes, may fall to the other side. Drawn
five times it counts five times: much of a set of a hundred images, and no sign of another result.
"""

CUBES = ("factors", "shape_bias", "shifts", "ood", "calibration", "prompts", "causes")
"""The cubes that are compared; `models` holds nothing that was measured."""

_TOTALS = {"hits": "images", "draw_hits": "draw_images", "bin_hits": "bin_count"}
_PARTS = {"count": "decision", "bin_count": "bin"}


@dataclass(frozen=True)
class Difference:
    """How far one cube is from its counterpart.

    Examples
    --------
    >>> Difference("shifts", models=6, values=96, largest=0.0, where="hits").agrees
    True
    """

    cube: str
    models: int
    values: int
    largest: float
    """Largest difference: of counts as a share of the images, or of `SMALL_SET` where there are fewer; of
    other numbers above 1 as a share."""
    where: str
    """The variable that has it."""

    @property
    def agrees(self) -> bool:
        """Whether the difference is within the tolerance."""
        return self.largest <= TOLERANCE


def compare(made: Path, kept: Path) -> list[Difference]:
    """Compare all cubes of two folders on the models of the first.

    Raises
    ------
    ClipsafeError
        If a cube is missing or malformed, or lacks a model, a variable or a label of the other.

    Examples
    --------
    >>> compare(Path("nowhere"), Path("nowhere"))  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ...
    clipsafe_utils.errors.ClipsafeError: ...
    """
    return [_difference(name, made / f"{name}.nc", kept / f"{name}.nc") for name in CUBES]


def _difference(name: str, made: Path, kept: Path) -> Difference:
    ours, theirs = read_cube(made), read_cube(kept)
    absent = sorted(set(map(str, ours["model"].values)) - set(map(str, theirs["model"].values)))
    if absent:
        raise ClipsafeError(f"{kept}: lacks the model {absent[0]!r}.")
    theirs = theirs.sel(model=ours["model"])
    if set(ours.variables) != set(theirs.variables) or ours.sizes != theirs.sizes:
        raise ClipsafeError(f"{kept}: expected the variables and sizes of {made}.")
    largest = {
        str(variable): _largest(str(variable), ours, theirs)
        for variable, values in ours.data_vars.items()
        if values.dtype.kind in "fiu"
    }
    where = max(largest, key=lambda variable: largest[variable])
    values = sum(array.size for array in ours.data_vars.values() if array.dtype.kind in "fiu")
    return Difference(name, ours.sizes["model"], values, largest[where], where)


def _largest(variable: str, ours: xr.Dataset, theirs: xr.Dataset) -> float:
    """Return the largest difference of a variable; infinite where only one of the two has a value."""
    one, other = (np.asarray(cube[variable].values, np.float64) for cube in (ours, theirs))
    if (np.isnan(one) != np.isnan(other)).any():
        return np.inf
    total = _total(variable, theirs)
    if total is None:
        unit = np.maximum(1, np.abs(other))
    else:
        unit = np.maximum(SMALL_SET, np.asarray(total.broadcast_like(theirs[variable]).values, np.float64))
    apart = np.abs(one - other) / unit
    return float(np.nanmax(apart)) if np.isfinite(apart).any() else 0.0


def _total(variable: str, cube: xr.Dataset) -> xr.DataArray | None:
    """Return the images that a count is out of; None for what is no count."""
    if variable in _TOTALS:
        return cube[_TOTALS[variable]]
    return cube[variable].sum(_PARTS[variable]) if variable in _PARTS else None


def report(differences: list[Difference]) -> list[Mapping[str, object]]:
    """Return the differences as rows of a table.

    Examples
    --------
    >>> report([Difference("shifts", models=6, values=96, largest=0.0, where="hits")])[0]["agrees"]
    'yes'
    """
    return [
        {
            "cube": one.cube,
            "models": one.models,
            "values": one.values,
            "largest difference": f"{one.largest:.2g}",
            "in": one.where,
            "agrees": "yes" if one.agrees else "NO",
        }
        for one in differences
    ]
