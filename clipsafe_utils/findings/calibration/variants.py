"""Every variant of the calibration error of each model, on its whole set and on every set."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import xarray as xr

from clipsafe_utils.cubes.panels import Panel
from clipsafe_utils.findings.calibration.views import View
from clipsafe_utils.metrics.bin_errors import BIN_ERRORS
from clipsafe_utils.metrics.calibration import debiased_interval
from clipsafe_utils.registry.model_names import short_names

OTHERS = ("ece_floor", "ece_classwise", "nll", "brier", "accuracy", "temperature")
_COLUMNS = ["study", "scaling", "condition", "images", "name", "group", "accuracy", "error", "low", "high"]


def errors_in(cube: xr.Dataset) -> list[str]:
    """Return the calibration errors of a cube, each of which sorts the networks in its own way."""
    return [name for name in ("ece_equal_mass", *BIN_ERRORS) if name in cube]


def variants_of(view: View, confidence: float) -> pd.DataFrame:
    """Return what a study stores of each model on the whole set, a row a model.

    name, scaling, `errors_in` the cube, `OTHERS` (NaN where not measured), and the ends of the interval of
    the debiased error, low and high.
    """
    whole = view.on_whole.transpose("draw", "model", ...)
    estimate = whole.isel(draw=0)
    columns = {name: estimate[name].values for name in (*errors_in(whole), *OTHERS)}
    columns["low"], columns["high"] = debiased_interval(whole["ece_debiased"].values, confidence)
    return pd.DataFrame({"name": view.names, "scaling": view.scaling} | columns)


def every_model(panels: Sequence[Panel], confidence: float) -> pd.DataFrame:
    """Return accuracy and debiased error of every model on every set of images that it was measured on.

    Columns study, scaling, condition, images, name, group, accuracy, error (0 where negative), low and high.
    """
    parts = [
        _on_one_set(panel, scaling, condition, confidence)
        for panel in panels
        for scaling in panel.cube["scaling"].values.tolist()
        for condition in panel.cube["condition"].values.tolist()
    ]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=_COLUMNS)


def _on_one_set(panel: Panel, scaling: str, condition: str, confidence: float) -> pd.DataFrame:
    cube = panel.cube.sel(condition=condition, scaling=scaling)
    images = float(cube["bin_count"].sum("bin").max())
    measured = cube["ece_debiased"].notnull().all("draw").values
    names = short_names(cube["model"].values.tolist(), panel.models["checkpoint"].values.tolist())
    cube = cube.isel(model=measured)
    errors = cube["ece_debiased"].transpose("draw", "model").values
    low, high = debiased_interval(errors, confidence)
    return pd.DataFrame(
        {
            "name": np.array(names, dtype=object)[measured],
            "group": panel.models["group"].values[measured],
            "accuracy": cube["accuracy"].isel(draw=0).values,
            "error": np.clip(errors[0], 0, None),
            "low": low,
            "high": high,
        }
    ).assign(study=panel.study, scaling=scaling, condition=condition, images=images)
