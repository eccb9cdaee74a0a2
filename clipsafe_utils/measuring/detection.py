"""Scores of single images, and how well they part known images from others, in every draw."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from clipsafe_utils.measuring.outputs import Outputs
from clipsafe_utils.metrics.arguments import Array
from clipsafe_utils.metrics.labelled import detection_of_scores
from clipsafe_utils.metrics.logit_blocks import blocks
from clipsafe_utils.metrics.logits import summarise_logits
from clipsafe_utils.metrics.ood_scores import (
    SCORES,
    energy,
    maximum_concept_matching,
    maximum_logit,
    maximum_softmax,
    negative_entropy,
)

NEEDS_COSINES = "maximum_concept_matching"
"""The score of models whose logits are cosine similarities times a scale: CLIPs with prompts."""


class Scored(NamedTuple):
    """Every score of each image of a set, and how often the image is drawn."""

    scores: dict[str, Array]
    weights: NDArray[np.uint8]


def scored(outputs: Outputs, replicates: int) -> Scored:
    """Take the scores of a set and its draws."""
    return Scored(scores_of(outputs), outputs.weights(replicates))


def scores_of(outputs: Outputs) -> dict[str, Array]:
    """Take every score that a model has of its images, high where it takes them for known.

    Returns
    -------
    dict of str to ndarray, shape (images,)
        By name, in the order of `SCORES`. Logits without a logit scale give no `NEEDS_COSINES`.

    Examples
    --------
    >>> logits, ids = np.array([[2.0, 2.0]]), np.arange(1)
    >>> scores_of(Outputs(logits, ids, ids, "v", np.ones(1, bool)))["maximum_softmax"]
    array([0.5])
    """
    summary = summarise_logits(outputs.logits)
    found = {
        "maximum_softmax": maximum_softmax(summary),
        "maximum_logit": maximum_logit(summary),
        "energy": energy(summary),
        "negative_entropy": negative_entropy(summary),
    }
    if outputs.logit_scale is not None:
        found[NEEDS_COSINES] = _concept_matching(outputs.logits, outputs.logit_scale)
    return {name: found[name] for name in SCORES if name in found}


def detection_table(known: Scored, others: Mapping[str, Scored]) -> xr.Dataset:
    """Measure detection by every score, against every set of others.

    Returns
    -------
    Dataset, dims (draw, score, ood_set)
        As of `detection_of_scores`; NaN for a score that the model does not have.
    """
    found = detection_of_scores(
        known.scores,
        {name: one.scores for name, one in others.items()},
        known.weights,
        {name: one.weights for name, one in others.items()},
    )
    return found.reindex(score=list(SCORES))


def areas_of_sets(known: Scored, others: Mapping[str, Scored]) -> xr.DataArray:
    """Area under the ROC curve of every score against every set, in every draw.

    The number of `metrics.ood.detection`, for the many classifiers of the cube `prompts`: the known images
    are put in order and summed once for all sets, which takes a seventh of the time.

    Returns
    -------
    DataArray, dims (draw, score, ood_set)

    Examples
    --------
    >>> once = np.ones((1, 2), np.uint8)
    >>> known, other = ({"energy": np.array(scores)} for scores in ([3.0, 2.0], [1.0, 2.0]))
    >>> areas_of_sets(Scored(known, once), {"a": Scored(other, once)}).item()
    0.875
    """
    values = np.empty((len(known.weights), len(known.scores), len(others)))
    for row, (score, scores) in enumerate(known.scores.items()):
        order = np.argsort(scores, kind="stable")
        ranked = scores[order]
        below = np.zeros((len(known.weights), scores.size + 1), dtype=np.int64)
        np.cumsum(known.weights[:, order], axis=1, dtype=np.int64, out=below[:, 1:])
        for column, other in enumerate(others.values()):
            drawn = other.weights.astype(np.int64)
            place = [np.searchsorted(ranked, other.scores[score], side) for side in ("left", "right")]
            twice_above = 2 * below[:, -1:] - below[:, place[0]] - below[:, place[1]]
            pairs = below[:, -1] * drawn.sum(axis=1)
            values[:, row, column] = np.vecdot(drawn, twice_above) / (2 * pairs)
    coordinates = {"score": list(known.scores), "ood_set": list(others)}
    return xr.DataArray(values, coordinates, ("draw", *coordinates))


def _concept_matching(logits: NDArray[np.floating], scale: float) -> Array:
    parts = [logits[block] / np.float32(scale) for block in blocks(*logits.shape)]
    return np.concatenate([maximum_concept_matching(part) for part in parts])
