"""The images of a data set: their ids, their labels, and the bytes of each on demand."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from clipsafe_engine.datasets.sources import Source
from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.registry.label_maps import NO_CLASS, Merging

CLASSES = 1000


@dataclass(frozen=True, eq=False)
class ImageList:
    """The images of a data set in the order of their ids.

    Attributes
    ----------
    name : str
        The data set.
    image_ids : ndarray of str, shape (images,)
        Ids that depend neither on the machine nor on the layout that was unpacked, sorted, unique.
    labels : ndarray of int64, shape (images,)
        Index of the true one among the 1,000 ImageNet classes; -1 where an image shows none of them. Where
        classes are merged, the first index of the true class stands for it.
    source : Source
        Where the bytes are.
    label_space : ndarray of int64, shape (choices,), optional
        The ImageNet classes that the set is scored over, ascending; None means all. Slice logits to these
        before any softmax.
    merged : Merging, optional
        The coarser classes that the label space is made of, where the set has its own.
    merge : {"max", "mean"}, optional
        How members of a merged class become one: the largest logit (wise-ft, ImageNet testbed) or the mean
        probability (Geirhos et al. 2019).
    columns : mapping of str to ndarray
        What else is known of each image; every value has the length of the list.
    crop_border : int
        Pixels to cut from every side once decoded.
    """

    name: str
    image_ids: NDArray[np.str_]
    labels: NDArray[np.int64]
    source: Source
    label_space: NDArray[np.int64] | None = None
    merged: Merging | None = None
    merge: Literal["max", "mean"] | None = None
    columns: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    crop_border: int = 0

    def __len__(self) -> int:
        return len(self.image_ids)

    def read(self, index: int) -> bytes:
        """Return an encoded image.

        Raises
        ------
        ClipsafeError
            If its file cannot be read.
        """
        try:
            return self.source.read(index)
        except OSError as error:
            raise ClipsafeError(
                f"{self.place(index)}: cannot be read ({error.strerror or error})."
            ) from error

    def place(self, index: int) -> str:
        """Name the file of an image, for messages."""
        return self.source.place(index)

    def is_right(self, decided: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Say which decisions are right by the rules of the set.

        Merged classes count as one, and an image with several labels is right by any of them.

        Parameters
        ----------
        decided : ndarray of int64, shape (images,)
            The ImageNet class with the largest logit in the label space. With the largest logit as the rule
            of merging, its coarse class is the decision.

        Returns
        -------
        ndarray of bool, shape (images,)
            All false where no image has a class.

        Raises
        ------
        ValueError
            If a decision lies outside the label space or their number is wrong.

        Examples
        --------
        >>> from clipsafe_utils.registry.label_maps import merging
        >>> from clipsafe_engine.datasets.sources import Members
        >>> clocks = ImageList("objectnet", np.array(["a"]), np.array([409]), Members(()),
        ...                    merging("objectnet").indices, merging("objectnet"), "max")
        >>> clocks.is_right(np.array([530]))
        array([ True])
        """
        if decided.shape != self.labels.shape:
            raise ValueError(f"decided: expected the shape {self.labels.shape}, got {decided.shape}.")
        if not np.isin(decided, self._space()).all():
            raise ValueError(f"decided: expected classes of the label space of {self.name} only.")
        return np.asarray((self._number()[decided][:, None] == self.true_classes()).any(axis=1))

    def true_classes(self) -> NDArray[np.int64]:
        """Return what is right for each image.

        Returns
        -------
        ndarray of int64, shape (images, most labels of an image)
            Numbers of merged classes, or ImageNet classes where none are merged; filled up with -1.
        """
        if "right_classes" in self.columns:
            return self.columns["right_classes"]
        return np.where(self.labels >= 0, self._number()[self.labels], NO_CLASS)[:, None]

    def _space(self) -> NDArray[np.int64]:
        return np.arange(CLASSES) if self.label_space is None else self.label_space

    def _number(self) -> NDArray[np.int64]:
        """For each ImageNet class, the number of the class it counts as; -2 outside the label space."""
        number = np.full(CLASSES, -2)
        number[self._space()] = self._space() if self.merged is None else self.merged.numbers
        return number
