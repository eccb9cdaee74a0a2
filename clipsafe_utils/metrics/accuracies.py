"""Accuracy, ImageNet-X's error ratio, and the axes on which accuracies are compared."""

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr, ndtri

from clipsafe_utils.metrics.arguments import Array, counts_out_of, numbers, one_of, shares, together

Axes = Literal["raw", "probit"]
AXES: tuple[Axes, ...] = ("raw", "probit")


def accuracy(hits: ArrayLike, images: ArrayLike) -> Array:
    """Share of the images that a model names rightly.

    Parameters
    ----------
    hits, images : array_like of counts
        Images named rightly, and images shown; they broadcast together.

    Returns
    -------
    ndarray
        Accuracy, a share from 0 to 1.

    Raises
    ------
    ValueError
        If a count is negative, not whole or missing, a set is empty, or hits outnumber images.

    Examples
    --------
    >>> accuracy([3, 4], 4)
    array([0.75, 1.  ])
    """
    part, whole = counts_out_of("hits", hits, "images", images)
    return np.asarray(part / whole)


def error_ratio(part_accuracy: ArrayLike, overall_accuracy: ArrayLike) -> Array:
    """Error on a part of the images as a multiple of the error on all of them.

    ImageNet-X's measure (Idrissi et al. 2022): 1 is no weakness, 2 is twice as many errors.

    Parameters
    ----------
    part_accuracy, overall_accuracy : array_like
        Shares from 0 to 1, the second not 1; they broadcast together.

    Returns
    -------
    ndarray
        (1 - part_accuracy) / (1 - overall_accuracy).

    Raises
    ------
    ValueError
        If an accuracy is missing or outside 0 to 1, or an overall accuracy is 1: no error, no ratio.

    Examples
    --------
    >>> error_ratio(0.5, 0.75)
    array(2.)
    """
    accuracies = {"part_accuracy": part_accuracy, "overall_accuracy": overall_accuracy}
    part, overall = together({name: shares(name, value) for name, value in accuracies.items()})
    if (overall == 1).any():
        raise ValueError("overall_accuracy: expected less than 1; without errors there is no error ratio.")
    return np.asarray((1 - part) / (1 - overall))


def to_axis(accuracy: ArrayLike, axes: Axes, name: str = "accuracy") -> Array:
    """Positions of accuracies on an axis: as they are, or in standard deviations of the normal distribution.

    On probit axes, which have no place for 0 and 1, the accuracies of many models under two test sets fall
    near one line (Taori et al. 2020, Miller et al. 2021). An error message calls them `name`.
    """
    share = shares(name, accuracy)
    if one_of("axes", axes, AXES) == "raw":
        return share
    if ((share == 0) | (share == 1)).any():
        raise ValueError(f"{name}: expected strictly between 0 and 1; probit axes have no place for 0 or 1.")
    return np.asarray(ndtri(share))


def from_axis(value: ArrayLike, axes: Axes) -> Array:
    """Undo `to_axis`. On raw axes a line can lead past 0 or 1: nothing is cut off."""
    position = numbers("value", value)
    return position if one_of("axes", axes, AXES) == "raw" else np.asarray(ndtr(position))
