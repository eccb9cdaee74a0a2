"""The factors of ImageNet-X for the images of the validation set."""

import numpy as np
from numpy.typing import NDArray

from clipsafe_engine.datasets.image_list import ImageList
from clipsafe_utils.cubes.schema import FACTORS
from clipsafe_utils.errors import ClipsafeError


def factor_flags(images: ImageList, selection: str) -> NDArray[np.bool_]:
    """Say which factors each image was annotated with.

    Prototypes, which annotators compared the others with, and images without an annotation have none, not
    even `overall`: they count nowhere (Idrissi et al. 2023).

    Parameters
    ----------
    images : ImageList
        The validation set in any layout that keeps the names of its files.
    selection : {"top", "multi"}
        The one factor that annotators found most telling, or all that they named.

    Returns
    -------
    ndarray of bool, shape (images, factors)
        In the order of `clipsafe_utils.cubes.FACTORS`; the last column is `overall`.

    Raises
    ------
    ClipsafeError
        If no image has an annotation, or the annotated class is another than the label.
    """
    from clipsafe_utils.record.imagenet_x import read_annotations

    annotations = read_annotations(selection)
    classes = annotations.labels.reindex(images.image_ids)
    known = classes.notna().to_numpy()
    if not known.any():
        raise ClipsafeError(
            f"{images.name}: ImageNet-X names none of its images; expected names such as "
            f"{annotations.labels.index[0]}, which the webdataset copy does not keep."
        )
    wrong = np.flatnonzero(known & (classes.to_numpy() != images.labels))
    if wrong.size:
        row = wrong[0]
        raise ClipsafeError(
            f"{images.place(int(row))}: has the label {images.labels[row]} where ImageNet-X says "
            f"{int(classes.iloc[row])}; {wrong.size:,} images disagree."
        )
    flags = annotations.flags[list(FACTORS)].reindex(images.image_ids, fill_value=False)
    return flags.to_numpy(dtype=bool)
