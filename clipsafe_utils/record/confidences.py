"""ImageNet-X: calibration of the four models whose confidence on every image is public."""

import numpy as np
import pandas as pd
import xarray as xr

from clipsafe_utils.cubes.schema import OVERALL
from clipsafe_utils.metrics.calibration_draws import measures_of_bins
from clipsafe_utils.metrics.calibration_variants import equal_mass_calibration_error
from clipsafe_utils.metrics.draws import REPLICATES, draw_weights
from clipsafe_utils.metrics.labelled.calibration import calibration_rules, columns_of_estimate
from clipsafe_utils.metrics.reliability import N_BINS, reliability_bins
from clipsafe_utils.record.imagenet_x import (
    ANNOTATIONS_FOLDER,
    PREDICTIONS_FOLDER,
    predictions_of,
    read_annotations,
)
from clipsafe_utils.record.sources import fetch, raw_paths

NAMESPACE = "imagenet-val"
"""Images of the validation set get the same bootstrap weights in every condition and for every model."""

ALL_IMAGES, ANNOTATED = "id", "id_annotated"
TOP_ONLY = "the source holds the probability of the predicted class only"
_NOT_MEASURED = ("nll", "brier", "ece_classwise")
"""What needs the probability of every class, as the temperature does."""

_DECIMALS = 8
"""Processors add in different orders, so the last bits of a sum differ; what is kept is the same on all."""


def conditions() -> dict[str, pd.Index]:
    """Return the images of each condition: all, those with annotations, and those of each top factor."""
    flags = read_annotations("top").flags
    by_factor = {f"factor_{name}": flags.index[flags[name]] for name in flags if name != OVERALL}
    labels = pd.read_csv(fetch(f"{ANNOTATIONS_FOLDER}/filename_label.csv"))
    return {ALL_IMAGES: pd.Index(labels["file_name"]), ANNOTATED: flags.index, **by_factor}


def read_confidences(path: str) -> pd.DataFrame:
    """Read the confidence of a model on every image, and whether it was right.

    Columns `confidence` of the predicted class and `correct`, by file name, in the order of the labels.
    """
    labels = pd.read_csv(fetch(f"{ANNOTATIONS_FOLDER}/filename_label.csv")).set_index("file_name")["label"]
    table = predictions_of(fetch(path), labels.index)
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
    for name in _NOT_MEASURED:
        cube[name] = xr.full_like(cube["ece"], np.nan)
    cube["temperature"] = (("draw", "model"), np.full((1 + REPLICATES, len(models)), np.nan))
    cube = cube.transpose("draw", "model", "condition", "scaling", "bin").round(_DECIMALS)
    for name, attributes in calibration_rules().items():  # how the edges of a number were decided
        cube[name].attrs.update(attributes)
    for name in (*_NOT_MEASURED, "temperature"):
        cube[name].attrs["not_measured"] = TOP_ONLY
    draws = f"Poisson weights of the image names in '{NAMESPACE}'; draw 0 is the estimate"
    cube["accuracy"].attrs["draws"] = draws
    return cube


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
