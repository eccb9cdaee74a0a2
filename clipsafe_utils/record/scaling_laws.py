"""scaling-laws-openclip: zero-shot top-1 of CLIPs on a grid of model, data and samples seen."""

import pandas as pd

from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.record.conditions import CONDITIONS, Evaluations, recover_counts
from clipsafe_utils.record.tables import Locate, read_numbers

DATASETS = {
    "id": "imagenet1k",
    "v2_matched_frequency": "imagenetv2",
    "r": "imagenet-r",
    "a": "imagenet-a",
    "sketch": "imagenet_sketch",
    "objectnet": "objectnet",
}
"""What the source calls each condition."""

RESULTS = "scaling-laws-openclip/zeroshot_results.csv"
DESIGNS = "scaling-laws-openclip/arch_info.csv"
HALF_STEP = 1e-12
"""Accuracies have all digits of a double."""


def read_evaluations(locate: Locate) -> Evaluations:
    """Read the zero-shot results of scaling-laws-openclip; every count is exact.

    Rows ``architecture.file`` or ``architecture.openai``, sorted.
    """
    path = locate(RESULTS)
    keys = ["arch", "name", "downstream_dataset", "task"]
    table = read_numbers(path, keys, ["acc1", "samples_seen"], may_be_blank=["acc1"])
    table["row"] = table["arch"] + "." + table["name"]
    rows = table[table["downstream_dataset"] == DATASETS["id"]].set_index("row").sort_index()
    designs = read_numbers(locate(DESIGNS), ["model"], ["image_size", "mparams"]).set_index("model")
    unknown = rows[~rows["arch"].isin(designs.index)]
    if len(unknown):
        raise ClipsafeError(f"{locate(DESIGNS)}: row '{unknown['arch'].iloc[0]}' is missing.")
    design = designs.loc[rows["arch"]].set_axis(rows.index)
    facts = pd.DataFrame(
        {
            "parameters": (design["mparams"] * 1e6).round(),
            "image_size": design["image_size"],
            "samples_seen": rows["samples_seen"],
        }
    )
    counts = {
        condition: recover_counts(
            table[table["downstream_dataset"] == name].set_index("row")["acc1"],
            CONDITIONS[condition].images,
            HALF_STEP,
            path,
        )
        for condition, name in DATASETS.items()
    }
    return Evaluations(counts, facts)
