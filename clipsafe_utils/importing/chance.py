"""Accuracy near chance: which other order of classes, or of rows, would explain the predictions.

Nothing here changes a prediction: the order that fits is named, and whoever made the file says so in it.
"""

from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binom

from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.importing.known_sets import CLASSES
from clipsafe_utils.registry.label_maps import index_of_wnid

FEWEST = 200
"""Images below which chance and a poor model are not told apart."""

KIT_BEGINS = ("n02119789", "n02100735", "n02110185", "n02096294", "n02102040", "n02066245", "n02509815")
"""The first classes in the order of the development kit of ILSVRC2012."""

_TIMES_CHANCE, _UNLIKELY = 5, 1e-9
_LOW, _FITS = 0.1, 0.2
"""Accuracy up to which another order is looked for, and from which on another order fits."""

_FEWEST_OF_KIT = 4


def check_order(
    predictions: NDArray[np.int64],
    truth: NDArray[np.int64],
    otherwise: Mapping[str, NDArray[np.int64]],
    answers: int,
    place: str,
    *,
    is_hard: bool = False,
) -> None:
    """Refuse predictions that are right by chance alone, with the order that would explain them.

    Parameters
    ----------
    predictions, truth : ndarray of int64, shape (images,)
        ImageNet classes.
    otherwise : mapping of str to ndarray
        What would be right in another order of the rows, by that order.
    answers : int
        Among how many answers the model chooses.
    place : str
        The file.
    is_hard : bool
        Whether images were chosen because good networks are wrong on them: chance alone is no mistake then.

    Raises
    ------
    ClipsafeError
        If accuracy is near chance, or low and far better in another order.

    Examples
    --------
    >>> check_order(np.arange(1000), np.arange(1000), {}, 1000, "f.csv")
    """
    images, hits = len(truth), int((predictions == truth).sum())
    if images < FEWEST or hits > _LOW * images:
        return
    reason = next(_explanations(predictions, truth, otherwise), "")
    if not reason and (is_hard or not _is_near_chance(hits, images, answers)):
        return
    fits = reason or "no other order of classes or rows that is known here would explain it"
    raise ClipsafeError(f"{place}: accuracy is {100 * hits / images:.1f} %, near chance; {fits}.")


def _is_near_chance(hits: int, images: int, answers: int) -> bool:
    chance = 1 / answers
    return hits <= _TIMES_CHANCE * chance * images or bool(binom.sf(hits - 1, images, chance) > _UNLIKELY)


def _explanations(
    predictions: NDArray[np.int64], truth: NDArray[np.int64], otherwise: Mapping[str, NDArray[np.int64]]
) -> Iterator[str]:
    for step, words in ((1, "one too high"), (-1, "one too low")):
        if np.mean(predictions - step == truth) >= _FITS:
            order = "an order of classes with the background first" if step > 0 else "counting from 1"
            yield f"numbers that are {words} would explain it: {order}"
    for order, other in otherwise.items():
        if np.mean(predictions == other) >= _FITS:
            yield f'rows in the order {order} would explain it: say order = "{order}"'
    as_text = np.array(sorted(range(CLASSES), key=str))
    for table, words in ((as_text, "text to number"), (np.argsort(as_text), "number to text")):
        if np.mean(table[np.clip(predictions, 0, CLASSES - 1)] == truth) >= _FITS:
            yield f"classes sorted as text, 0, 1, 10, 100, would explain it ({words})"
    yield from _other_order(predictions, truth)


def _other_order(predictions: NDArray[np.int64], truth: NDArray[np.int64]) -> Iterator[str]:
    """Learn an order on every other image, and see whether it holds on the rest."""
    known = predictions >= 0
    learns = np.arange(len(truth)) % 2 == 0
    counts = np.zeros((CLASSES, CLASSES), dtype=np.int32)
    np.add.at(counts, (predictions[known & learns], truth[known & learns]), 1)
    meant = np.where(counts.any(axis=1), counts.argmax(axis=1), -1)
    tested = known & ~learns
    if not tested.any() or np.mean(meant[predictions[tested]] == truth[tested]) < _FITS:
        return
    kit = [index_of_wnid()[wnid] for wnid in KIT_BEGINS]
    is_kit = sum(meant[place] == index for place, index in enumerate(kit)) >= _FEWEST_OF_KIT
    order = "that of the development kit" if is_kit else "another one"
    yield (
        f"the classes are in another order, {order}, which would explain it: say classes = a file with the "
        "WordNet id of each number"
    )
