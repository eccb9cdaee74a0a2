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
    hits : array_like of counts
        Images named rightly.
    images : array_like of counts
        Images shown; broadcasts with `hits`.

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

    This is ImageNet-X's measure (Idrissi et al. 2022): 1 is no weakness, 2 is twice as many errors.

    Parameters
    ----------
    part_accuracy : array_like
        Accuracy on the part, a share from 0 to 1.
    overall_accuracy : array_like
        Accuracy on all images, a share from 0 up to but not 1; broadcasts with `part_accuracy`.

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
    part, overall = together(
        {
            "part_accuracy": shares("part_accuracy", part_accuracy),
            "overall_accuracy": shares("overall_accuracy", overall_accuracy),
        }
    )
    if (overall == 1).any():
        raise ValueError("overall_accuracy: expected less than 1; without errors there is no error ratio.")
    return np.asarray((1 - part) / (1 - overall))


def to_axis(accuracy: ArrayLike, axes: Axes, name: str = "accuracy") -> Array:
    """Place accuracies on an axis: as they are, or through the probit function.

    On probit axes, the accuracies of many models under two test sets fall near one line
    (Taori et al. 2020, Miller et al. 2021).

    Parameters
    ----------
    accuracy : array_like
        Shares from 0 to 1; on probit axes strictly between.
    axes : {"raw", "probit"}
        The axis.
    name : str
        What an error message calls the accuracies.

    Returns
    -------
    ndarray
        Positions on the axis, in accuracy or in standard deviations of the normal distribution.

    Raises
    ------
    ValueError
        If an accuracy is missing or outside 0 to 1, or is exactly 0 or 1 on probit axes.

    Examples
    --------
    >>> to_axis(0.5, "probit")
    array(0.)
    """
    share = shares(name, accuracy)
    if one_of("axes", axes, AXES) == "raw":
        return share
    if ((share == 0) | (share == 1)).any():
        raise ValueError(f"{name}: expected strictly between 0 and 1; probit axes have no place for 0 or 1.")
    return np.asarray(ndtri(share))


def from_axis(value: ArrayLike, axes: Axes) -> Array:
    """Take positions on an axis back to accuracies; undoes `to_axis`.

    Parameters
    ----------
    value : array_like
        Positions on the axis.
    axes : {"raw", "probit"}
        The axis.

    Returns
    -------
    ndarray
        Accuracies. On raw axes a line can lead past 0 or 1; nothing is cut off.

    Raises
    ------
    ValueError
        If a position is missing or infinite.

    Examples
    --------
    >>> from_axis(0.0, "probit")
    array(0.5)
    """
    position = numbers("value", value)
    return position if one_of("axes", axes, AXES) == "raw" else np.asarray(ndtr(position))
