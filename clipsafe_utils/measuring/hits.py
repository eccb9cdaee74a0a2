"""Which images a model gets right, and how many of them are drawn."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from clipsafe_utils.measuring.outputs import Outputs, weights_of
from clipsafe_utils.measuring.plan import Condition, Part
from clipsafe_utils.metrics.logit_blocks import working_blocks

Counts = NDArray[np.int64]


def predictions_of(logits: NDArray[np.floating]) -> NDArray[np.int64]:
    """Return the class of the largest logit, the first one on ties, shape (images,).

    Examples
    --------
    >>> predictions_of(np.array([[0.5, 0.5], [0.1, 0.9]]))
    array([0, 1])
    """
    parts = working_blocks(logits, np.arange(logits.shape[1]))
    return np.concatenate([part.argmax(axis=1) for _, part in parts]).astype(np.int64)


def hits_of(outputs: Outputs) -> NDArray[np.bool_]:
    """Say of each image whether the prediction is its label, or one of them.

    Examples
    --------
    >>> logits, ids = np.eye(2, dtype=np.float32), np.arange(2)
    >>> hits_of(Outputs(logits, np.array([[1, 0], [0, -1]]), ids, "v", np.ones(2, bool)))
    array([ True, False])
    """
    labels = outputs.labels.reshape(len(outputs.labels), -1)
    return np.asarray((labels == predictions_of(outputs.logits)[:, None]).any(axis=1))


def single_labels(outputs: Outputs) -> NDArray[np.int64]:
    """Return one label an image: of several, the predicted one if it is among them, else the first.

    Examples
    --------
    >>> logits, ids = np.eye(2, dtype=np.float32), np.arange(2)
    >>> single_labels(Outputs(logits, np.array([[1, 0], [0, -1]]), ids, "v", np.ones(2, bool)))
    array([0, 0])
    """
    if outputs.labels.ndim == 1:
        return outputs.labels
    return np.where(hits_of(outputs), predictions_of(outputs.logits), outputs.labels[:, 0])


def drawn_sums(values: NDArray[np.bool_], weights: NDArray[np.uint8]) -> Counts:
    """Count the images of which something is true, as often as each is drawn.

    Parameters
    ----------
    values : ndarray of bool, shape (images, ...)
        What is true of each image.
    weights : ndarray of uint8, shape (draws, images)
        How often it is drawn.

    Returns
    -------
    ndarray of int64, shape (draws, ...)

    Examples
    --------
    >>> drawn_sums(np.array([True, False, True]), np.array([[1, 1, 1], [2, 0, 1]], np.uint8))
    array([2, 3])
    """
    columns = values.reshape(len(values), -1)
    # Sums of whole numbers below 2 ** 24 are exact in float32, which BLAS multiplies fastest.
    sums = weights.astype(np.float32) @ columns.astype(np.float32)
    return sums.astype(np.int64).reshape(len(weights), *values.shape[1:])


def counted(hits: NDArray[np.bool_], weights: NDArray[np.uint8]) -> tuple[Counts, Counts]:
    """Count hits and images in every draw.

    Examples
    --------
    >>> counted(np.array([True, False]), np.array([[1, 1], [0, 2]], np.uint8))
    (array([1, 0]), array([2, 2]))
    """
    return drawn_sums(hits, weights), weights.sum(axis=1, dtype=np.int64)


def outcomes(
    name: str, condition: Condition, outputs: Outputs, hits: NDArray[np.bool_], replicates: int
) -> dict[str, tuple[Counts, Counts]]:
    """Count hits and images of each outcome of a condition, in every draw.

    Parameters
    ----------
    name : str
        Of the condition.
    condition : Condition
        The condition.
    outputs : Outputs
        What the model says.
    hits : ndarray of bool, shape (images,)
        Which of the images that could be read are right.
    replicates : int
        Draws beside the estimate.

    Returns
    -------
    dict of str to tuple of ndarray of int64, shape (draws,)
        By outcome: hits and images, or units where frames belong together.
    """
    if not condition.asked:
        return {name: counted(hits, outputs.weights(replicates))}
    whole = whole_units(outputs, hits, condition.asked)
    units = np.unique(outputs.units)
    weights = weights_of(outputs.namespace, units, replicates)
    return {outcome: counted(right, weights) for outcome, right in whole.items()}


def whole_units(
    outputs: Outputs, hits: NDArray[np.bool_], asked: Mapping[str, NDArray[np.bool_]]
) -> dict[str, NDArray[np.bool_]]:
    """Say of each unit whether all frames that are asked for are right, by name of the outcome.

    Examples
    --------
    >>> said = Outputs(np.eye(3), np.arange(3), np.array([7, 7, 8]), "v", np.ones(3, bool))
    >>> right, frames = np.array([True, False, True]), np.array([True, False, True])
    >>> whole_units(said, right, {"pm0": frames, "pmk": np.ones(3, bool)})
    {'pm0': array([ True,  True]), 'pmk': array([False,  True])}
    """
    units, unit = np.unique(outputs.units, return_inverse=True)
    found = {}
    for outcome, frames in asked.items():
        wrong = ~hits & frames[outputs.readable]
        found[outcome] = np.bincount(unit[wrong], minlength=len(units)) == 0
    return found


def part_rows(part: Part, readable: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return which of the images that could be read belong to a part.

    Examples
    --------
    >>> part_rows(Part(rows=np.array([True, False, True])), np.array([False, True, True]))
    array([False,  True])
    """
    rows = np.ones_like(readable) if part.rows is None else part.rows
    return rows[readable]
