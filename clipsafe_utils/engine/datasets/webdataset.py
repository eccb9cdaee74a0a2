"""The webdataset shards that CLIP_benchmark publishes: tar files of images with a class number beside each.

A class number counts the classes of the copy: the 200 of ImageNet-R, the 113 of ObjectNet in the order of its
folders. Images carry a running number instead of their name, so the ids are not those of the official layout
and no annotation by file name can be joined. The images are not cropped: ObjectNet's border is on them.
"""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from clipsafe_utils.engine.datasets.image_list import CLASSES, ImageList
from clipsafe_utils.engine.datasets.label_maps import NO_CLASS, merging, subset
from clipsafe_utils.engine.datasets.sources import SUFFIXES, Member, Members, tar_members
from clipsafe_utils.errors import ClipsafeError

if TYPE_CHECKING:
    from clipsafe_utils.engine.datasets.catalogue import DataSet

SPLIT = "test"


def open_webdataset(data_set: "DataSet", place: Path) -> ImageList:
    """List the images of all shards.

    Parameters
    ----------
    data_set : DataSet
        The set.
    place : Path
        The folder `wds_<name>` as it is on the hub: `test/nshards.txt`, `test/0.tar`, `test/1.tar`, ...

    Raises
    ------
    ClipsafeError
        If a shard is missing or cut off, or an image has no class number that the set knows.
    """
    from clipsafe_utils.engine.datasets.layouts import SUBSETS, objectnet_list, with_textures

    samples: dict[str, tuple[Member, Member]] = {}
    for shard in _shards(place / SPLIT):
        samples |= _pairs(shard)
    ids = np.array(sorted(samples))
    members = Members(tuple(samples[key][0] for key in ids))
    column = data_set.name.replace("-", "_")
    if data_set.name == "objectnet":
        number = _numbers(samples, ids, len(merging("objectnet").names))
        return objectnet_list(data_set, ids, number, members)
    if data_set.name == "textures":
        names = _class_names(place / "classnames.txt")
        number = _numbers(samples, ids, len(names))
        images = ImageList(data_set.name, ids, np.full(len(ids), NO_CLASS), members)
        return with_textures(images, [names[i] for i in number])
    if data_set.name == "imagenet-o":
        nominal = subset(column)[_numbers(samples, ids, len(subset(column)))]
        images = ImageList(data_set.name, ids, np.full(len(ids), NO_CLASS), members)
        return replace(images, columns={"nominal_class": nominal})
    space = subset(column) if data_set.name in SUBSETS else None
    choices = np.arange(CLASSES) if space is None else space
    labels = choices[_numbers(samples, ids, len(choices))]
    return ImageList(data_set.name, ids, labels, members, space)


def _shards(folder: Path) -> list[Path]:
    path = folder / "nshards.txt"
    try:
        count = int(path.read_text(encoding="ascii"))
    except (OSError, ValueError) as error:
        raise ClipsafeError(f"{path}: expected the number of shards ({error}).") from error
    if count < 1:
        raise ClipsafeError(f"{path}: expected the number of shards, got {count}.")
    return [folder / f"{number}.tar" for number in range(count)]


def _pairs(shard: Path) -> dict[str, tuple[Member, Member]]:
    images: dict[str, Member] = {}
    classes: dict[str, Member] = {}
    for member in tar_members(shard):
        # A key ends at the first dot of the file's name; that is the format.
        key, _, extension = member.name.rpartition("/")[2].partition(".")
        if extension == "cls":
            classes[key] = member
        elif f".{extension.lower()}" in SUFFIXES:
            images[key] = member
    alone = sorted(images.keys() ^ classes.keys())
    if alone:
        raise ClipsafeError(f"{shard}: the sample {alone[0]} lacks its image or its class number.")
    if not images:
        raise ClipsafeError(f"{shard}: holds no image.")
    return {key: (images[key], classes[key]) for key in images}


def _numbers(
    samples: dict[str, tuple[Member, Member]], ids: NDArray[np.str_], count: int
) -> NDArray[np.int64]:
    numbers = np.empty(len(ids), np.int64)
    for row, key in enumerate(ids):
        member = samples[key][1]
        text = member.read().strip()
        if not text.isdigit() or int(text) >= count:
            raise ClipsafeError(
                f"{member.tar}, {member.name}: expected a number from 0 to {count - 1}, got {text[:20]!r}."
            )
        numbers[row] = int(text)
    return numbers


def _class_names(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8").split("\n")[:-1]
    except OSError as error:
        raise ClipsafeError(f"{path}: cannot be read ({error.strerror or error}).") from error
