"""ImageNet-Vid-Robust: anchor frames, the frames within ten of them, and several labels for some frames."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clipsafe_engine.datasets.image_list import ImageList
from clipsafe_engine.datasets.sources import Files, image_files, whole_number
from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.files import read_plain
from clipsafe_utils.registry.data_sets import DataSet
from clipsafe_utils.registry.label_maps import NO_CLASS, merging

LABELS = "metadata/labels.json"
SETS = "metadata/pmsets.json"


@dataclass(frozen=True, eq=False)
class FrameSets:
    """What was right in each set of frames.

    Attributes
    ----------
    anchors : ndarray of str, shape (sets,)
        The id of the anchor frame.
    pm0 : ndarray of bool, shape (sets,)
        The anchor is right.
    pm10 : ndarray of bool, shape (sets,)
        The anchor and all frames within ten of it are right.
    """

    anchors: NDArray[np.str_]
    pm0: NDArray[np.bool_]
    pm10: NDArray[np.bool_]


def vid_robust(data_set: DataSet, place: Path) -> ImageList:
    """List the frames with all their labels, the anchor of their set and how far they are from it.

    Returns
    -------
    ImageList
        With the columns `right_classes` (numbers among the 30 classes, filled up with -1), `anchor` (an id),
        `offset` (frames from the anchor) and `video`.

    Raises
    ------
    ClipsafeError
        If the metadata are not those of the set, or a frame that they name is missing.
    """
    labels, sets = _read(place / LABELS), _read(place / SETS)
    anchor_of = _anchor_of(place / SETS, sets)
    ids = sorted(anchor_of)
    present = {f"val/{path}" for path in image_files(place / "val")}
    missing = [frame for frame in ids if frame not in present]
    if missing:
        raise ClipsafeError(f"{place / missing[0]}: is missing; {len(missing):,} frames of {len(ids):,} are.")
    right = _right_classes(place / LABELS, labels, ids)
    classes = merging("imagenet_vid_robust")
    anchors = [anchor_of[frame] for frame in ids]
    return ImageList(
        data_set.name,
        np.array(ids),
        classes.first_index()[right[:, 0]],
        Files(place, tuple(ids)),
        classes.indices,
        classes,
        "max",
        {
            "right_classes": right,
            "anchor": np.array(anchors),
            "offset": np.array([_frame(i) - _frame(a) for i, a in zip(ids, anchors, strict=True)]),
            "video": np.array([frame.split("/")[1] for frame in ids]),
        },
    )


def frame_sets(images: ImageList, right: NDArray[np.bool_]) -> FrameSets:
    """Judge each set of frames by its anchor (pm-0) and by its worst frame (pm-10; Shankar et al. 2021).

    Parameters
    ----------
    images : ImageList
        As `vid_robust` lists them.
    right : ndarray of bool, shape (images,)
        As `ImageList.is_right` gives them.

    Examples
    --------
    >>> from clipsafe_engine.datasets.sources import Members
    >>> images = ImageList("imagenet-vid-robust", np.array(["val/v/1.JPEG", "val/v/2.JPEG"]),
    ...                    np.array([33, 33]), Members(()),
    ...                    columns={"anchor": np.array(["val/v/1.JPEG"] * 2), "offset": np.array([0, 1])})
    >>> judged = frame_sets(images, np.array([True, False]))
    >>> judged.pm0, judged.pm10
    (array([ True]), array([False]))
    """
    anchors, number = np.unique(images.columns["anchor"], return_inverse=True)
    pm0 = np.zeros(len(anchors), bool)
    pm0[number[images.columns["offset"] == 0]] = right[images.columns["offset"] == 0]
    pm10 = np.ones(len(anchors), bool)
    np.logical_and.at(pm10, number, right)
    return FrameSets(anchors, pm0, pm10)


def _read(path: Path) -> dict[str, list[Any]]:
    try:
        table = json.loads(read_plain(path).decode("utf-8"))
    except OSError as error:
        raise ClipsafeError(f"{path}: cannot be read ({error.strerror or error}).") from error
    except (ValueError, RecursionError) as error:
        raise ClipsafeError(f"{path}: expected JSON ({error}).") from error
    if not isinstance(table, dict) or not all(isinstance(value, list) for value in table.values()):
        raise ClipsafeError(f"{path}: expected a list for each frame.")
    return table


def _anchor_of(path: Path, sets: dict[str, list[Any]]) -> dict[str, str]:
    anchor_of: dict[str, str] = {}
    for anchor, frames in sets.items():
        for frame in (anchor, *frames):
            if not isinstance(frame, str) or not _is_frame(frame):
                raise ClipsafeError(f"{path}: {frame!r}: expected val/<video>/<number>.JPEG.")
            if frame in anchor_of:
                raise ClipsafeError(f"{path}: {frame}: stands in two sets.")
            anchor_of[frame] = anchor
    if not anchor_of:
        raise ClipsafeError(f"{path}: names no frame.")
    return anchor_of


def _right_classes(path: Path, labels: dict[str, list[Any]], ids: list[str]) -> NDArray[np.int64]:
    classes = len(merging("imagenet_vid_robust").names)
    width = max((len(labels.get(frame, [])) for frame in ids), default=1)
    right = np.full((len(ids), max(width, 1)), NO_CLASS)
    for row, frame in zip(right, ids, strict=True):
        numbers = labels.get(frame, [])
        if not numbers or not all(type(n) is int and 0 <= n < classes for n in numbers):
            raise ClipsafeError(f"{path}: {frame}: expected class numbers from 0 to {classes - 1}.")
        row[: len(numbers)] = numbers
    return right


def _is_frame(name: str) -> bool:
    parts = name.split("/")
    return len(parts) == 3 and parts[0] == "val" and parts[1] not in ("", "..") and _frame(name) >= 0


def _stem(name: str) -> str:
    return name.rpartition("/")[2].partition(".")[0]


def _frame(name: str) -> int:
    return whole_number(_stem(name))
