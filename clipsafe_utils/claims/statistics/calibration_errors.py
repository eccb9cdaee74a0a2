"""What the statistics of calibration read: errors at home and under shift, by the choice of error."""

from collections.abc import Callable, Mapping

import numpy as np
import xarray as xr

from clipsafe_utils.claims.choices import Choices
from clipsafe_utils.claims.reading import NotMeasuredError, Reader
from clipsafe_utils.cubes.panels import Panel
from clipsafe_utils.findings.calibration.bins import regroup, stored_bins
from clipsafe_utils.findings.calibration.scaling_change import home
from clipsafe_utils.findings.calibration.views import kinds_of, parts_of
from clipsafe_utils.metrics.arguments import Array
from clipsafe_utils.metrics.calibration import expected_calibration_error, signed_square

NOT_AT_HOME = "no calibration error before temperature scaling"

_ERRORS: Mapping[str, str] = {
    "debiased": "ece_debiased",
    "plain": "ece",
    "equal_mass": "ece_equal_mass",
    "root_mean_square": "ece_rms",
}
"""Variables of the cube by the choice of error; `five_bins` is made of the bins that it stores."""

_FEW_BINS = 5
_BINS = ["bin_count", "bin_confidence", "bin_hits"]


def at_home(reader: Reader) -> Panel:
    """Cut the panel to a study's own test set before temperature scaling: dims draw, model and bin."""
    panel = reader.panel("calibration")
    if panel is None or "before" not in panel.cube["scaling"].values:
        raise NotMeasuredError(NOT_AT_HOME)
    condition = home(panel.cube["condition"].values.tolist())
    cube = panel.cube.transpose("draw", "model", ...).sel(condition=condition, scaling="before")
    return Panel(panel.study, cube, panel.models)


def clips_under_shift(reader: Reader) -> Panel:
    """Cut the panel to zero-shot CLIPs, and to the shifts under which all were measured."""
    reason = "no CLIP with calibration under shift before and after temperature scaling"
    panel = reader.panel("calibration")
    if panel is None or not {"before", "after"} <= {*panel.cube["scaling"].values.tolist()}:
        raise NotMeasuredError(reason)
    clips = panel.models["group"].values == "clip_zero_shot"
    cube = panel.cube.transpose("draw", "model", ...).isel(model=clips)
    measured = cube["nll"].isel(draw=0).notnull().all(["model", "scaling"]).values
    shifts = parts_of(cube["condition"].values[measured].tolist())
    if not shifts or not clips.any():
        raise NotMeasuredError(reason)
    return Panel(panel.study, cube.sel(condition=shifts), panel.models.isel(model=clips))


def errors(cube: xr.Dataset, choices: Choices) -> Array:
    """Return the chosen error, shape (draws, models); of five bins the estimate alone."""
    if choices.error in _ERRORS:
        return np.asarray(cube[_ERRORS[choices.error]].values, np.float64)
    return expected_calibration_error(regroup(stored_bins(cube[_BINS]), _FEW_BINS))[None]


def shown_errors(cube: xr.Dataset, choices: Choices) -> Array:
    """Return `errors` as they are shown: of the debiased one, 0 for what is below.

    Its draws lie too high, by a bias that is taken off the estimate once only. They are brought back on the
    scale of squares, as `metrics.calibration.debiased_interval` does.
    """
    as_measured = errors(cube, choices)
    if choices.error != "debiased":
        return as_measured
    squares = signed_square(as_measured)
    if len(squares) > 1:
        squares[1:] += squares[0] - squares[1:].mean(axis=0)
    return np.asarray(np.sqrt(np.clip(squares, 0, None)))


def mean_of_shifts(cube: xr.Dataset, value: Callable[[xr.Dataset], Array]) -> Array:
    """Average a value of the cube under one shift over kinds of shift, each kind once."""
    kinds = kinds_of(cube["condition"].values.tolist()).values()
    of_kinds = [np.mean([value(cube.sel(condition=name)) for name in names], axis=0) for names in kinds]
    return np.asarray(np.mean(of_kinds, axis=0))


def images_of(panel: Panel) -> int:
    """Return the number of images of a panel as `at_home` returns it."""
    return int(panel.cube["bin_count"].sum("bin").max())
