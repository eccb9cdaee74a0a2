"""model-soups: one CLIP, fine-tuned by seventy recipes, and the linear probe that all of them began with."""

# The runs share a CLIP, its source and its first classifier: they are one family, and chance is in the runs.
# So they stand in a cube of their own, where no pair, line or correlation of networks takes them for more.

import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.record.conditions import CONDITIONS, recover_counts
from clipsafe_utils.record.sources import fetch

RESULTS = "model-soups/individual_model_results.jsonl"
RECIPES = "model-soups/hparam_info.json"
HELD_OUT = "train_held_out"
DATA_SETS = {
    "id": "ImageNet",
    HELD_OUT: "ImageNet2p",
    "v2_matched_frequency": "ImageNetV2",
    "r": "ImageNetR",
    "a": "ImageNetA",
    "sketch": "ImageNetSketch",
    "objectnet": "ObjectNet",
}
"""What the source calls each condition."""

IMAGES = {HELD_OUT: 26_000} | {name: one.images for name, one in CONDITIONS.items()}
TWICE = ("model_5", "model_4")
"""The first is the second once more."""

HALF_STEP = 1e-12
_NUMBERS = {
    "learning_rate": "lr",
    "weight_decay": "wd",
    "mixup": "mix",
    "label_smoothing": "smoothing",
    "epochs": "epochs",
}
_AUGMENTATION = re.compile(r"rand-m(\d+)-n(\d+)")
_NOT_AUGMENTED = "rand-m0-n0"  # What the source writes as null: no operation, as other runs with n0.
_NO_RECIPE = "the linear probe: its recipe is not stated"


def recipe_counts() -> xr.Dataset:
    """Build the cube `recipes`: counts by condition, and the recipe of each run."""
    path = fetch(RESULTS)
    table = _read_lines(path)
    recipes = _read_recipes(fetch(RECIPES), table.index)
    copy, kept = TWICE
    if not table.join(recipes).loc[[copy, kept]].duplicated().any():
        raise ClipsafeError(f"{path}: '{copy}' is not '{kept}' once more, as was found before.")
    table, recipes = table.drop(index=copy), recipes.drop(index=copy)
    counts = {
        name: recover_counts(table[column], IMAGES[name], HALF_STEP, path)
        for name, column in DATA_SETS.items()
    }
    hits = np.stack([one.hits.to_numpy() for one in counts.values()], axis=1)
    images = np.broadcast_to([one.images for one in counts.values()], hits.shape)
    meanings = {HELD_OUT: "images of ImageNet's training set that no run was tuned on"}
    meanings |= {name: CONDITIONS[name].meaning for name in DATA_SETS if name != HELD_OUT}
    cube = xr.Dataset(
        {"hits": (("model", "condition"), hits), "images": (("model", "condition"), images.copy())}
        | {name: ("model", recipes[name], {"not_measured": _NO_RECIPE}) for name in recipes},
        {"model": table.index.to_numpy(), "condition": ("condition", list(DATA_SETS), meanings)},
    )
    cube["hits"].attrs["rounding"] = "exact"
    return cube


def _read_lines(path: Path) -> pd.DataFrame:
    try:
        rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        table = pd.DataFrame(rows).set_index("model_name")
        return table[list(DATA_SETS.values())].astype(float)
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise ClipsafeError(f"{path}: expected a line a model with its accuracies ({error}).") from error


def _read_recipes(path: Path, models: pd.Index) -> pd.DataFrame:
    """Return the recipes, NaN for the linear probe, which has none."""
    try:
        stated = json.loads(path.read_text(encoding="utf-8"))
        rows = [_numbers(stated[name]) for name in models]
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise ClipsafeError(f"{path}: expected the recipe of every model ({error}).") from error
    columns = [*_NUMBERS, "augmentation_magnitude", "augmentation_operations"]
    return pd.DataFrame(rows, models, columns, dtype=float)


def _numbers(recipe: dict[str, object]) -> list[float]:
    if "info" in recipe:
        return [np.nan] * (len(_NUMBERS) + 2)
    match = _AUGMENTATION.fullmatch(str(recipe["aug"] or _NOT_AUGMENTED))
    if match is None:
        raise ValueError(f"'{recipe['aug']}' is not rand-m...-n...")
    return [*(float(str(recipe[name])) for name in _NUMBERS.values()), float(match[1]), float(match[2])]
