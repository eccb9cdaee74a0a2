"""The official layouts that are folders of classes, or one folder without any.

Each function takes the data set and where it lies, and lists its images. The layouts with files of their own
stand in modules of their own; `LAYOUTS` names them all.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from clipsafe_engine.datasets.image_list import CLASSES, ImageList
from clipsafe_engine.datasets.sources import Files, Source, image_files, sorted_by
from clipsafe_engine.datasets.validation_set import validation_set
from clipsafe_engine.datasets.vid_robust import vid_robust
from clipsafe_utils.cubes.schema import CUE_CLASSES
from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.registry.data_sets import DataSet
from clipsafe_utils.registry.label_maps import NO_CLASS, index_of_wnid, merging, subset

OBJECTNET_BORDER = 2
"""Pixels cut from every side: the border is one pixel of red; wise-ft and the ImageNet testbed cut two."""

TEXTURES_IN_IMAGENET = ("bubbly", "cobwebbed", "honeycombed", "spiralled")
"""Textures that ImageNet has classes for and that ViM leaves out; that these are the four is an inference."""

SUBSETS = ("imagenet-r", "imagenet-a")
"""Sets that are scored over the 200 classes that they have."""

_CUE_IMAGE = re.compile(r"([a-z]+)\d+-([a-z]+)\d+\.png")


def class_folders(data_set: DataSet, place: Path) -> ImageList:
    """List folders that are named by WordNet id: ImageNet-R, -A, -Sketch, Stylized-ImageNet.

    Raises
    ------
    ClipsafeError
        If a folder is no class of the set, or an image lies outside the folders.
    """
    paths = image_files(place)
    space = subset(data_set.name.replace("-", "_")) if data_set.name in SUBSETS else None
    allowed = set(range(CLASSES) if space is None else space.tolist())
    index = {wnid: i for wnid, i in index_of_wnid().items() if i in allowed}
    labels = _labels_by_folder(place, paths, index, f"the WordNet id of a class of {data_set.title}")
    return ImageList(data_set.name, np.array(paths), labels, Files(place, tuple(paths)), space)


def integer_folders(data_set: DataSet, place: Path) -> ImageList:
    """List folders that are named 0 to 999: ImageNet-V2.

    The name is the label. Sorted as text, 10 comes before 2, so a label must never be a position in a list.
    Images that the three variants share have one file name, which is what makes their ids equal.

    Raises
    ------
    ClipsafeError
        If a folder is not named 0 to 999, or an image lies outside the folders.
    """
    paths = image_files(place)
    index = {str(label): label for label in range(CLASSES)}
    labels = _labels_by_folder(place, paths, index, "a number from 0 to 999")
    return ImageList(data_set.name, np.array(paths), labels, Files(place, tuple(paths)))


def imagenet_o(data_set: DataSet, place: Path) -> ImageList:
    """List ImageNet-O: its folders name the class that networks take an image for, which is not its label.

    Raises
    ------
    ClipsafeError
        If a folder is not one of its 200.
    """
    paths = image_files(place)
    nominal = set(subset("imagenet_o").tolist())
    index = {wnid: i for wnid, i in index_of_wnid().items() if i in nominal}
    classes = _labels_by_folder(place, paths, index, "one of the 200 of ImageNet-O")
    return _without_class(data_set, place, paths, nominal_class=classes)


def flat(data_set: DataSet, place: Path) -> ImageList:
    """List one folder of images without classes: iNaturalist, SUN, Places."""
    return _without_class(data_set, place, image_files(place))


def textures(data_set: DataSet, place: Path) -> ImageList:
    """List the 47 folders of Describable Textures, all of them, with the overlap with ImageNet marked."""
    paths = image_files(place)
    return with_textures(_without_class(data_set, place, paths), [path.split("/")[0] for path in paths])


def with_textures(images: ImageList, names: list[str]) -> ImageList:
    """Add what texture each image shows and whether ImageNet has a class for it."""
    texture = np.array(names)
    overlap = np.isin(texture, TEXTURES_IN_IMAGENET)
    return replace(images, columns={"texture": texture, "overlaps_imagenet": overlap})


def objectnet(data_set: DataSet, place: Path) -> ImageList:
    """List the 113 of ObjectNet's 313 folders whose classes ImageNet has.

    Raises
    ------
    ClipsafeError
        If none of them is there.
    """
    classes = merging("objectnet")
    paths = [
        f"{name}/{path}"
        for name in classes.names
        if (place / name).is_dir() and any((place / name).iterdir())
        for path in image_files(place / name)
    ]
    if not paths:
        raise ClipsafeError(f"{place}: holds none of the 113 folders whose classes ImageNet has.")
    paths.sort()
    number = [classes.names.index(path.split("/")[0]) for path in paths]
    return objectnet_list(data_set, np.array(paths), np.array(number), Files(place, tuple(paths)))


def objectnet_list(data_set: DataSet, ids: np.ndarray, number: np.ndarray, source: Source) -> ImageList:
    """Make the list from the number of each image's class among the 113."""
    classes = merging("objectnet")
    labels = classes.first_index()[number]
    return ImageList(
        data_set.name, ids, labels, source, classes.indices, classes, "max", crop_border=OBJECTNET_BORDER
    )


def cue_conflict(data_set: DataSet, place: Path) -> ImageList:
    """List the cue-conflict images with the class of their shape and of their texture.

    Raises
    ------
    ClipsafeError
        If a name does not tell two of the sixteen classes, or tells another shape than its folder.
    """
    paths = image_files(place)
    # The toolbox puts trial and condition before the name, up to the last underscore.
    names = [path.rpartition("/")[2].rpartition("_")[2] for path in paths]
    cues = [_cues(place / path, name) for path, name in zip(paths, names, strict=True)]
    ids = [f"{shape}/{name}" for (shape, _), name in zip(cues, names, strict=True)]
    order = sorted_by(ids)
    shape, texture = np.array(cues)[order].T
    classes = merging("cue_conflict")
    return ImageList(
        data_set.name,
        np.array(ids)[order],
        classes.first_index()[[classes.names.index(name) for name in shape]],
        Files(place, tuple(paths[i] for i in order)),
        classes.indices,
        classes,
        "mean",
        {"shape": shape, "texture": texture, "conflict": shape != texture},
    )


def samples(data_set: DataSet, place: Path) -> ImageList:
    """List one folder of images whose names begin with their WordNet id.

    Raises
    ------
    ClipsafeError
        If a name does not.
    """
    paths = image_files(place)
    wnids = [path.rpartition("/")[2].partition("_")[0] for path in paths]
    unknown = next((i for i, wnid in enumerate(wnids) if wnid not in index_of_wnid()), None)
    if unknown is not None:
        raise ClipsafeError(f"{place / paths[unknown]}: expected a name that begins with a WordNet id.")
    labels = np.array([index_of_wnid()[wnid] for wnid in wnids])
    return ImageList(data_set.name, np.array(paths), labels, Files(place, tuple(paths)))


def _cues(path: Path, name: str) -> tuple[str, str]:
    found = _CUE_IMAGE.fullmatch(name)
    if found is None or found[1] not in CUE_CLASSES or found[2] not in CUE_CLASSES:
        raise ClipsafeError(f"{path}: expected a name such as cat1-dog2.png of two of the sixteen classes.")
    if found[1] != path.parent.name:
        raise ClipsafeError(f"{path}: shows a {found[1]} but lies in the folder {path.parent.name}.")
    return found[1], found[2]


def _labels_by_folder(place: Path, paths: list[str], index: Mapping[str, int], kind: str) -> np.ndarray:
    labels = []
    for path in paths:
        folder, _, name = path.partition("/")
        if not name or "/" in name:
            raise ClipsafeError(f"{place / path}: expected images in class folders only.")
        if folder not in index:
            raise ClipsafeError(f"{place / folder}: the folder is not named by {kind}.")
        labels.append(index[folder])
    return np.array(labels)


def _without_class(data_set: DataSet, place: Path, paths: list[str], **columns: np.ndarray) -> ImageList:
    labels = np.full(len(paths), NO_CLASS)
    return ImageList(data_set.name, np.array(paths), labels, Files(place, tuple(paths)), columns=columns)


LAYOUTS: Mapping[str, Callable[[DataSet, Path], ImageList]] = {
    "imagenet": validation_set,
    "integer_folders": integer_folders,
    "class_folders": class_folders,
    "objectnet": objectnet,
    "vid_robust": vid_robust,
    "cue_conflict": cue_conflict,
    "flat": flat,
    "textures": textures,
    "imagenet_o": imagenet_o,
    "samples": samples,
}
