"""No "zero-shot" without exponential data: CLIPs of eight training sources under three sets of prompts."""

import json
import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.record.conditions import CONDITIONS, FACTS, Counts, Evaluations, recover_counts
from clipsafe_utils.record.model_vs_human import EIGHTY_TEMPLATES
from clipsafe_utils.record.tables import Locate

FOLDER = "frequency_determines_performance/zero_shot_evaluations"
PROMPTS: Mapping[str, str] = {"ensemble": EIGHTY_TEMPLATES, "simple": "one template", "class": "bare name"}
"""What the source calls each set of prompts, and its name here, as preferred."""

DATA_SETS: Mapping[str, str] = {"id": "imagenet", "r": "imagenet-r", "sketch": "imagenet-sketch"}
"""What the source calls each condition."""

HALF_STEP = 1e-12
"""Percentages have all digits of a double."""

IMAGE_SIZE = 224
_MODEL = r"backbone(.+)_pretrained(.+)"


def read_evaluations(locate: Locate) -> Evaluations:
    """Read the zero-shot results of the source; every count is exact.

    Rows ``model.pretrained@size/prompt set``: all CLIPs under 80 templates, then under the other sets.
    """
    accuracies = {
        condition: pd.concat([_accuracies(locate, data_set, ending) for ending in PROMPTS])
        for condition, data_set in DATA_SETS.items()
    }
    rows = accuracies["id"].index
    counts: dict[str, Counts] = {
        condition: recover_counts(
            accuracy.rename(condition), CONDITIONS[condition].images, HALF_STEP, Path(FOLDER)
        )
        for condition, accuracy in accuracies.items()
    }
    facts = pd.DataFrame(np.nan, rows, list(FACTS)).assign(image_size=IMAGE_SIZE)
    return Evaluations(counts, facts, [row.partition("/")[2] for row in rows])


def read_full(path: Path) -> pd.Series:
    """Read what a file states of each CLIP over all classes or concepts, by ``model.pretrained``, sorted."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        full = {name: float(entry["full"]) for name, entry in content.items()}
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise ClipsafeError(f"{path}: expected `full`, a number, of each model ({error}).") from error
    names = {}
    for name in full:
        if (match := re.fullmatch(_MODEL, name)) is None:
            raise ClipsafeError(f"{path}: the name '{name:.100}' is not backbone..._pretrained....")
        names[name] = f"{match[1]}.{match[2]}"
    return pd.Series(full, name="full").rename(names).sort_index()


def _accuracies(locate: Locate, data_set: str, ending: str) -> pd.Series:
    percent = read_full(locate(f"{FOLDER}/{data_set}_{ending}_results.json"))
    return percent.rename(lambda name: f"{name}@{IMAGE_SIZE}/{PROMPTS[ending]}") / 100
