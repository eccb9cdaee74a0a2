"""The registry of calibration errors that reliability bins give: one row is all that an error needs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from clipsafe_utils.metrics.arguments import Array
from clipsafe_utils.metrics.calibration import (
    DEBIASED_RULE,
    debiased_calibration_error,
    expected_calibration_error,
    root_mean_square_calibration_error,
)
from clipsafe_utils.metrics.reliability import ReliabilityBins


@dataclass(frozen=True)
class BinError:
    """A calibration error of the top class."""

    of_bins: Callable[[ReliabilityBins], Array]  # (..., bins) in, shares (...) out
    title: str  # in tables
    long_name: str  # in the cube
    minimum: float = 0.0  # the most is 1
    rule: str = ""  # how its edges are decided, beside those of the bins


BIN_ERRORS: Mapping[str, BinError] = {
    "ece": BinError(
        expected_calibration_error, "Equal width", "expected calibration error, 15 equal-width bins"
    ),
    "ece_debiased": BinError(
        debiased_calibration_error, "Debiased", "debiased expected calibration error", -1.0, DEBIASED_RULE
    ),
    "ece_rms": BinError(root_mean_square_calibration_error, "RMS", "root mean square calibration error"),
}
"""By variable of the cube. Cubes of before an error was added lack it, and stay valid."""


def errors_of_bins(bins: ReliabilityBins) -> dict[str, Array]:
    """Measure every error of the registry.

    Parameters
    ----------
    bins : ReliabilityBins
        Arrays of shape (..., bins).

    Returns
    -------
    dict of str to ndarray, shape (...)
        By variable of the cube.

    Examples
    --------
    >>> from clipsafe_utils.metrics import reliability_bins
    >>> round(float(errors_of_bins(reliability_bins([0.8, 0.8], [True, False]))["ece_rms"]), 2)
    0.3
    """
    return {name: error.of_bins(bins) for name, error in BIN_ERRORS.items()}
