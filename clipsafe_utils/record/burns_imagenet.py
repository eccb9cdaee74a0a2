"""Fork of model-vs-human by Burns: what five networks answer on every image of ImageNet's validation set."""

from pathlib import Path

import pandas as pd
import xarray as xr

from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.record.imagenet_x import ANNOTATIONS_FOLDER, Annotations, count_hits, of_predictions
from clipsafe_utils.record.sources import fetch, raw_paths

FOLDER = "model-vs-human-burns/raw-data/imagenet_validation"
_BEGINNING, _END = "imagenet_validation_", "_session-1"


def model_of(path: Path) -> str:
    """Return the name of the network of a file."""
    return path.stem.removeprefix(_BEGINNING).removesuffix(_END)


def read_answers(path: Path) -> pd.DataFrame:
    """Read what a network answers: `answer` and `category`, classes 0 to 999, by file name.

    The file names classes by WordNet; a class is the rank of its name among the thousand, sorted.
    """
    table = pd.read_csv(path, usecols=["imagename", "object_response", "category"], dtype=str)
    table = table.set_index("imagename").rename(columns={"object_response": "answer"})
    if table.index.has_duplicates:
        raise ClipsafeError(f"{path}: {table.index[table.index.duplicated()][0]} appears twice.")
    ranks = _rank_of()
    classes = pd.DataFrame({name: table[name].map(ranks) for name in ("answer", "category")})
    unknown = table[classes.isna().any(axis=1)]
    if len(unknown):
        raise ClipsafeError(f"{path}: {unknown.index[0]} has an answer or category that is no class.")
    return classes.astype("int64")


def read_counts(path: Path, annotations: Annotations) -> xr.Dataset:
    """Count the hits of the network of a file, as `imagenet_x.count_hits` does."""
    table = read_answers(path).reindex(annotations.labels.index)
    wrong = table.index[table["category"] != annotations.labels]
    if len(wrong):
        raise ClipsafeError(f"{path}: {wrong[0]} is not there, or not of its class.")
    return count_hits(model_of(path), table["answer"].astype("int64"), annotations)


def factor_counts() -> xr.Dataset:
    """Build the counts of the five networks, as `imagenet_x.factor_counts` does."""
    return of_predictions(raw_paths(FOLDER), read_counts)


def _rank_of() -> dict[str, int]:
    text = fetch(f"{ANNOTATIONS_FOLDER}/imagenet_labels.txt").read_text(encoding="utf-8")
    names = [line.partition(",")[0] for line in text.splitlines()]
    return {name: rank for rank, name in enumerate(sorted(names))}
