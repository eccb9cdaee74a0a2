"""What a file says of a labelled set: which images are right, and how sure the model was."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.importing.chance import check_order
from clipsafe_utils.importing.classes import NO_CLASS, classes_of_column, meaning_of_numbers
from clipsafe_utils.importing.known_sets import CLASSES, KnownSet
from clipsafe_utils.importing.own_model import BACKGROUND_FIRST, OF_THE_SET, PROBABILITIES, Reading
from clipsafe_utils.importing.parts import check_part
from clipsafe_utils.importing.placing import Placed, place_rows
from clipsafe_utils.importing.scores import SUM_MAY_MISS, Scores, logits_of_scores
from clipsafe_utils.importing.tables import Table, numbers_of
from clipsafe_utils.measuring.hits import predictions_of
from clipsafe_utils.measuring.outputs import Outputs, merged

OF_ALL = "_of_1000"
"""Behind the name of a condition of fewer answers, where the model chose among all classes."""

HARD = "imagenet-a"
"""Its images were chosen because a network of the time is wrong on them."""

DECISIONS_ONLY = "the file holds decisions without confidence"
TOP_ONLY = "the file holds the confidence of the predicted class only"
LISTS_ONLY = "the file holds lists of the likeliest classes only"
UNDERFLOW = "the probability of the right class is 0 in the file for some images"


@dataclass(frozen=True, eq=False)
class Answered:
    """One labelled set as a file answers it, in the order of its images.

    Attributes
    ----------
    known : KnownSet
        The set.
    placed : Placed
        Which images.
    condition : str
        What cubes call it, with `OF_ALL` where the model chose among more classes than the protocol.
    hits : ndarray of bool, shape (images,)
        Which are right.
    predictions : ndarray of int64, shape (images,)
        ImageNet classes.
    outputs : Outputs or None
        Logits over the answers, where the file has scores.
    confidence : ndarray or None
        Probability of the predicted class, where the file says no more.
    has_size : bool
        Whether the size of a logit means something.
    why_no_likelihood : str
        Why there is no likelihood; empty where there is.
    notes : tuple of str
        What else is to be said.
    """

    known: KnownSet
    placed: Placed
    condition: str
    hits: NDArray[np.bool_]
    predictions: NDArray[np.int64]
    outputs: Outputs | None = None
    confidence: NDArray[np.float64] | None = None
    has_size: bool = False
    why_no_likelihood: str = DECISIONS_ONLY
    notes: tuple[str, ...] = ()


def read_labelled(table: Table, known: KnownSet, reading: Reading, folder: Path) -> Answered:
    """Read what a file says of a labelled set.

    Raises
    ------
    ClipsafeError
        In one sentence, with the file and the place in it, for whatever is wrong.
    """
    placed = place_rows(table, known, reading, folder)
    part = check_part(known, placed.truth, str(table.path))
    if "scores" in table.columns and "prediction" in table.columns:
        raise ClipsafeError(f"{table.path}: has scores and predictions; leave one of them out.")
    if "scores" not in table.columns:
        answered = _of_decisions(table, known, reading, folder, placed)
    elif "classes" in table.columns and table.columns["classes"].ndim == 2:
        answered = _of_lists(table, known, reading, folder, placed)
    else:
        answered = _of_scores(table, known, reading, folder, placed)
    answers = CLASSES if answered.condition != known.condition else len(known.classes)
    check_order(
        answered.predictions,
        placed.truth,
        placed.otherwise,
        answers,
        str(table.path),
        is_hard=known.name == HARD,
    )
    notes = [part, *_left_out(placed), *answered.notes]
    return replace(answered, notes=tuple(f"{known.name}: {note}" for note in notes if note))


def columns_of_scores(table: Table, known: KnownSet, reading: Reading, folder: Path) -> NDArray[np.int64]:
    """Return the answer that each column of an array of scores stands for, -1 for none.

    Raises
    ------
    ClipsafeError
        If there are more or fewer columns than classes, or an answer has no column.
    """
    columns = table.columns["scores"].shape[-1]
    if "classes" in table.columns:
        meaning = classes_of_column(table, "classes", reading, known, folder)
    else:
        meaning = meaning_of_numbers(reading, known, folder)
    if len(meaning) != columns:
        hints = {
            CLASSES + 1: f'; where the first is the background, say classes = "{BACKGROUND_FIRST}"',
            len(known.classes): f'; where they are the classes of the set, say classes = "{OF_THE_SET}"',
        }
        raise ClipsafeError(
            f"{table.path}: scores have {columns:,} columns for {len(meaning):,} "
            f"classes{hints.get(columns, '')}."
        )
    answers = np.where(meaning >= 0, known.answers[meaning], NO_CLASS)
    if absent := set(range(int(known.answers.max()) + 1)) - {*answers.tolist()}:
        raise ClipsafeError(f"{table.path}: scores have no column for class {known.classes[min(absent)]}.")
    return answers


def answers_of_logits(logits: NDArray[np.floating], answers: NDArray[np.int64]) -> NDArray[np.floating]:
    """Give each answer the largest logit of its columns; nothing is copied where each has its own."""
    return logits if np.array_equal(answers, np.arange(logits.shape[1])) else merged(logits, answers)


def _of_decisions(table: Table, known: KnownSet, reading: Reading, folder: Path, placed: Placed) -> Answered:
    if "prediction" not in table.columns:
        raise ClipsafeError(f"{table.path}: has neither a column 'prediction' nor scores.")
    predictions = classes_of_column(table, "prediction", reading, known, folder)[placed.rows]
    confidence = _confidence(table)
    answered = _decided(known, placed, predictions)
    if confidence is None:
        return answered
    return replace(answered, confidence=confidence[placed.rows], why_no_likelihood=TOP_ONLY)


def _of_lists(table: Table, known: KnownSet, reading: Reading, folder: Path, placed: Placed) -> Answered:
    scores, lists = table.columns["scores"], table.columns["classes"]
    if scores.shape != lists.shape or scores.dtype.kind != "f" or not np.isfinite(scores).all():
        raise ClipsafeError(
            f"{table.path}: expected a finite score for each class of the lists, got the shapes "
            f"{scores.shape} and {lists.shape}."
        )
    first = scores.argmax(axis=1)[:, None]
    best = replace(table, columns={"prediction": np.take_along_axis(lists, first, 1)[:, 0]})
    predictions = classes_of_column(best, "prediction", reading, known, folder)[placed.rows]
    answered = replace(_decided(known, placed, predictions), why_no_likelihood=LISTS_ONLY)
    if reading.scores != PROBABILITIES:
        return answered
    confidence = np.take_along_axis(scores, first, 1)[:, 0].astype(np.float64)
    sums = scores.sum(axis=1, dtype=np.float64)
    wrong = np.flatnonzero((scores.min(axis=1) < 0) | (sums > 1 + SUM_MAY_MISS))
    if wrong.size:
        raise ClipsafeError(
            f"{table.place(int(wrong[0]))}: probabilities are below 0, or sum to more than 1."
        )
    return replace(answered, confidence=np.minimum(confidence, 1)[placed.rows])


def _of_scores(table: Table, known: KnownSet, reading: Reading, folder: Path, placed: Placed) -> Answered:
    answers = columns_of_scores(table, known, reading, folder)
    found = logits_of_scores(table.columns["scores"], reading, table.path)
    logits = answers_of_logits(found.logits, answers)
    is_ordered = np.array_equal(placed.rows, np.arange(table.rows))
    logits = logits if is_ordered else logits[placed.rows]
    labels = known.answers[placed.truth]
    everything = np.ones(len(labels), np.bool_)
    outputs = Outputs(logits, labels, placed.units, known.namespace, everything, found.scale)
    decided = predictions_of(logits)
    return Answered(
        known,
        placed,
        known.condition,
        decided == labels,
        known.classes[decided],
        outputs,
        has_size=found.has_size,
        why_no_likelihood=_underflow(found, answers, labels, placed),
        notes=found.notes,
    )


def _underflow(found: Scores, answers: NDArray[np.int64], labels: NDArray[np.int64], placed: Placed) -> str:
    if found.zeros is None:
        return ""
    is_right = answers[None, :] == labels[:, None]
    lost = (found.zeros[placed.rows] | ~is_right).all(axis=1)
    return f"{UNDERFLOW} ({int(lost.sum()):,})" if lost.any() else ""


def _decided(known: KnownSet, placed: Placed, predictions: NDArray[np.int64]) -> Answered:
    said = np.where(predictions >= 0, known.answers[predictions], NO_CLASS)
    hits = (said == known.answers[placed.truth]) & (said >= 0)
    chose_among_all = known.is_smaller and bool((said < 0).any())
    if not chose_among_all:
        return Answered(known, placed, known.condition, hits, predictions)
    note = (
        f"answers lie outside of the {len(known.classes)} classes of the set, so the model chose among "
        "more; the "
        f"condition is called {known.condition}{OF_ALL} and stands in no ranking with {known.condition}"
    )
    return Answered(known, placed, known.condition + OF_ALL, hits, predictions, notes=(note,))


def _confidence(table: Table) -> NDArray[np.float64] | None:
    if "confidence" not in table.columns:
        return None
    found = numbers_of(table, "confidence")
    wrong = np.flatnonzero((found < 1 / CLASSES - SUM_MAY_MISS) | (found > 1) | (found < 0))
    if wrong.size:
        raise ClipsafeError(
            f"{table.place(int(wrong[0]))}: confidence is {found[wrong[0]]:.4g}; expected a probability "
            "from 0 to 1."
        )
    return found


def _left_out(placed: Placed) -> list[str]:
    return [f"{placed.left_out:,} images of classes that ImageNet lacks are left out"] * (placed.left_out > 0)
