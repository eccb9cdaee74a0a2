"""Five scores of how much an image looks like the known classes: high is in-distribution."""

from numpy.typing import ArrayLike

from clipsafe_utils.metrics.arguments import Array
from clipsafe_utils.metrics.logit_blocks import class_scores
from clipsafe_utils.metrics.logits import LogitSummary, summarise_logits

SCORES = ("maximum_softmax", "maximum_concept_matching", "maximum_logit", "energy", "negative_entropy")

_ROUNDING = 1e-4
"""How far a float32 cosine may stray from -1 to 1."""


def maximum_softmax(summary: LogitSummary) -> Array:
    """Probability of the top class (MSP; Hendrycks and Gimpel 2017).

    Parameters
    ----------
    summary : LogitSummary
        From `summarise_logits`; arrays of shape (...).

    Returns
    -------
    ndarray, shape (...)
        The score of each image, from 0 to 1.

    Examples
    --------
    >>> import numpy as np
    >>> maximum_softmax(summarise_logits(np.array([[2.0, 2.0]])))
    array([0.5])
    """
    return summary.confidence


def maximum_concept_matching(similarities: ArrayLike) -> Array:
    """Probability of the top class, from cosine similarities at temperature 1 (MCM; Ming et al. 2022).

    CLIP's own logit scale, near 100, is left out: it would push nearly all scores to 1. A classifier that has
    no cosine similarities has no such score.

    Parameters
    ----------
    similarities : array_like of float16, float32 or float64, shape (..., classes)
        Cosine similarities of image and class prompts, from -1 to 1.

    Returns
    -------
    ndarray, shape (...)
        The score of each image, from 0 to 1.

    Raises
    ------
    ValueError
        As in `summarise_logits`, and if a number is no cosine: then the logit scale was left in.

    Examples
    --------
    >>> import numpy as np
    >>> maximum_concept_matching(np.array([[1.0, 0.0]])).round(3)
    array([0.731])
    """
    cosines = class_scores("similarities", similarities)
    summary = summarise_logits(cosines)
    largest = summary.maximum_logit.max()
    if largest > 1 + _ROUNDING or cosines.min() < -1 - _ROUNDING:
        raise ValueError(
            f"similarities: expected cosines from -1 to 1, got {cosines.min():g} to {largest:g}."
        )
    return summary.confidence


def maximum_logit(summary: LogitSummary) -> Array:
    """Largest logit (Hendrycks et al. 2022).

    Parameters
    ----------
    summary : LogitSummary
        From `summarise_logits`; arrays of shape (...).

    Returns
    -------
    ndarray, shape (...)
        The score of each image.

    Examples
    --------
    >>> import numpy as np
    >>> maximum_logit(summarise_logits(np.array([[2.0, 7.0]])))
    array([7.])
    """
    return summary.maximum_logit


def energy(summary: LogitSummary) -> Array:
    """Negative free energy: the log of the sum of exponentials of the logits (Liu et al. 2020).

    Parameters
    ----------
    summary : LogitSummary
        From `summarise_logits`; arrays of shape (...).

    Returns
    -------
    ndarray, shape (...)
        The score of each image; never less than the largest logit.

    Examples
    --------
    >>> import numpy as np
    >>> energy(summarise_logits(np.array([[0.0, 0.0]]))).round(3)
    array([0.693])
    """
    return summary.log_sum_exp


def negative_entropy(summary: LogitSummary) -> Array:
    """Entropy of the probabilities, in nats, with the sign turned.

    Parameters
    ----------
    summary : LogitSummary
        From `summarise_logits`; arrays of shape (...).

    Returns
    -------
    ndarray, shape (...)
        The score of each image, from -log(classes) to 0.

    Examples
    --------
    >>> import numpy as np
    >>> negative_entropy(summarise_logits(np.array([[0.0, 0.0]]))).round(3)
    array([-0.693])
    """
    return -summary.entropy
