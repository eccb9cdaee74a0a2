"""What the statistics of calibration read: errors on a study's own test set, by the choice of error."""

from collections.abc import Mapping

import numpy as np
import xarray as xr

from clipsafe_utils.claims.choices import Choices
from clipsafe_utils.claims.reading import NotMeasuredError, Reader
from clipsafe_utils.cubes.panels import Panel
from clipsafe_utils.findings.calibration.bins import regroup, stored_bins
from clipsafe_utils.findings.calibration.scaling_change import home
from clipsafe_utils.metrics.calibration import expected_calibration_error, signed_square

_ERRORS: Mapping[str, str] = {
    "plain": "ece",
    "debiased": "ece_debiased",
    "equal_mass": "ece_equal_mass",
    "root_mean_square": "ece_rms",
}
"""Variables of the cube by the choice of error; `five_bins` is made of the bins that it stores."""

_FEW_BINS = 5
_BINS = ["bin_count", "bin_confidence", "bin_hits"]


def at_home(reader: Reader, scaling: str = "before") -> Panel:
    """Cut the panel to a study's own test set, before or after temperature scaling: dims draw, model, bin.

    And to the draws that all share: see `shared_draws`.
    """
    panel = reader.needed("calibration")
    if scaling not in panel.cube["scaling"].values:
        raise NotMeasuredError(f"no calibration {scaling} temperature scaling")
    condition = home(panel.cube["condition"].values.tolist())
    cube = panel.cube.transpose("draw", "model", ...).sel(condition=condition, scaling=scaling)
    return Panel(panel.study, cube.isel(draw=shared_draws(cube["ece"])), panel.models)


def shared_draws(values: xr.DataArray) -> np.ndarray:
    """Return a mask of the draws that every network has of which there is an estimate: dims draw and model.

    A network that is quoted from a table has an estimate alone. Whatever is compared with it is then compared
    without draws, so that chance over images, which is not known of the one, is not stated of both.
    """
    table = values.transpose("draw", "model").values
    known = np.isfinite(table)
    return np.asarray((known | ~known[0]).all(axis=1))


def errors(cube: xr.Dataset, choices: Choices) -> xr.DataArray:
    """Return the chosen error, dims draw and model; of five bins the estimate alone.

    Of the debiased error, 0 is shown for what is below. Its draws lie too high, by a bias that is taken off
    the estimate once only; they are brought back on the scale of squares, as `debiased_interval` does.
    """
    models = cube["model"].values
    if choices.error not in _ERRORS:
        few = expected_calibration_error(regroup(stored_bins(cube[_BINS]), _FEW_BINS))
        return xr.DataArray(few[None], {"model": models}, ("draw", "model"))
    as_measured = np.asarray(cube[_ERRORS[choices.error]].values, np.float64)
    if choices.error == "debiased":
        squares = signed_square(as_measured)
        if len(squares) > 1:
            squares[1:] += squares[0] - squares[1:].mean(axis=0)
        as_measured = np.sqrt(np.clip(squares, 0, None))
    return xr.DataArray(as_measured, {"model": models}, ("draw", "model"))
