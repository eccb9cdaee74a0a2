"""Which of the 1,000 ImageNet classes a data set is scored over, and which of them it counts as one.

The table `classes.csv` has one row a class, in the order of every ImageNet-1k network: the sorted
WordNet ids. Where each column is from stands in `README.md` beside it.
"""

import csv
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

NO_CLASS = -1
"""The label of an image that shows none of the 1,000 classes."""


@dataclass(frozen=True, eq=False)
class Merging:
    """A coarser set of classes, each of which stands for one or several ImageNet classes.

    Attributes
    ----------
    names : tuple of str
        The coarse classes, in the order of their numbers.
    indices : ndarray of int64, shape (members,)
        The ImageNet classes that belong to one of them, ascending.
    numbers : ndarray of int64, shape (members,)
        The number of the coarse class that each belongs to.
    """

    names: tuple[str, ...]
    indices: NDArray[np.int64]
    numbers: NDArray[np.int64]

    def first_index(self) -> NDArray[np.int64]:
        """For each coarse class, the first of its ImageNet classes: it stands for the class as a label.

        Examples
        --------
        >>> int(merging("cue_conflict").first_index()[0])
        404
        """
        return np.array([self.indices[self.numbers == number][0] for number in range(len(self.names))])


@cache
def _rows() -> tuple[dict[str, str], ...]:
    text = files("clipsafe_utils.registry").joinpath("classes.csv").read_text(encoding="utf-8")
    return tuple(csv.DictReader(text.splitlines()))


@cache
def index_of_wnid() -> dict[str, int]:
    """Return the index of each of the 1,000 classes by its WordNet id.

    Examples
    --------
    >>> index_of_wnid()["n01443537"]
    1
    """
    return {row["wnid"]: int(row["index"]) for row in _rows()}


@cache
def subset(column: str) -> NDArray[np.int64]:
    """Return the classes of a data set that takes some of the 1,000 as they are.

    Parameters
    ----------
    column : {"imagenet_r", "imagenet_a", "imagenet_o"}
        The data set.

    Returns
    -------
    ndarray of int64, shape (200,)
        Indices of ImageNet classes, ascending.

    Examples
    --------
    >>> len(subset("imagenet_r")), len(np.intersect1d(subset("imagenet_r"), subset("imagenet_a")))
    (200, 86)
    """
    return np.array([int(row["index"]) for row in _rows() if row[column] == "1"])


@cache
def merging(column: str) -> Merging:
    """Return the coarser classes of a data set.

    Parameters
    ----------
    column : {"objectnet", "imagenet_vid_robust", "cue_conflict"}
        The data set. The classes are numbered in the order of their names: for ObjectNet those of its
        folders, as in CLIP_benchmark's copy.

    Examples
    --------
    >>> objectnet = merging("objectnet")
    >>> len(objectnet.names), len(objectnet.indices)
    (113, 125)
    """
    members = [(int(row["index"]), row[column]) for row in _rows() if row[column]]
    names = tuple(sorted({name for _, name in members}))
    return Merging(
        names,
        np.array([index for index, _ in members]),
        np.array([names.index(name) for _, name in members]),
    )
