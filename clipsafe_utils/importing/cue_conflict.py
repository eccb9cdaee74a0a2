"""Answers on the cue-conflict images, and what decided them: shape, texture or neither."""

from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from clipsafe_utils.cubes.schema import CLASS_MEANS, CLASS_TOP, CUE_CLASSES
from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.importing.classes import classes_of_column
from clipsafe_utils.importing.known_sets import CUES, HOME, known_sets
from clipsafe_utils.importing.labelled import columns_of_scores
from clipsafe_utils.importing.own_model import Reading
from clipsafe_utils.importing.scores import logits_of_scores
from clipsafe_utils.importing.tables import Table, texts_of
from clipsafe_utils.measuring.answers import answers_of
from clipsafe_utils.measuring.cues import mean_probabilities
from clipsafe_utils.record.sessions import NO_ANSWER, as_session, counts_of
from clipsafe_utils.registry.label_maps import merging

CONFLICTS = 1200
"""Images whose two cues are of different classes; the other 80 decide nothing."""

_EVEN = 0.5
"""Share of the mean number of images of a shape that the rarest must have."""


def read_cues(table: Table, reading: Reading, folder: Path, prompt_set: str) -> tuple[xr.Dataset, list[str]]:
    """Count decisions by class of the shape; return them with what is to be said of them.

    Raises
    ------
    ClipsafeError
        If a name does not tell two of the sixteen classes, an answer is none of them, or a part of
        the images has few of one shape.
    """
    if "image" not in table.columns:
        raise ClipsafeError(f"{table.path}: has no column 'image'; the names of the images tell both cues.")
    answers, read_out = _answers(table, reading, folder)
    names = pd.Series(texts_of(table, "image")).str.replace("\\", "/").str.split("/").str[-1]
    image = names.str.split("_").str[-1].str.removesuffix(".png")
    session = as_session(table.path, pd.Series("", image.index), image, pd.Series(answers))
    part = _part(session, table.path)
    counts = counts_of({"": session}, [read_out], [prompt_set])
    counts["count"].attrs["decision_rule"] = "top-1" if read_out == CLASS_TOP else "mean"
    return counts.isel(model=0, drop=True), [f"{CUES}: asked by {read_out}", *part]


def _part(session: pd.DataFrame, path: Path) -> list[str]:
    """Refuse a part of the images that has few of some shape; say how large another part is."""
    conflict = session[session["shape"] != session["texture"]]
    of_shape = conflict["shape"].value_counts().reindex(list(CUE_CLASSES), fill_value=0)
    if len(conflict) > CONFLICTS:
        raise ClipsafeError(f"{path}: answers {len(conflict):,} images whose cues differ, of {CONFLICTS:,}.")
    if of_shape.min() < _EVEN * of_shape.mean() or not len(conflict):
        fewest = f"{of_shape.min()} of {len(conflict):,} show the shape {of_shape.idxmin()}"
        raise ClipsafeError(f"{path}: is no random part of the images whose cues differ: {fewest}.")
    return [f"{CUES}: {len(conflict):,} of {CONFLICTS:,} images whose cues differ"] * (
        len(conflict) < CONFLICTS
    )


def _answers(table: Table, reading: Reading, folder: Path) -> tuple[NDArray[np.str_], str]:
    names = np.array((*CUE_CLASSES, NO_ANSWER))
    merged = merging("cue_conflict")
    stands_for = answers_of(merged.indices, merged.numbers)
    if "scores" in table.columns:
        columns = columns_of_scores(table, known_sets()[HOME], reading, folder)
        found = logits_of_scores(table.columns["scores"], reading, table.path)
        cues = np.where(columns >= 0, stands_for[columns], -1)
        return names[mean_probabilities(found.logits, cues).argmax(axis=1)], CLASS_MEANS
    if "prediction" not in table.columns:
        raise ClipsafeError(f"{table.path}: has neither a column 'prediction' nor scores.")
    texts = texts_of(table, "prediction")
    if table.is_toolbox or np.isin(texts[0], names):
        read_out = CLASS_MEANS if table.is_toolbox else reading.read_out
        if not read_out:
            raise ClipsafeError(
                f"{table.path}: say in model.toml, [{CUES}], how the sixteen names were obtained: read_out = "
                f'"16 names" or "{CLASS_MEANS}".'
            )
        return texts, read_out
    classes = classes_of_column(table, "prediction", reading, known_sets()[HOME], folder)
    return names[np.where(classes >= 0, stands_for[classes], -1)], CLASS_TOP
