"""Whether the images of a file are a whole set, a random part of it, or a part that was chosen."""

import numpy as np
from numpy.typing import NDArray

from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.importing.known_sets import KnownSet

_SPREAD = 6
"""Standard deviations by which a count of classes may fall short of that of a random part."""


def check_part(known: KnownSet, truth: NDArray[np.int64], place: str) -> str:
    """Refuse images that were not drawn from the set by chance; return what else is to be said of them.

    A random part of n images leaves about C (1 - n / N) ** (N / C) of the C classes out. A first slice in the
    order of the folders leaves out far more.

    Raises
    ------
    ClipsafeError
        If classes are missing that a random part would have, or there are more images than the set has.

    Examples
    --------
    >>> from clipsafe_utils.importing.known_sets import known_sets
    >>> check_part(known_sets()["imagenet-val"], np.arange(1000), "f.csv")
    '1,000 of 50,000 images, spread over classes as a random part is'
    """
    images, classes = len(truth), len(known.classes)
    if images == known.images:
        return ""
    if images > known.images:
        raise ClipsafeError(f"{place}: names {images:,} images where the set has {known.images:,}.")
    absent = classes - len(np.unique(truth))
    expected = classes * (1 - images / known.images) ** (known.images / classes)
    if absent > expected + _SPREAD * np.sqrt(expected) + 1:
        places = np.searchsorted(known.classes, truth) if np.all(np.diff(known.classes) > 0) else truth
        is_slice = places.max() - places.min() + 1 <= 2 * (classes - absent)
        kind = "a slice in the order of its folders" if is_slice else "chosen by class"
        raise ClipsafeError(
            f"{place}: its {images:,} images show {classes - absent:,} of the {classes:,} classes, so they "
            f"are {kind}; expected the whole set of {known.images:,} images or a random part of it."
        )
    return f"{images:,} of {known.images:,} images, spread over classes as a random part is"
