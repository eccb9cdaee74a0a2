"""timm: top-1 of ImageNet classifiers on seven sets, one file a set, one row a model and image size."""

from pathlib import Path

import numpy as np
import pandas as pd

from clipsafe_utils.cubes.schema import NO_PROMPTS
from clipsafe_utils.record.conditions import CONDITIONS, Evaluations, recover_counts
from clipsafe_utils.record.tables import Locate, read_numbers

FILES = {
    "id": "results-imagenet.csv",
    "real": "results-imagenet-real.csv",
    "v2_matched_frequency": "results-imagenetv2-matched-frequency.csv",
    "r": "results-imagenet-r.csv",
    "a": "results-imagenet-a.csv",
    "sketch": "results-sketch.csv",
    "id_r200": "results-imagenet-r-clean.csv",
    "id_a200": "results-imagenet-a-clean.csv",
}
"""The file of each condition."""

FOLDER = "pytorch-image-models/results"
HALF_STEP = 0.00055 / 100
"""Percentages are rounded to four decimals, then to three: half a step of each."""


def read_evaluations(locate: Locate) -> Evaluations:
    """Read the results of timm; every count is exact.

    Rows ``model@size`` by name, then size: the smallest, that of the training, is the first of its model.
    """
    paths = {condition: locate(f"{FOLDER}/{name}") for condition, name in FILES.items()}
    tables = {condition: _read(path) for condition, path in paths.items()}
    stated = pd.concat(tables.values())
    stated = stated[~stated.index.duplicated()].sort_values(["model", "img_size"])
    facts = pd.DataFrame(
        {
            "parameters": (stated["param_count"] * 1e6).round(),
            "image_size": stated["img_size"],
            "samples_seen": np.nan,
        }
    )
    counts = {
        name: recover_counts(table["top1"] / 100, CONDITIONS[name].images, HALF_STEP, paths[name])
        for name, table in tables.items()
    }
    return Evaluations(counts, facts, NO_PROMPTS)


def _read(path: Path) -> pd.DataFrame:
    table = read_numbers(path, ["model", "img_size"], ["top1", "param_count"])
    table.index = pd.Index(table["model"] + "@" + table["img_size"])
    return table.assign(img_size=table["img_size"].astype(float))
