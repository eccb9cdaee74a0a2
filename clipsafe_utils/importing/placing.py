"""Which image a row is of, and what is right for it: by the names of images, or by the order of the rows."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.importing.classes import NO_CLASS, classes_of_column
from clipsafe_utils.importing.known_sets import CLASSES, HOME, OBJECTNET, KnownSet
from clipsafe_utils.importing.own_model import IMAGE_FOLDER, VAL_INDEX, Reading
from clipsafe_utils.importing.tables import Table, texts_of
from clipsafe_utils.registry.label_maps import index_of_wnid, merging
from clipsafe_utils.registry.validation_set import IMAGES, validation_labels, validation_name

_VALIDATION = re.compile(r"ILSVRC2012_val_(\d{8})(?:_n\d{8})?(?:\.\w+)?", re.IGNORECASE)
_V2 = "imagenet-v2-"
_EACH_OF_V2 = 10
"""Images of each class in each of the three sets."""


@dataclass(frozen=True, eq=False)
class Placed:
    """The rows of a file in the order of the images, each with what is right for it.

    Attributes
    ----------
    rows : ndarray of int64, shape (images,)
        Of the file.
    units : ndarray of str, shape (images,)
        What names an image in the paired draws.
    truth : ndarray of int64, shape (images,)
        ImageNet class, `NO_CLASS` out of distribution.
    is_named : bool
        Whether images are known by their names, so that draws are paired with others'.
    otherwise : mapping of str to ndarray
        What would be right if the rows were in another order, by that order.
    left_out : int
        Rows of images that the set's protocol does not ask about.
    """

    rows: NDArray[np.int64]
    units: NDArray[np.str_]
    truth: NDArray[np.int64]
    is_named: bool
    otherwise: Mapping[str, NDArray[np.int64]] = field(default_factory=dict)
    left_out: int = 0


def place_rows(table: Table, known: KnownSet, reading: Reading, folder: Path) -> Placed:
    """Say which image each row of a labelled set is of.

    Raises
    ------
    ClipsafeError
        If an image is foreign or appears twice, rows have neither names nor an order that fits, what is right
        cannot be known, or a label contradicts it.
    """
    labels = classes_of_column(table, "label", reading, known, folder) if "label" in table.columns else None
    placed = (
        _by_name(table, known, labels)
        if "image" in table.columns
        else _by_order(table, known, reading, labels)
    )
    if labels is not None:
        _check_labels(table, placed, labels)
    return placed


def place_unlabelled(table: Table, known: KnownSet) -> Placed:
    """Say which image each row of an OOD set is of: by name, or by number where there are no names."""
    if "image" not in table.columns:
        return _in_order(table, known.name, np.full(table.rows, NO_CLASS))
    names = _paths(table)
    _refuse_twice(table, names)
    rows = np.argsort(names, kind="stable")
    return Placed(rows, names[rows], np.full(table.rows, NO_CLASS), is_named=True)


def _by_name(table: Table, known: KnownSet, labels: NDArray[np.int64] | None) -> Placed:
    if known.name == HOME:
        return _validation_images(table)
    names = _paths(table)
    if labels is not None and not all("/" in name for name in names.tolist()):
        truth = labels
    else:
        truth = np.array(
            [_class_of_folder(table, row, name, known) for row, name in enumerate(names.tolist())]
        )
    _refuse_twice(table, names)
    asked = np.flatnonzero(truth >= 0)
    if not asked.size:
        raise ClipsafeError(
            f"{table.path}: no image lies in any of the {len(known.classes)} folders of the set."
        )
    rows = asked[np.argsort(names[asked], kind="stable")]
    return Placed(rows, names[rows], truth[rows], is_named=True, left_out=table.rows - asked.size)


def _validation_images(table: Table) -> Placed:
    texts = texts_of(table, "image").tolist()
    found = [_VALIDATION.fullmatch(text.replace("\\", "/").rpartition("/")[2]) for text in texts]
    numbers = np.array([0 if match is None else int(match[1]) for match in found])
    wrong = np.flatnonzero((numbers < 1) | (numbers > IMAGES))
    if wrong.size:
        raise ClipsafeError(
            f"{table.place(int(wrong[0]))}: the image is not in the validation set, whose names look like "
            f"{validation_name(293)}; {wrong.size:,} rows are at fault."
        )
    _refuse_twice(table, numbers)
    rows = np.argsort(numbers, kind="stable")
    units = np.array([validation_name(number) for number in numbers[rows].tolist()])
    return Placed(rows, units, validation_labels()[numbers[rows] - 1], is_named=True)


def _class_of_folder(table: Table, row: int, name: str, known: KnownSet) -> int:
    named, _, rest = name.partition("/")
    if not rest:
        raise ClipsafeError(
            f"{table.place(row)}: the name of the image has lost its folder, which says its class; expected "
            "FOLDER/NAME, or a column 'label'."
        )
    if known.name == OBJECTNET:
        merged = merging(OBJECTNET)
        return int(merged.first_index()[merged.names.index(named)]) if named in merged.names else NO_CLASS
    is_v2 = known.name.startswith(_V2)
    number = (
        (int(named) if re.fullmatch(r"\d{1,3}", named) else NO_CLASS) if is_v2 else index_of_wnid().get(named)
    )
    if number is None or number not in known.classes:
        kind = "a number from 0 to 999" if is_v2 else "the WordNet id of a class of the set"
        raise ClipsafeError(f"{table.place(row)}: the folder of the image is not {kind}.")
    return number


def _by_order(table: Table, known: KnownSet, reading: Reading, labels: NDArray[np.int64] | None) -> Placed:
    if not reading.order:
        raise ClipsafeError(
            f"{table.path}: has no column 'image'; name the images, or say the order of the rows in "
            f'model.toml, such as order = "{IMAGE_FOLDER}".'
        )
    if known.images and table.rows != known.images:
        raise ClipsafeError(
            f"{table.path}: holds {table.rows:,} rows where the set has {known.images:,} images; a part of "
            "a set needs the names of its images, since nothing else says which they are."
        )
    orders = _orders(known)
    if reading.order in orders:
        units, truth = orders[reading.order]
        rows = np.argsort(units, kind="stable")
        others = {name: other[rows] for name, (_, other) in orders.items() if name != reading.order}
        return Placed(rows, units[rows], truth[rows], known.name == HOME, others)
    if labels is None:
        raise ClipsafeError(
            f"{table.path}: what is right for each row of {known.name} in the order {reading.order} is not "
            "known here; add a column 'label', or the names of the images."
        )
    return _in_order(table, reading.order, labels)


def _orders(known: KnownSet) -> dict[str, tuple[NDArray[np.str_], NDArray[np.int64]]]:
    """Return units and classes of the rows in each order that is known of a set."""
    if known.name == HOME:
        units, labels = np.array([validation_name(i) for i in range(1, IMAGES + 1)]), validation_labels()
        sorted_first = np.argsort(labels, kind="stable")
        return {VAL_INDEX: (units, labels), IMAGE_FOLDER: (units[sorted_first], labels[sorted_first])}
    if known.name.startswith(_V2):
        # Folders are sorted as text: 0, 1, 10, 100, ...
        classes = np.repeat(np.array(sorted(range(CLASSES), key=str)), _EACH_OF_V2)
        return {IMAGE_FOLDER: (_numbered(IMAGE_FOLDER, len(classes)), classes)}
    return {}


def _in_order(table: Table, name: str, truth: NDArray[np.int64]) -> Placed:
    return Placed(np.arange(table.rows), _numbered(name, table.rows), truth, is_named=False)


def _numbered(name: str, count: int) -> NDArray[np.str_]:
    return np.array([f"{name} {number:07d}" for number in range(count)])


def _paths(table: Table) -> NDArray[np.str_]:
    """Return the last folder and the name of each image."""
    texts = texts_of(table, "image").tolist()
    empty = next((row for row, text in enumerate(texts) if not text), None)
    if empty is not None:
        raise ClipsafeError(f"{table.place(empty)}: the image has no name.")
    return np.array(["/".join(text.replace("\\", "/").split("/")[-2:]) for text in texts])


def _refuse_twice(table: Table, names: NDArray[np.str_] | NDArray[np.int64]) -> None:
    unique, counts = np.unique(names, return_counts=True)
    if len(unique) < len(names):
        again = np.flatnonzero(names == unique[counts > 1][0])
        raise ClipsafeError(
            f"{table.place(int(again[1]))}: the image stands before, at row {again[0]}; "
            f"{len(names) - len(unique):,} rows are too many."
        )


def _check_labels(table: Table, placed: Placed, labels: NDArray[np.int64]) -> None:
    wrong = np.flatnonzero(labels[placed.rows] != placed.truth)
    if wrong.size:
        row = int(placed.rows[wrong[0]])
        raise ClipsafeError(
            f"{table.place(row)}: the label is class {labels[row]} where the image is of class "
            f"{placed.truth[wrong[0]]}; {wrong.size:,} of {len(placed.rows):,} rows contradict."
        )
