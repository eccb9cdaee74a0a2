"""Scores of single images, high where the model takes them for known, of familiar and of OOD images."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.importing.known_sets import HOME, KnownSet, known_sets
from clipsafe_utils.importing.labelled import Answered, answers_of_logits, columns_of_scores
from clipsafe_utils.importing.own_model import KNOWN_IS_LOW, Reading
from clipsafe_utils.importing.placing import Placed, place_unlabelled
from clipsafe_utils.importing.scores import logits_of_scores
from clipsafe_utils.importing.tables import Table, numbers_of
from clipsafe_utils.measuring.detection import Scored, scores_of
from clipsafe_utils.measuring.outputs import Outputs, weights_of
from clipsafe_utils.metrics.ood_scores import SCORES

_OF_PROBABILITIES = ("maximum_softmax", "negative_entropy")
"""Scores that need no more than probabilities."""

_CONFIDENCE = "maximum_softmax"
ASKS_BELOW = 0.3
"""Area under the ROC curve below which the sign of a score is asked for."""


def scored_home(answered: Answered, table: Table, reading: Reading, replicates: int) -> Scored:
    """Return the scores of the familiar images: those of the file, and those of its array of scores."""
    found = _named(table, reading, answered.placed)
    if answered.confidence is not None:
        found.setdefault(_CONFIDENCE, answered.confidence)
    if answered.outputs is not None:
        found |= _of_outputs(answered.outputs, answered.has_size)
    return _scored(found, answered.known, answered.placed, replicates)


def scored_others(table: Table, known: KnownSet, reading: Reading, folder: Path, replicates: int) -> Scored:
    """Return the scores of a set of OOD images.

    Raises
    ------
    ClipsafeError
        If the file holds no score, or as in `logits_of_scores` and `place_unlabelled`.
    """
    placed = place_unlabelled(table, known)
    if known.images and table.rows > known.images:
        raise ClipsafeError(
            f"{table.path}: holds {table.rows:,} rows where the set has {known.images:,} images."
        )
    found = _named(table, reading, placed)
    if "confidence" in table.columns:
        found.setdefault(_CONFIDENCE, numbers_of(table, "confidence")[placed.rows])
    if "scores" in table.columns:
        answers = columns_of_scores(table, known_sets()[HOME], reading, folder)
        scores = logits_of_scores(table.columns["scores"], reading, table.path)
        logits = answers_of_logits(scores.logits, answers)[placed.rows]
        everything = np.ones(len(logits), np.bool_)
        outputs = Outputs(logits, placed.truth, placed.units, known.namespace, everything, scores.scale)
        found |= _of_outputs(outputs, scores.has_size)
    if not found:
        raise ClipsafeError(f"{table.path}: holds no score; expected a column such as {', '.join(SCORES)}.")
    return _scored(found, known, placed, replicates)


def given_scores(table: Table) -> list[str]:
    """Return the scores whose sign the file decides."""
    return [name for name in SCORES if name in table.columns]


def _named(table: Table, reading: Reading, placed: Placed) -> dict[str, NDArray[np.float64]]:
    sign = -1.0 if reading.high_means == KNOWN_IS_LOW else 1.0
    return {name: sign * numbers_of(table, name)[placed.rows] for name in given_scores(table)}


def _of_outputs(outputs: Outputs, has_size: bool) -> dict[str, NDArray[np.float64]]:
    found = scores_of(outputs)
    return {name: values for name, values in found.items() if has_size or name in _OF_PROBABILITIES}


def _scored(
    found: dict[str, NDArray[np.float64]], known: KnownSet, placed: Placed, replicates: int
) -> Scored:
    ordered = {name: found[name] for name in SCORES if name in found}
    return Scored(ordered, weights_of(known.namespace, placed.units, replicates))
