"""The test conditions of the record, and turning printed accuracies back into counts of images."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from clipsafe_utils.cubes.schema import PROMPTS_NOT_STATED
from clipsafe_utils.errors import ClipsafeError


@dataclass(frozen=True)
class Condition:
    """One test set."""

    images: int  # that every source counts, unless the source says otherwise
    meaning: str  # what is tested, and where the number of images is from


CONDITIONS: Mapping[str, Condition] = {
    "id": Condition(50_000, "ImageNet validation set, 1,000 classes (ILSVRC 2012)"),
    "real": Condition(
        46_837,
        "the validation images that keep a label in ReaL; any of its labels is right (Beyer et al. 2020)",
    ),
    "v2_matched_frequency": Condition(10_000, "ImageNet-V2, matched frequency (Recht et al. 2019)"),
    "v2_threshold_0_7": Condition(10_000, "ImageNet-V2, threshold 0.7 (Recht et al. 2019)"),
    "v2_top_images": Condition(10_000, "ImageNet-V2, top images (Recht et al. 2019)"),
    "r": Condition(30_000, "ImageNet-R, 200 classes (Hendrycks et al. 2021)"),
    "a": Condition(7_500, "ImageNet-A, 200 classes (Hendrycks et al. 2021)"),
    "sketch": Condition(50_889, "ImageNet-Sketch, 1,000 classes (Wang et al. 2019)"),
    "objectnet": Condition(
        18_574,
        "ObjectNet, its 113 classes that ImageNet shares (Barbu et al. 2019); the testbed used the beta "
        "release of 18,514 images",
    ),
    "vid_robust_pm0": Condition(
        1_109, "ImageNet-Vid-Robust, 30 classes, anchor frames (Shankar et al. 2021)"
    ),
    "vid_robust_pm10": Condition(
        1_109, "ImageNet-Vid-Robust, right on the anchor and on all frames within ten of it"
    ),
    "stylised": Condition(50_000, "Stylized-ImageNet: the validation set, restyled (Geirhos et al. 2019)"),
    "imagenet_o": Condition(
        2_000,
        "ImageNet-O as a classification set of 200 nominal classes (Hendrycks et al. 2021): top-1, "
        "which says nothing of detection",
    ),
    "id_r200": Condition(10_000, "validation images of the 200 classes of ImageNet-R, 200-way"),
    "id_a200": Condition(10_000, "validation images of the 200 classes of ImageNet-A, 200-way"),
    "id_objectnet113": Condition(
        6_250, "validation images of the 125 classes that map to the 113 of ObjectNet, 125-way"
    ),
    "id_vid_robust30": Condition(
        14_400, "validation images of the 288 classes that map to the 30 of ImageNet-Vid-Robust, 30-way"
    ),
}
"""Distribution shifts and same-class subsets of the validation set, in the order of the cube."""


@dataclass(frozen=True)
class Counts:
    """One source's counts under one condition."""

    hits: pd.Series  # whole numbers as float64 by row name; NaN where not reported
    images: int
    off_by: int  # the most that a count may be off; 0 where all are exact


@dataclass(frozen=True)
class Evaluations:
    """All that a source reports."""

    counts: Mapping[str, Counts]  # by condition
    facts: (
        pd.DataFrame
    )  # a row a row of the source, in the order of the cube; columns `FACTS`, NaN: not stated
    prompt_sets: Sequence[str] | str = PROMPTS_NOT_STATED  # by row, or of all


FACTS = ("parameters", "image_size", "samples_seen")
"""What a source may state of a model beside its results."""

_FLOATING_POINT = 1e-6
"""How far, in images, the product of an accuracy and a number of images may be off by arithmetic alone."""


def recover_counts(accuracy: pd.Series, images: int, half_step: float, path: Path) -> Counts:
    """Turn accuracies in [0, 1] by row name, NaN where not reported, back into the nearest counts of images.

    A printed accuracy may lie `half_step` from the true one: with enough digits it belongs to one count only.
    """
    products = accuracy * images
    hits = products.round()
    distance = (products - hits).abs()
    reach = half_step * images
    for is_wrong, fault in (
        ((accuracy < 0) | (accuracy > 1), "not in the range from none to all"),
        (distance > reach + _FLOATING_POINT, f"not that of a whole number of the {images:,} images"),
    ):
        if is_wrong.any():
            row = accuracy.index[is_wrong][0]
            raise ClipsafeError(f"{path}: row '{row}', column '{accuracy.name}': the accuracy is {fault}.")
    furthest = max(distance.dropna(), default=0.0)
    return Counts(hits, images, int(np.floor(furthest + reach + _FLOATING_POINT)))
