"""Which class each image of ImageNet's validation set is of: facts that others publish, and no image."""

from functools import cache
from importlib.resources import as_file, files

import numpy as np
from numpy.typing import NDArray

IMAGES = 50_000


@cache
def validation_labels() -> NDArray[np.int64]:
    """Return the class of each image, in the order of the numbers in the names of their files.

    Where the table is from stands in `README.md` beside it.

    Examples
    --------
    >>> validation_labels()[:3]
    array([ 65, 970, 230])
    """
    with (
        as_file(files("clipsafe_utils.registry").joinpath("validation_labels.npz")) as path,
        np.load(path, allow_pickle=False) as stored,
    ):
        labels: NDArray[np.int64] = stored["labels"].astype(np.int64)
    labels.flags.writeable = False
    return labels


def validation_name(number: int) -> str:
    """Return the name of an image by its number, from 1.

    Examples
    --------
    >>> validation_name(293)
    'ILSVRC2012_val_00000293.JPEG'
    """
    return f"ILSVRC2012_val_{number:08d}.JPEG"
