"""ImageNet-X: accuracy by visual factor of 393 records, turned back into whole counts of images."""

import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from clipsafe_utils.cubes.schema import FACTORS, OVERALL
from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.record.conditions import recover_counts
from clipsafe_utils.record.sources import fetch, raw_paths
from clipsafe_utils.record.tables import read_numbers

SELECTIONS = ("top", "multi")
TABLES = {"imagenet-x-testbed": "imagenet_testbed", "imagenet-x-toolbox": "modelvshuman"}
PREDICTIONS_FOLDER = "imagenetx/model_predictions/base"
ANNOTATIONS_FOLDER = "imagenetx/annotations"
_ANNOTATED = list(FACTORS[:-1])


@dataclass(frozen=True)
class Annotations:
    """The annotated images of one selection."""

    flags: pd.DataFrame  # boolean, a row an image by file name, a column a factor and one for `overall`
    labels: pd.Series  # true class of each image, 0 to 999

    @property
    def images(self) -> pd.Series:
        """Number of images of each factor."""
        return self.flags.sum()


def table_path(source: str, selection: str) -> str:
    """Return the mirror path of one published table of accuracies."""
    return f"imagenetx/results/val/{selection}_factor/{TABLES[source]}/class/accuracies_per_factor.csv"


def read_annotations(selection: str) -> Annotations:
    """Read the annotations of ImageNet's validation set: one of `SELECTIONS`, "top" or all named factors.

    The 3,000 prototypes, which annotators compared the other images with, are left out, as the authors do by
    default; 46,110 annotated images remain.
    """
    table = fetch(f"{ANNOTATIONS_FOLDER}/imagenet_x_val_{selection}_factor.jsonl")
    text = table.read_text(encoding="utf-8")
    rows = pd.read_json(io.StringIO(text), lines=True).set_index("file_name")
    prototypes = pd.read_csv(fetch(f"{ANNOTATIONS_FOLDER}/prototypical_paths.csv"))["file_name"]
    rows = rows[~rows.index.isin(prototypes)]
    flags = rows[_ANNOTATED].astype(bool).assign(**{OVERALL: True})
    return Annotations(flags, rows["class"])


def read_table(path: Path, annotations: Annotations) -> xr.Dataset:
    """Turn a table of accuracies back into hits; refuse a count that does not come out whole.

    `hits` and `images` with the dims model and factor.
    """
    table = read_numbers(path, ["model"], [*_ANNOTATED, "average"]).set_index("model")
    accuracies = table.rename(columns={"average": OVERALL})
    hits = [recover_counts(accuracies[name], annotations.images[name], 0, path).hits for name in FACTORS]
    return _counts(list(accuracies.index), np.stack(hits, axis=1).astype(np.int64), annotations)


def predictions_of(path: Path, images: pd.Index) -> pd.DataFrame:
    """Read `predicted_class` and `predicted_probability` of some images, by file name, in their order."""
    predictions = pd.read_csv(path).set_index("file_name").reindex(images)
    absent = predictions.index[predictions["predicted_class"].isna()]
    if len(absent):
        raise ClipsafeError(f"{path}: no prediction for the image {absent[0]}.")
    return predictions


def read_predictions(path: Path, annotations: Annotations) -> xr.Dataset:
    """Count the hits of a model from its prediction on every annotated image.

    `hits` and `images` with the dims model (one, the stem of the path) and factor.
    """
    predictions = predictions_of(path, annotations.labels.index)
    correct = (predictions["predicted_class"] == annotations.labels).to_numpy()
    hits = annotations.flags[list(FACTORS)].to_numpy()[correct].sum(axis=0)
    return _counts([path.stem], hits[np.newaxis], annotations)


def factor_counts(source: str) -> xr.Dataset:
    """Build the counts of a source, top- and multi-factor.

    `hits` and `images` with the dims selection, model, factor.
    """
    parts = []
    for selection in SELECTIONS:
        annotations = read_annotations(selection)
        if source in TABLES:
            counts = read_table(fetch(table_path(source, selection)), annotations)
        else:
            models = [read_predictions(fetch(path), annotations) for path in raw_paths(PREDICTIONS_FOLDER)]
            counts = xr.concat(models, "model")
        parts.append(counts.expand_dims(selection=[selection]))
    return xr.concat(parts, "selection", join="exact")


def _counts(models: list[str], hits: np.ndarray, annotations: Annotations) -> xr.Dataset:
    images = np.broadcast_to(annotations.images[list(FACTORS)].to_numpy(), hits.shape)
    return xr.Dataset(
        {"hits": (("model", "factor"), hits), "images": (("model", "factor"), images.copy())},
        coords={"model": models, "factor": list(FACTORS)},
    )
