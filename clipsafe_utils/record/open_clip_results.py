"""open_clip: zero-shot top-1 of CLIPs on the ImageNet test sets."""

import numpy as np
import pandas as pd

from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.record.conditions import CONDITIONS, Evaluations, recover_counts
from clipsafe_utils.record.tables import Locate, read_numbers

COLUMNS = {
    "id": "ImageNet 1k",
    "v2_matched_frequency": "ImageNet v2",
    "r": "ImageNet-R",
    "a": "ImageNet-A",
    "sketch": "ImageNet Sketch",
    "objectnet": "ObjectNet",
    "imagenet_o": "ImageNet-O",
}
"""The column of each condition."""

RESULTS = "open_clip/docs/openclip_results.csv"  # openclip_classification_results.csv repeats it
PROFILE = "open_clip/docs/model_profile.csv"
HALF_STEP = 0.00005
"""Accuracies have four decimals."""


def read_evaluations(locate: Locate) -> Evaluations:
    """Read the zero-shot results of open_clip.

    Rows ``model.pretrained``, those with QuickGELU first: of two rows of the same weights the first has the
    activation of the training.
    """
    path = locate(RESULTS)
    table = read_numbers(path, ["name", "pretrained"], ["params (M)", *COLUMNS.values()])
    names: list[str] = (table["name"] + "." + table["pretrained"]).tolist()
    table = table.set_axis(names).loc[sorted(names, key=quickgelu_first)]
    sizes = read_numbers(locate(PROFILE), ["model"], ["image_size"]).set_index("model")["image_size"]
    unknown = table[~table["name"].isin(sizes.index)]
    if len(unknown):
        raise ClipsafeError(f"{locate(PROFILE)}: row '{unknown['name'].iloc[0]}' is missing.")
    facts = pd.DataFrame(
        {
            "parameters": (table["params (M)"] * 1e6).round(),
            "image_size": sizes.loc[table["name"]].to_numpy(),
            "samples_seen": np.nan,
        },
        index=table.index,
    )
    counts = {
        condition: recover_counts(table[column], CONDITIONS[condition].images, HALF_STEP, path)
        for condition, column in COLUMNS.items()
    }
    return Evaluations(counts, facts)


def quickgelu_first(name: str) -> tuple[bool, str]:
    """Sort rows by name, those with the activation that OpenAI trained with first."""
    return "quickgelu" not in name, name
