"""Calibration of one set: of the home of a model, where its temperature is fitted, and of any other set."""

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from clipsafe_utils.measuring.hits import single_labels
from clipsafe_utils.measuring.outputs import Outputs
from clipsafe_utils.metrics.labelled import calibration_of_logits


def calibration_at_home(outputs: Outputs, fits: NDArray[np.bool_], replicates: int) -> xr.Dataset:
    """Fit the temperature on some images of the home and measure the others, as `calibration_of_logits`."""
    tested, fitting = outputs.rows(~fits), outputs.rows(fits)
    return calibration_of_logits(
        tested.logits,
        single_labels(tested),
        tested.weights(replicates),
        fit=(fitting.logits, single_labels(fitting), fitting.weights(replicates)),
    )


def calibration_elsewhere(outputs: Outputs, home: xr.Dataset, replicates: int) -> xr.Dataset:
    """Measure another set with the temperature that was fitted at home."""
    return calibration_of_logits(
        outputs.logits,
        single_labels(outputs),
        outputs.weights(replicates),
        temperature=home["temperature"],
    )
