"""What one model says of one set of images: logits, and what is right."""

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clipsafe_utils.measuring.plan import ImageSet
from clipsafe_utils.metrics.draws import draw_weights


@dataclass(frozen=True, eq=False)
class Outputs:
    """Logits of one model on the images of a set that could be read.

    Attributes
    ----------
    logits : ndarray of float16 or float32, shape (images, classes)
        As stored, or cosine similarities times the model's own scale.
    labels : ndarray of int64, shape (images,) or (images, labels)
        Where an image has several labels, unused places are -1.
    units : ndarray, shape (images,)
        What names an image in the draws.
    namespace : str
        Of the draws.
    readable : ndarray of bool, shape (images of the data set,)
        Which images these are: those that are meant and could be read.
    logit_scale : float, optional
        Where there is one, logits divided by it are cosine similarities.
    """

    logits: NDArray[np.floating]
    labels: NDArray[np.int64]
    units: NDArray[Any]
    namespace: str
    readable: NDArray[np.bool_]
    logit_scale: float | None = None

    def rows(self, chosen: NDArray[np.bool_]) -> "Outputs":
        """Return the outputs on some images: a mask over all images of the data set."""
        here = chosen[self.readable]
        return replace(
            self,
            logits=self.logits[here],
            labels=self.labels[here],
            units=self.units[here],
            readable=self.readable & chosen,
        )

    def weights(self, replicates: int) -> NDArray[np.uint8]:
        """Return how often each image is drawn, shape (1 + replicates, images)."""
        return weights_of(self.namespace, self.units, replicates)


def right_answers(images: ImageSet, labels: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return what is right for each image of a set whose labels are stored.

    Examples
    --------
    >>> right_answers(ImageSet("r", "r", answers=np.array([-1, 0, -1, 1])), np.array([3, 1, -1]))
    array([ 1,  0, -1])
    """
    if images.truth is not None:
        return images.truth
    if images.answers is None:
        return labels
    return np.where(labels >= 0, images.answers[labels], -1)


def merged(logits: NDArray[np.floating], answers: NDArray[np.int64]) -> NDArray[np.floating]:
    """Give each answer the largest logit of the classes that stand for it.

    Parameters
    ----------
    logits : ndarray, shape (images, classes)
        Of all classes.
    answers : ndarray of int64, shape (classes,)
        As in `ImageSet`.

    Examples
    --------
    >>> merged(np.array([[3.0, 1.0, 2.0, 9.0]]), np.array([0, 1, 1, -1]))
    array([[3., 2.]])
    """
    classes = np.flatnonzero(answers >= 0)
    ordered = classes[np.argsort(answers[classes], kind="stable")]
    _, first = np.unique(answers[ordered], return_index=True)
    taken = logits[:, ordered]
    return taken if len(first) == len(ordered) else np.maximum.reduceat(taken, first, axis=1)


def weights_of(namespace: str, units: NDArray[Any], replicates: int) -> NDArray[np.uint8]:
    """Return the draws of a set; one that was asked for before is not made again.

    Examples
    --------
    >>> weights_of("v2", np.arange(3), 2).shape
    (3, 3)
    """
    array = np.ascontiguousarray(units)
    return _weights(namespace, array.dtype.str, array.tobytes(), replicates)


@lru_cache(maxsize=64)
def _weights(namespace: str, dtype: str, units: bytes, replicates: int) -> NDArray[np.uint8]:
    weights = draw_weights(namespace, np.frombuffer(units, dtype).tolist(), replicates)
    weights.flags.writeable = False
    return weights
