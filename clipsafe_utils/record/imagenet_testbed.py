"""The ImageNet testbed: top-1 of networks before 2021 under natural and synthetic shifts."""

import numpy as np
import pandas as pd

from clipsafe_utils.record.conditions import CONDITIONS, FACTS, Evaluations, recover_counts
from clipsafe_utils.record.tables import Locate, read_numbers

COLUMNS = {
    "id": "val",
    "v2_matched_frequency": "imagenetv2-matched-frequency-format-val",
    "v2_threshold_0_7": "imagenetv2-threshold-0.7-format-val",
    "v2_top_images": "imagenetv2-top-images-format-val",
    "r": "imagenet-r",
    "a": "imagenet-a",
    "sketch": "imagenet-sketch",
    "objectnet": "objectnet-1.0-beta",
    "vid_robust_pm0": "imagenet-vid-robust_pm0",
    "vid_robust_pm10": "imagenet-vid-robust_pm10",
    "stylised": "stylized_imagenet",
    "id_r200": "val-on-imagenet-r-classes",
    "id_a200": "val-on-imagenet-a-classes",
    "id_objectnet113": "val-on-objectnet-classes",
    "id_vid_robust30": "val-on-vid-robust-classes",
}
"""The column of each condition; of the two copies of ImageNet-V2 the one that was released."""

RESULTS = "imagenet-testbed/robustness_top1s.csv"
OBJECTNET_BETA_IMAGES = 18_514
HALF_STEP = 2e-7
"""Percentages are single-precision means over batches."""


def read_evaluations(locate: Locate) -> Evaluations:
    """Read the results of the testbed, rows in its order; every count is exact."""
    path = locate(RESULTS)
    columns = list(COLUMNS.values())
    table = read_numbers(path, ["model"], columns, may_be_blank=columns).set_index("model")
    table = table.dropna(how="all")  # three networks were evaluated on a part of the classes only
    counts = {}
    for condition, column in COLUMNS.items():
        images = OBJECTNET_BETA_IMAGES if condition == "objectnet" else CONDITIONS[condition].images
        counts[condition] = recover_counts(table[column] / 100, images, HALF_STEP, path)
    return Evaluations(counts, pd.DataFrame(np.nan, index=table.index, columns=list(FACTS)))
