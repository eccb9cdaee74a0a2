"""ImageNet-X: calibration of the four models whose confidence on every image is public.

The files hold the predicted class and its probability, so everything that needs the probability of another
class (NLL, Brier, class-wise ECE, temperature) cannot be measured from them.
"""

import numpy as np
import pandas as pd
import xarray as xr

from clipsafe_utils.cubes.schema import OVERALL
from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.metrics.calibration_draws import measures_of_bins
from clipsafe_utils.metrics.calibration_variants import equal_mass_calibration_error
from clipsafe_utils.metrics.draws import REPLICATES, draw_weights
from clipsafe_utils.metrics.labelled.calibration import calibration_rules, columns_of_estimate
from clipsafe_utils.metrics.reliability import N_BINS, reliability_bins
from clipsafe_utils.record.imagenet_x import ANNOTATIONS_FOLDER, PREDICTIONS_FOLDER, read_annotations
from clipsafe_utils.record.sources import fetch, raw_paths

NAMESPACE = "imagenet-val"
"""Images of the validation set get the same bootstrap weights in every condition and for every model."""

ALL_IMAGES, ANNOTATED = "id", "id_annotated"
TOP_ONLY = "the source holds the probability of the predicted class only"
NOT_MEASURED = ("nll", "brier", "ece_classwise", "temperature")
"""What needs the probability of every class."""

_DIMS = ("draw", "model", "condition", "scaling")
_BIN_DIMS = ("model", "condition", "scaling", "bin")


def conditions() -> dict[str, pd.Index]:
    """Return the images of each condition: all, those with annotations, and those of each top factor."""
    flags = read_annotations("top").flags
    by_factor = {f"factor_{name}": flags.index[flags[name]] for name in flags if name != OVERALL}
    labels = pd.read_csv(fetch(f"{ANNOTATIONS_FOLDER}/filename_label.csv"))
    return {ALL_IMAGES: pd.Index(labels["file_name"]), ANNOTATED: flags.index, **by_factor}


_DECIMALS = 8
"""Processors add in different orders, so the last bits of a sum differ; what is kept is the same on all."""


def read_confidences(path: str) -> pd.DataFrame:
    """Read the confidence of a model on every image, and whether it was right.

    Columns `confidence` of the predicted class and `correct`, by file name, in the order of the labels.
    """
    labels = pd.read_csv(fetch(f"{ANNOTATIONS_FOLDER}/filename_label.csv")).set_index("file_name")["label"]
    table = pd.read_csv(fetch(path)).set_index("file_name").reindex(labels.index)
    absent = table.index[table["predicted_probability"].isna()]
    if len(absent):
        raise ClipsafeError(f"{path}: no prediction for the image {absent[0]}.")
    return pd.DataFrame(
        {"confidence": table["predicted_probability"], "correct": table["predicted_class"] == labels}
    )


def calibration_counts() -> xr.Dataset:
    """Build the cube `calibration` of the four models; scaling "before" only."""
    predictions = {path: read_confidences(path) for path in raw_paths(PREDICTIONS_FOLDER)}
    models = [path.rsplit("/", 1)[-1].removesuffix(".csv") for path in predictions]
    confidence = np.stack([table["confidence"].to_numpy() for table in predictions.values()])
    correct = np.stack([table["correct"].to_numpy() for table in predictions.values()])
    images = next(iter(predictions.values())).index
    weights = draw_weights(NAMESPACE, images)
    parts = []
    for name, members in conditions().items():
        here = images.get_indexer(members)
        part = measure(confidence[:, here], correct[:, here], weights[:, here], models)
        parts.append(part.expand_dims(condition=[name]))
    cube = xr.concat(parts, "condition").expand_dims(scaling=["before"])
    for name in ("nll", "brier", "ece_classwise"):
        cube[name] = xr.full_like(cube["ece"], np.nan)
    cube["temperature"] = (("draw", "model"), np.full((1 + REPLICATES, len(models)), np.nan))
    ordered = {name: array.transpose(*_dims_of(array)) for name, array in cube.data_vars.items()}
    cube = cube.assign(ordered).round(_DECIMALS)
    for name, attributes in _attributes().items():
        cube[name].attrs.update(attributes)
    return cube


def _attributes() -> dict[str, dict[str, str]]:
    """Say beside each number how its edges were decided."""
    draws = f"Poisson weights of the image names in '{NAMESPACE}'; draw 0 is the estimate"
    not_measured = {name: {"not_measured": TOP_ONLY} for name in NOT_MEASURED}
    return {**calibration_rules(), **not_measured, "accuracy": {"draws": draws}}


def measure(
    confidence: np.ndarray, correct: np.ndarray, weights: np.ndarray, models: list[str]
) -> xr.Dataset:
    """Measure calibration in every draw, of one condition.

    Inputs have the shapes (models, images), (models, images), (draws, images); dims draw, model and bin. What
    is not drawn is NaN but in draw 0.
    """
    by_draw = {
        **measures_of_bins(reliability_bins(confidence, correct, weights)),
        "ece_equal_mass": equal_mass_calibration_error(confidence, correct, weights),
    }
    of_estimate = columns_of_estimate(confidence, correct, len(weights))
    dims = {name: ("model", "bin") if name.startswith("bin_") else ("draw", "model") for name in of_estimate}
    return xr.Dataset(
        {name: (("draw", "model"), values) for name, values in by_draw.items()}
        | {name: (dims[name], values) for name, values in of_estimate.items()},
        coords={"draw": np.arange(len(weights)), "model": models, "bin": np.arange(N_BINS)},
    )


def _dims_of(array: xr.DataArray) -> tuple[str, ...]:
    wanted = _BIN_DIMS if "bin" in array.dims else _DIMS
    return tuple(dim for dim in wanted if dim in array.dims)
