"""Shape bias: by shape or by texture, where the two disagree (Geirhos et al. 2019).

An image shows the shape of one class in the texture of another. A decision for the shape's class is a
shape hit, one for the texture's class a texture hit; anything else decides nothing.
"""

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import expit

from clipsafe_utils.metrics.arguments import Array, confidence_level, counts, counts_out_of, together
from clipsafe_utils.metrics.intervals import student_quantile, wilson_interval


def shape_bias(shape_hits: ArrayLike, texture_hits: ArrayLike) -> Array:
    """Shape hits as a share of shape and texture hits.

    Parameters
    ----------
    shape_hits, texture_hits : array_like of counts
        Decisions for the shape's and for the texture's class; they broadcast together.

    Returns
    -------
    ndarray
        From 0, texture only, to 1, shape only.

    Raises
    ------
    ValueError
        If a count is negative, not whole or missing, or nothing was decided.

    Examples
    --------
    >>> shape_bias(30, 70)
    array(0.3)
    """
    shape, texture = _decisions(shape_hits, texture_hits)
    if (shape + texture == 0).any():
        raise ValueError(
            "shape_hits, texture_hits: expected at least one decision; without any there is no bias."
        )
    return np.asarray(shape / (shape + texture))


def share_decided(shape_hits: ArrayLike, texture_hits: ArrayLike, images: ArrayLike) -> Array:
    """Share of the conflict images that were named by their shape or by their texture.

    A shape bias without it misleads: it may rest on a handful of images.

    Parameters
    ----------
    shape_hits, texture_hits, images : array_like of counts
        Decisions for the shape's and for the texture's class, and images shown; all broadcast together.

    Returns
    -------
    ndarray
        A share from 0 to 1.

    Raises
    ------
    ValueError
        If a count is negative, not whole or missing, a set is empty, or hits outnumber images.

    Examples
    --------
    >>> share_decided(30, 70, 120).round(3)
    np.float64(0.833)
    """
    shape, texture = _decisions(shape_hits, texture_hits)
    decided, shown = counts_out_of("shape_hits + texture_hits", shape + texture, "images", images)
    return np.asarray(decided / shown)


def shape_bias_interval(
    shape_hits: ArrayLike, texture_hits: ArrayLike, axis: int = -1, confidence: float = 0.95
) -> tuple[Array, Array]:
    """Interval of the pooled shape bias that counts classes, or people, instead of images.

    Images of one class are judged alike, so the pooled share is less sure than its images are many. Each
    entry of `axis` is left out in turn (the jackknife of Tukey 1958) on the scale of log odds, where the
    interval stays within 0 and 1 and leans the right way; 0.5 is added to both pooled counts to keep the
    odds finite. Student's t with one degree of freedom less than the entries. The interval is never
    narrower than Wilson's for the pooled decisions: where all go one way, leaving one out shows no spread.

    In simulation with 16 classes that differ as they do for real networks, 95 % intervals hold the bias of
    the population of classes 91 to 96 % of the time, least often where it is near 0 or 1. The textures are
    taken as given: for a new set of both shapes and textures the interval is about a quarter too narrow.

    Parameters
    ----------
    shape_hits, texture_hits : array_like of counts, shape (..., classes)
        Decisions for the shape's and for the texture's class, for each class or each person.
    axis : int
        The axis to pool over and to leave out entries of.
    confidence : float
        Share of such intervals that hold the true bias.

    Returns
    -------
    low, high : ndarray
        The axis is gone. From 0 to 1 where it has a single entry.

    Raises
    ------
    ValueError
        As in `shape_bias` of the pooled counts, or if the counts lack the axis.

    Examples
    --------
    >>> low, high = shape_bias_interval([10, 20, 15, 40], [50, 40, 45, 20])
    >>> f"{low:.2f} to {high:.2f}"
    '0.10 to 0.73'
    """
    shape, texture = _decisions(shape_hits, texture_hits)
    level = confidence_level(confidence)
    if not -shape.ndim <= axis < shape.ndim:
        raise ValueError(f"axis: expected an axis of counts of shape {shape.shape}, got {axis}.")
    shape, texture = np.moveaxis(shape, axis, -1), np.moveaxis(texture, axis, -1)
    pooled_shape, pooled_texture = shape.sum(axis=-1), texture.sum(axis=-1)
    shape_bias(pooled_shape, pooled_texture)
    entries = shape.shape[-1]
    if entries == 1:
        return np.zeros_like(pooled_shape), np.ones_like(pooled_shape)

    left_out = _log_odds(pooled_shape[..., None] - shape, pooled_texture[..., None] - texture)
    standard_error = np.sqrt((entries - 1) * left_out.var(axis=-1))
    half = student_quantile(level, entries - 1) * standard_error
    centre = _log_odds(pooled_shape, pooled_texture)
    low, high = wilson_interval(pooled_shape, pooled_shape + pooled_texture, level)
    return np.minimum(low, expit(centre - half)), np.maximum(high, expit(centre + half))


def _log_odds(shape: Array, texture: Array) -> Array:
    return np.asarray(np.log((shape + 0.5) / (texture + 0.5)))


def _decisions(shape_hits: ArrayLike, texture_hits: ArrayLike) -> tuple[Array, ...]:
    hits = {"shape_hits": shape_hits, "texture_hits": texture_hits}
    return together({name: counts(name, value) for name, value in hits.items()})
