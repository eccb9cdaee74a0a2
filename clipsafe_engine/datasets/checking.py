"""What is there below a root, what is missing, and what is at fault, before a long run finds out."""

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from clipsafe_engine.datasets.decoding import fault_of
from clipsafe_engine.datasets.image_list import CLASSES, ImageList
from clipsafe_engine.datasets.opening import open_images
from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.registry.data_sets import DataSet

MOST_WORKERS = 8


@dataclass(frozen=True)
class Report:
    """What was found of one data set.

    Attributes
    ----------
    name : str
        The data set.
    place : str
        Where it lies; where it was looked for if it is missing.
    state : {"complete", "at fault", "missing"}
    images : int
        Images that were found.
    expected : int
        Images that a whole copy has.
    faults : tuple of str
        One sentence for each.
    """

    name: str
    place: str
    state: str
    images: int
    expected: int
    faults: tuple[str, ...]


def list_images(data_set: DataSet, root: Path) -> ImageList | Report:
    """List the images of a set; a report where it is missing or cannot be listed.

    Examples
    --------
    >>> from clipsafe_utils.registry.data_sets import data_set
    >>> list_images(data_set("sun"), Path("nowhere")).state
    'missing'
    """
    place = data_set.find(root)
    if place is None:
        return Report(data_set.name, str(root / data_set.folders[0]), "missing", 0, data_set.images, ())
    try:
        return open_images(data_set, root)
    except ClipsafeError as error:
        expected = data_set.expected_images(place)
        return Report(data_set.name, str(place), "at fault", 0, expected, (str(error),))


def check_images(
    data_set: DataSet, root: Path, images: ImageList, advance: Callable[[str], None] = lambda _: None
) -> Report:
    """Count the images of a set, look for classes without any, and read every image to its end.

    Parameters
    ----------
    data_set : DataSet
        The set.
    root : Path
        The folder that it was listed from.
    images : ImageList
        What `list_images` gave.
    advance : callable
        Called with the name of the set once for each image.
    """
    place = data_set.find(root)
    assert place is not None
    expected = data_set.expected_images(place)
    faults = [*_count_faults(place, images, expected), *_absent_classes(place, images)]
    with ThreadPoolExecutor(min(MOST_WORKERS, os.cpu_count() or 1)) as workers:
        for fault in workers.map(lambda index: _image_fault(images, index), range(len(images))):
            advance(data_set.name)
            if fault is not None:
                faults.append(fault)
    state = "at fault" if faults else "complete"
    return Report(data_set.name, str(place), state, len(images), expected, tuple(faults))


def _count_faults(place: Path, images: ImageList, expected: int) -> Iterable[str]:
    if len(images) != expected:
        yield f"{place}: holds {len(images):,} images where a whole copy has {expected:,}."


def _absent_classes(place: Path, images: ImageList) -> Iterable[str]:
    if (images.labels < 0).all():
        return
    if images.merged is not None:
        choices = np.arange(len(images.merged.names))
        seen = images.true_classes()
    else:
        choices = np.arange(CLASSES) if images.label_space is None else images.label_space
        seen = images.labels
    absent = np.setdiff1d(choices, seen)
    if absent.size:
        first = absent[0] if images.merged is None else images.merged.names[absent[0]]
        yield f"{place}: {absent.size:,} of {len(choices):,} classes have no image, the first is {first}."


def _image_fault(images: ImageList, index: int) -> str | None:
    try:
        fault = fault_of(images.read(index))
    except ClipsafeError as error:
        return str(error)
    return None if fault is None else f"{images.place(index)}: is not a whole image ({fault})."
