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

from clipsafe_engine.datasets.image_list import CLASSES, ImageList
from clipsafe_engine.datasets.sources import SUFFIXES, Member, Members, tar_members, whole_number
from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.files import read_plain
from clipsafe_utils.registry.label_maps import NO_CLASS, merging, subset

if TYPE_CHECKING:
    from clipsafe_utils.registry.data_sets import DataSet

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
    from clipsafe_engine.datasets.layouts import SUBSETS, objectnet_list, with_textures

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
        text = read_plain(path).decode("ascii").strip()
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise ClipsafeError(f"{path}: expected the number of shards ({reason}).") from error
    count = whole_number(text)
    if count < 1:
        raise ClipsafeError(f"{path}: expected the number of shards, got {text[:20]!r}.")
    shards: list[Path] = []
    # One at a time: a number that is wrong may be a billion.
    while len(shards) < count:
        shard = folder / f"{len(shards)}.tar"
        if not shard.exists():
            raise ClipsafeError(f"{shard}: no such file; {path} tells of {count:,} shards.")
        shards.append(shard)
    return shards


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
        numbers[row] = whole_number(text.decode("latin-1"))
        if not 0 <= numbers[row] < count:
            raise ClipsafeError(
                f"{member.tar}, {member.name}: expected a number from 0 to {count - 1}, got {text[:20]!r}."
            )
    return numbers


def _class_names(path: Path) -> list[str]:
    try:
        return read_plain(path).decode("utf-8").split("\n")[:-1]
    except OSError as error:
        raise ClipsafeError(f"{path}: cannot be read ({error.strerror or error}).") from error
    except UnicodeDecodeError as error:
        raise ClipsafeError(f"{path}: expected the names of the classes in UTF-8 ({error}).") from error
