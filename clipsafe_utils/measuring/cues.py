"""Decisions by shape or by texture, for the cube `shape_bias`."""

import numpy as np
import xarray as xr
from numpy.typing import NDArray
from scipy.special import softmax

from clipsafe_utils.cubes.schema import DECISIONS
from clipsafe_utils.measuring.hits import Counts, drawn_sums, predictions_of
from clipsafe_utils.measuring.outputs import Outputs
from clipsafe_utils.measuring.plan import CueConflict


def mean_probabilities(logits: NDArray[np.floating], cue_classes: NDArray[np.int64]) -> NDArray[np.float64]:
    """Average the probabilities of the classes that stand for each cue class (Geirhos et al. 2019).

    Parameters
    ----------
    logits : ndarray, shape (images, classes)
        Of all classes.
    cue_classes : ndarray of int64, shape (classes,)
        As in `CueConflict`.

    Returns
    -------
    ndarray of float64, shape (images, cue classes)

    Examples
    --------
    >>> mean_probabilities(np.log([[0.4, 0.3, 0.2, 0.1]]), np.array([0, 1, 1, -1])).round(2)
    array([[0.4 , 0.25]])
    """
    probabilities = softmax(logits.astype(np.float64), axis=1)
    stands_for = cue_classes[:, None] == np.arange(cue_classes.max() + 1)
    means: NDArray[np.float64] = probabilities @ (stands_for / stands_for.sum(axis=0))
    return means


def decisions(cues: CueConflict, outputs: Outputs) -> NDArray[np.bool_]:
    """Say of each image what decided.

    Returns
    -------
    ndarray of bool, shape (images, 3)
        Shape, texture, other; one is true.
    """
    evidence = outputs.logits
    if cues.cue_classes is not None:
        evidence = mean_probabilities(evidence, cues.cue_classes)
    decided = predictions_of(evidence)
    shape = decided == outputs.labels
    texture = decided == cues.textures[outputs.readable]
    return np.stack([shape, texture, ~(shape | texture)], axis=1)


def shape_bias_tables(cues: CueConflict, outputs: Outputs, replicates: int) -> tuple[xr.Dataset, Counts]:
    """Count decisions, by class of the shape, and over all classes in every draw.

    Returns
    -------
    cube : Dataset, dims (cue_class, decision)
        The variable count.
    drawn : ndarray of int64, shape (draws, 3)
        Decisions in the order of `DECISIONS`, as often as the images are drawn.
    """
    found = decisions(cues, outputs)
    of_class = outputs.labels[:, None] == np.arange(len(cues.names))
    count = of_class.T.astype(np.int64) @ found.astype(np.int64)
    cube = xr.Dataset(
        {"count": (("cue_class", "decision"), count)},
        coords={"cue_class": list(cues.names), "decision": list(DECISIONS)},
    )
    if cues.cue_classes is not None:
        cube["count"].attrs["decision_rule"] = "mean"
    return cube, drawn_sums(found, outputs.weights(replicates))
