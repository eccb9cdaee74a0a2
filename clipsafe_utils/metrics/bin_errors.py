"""The registry of calibration errors that reliability bins give: one row an error.

A row is enough for an error to be measured in every draw, to be a variable of the cube `calibration`, and to
stand in the tables of chapter 4.
"""

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
    """A calibration error of the top class.

    Attributes
    ----------
    of_bins : callable
        Takes bins of shape (..., bins), and returns a share of shape (...).
    title : str
        How tables call it.
    long_name : str
        What it is, as the cube says.
    minimum : float
        The least that it can be; the most is 1.
    rule : str
        How its edges are decided, beside those of the bins.
    """

    of_bins: Callable[[ReliabilityBins], Array]
    title: str
    long_name: str
    minimum: float = 0.0
    rule: str = ""


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
    >>> from clipsafe_utils.metrics.reliability import reliability_bins
    >>> round(float(errors_of_bins(reliability_bins([0.8, 0.8], [True, False]))["ece_rms"]), 2)
    0.3
    """
    return {name: error.of_bins(bins) for name, error in BIN_ERRORS.items()}
