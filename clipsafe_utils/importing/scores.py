"""Arrays of scores: checked for what they are said to hold, and turned into logits."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.importing.own_model import COSINES, LOG_PROBABILITIES, LOGITS, PROBABILITIES, Reading
from clipsafe_utils.metrics.logit_blocks import blocks

SUM_MAY_MISS = 5e-3
"""How far the sum of probabilities may lie from 1; half precision needs a tenth of it."""

COSINE_MAY_MISS = 1e-4

_SMALLEST = {np.dtype(kind): float(np.finfo(kind).smallest_subnormal) for kind in ("f2", "f4", "f8")}


@dataclass(frozen=True, eq=False)
class Scores:
    """Logits of a file, and what else its scores say.

    Attributes
    ----------
    logits : ndarray of float16, float32 or float64, shape (images, columns)
        Up to a constant of each image where `has_size` is false.
    has_size : bool
        Whether the size of a logit means something: not where the file holds probabilities.
    scale : float or None
        What logits are to be divided by to be cosines.
    zeros : ndarray of bool or None, shape (images, columns)
        Probabilities that are 0 in the file, where there are any.
    notes : tuple of str
        What is to be said of the scores.
    """

    logits: NDArray[np.floating]
    has_size: bool
    scale: float | None = None
    zeros: NDArray[np.bool_] | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Range:
    low: float
    high: float
    sums_to_1: bool
    logs_of_shares: bool
    ties: int
    zeros: bool
    wrong_sum: int  # the first row whose sum is not 1, -1 for none


def logits_of_scores(scores: NDArray[np.floating], reading: Reading, path: object) -> Scores:
    """Turn scores into logits, once they are what they are said to be.

    Raises
    ------
    ClipsafeError
        If a score is no finite number, or the scores are not of the stated kind.

    Examples
    --------
    >>> found = logits_of_scores(np.array([[0.75, 0.25]]), Reading(scores="probabilities"), "f.npz")
    >>> found.logits.round(2), found.has_size
    (array([[-0.29, -1.39]], dtype=float32), False)
    """
    if scores.ndim != 2 or scores.dtype not in _SMALLEST or scores.shape[1] < 2:
        raise ClipsafeError(
            f"{path}: scores are {scores.dtype} of the shape {scores.shape}; expected float16 or float32, "
            "a row an image and a column a class."
        )
    if not reading.scores:
        raise ClipsafeError(
            f'{path}: what the scores are is not said; add scores = "{LOGITS}", "{LOG_PROBABILITIES}", '
            f'"{PROBABILITIES}" or "{COSINES}" to model.toml.'
        )
    found = _range_of(scores, path)
    _check_kind(found, reading, path)
    ties = (f"{found.ties:,} images have several classes with the largest score; the first counts",) * (
        found.ties > 0
    )
    if reading.scores == COSINES:
        return Scores(_scaled(scores, reading.scale), True, reading.scale, notes=ties)
    if reading.scores == PROBABILITIES:
        return Scores(_logs(scores), False, zeros=scores == 0 if found.zeros else None, notes=ties)
    return Scores(scores, reading.scores == LOGITS, notes=ties)


def _range_of(scores: NDArray[np.floating], path: object) -> _Range:
    low, high, ties, zeros, wrong, first = np.inf, -np.inf, 0, False, -1, 0
    logs = True
    for block in blocks(*scores.shape):
        part = scores[block].astype(np.float32) if scores.dtype == np.float16 else scores[block]
        tops, bottoms = part.max(axis=1), part.min(axis=1)
        broken = np.flatnonzero(~(np.isfinite(tops) & np.isfinite(bottoms)))
        if broken.size:
            raise ClipsafeError(f"{path}: row {first + broken[0]} holds a score that is no finite number.")
        low, high = min(low, float(bottoms.min())), max(high, float(tops.max()))
        ties += int(((part == tops[:, None]).sum(axis=1) > 1).sum())
        zeros = zeros or bool((bottoms == 0).any())
        sums = part.sum(axis=1, dtype=np.float64)
        missing = np.flatnonzero(np.abs(sums - 1) > SUM_MAY_MISS)
        if wrong < 0 and missing.size:
            wrong = first + int(missing[0])
        if logs and high <= SUM_MAY_MISS:
            shares = np.exp(part, dtype=np.float64).sum(axis=1)
            logs = bool((np.abs(shares - 1) <= SUM_MAY_MISS).all())
        else:
            logs = False
        first += len(part)
    return _Range(low, high, wrong < 0, logs, ties, zeros, wrong)


def _check_kind(found: _Range, reading: Reading, path: object) -> None:
    said, are = reading.scores, _looks_like(found)
    if said == PROBABILITIES:
        if found.low < 0 or found.high > 1 + SUM_MAY_MISS:
            raise ClipsafeError(
                f"{path}: scores are said to be probabilities, but reach from {found.low:.3g} to "
                f"{found.high:.3g}."
            )
        if not found.sums_to_1:
            raise ClipsafeError(f"{path}: the probabilities of row {found.wrong_sum} do not sum to 1.")
    if said == LOG_PROBABILITIES and not found.logs_of_shares:
        raise ClipsafeError(
            f"{path}: scores are said to be log-probabilities, but their shares do not sum to 1."
        )
    if said == LOGITS and are:
        raise ClipsafeError(
            f'{path}: scores are said to be logits, but look like {are}; say scores = "{are}" in model.toml.'
        )
    if said == COSINES:
        if max(-found.low, found.high) > 1 + COSINE_MAY_MISS:
            raise ClipsafeError(
                f"{path}: scores are said to be cosines, but reach from {found.low:.3g} to {found.high:.3g}."
            )
        if not reading.scale:
            raise ClipsafeError(
                f"{path}: cosines need scale = the logit scale of the model (often near 100) in model.toml."
            )


def _looks_like(found: _Range) -> str:
    if found.low >= 0 and found.high <= 1 + SUM_MAY_MISS and found.sums_to_1:
        return PROBABILITIES
    if found.logs_of_shares:
        return LOG_PROBABILITIES
    return COSINES if max(-found.low, found.high) <= 1 else ""


def _scaled(scores: NDArray[np.floating], scale: float) -> NDArray[np.float32]:
    out = np.empty(scores.shape, np.float32)
    for block in blocks(*scores.shape):
        np.multiply(scores[block], np.float32(scale), out=out[block], dtype=np.float32)
    return out


def _logs(scores: NDArray[np.floating]) -> NDArray[np.float32]:
    """Return logarithms; a probability of 0 counts as the smallest number that its precision has."""
    out, smallest = np.empty(scores.shape, np.float32), np.float32(max(_SMALLEST[scores.dtype], 1e-44))
    for block in blocks(*scores.shape):
        np.log(np.maximum(scores[block].astype(np.float32), smallest), out=out[block])
    return out
