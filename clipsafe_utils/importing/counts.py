"""Which images are right, counted for the cubes `shifts` and `factors`."""

from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, distribution

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from clipsafe_utils.importing.known_sets import HOME
from clipsafe_utils.importing.labelled import OF_ALL, Answered, answers_of_logits
from clipsafe_utils.measuring.answers import same_class_subsets
from clipsafe_utils.measuring.hits import Counts, counted, predictions_of
from clipsafe_utils.measuring.outputs import weights_of
from clipsafe_utils.measuring.tables import shift_table
from clipsafe_utils.record.imagenet_x import ANNOTATIONS_FOLDER, Annotations, by_selection, count_hits
from clipsafe_utils.record.sources import raw_files

Outcome = tuple[Counts, Counts]


def shifts_table(answered: Mapping[str, Answered], replicates: int) -> xr.Dataset:
    """Count hits and images of every condition and same-class subset, in every draw."""
    counts: dict[str, Outcome] = {}
    for one in answered.values():
        weights = weights_of(one.known.namespace, one.placed.units, replicates)
        counts[one.condition] = counted(one.hits, weights)
        if one.known.name == HOME:
            counts |= _same_classes(one, weights)
    return shift_table(counts, list(counts))


def why_no_factors(home: Answered | None) -> str:
    """Say why factors cannot be counted; empty where they can."""
    if home is None:
        return f"there is no file of {HOME}"
    if not home.placed.is_named:
        return f"the rows of {HOME} are not known by the names of their images"
    try:
        distribution(raw_files()[f"{ANNOTATIONS_FOLDER}/prototypical_paths.csv"].package)
    except PackageNotFoundError:
        return "the annotations of ImageNet-X are not installed: pip install 'clipsafe[record]'"
    return ""


def factors_table(home: Answered) -> xr.Dataset:
    """Count hits by factor with the annotations of ImageNet-X, which a package on this machine ships."""
    predicted = pd.Series(home.predictions, home.placed.units)

    def count(_: str, annotations: Annotations) -> xr.Dataset:
        here = annotations.labels.index[annotations.labels.index.isin(predicted.index)]
        present = Annotations(annotations.flags.loc[here], annotations.labels.loc[here])
        return count_hits("own", predicted.loc[here], present)

    return by_selection(count).isel(model=0, drop=True)


def _same_classes(home: Answered, weights: NDArray[np.uint8]) -> dict[str, Outcome]:
    """Count the images of the classes of each shift: over its answers alone where there are logits."""
    found = {}
    for name, answers in same_class_subsets().items():
        labels = answers[home.placed.truth]
        rows = np.flatnonzero(labels >= 0)
        if home.outputs is None:
            said = np.where(home.predictions >= 0, answers[home.predictions], -1)[rows]
            label = name + OF_ALL
        else:
            said = predictions_of(answers_of_logits(home.outputs.logits[rows], answers))
            label = name
        found[label] = counted(said == labels[rows], weights[:, rows])
    return found
