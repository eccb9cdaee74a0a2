"""Decisions on cue-conflict images: an observer's answers, image by image, and what they count to."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from clipsafe_utils.cubes.schema import CUE_CLASSES, DECISIONS
from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.metrics.draws import draw_weights

NO_ANSWER = "na"
NAMESPACE = "cue-conflict"
"""An image gets the same bootstrap weights for every observer, whoever evaluated it."""

_IMAGE = r"(?P<shape>[a-z]+)\d+-(?P<texture>[a-z]+)\d+"


def read_session(path: Path) -> pd.DataFrame:
    """Read one session in the format of the toolbox: an observer's answers, one row an image, by image.

    Columns `observer`, `image` (what follows the last underscore of its name), `shape`, `texture`, `answer`.
    """
    table = read_answers(path, ("subj", "object_response", "imagename"))
    image = table["imagename"].str.split("_").str[-1].str.removesuffix(".png")
    return as_session(path, table["subj"], image, table["object_response"])


def read_answers(path: Path, columns: Sequence[str]) -> pd.DataFrame:
    """Read a table of answers as text; refuse one without the columns."""
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    missing = [name for name in columns if name not in table]
    if missing:
        raise ClipsafeError(f"{path}: column '{missing[0]}' is missing.")
    return table


def as_session(path: Path, observer: pd.Series, image: pd.Series, answer: pd.Series) -> pd.DataFrame:
    """Lay answers out by image, with the two cues that its name gives; refuse what is no class."""
    session = image.str.extract(f"^{_IMAGE}$").assign(observer=observer, image=image, answer=answer)
    repeated = image[image.duplicated()]
    if len(repeated):
        raise ClipsafeError(f"{path}: the image {repeated.iloc[0]} appears twice.")
    answers = (*CUE_CLASSES, NO_ANSWER)
    for column, allowed in {"shape": CUE_CLASSES, "texture": CUE_CLASSES, "answer": answers}.items():
        wrong = ~session[column].isin(allowed)
        if wrong.any():
            row = int(np.flatnonzero(wrong)[0])
            raise ClipsafeError(f"{path}: line {row + 2}: '{image.iloc[row]}' has no known {column}.")
    return session.sort_values("image", ignore_index=True)


def decisions_of(session: pd.DataFrame) -> pd.DataFrame:
    """Say of each conflict image whether it was decided by shape, by texture or otherwise.

    In 80 of the 1,280 images both cues belong to one class: they decide nothing and are left out. No answer
    is `other`. Columns `image`, `shape` and `decision`.
    """
    conflict = session[session["shape"] != session["texture"]]
    by_shape = conflict["answer"] == conflict["shape"]
    by_texture = conflict["answer"] == conflict["texture"]
    decision = np.select([by_shape, by_texture], DECISIONS[:2], DECISIONS[2])
    return conflict[["image", "shape"]].assign(decision=decision)


def count_decisions(session: pd.DataFrame) -> np.ndarray:
    """Count decisions, shape (classes of the shape, `DECISIONS`)."""
    decided = decisions_of(session)
    table = pd.crosstab(decided["shape"], decided["decision"])
    whole = table.reindex(index=list(CUE_CLASSES), columns=list(DECISIONS), fill_value=0)
    return whole.to_numpy(dtype=np.int64)


def draw_decisions(session: pd.DataFrame) -> np.ndarray:
    """Count decisions in every paired draw of the images, shape (1 + draws, `DECISIONS`)."""
    decided = decisions_of(session)
    weights = draw_weights(NAMESPACE, decided["image"]).astype(np.int64)
    by_decision = decided["decision"].to_numpy()[:, None] == np.array(DECISIONS)
    return np.asarray(weights @ by_decision)


def counts_of(
    sessions: Mapping[str, pd.DataFrame], read_out: Sequence[str], prompt_set: Sequence[str]
) -> xr.Dataset:
    """Build the variables of the cube `shape_bias` from sessions by observer, and how each was asked."""
    of_each = [count_decisions(session) for session in sessions.values()]
    draws = [draw_decisions(session) for session in sessions.values()]
    return xr.Dataset(
        {
            "count": (("model", "cue_class", "decision"), np.stack(of_each), {"decision_rule": "mean"}),
            "draw_count": (("draw", "model", "decision"), np.stack(draws, axis=1)),
            "read_out": ("model", list(read_out)),
            "prompt_set": ("model", list(prompt_set)),
        },
        coords={
            "draw": np.arange(len(draws[0])),
            "model": list(sessions),
            "cue_class": list(CUE_CLASSES),
            "decision": list(DECISIONS),
        },
    )
