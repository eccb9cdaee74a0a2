"""The ImageNet validation set: sorted into class folders, or flat as it is handed out, packed or not.

In the flat layout a name tells no class. The labels are then in the development kit, or in a file that
others made of it. The kit numbers the classes 1 to 1,000 in an order of its own, not in that of the WordNet
ids: taken as an index, its numbers are wrong for nearly every image.
"""

import gzip
import io
import re
import tarfile
from pathlib import Path

import numpy as np

from clipsafe_engine.datasets.image_list import CLASSES, ImageList
from clipsafe_engine.datasets.kit_table import read_kit_table
from clipsafe_engine.datasets.sources import (
    BROKEN_TAR,
    Files,
    Members,
    Source,
    first_line,
    image_files,
    is_image,
    sorted_by,
    tar_members,
    whole_number,
)
from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.files import read_plain
from clipsafe_utils.registry.data_sets import DataSet
from clipsafe_utils.registry.label_maps import index_of_wnid

KIT = "ILSVRC2012_devkit_t12"
GROUND_TRUTH = f"{KIT}/data/ILSVRC2012_validation_ground_truth.txt"
META = f"{KIT}/data/meta.mat"
LABEL_FILES = ("filename_label.csv", "val.txt", "imagenet_2012_validation_synset_labels.txt")
"""Label files that are known by their names: of ImageNet-X, of Caffe, of TensorFlow."""

_MOST_BYTES = 2**28
"""A hundred times what the kit holds."""
_NUMBER = re.compile(r"ILSVRC2012_val_(\d{8})\.JPEG", re.IGNORECASE)


def validation_set(data_set: DataSet, place: Path) -> ImageList:
    """List the validation set.

    The id of an image is its bare file name in all layouts; so it is the one that ImageNet-X annotates.

    Raises
    ------
    ClipsafeError
        If a class folder is not named by a WordNet id of ImageNet-1k, or flat images have no labels beside
        them.
    """
    paths, source = _packed(place) if place.is_file() else _unpacked(place)
    ids = [path.rpartition("/")[2] for path in paths]
    folders = [path.rpartition("/")[0] for path in paths]
    if any(folders):
        labels = [_class_of(place, folder) for folder in folders]
    else:
        by_name = _labels_beside(place)
        labels = [_label_of(place, name, by_name) for name in ids]
    order = sorted_by(ids)
    return ImageList(data_set.name, np.array(ids)[order], np.array(labels)[order], _reordered(source, order))


def _unpacked(place: Path) -> tuple[list[str], Files]:
    paths = image_files(place)
    return paths, Files(place, tuple(paths))


def _packed(place: Path) -> tuple[list[str], Members]:
    members = [member for member in tar_members(place) if is_image(member.name)]
    if not members:
        raise ClipsafeError(f"{place}: holds no image.")
    return [member.name.removeprefix("./") for member in members], Members(tuple(members))


def _reordered(source: Source, order: np.ndarray) -> Source:
    if isinstance(source, Files):
        return Files(source.folder, tuple(source.paths[i] for i in order))
    assert isinstance(source, Members)
    return Members(tuple(source.members[i] for i in order))


def _class_of(place: Path, folder: str) -> int:
    if folder not in index_of_wnid():
        raise ClipsafeError(
            f"{place / folder}: expected a folder that is named by a WordNet id, or no folders at all."
        )
    return index_of_wnid()[folder]


def _label_of(place: Path, name: str, by_name: dict[str, int]) -> int:
    if name not in by_name:
        raise ClipsafeError(f"{place}: there is no label for the image {name}.")
    return by_name[name]


def _labels_beside(place: Path) -> dict[str, int]:
    folder = place.parent
    for name in LABEL_FILES:
        if (folder / name).is_file():
            return _from_label_file(folder / name)
    numbers, meta = _kit(folder)
    wnids = _wnids_of_kit(meta)
    lines = numbers.decode("ascii", errors="replace").split()
    unknown = next((i for i, line in enumerate(lines) if line not in wnids), None)
    if unknown is not None:
        raise ClipsafeError(
            f"{folder / GROUND_TRUTH}: line {unknown + 1}: {lines[unknown]!r} is no class of the kit."
        )
    return {_name(i + 1): index_of_wnid()[wnids[line]] for i, line in enumerate(lines)}


def _kit(folder: Path) -> tuple[bytes, bytes]:
    packed = folder / f"{KIT}.tar.gz"
    if (folder / META).is_file() and (folder / GROUND_TRUTH).is_file():
        return _read(folder / GROUND_TRUTH), _read(folder / META)
    if not packed.is_file():
        raise ClipsafeError(
            f"{folder}: the images tell no class and there are no labels; "
            f"expected {packed.name} or one of {', '.join(LABEL_FILES)}."
        )
    try:
        with gzip.open(packed) as stream:
            # Read to its end, so that its checksum vouches for what is parsed.
            content = io.BytesIO(stream.read(_MOST_BYTES))
        with tarfile.open(fileobj=content) as archive:
            found = [archive.extractfile(name) for name in (GROUND_TRUTH, META)]
            numbers, meta = (item.read() if item is not None else b"" for item in found)
    except (OSError, KeyError, *BROKEN_TAR) as error:
        raise ClipsafeError(f"{packed}: is not the whole development kit ({first_line(error)}).") from error
    return numbers, meta


def _wnids_of_kit(meta: bytes) -> dict[str, str]:
    wnids = read_kit_table(meta, META)
    unknown = next((wnid for wnid in wnids.values() if wnid not in index_of_wnid()), None)
    if unknown is not None:
        raise ClipsafeError(f"{META}: {unknown} is not a class of ImageNet-1k.")
    return wnids


def _from_label_file(path: Path) -> dict[str, int]:
    """Read `name,label` or `name label` from each line, or a WordNet id for each number of an image."""
    labels: dict[str, int] = {}
    lines = _read(path).decode("utf-8", errors="replace").splitlines()
    start = 1 if lines and lines[0] == "file_name,label" else 0
    for number, line in enumerate(lines[start:], start + 1):
        words = line.replace(",", " ").split()
        name = words[0] if len(words) == 2 else _name(number)
        label = index_of_wnid().get(words[-1], -1) if words else -1
        if label < 0 and words:
            label = whole_number(words[-1])
        if not 0 <= label < CLASSES or not _NUMBER.fullmatch(name) or len(words) > 2:
            raise ClipsafeError(
                f"{path}: line {number}: expected an image name and a label from 0 to 999, or a WordNet id."
            )
        labels[name] = label
    return labels


def _read(path: Path) -> bytes:
    try:
        return read_plain(path)
    except OSError as error:
        raise ClipsafeError(f"{path}: cannot be read ({error.strerror or error}).") from error


def _name(number: int) -> str:
    return f"ILSVRC2012_val_{number:08d}.JPEG"
