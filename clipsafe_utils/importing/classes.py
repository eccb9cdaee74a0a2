"""Which ImageNet class a number, a WordNet id or a column of scores stands for."""

import re
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.files import read_plain
from clipsafe_utils.importing.known_sets import CLASSES, KnownSet
from clipsafe_utils.importing.own_model import BACKGROUND_FIRST, OF_THE_SET, SORTED, Reading
from clipsafe_utils.importing.tables import Table, texts_of
from clipsafe_utils.registry.label_maps import index_of_wnid

NO_CLASS = -1
"""What stands for none of the 1,000 classes, such as the background."""

_WNID = re.compile(r"n\d{8}")
_NUMBER = re.compile(r"[+-]?\d{1,9}(\.0*)?")
_SEVERAL = re.compile(r"[\[(]?\s*[\w.]+\s*([,;\s]\s*[\w.]+\s*)+[\])]?")
_OTHER_ORDERS = (
    "1 to 1,000 is how the development kit numbers the classes, in an order of its own, and 0 to 1,000 has "
    'the background first: say classes = "background-first", or a file of WordNet ids with first_class = 1'
)


def meaning_of_numbers(reading: Reading, known: KnownSet, folder: Path) -> NDArray[np.int64]:
    """Return the ImageNet class that each number or column stands for, counted from `first_class`.

    Raises
    ------
    ClipsafeError
        If the file of WordNet ids cannot be read or names what is none.

    Examples
    --------
    >>> from clipsafe_utils.importing.known_sets import known_sets
    >>> meaning_of_numbers(Reading(classes="background-first"), known_sets()["imagenet-val"], Path())[:3]
    array([-1,  0,  1])
    """
    if reading.classes in ("", SORTED):
        return np.arange(CLASSES)
    if reading.classes == BACKGROUND_FIRST:
        return np.arange(-1, CLASSES)
    if reading.classes == OF_THE_SET:
        return known.classes
    return _listed(folder / reading.classes, reading.classes)


def _listed(path: Path, name: str) -> NDArray[np.int64]:
    if path.name != name:
        raise ClipsafeError(f"{path}: classes names a file in the folder itself, without a path.")
    try:
        lines = read_plain(path).decode("utf-8").split()
    except (OSError, ValueError) as error:
        fault = f"expected one WordNet id a line ({getattr(error, 'strerror', None) or error})"
        raise ClipsafeError(f"{path}: {fault}.") from error
    classes = [index_of_wnid().get(line) for line in lines]
    for number, (line, found) in enumerate(zip(lines, classes, strict=True), 1):
        if found is None:
            raise ClipsafeError(f"{path}: line {number}: {line!r:.40} is no WordNet id of the 1,000 classes.")
    if len(set(classes)) < len(classes) or not classes:
        raise ClipsafeError(f"{path}: expected each WordNet id once, and at least one.")
    return np.array(classes)


def classes_of_column(
    table: Table, name: str, reading: Reading, known: KnownSet, folder: Path
) -> NDArray[np.int64]:
    """Return the ImageNet class of each cell of a column of predictions or labels.

    Raises
    ------
    ClipsafeError
        If a cell is neither a number of a class nor a WordNet id, or a number says that another order or
        another count of classes is meant.
    """
    column = table.columns[name]
    if column.ndim != 1:
        raise ClipsafeError(
            f"{table.path}: {name} has several columns; expected the one class of each image."
        )
    if column.dtype.kind in "biuf":
        return _of_numbers(table, name, column, reading, known, folder)
    texts = texts_of(table, name)
    if _WNID.fullmatch(str(texts[0])):
        return _of_wnids(table, name, texts)
    wrong = next((row for row, text in enumerate(texts.tolist()) if not _NUMBER.fullmatch(text)), None)
    if wrong is not None:
        raise ClipsafeError(f"{table.place(wrong)}: {_fault_of(name, str(texts[wrong]))}.")
    return _of_numbers(table, name, texts.astype(np.float64), reading, known, folder)


def _of_wnids(table: Table, name: str, texts: NDArray[np.str_]) -> NDArray[np.int64]:
    unique, place = np.unique(texts, return_inverse=True)
    found = np.array([index_of_wnid().get(wnid, NO_CLASS) for wnid in unique.tolist()])[place]
    wrong = np.flatnonzero(found < 0)
    if wrong.size:
        cell = str(texts[wrong[0]])
        raise ClipsafeError(
            f"{table.place(int(wrong[0]))}: {name} is {cell!r:.40}, no WordNet id of the 1,000 classes."
        )
    return found


def _of_numbers(
    table: Table, name: str, column: NDArray[Any], reading: Reading, known: KnownSet, folder: Path
) -> NDArray[np.int64]:
    wrong = np.flatnonzero(~(np.isfinite(column) & (column == np.round(column))))
    if wrong.size:
        raise ClipsafeError(
            f"{table.place(int(wrong[0]))}: {name} is {column[wrong[0]]}, no number of a class."
        )
    meaning = meaning_of_numbers(reading, known, folder)
    first, last = reading.first_class, reading.first_class + len(meaning) - 1
    outside = np.flatnonzero((column < first) | (column > last))
    if outside.size:
        number = int(column[outside[0]])
        hint = f"; {_OTHER_ORDERS}" if number == CLASSES and last < CLASSES else ""
        raise ClipsafeError(
            f"{table.place(int(outside[0]))}: {name} is {number}, expected {first} to {last}{hint}."
        )
    if known.is_smaller and reading.classes == "" and column.max() < len(known.classes):
        raise ClipsafeError(
            f"{table.path}: every {name} is below {len(known.classes)}, the number of classes of the set: "
            "say "
            f'[{known.name}] classes = "set" where they count its own classes, or "sorted-wnid" where not.'
        )
    return meaning[column.astype(np.int64) - first]


def _fault_of(name: str, text: str) -> str:
    if not text:
        return f"{name} is empty"
    if _SEVERAL.fullmatch(text) and any(sign.isdigit() for sign in text):
        return f"{name} is {text!r:.40}, a list of several; expected the class that comes first"
    return (
        f"{name} is {text!r:.40}; expected a WordNet id or the number of a class, since names of classes are "
        "ambiguous (a crane is a bird and a machine)"
    )
