"""texture-vs-shape: what people and networks answered on each of the 1,280 cue-conflict images."""

from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from clipsafe_utils.cubes.schema import CUE_CLASSES, DECISIONS
from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.record.sources import fetch, raw_paths

FOLDERS = {
    "texture-vs-shape": "texture-vs-shape/raw-data/style-transfer-512-nomask-experiment",
    "texture-vs-shape-trained": "texture-vs-shape/raw-data/style-transfer-512-nomask-experiment-trained-CNNs",
}
_NO_ANSWER = "na"
_IMAGE = r"(?P<shape>[a-z]+)\d+-(?P<texture>[a-z]+)\d+\.png$"


def read_session(path: Path) -> pd.DataFrame:
    """Read one session: an observer's answers, one row an image, sorted by image.

    Columns `observer`, `image` (what follows the last underscore of its name), `shape`, `texture`, `answer`.
    """
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    missing = [name for name in ("subj", "object_response", "imagename") if name not in table]
    if missing:
        raise ClipsafeError(f"{path}: column '{missing[0]}' is missing.")
    image = table["imagename"].str.split("_").str[-1]
    cues = image.str.extract(_IMAGE)
    session = cues.assign(observer=table["subj"], image=image, answer=table["object_response"])
    repeated = image[image.duplicated()]
    if len(repeated):
        raise ClipsafeError(f"{path}: the image {repeated.iloc[0]} stands twice.")
    answers = (*CUE_CLASSES, _NO_ANSWER)
    for column, allowed in {"shape": CUE_CLASSES, "texture": CUE_CLASSES, "answer": answers}.items():
        wrong = ~session[column].isin(allowed)
        if wrong.any():
            row = int(np.flatnonzero(wrong)[0])
            name = table["imagename"].iloc[row]
            raise ClipsafeError(f"{path}: line {row + 2}: '{name}' has no known {column}.")
    return session.sort_values("image", ignore_index=True)


def count_decisions(session: pd.DataFrame) -> np.ndarray:
    """Count decisions, shape (classes of the shape, `DECISIONS`); no answer is other."""
    conflict = session[session["shape"] != session["texture"]]  # in 80 images they agree and decide nothing
    by_shape = conflict["answer"] == conflict["shape"]
    by_texture = conflict["answer"] == conflict["texture"]
    decision = np.select([by_shape, by_texture], DECISIONS[:2], DECISIONS[2])
    table = pd.crosstab(conflict["shape"], decision)
    whole = table.reindex(index=list(CUE_CLASSES), columns=list(DECISIONS), fill_value=0)
    return whole.to_numpy(dtype=np.int64)


def decision_counts(source: str) -> xr.Dataset:
    """Build the counts of a folder, without the sessions that stand in a folder before it.

    `count` with the dims model, cue_class, decision.
    """
    seen: list[pd.DataFrame] = []
    counts: dict[str, np.ndarray] = {}
    for name, folder in FOLDERS.items():
        for path in raw_paths(folder):
            session = read_session(fetch(path))
            if not any(session.equals(other) for other in seen):
                seen.append(session)
                if name == source:
                    counts[session["observer"].iloc[0]] = count_decisions(session)
        if name == source:
            break
    # Networks were read by the mean probability over a class's ImageNet indices, says the source's README.
    rule = {"decision_rule": "mean"}
    return xr.Dataset(
        {"count": (("model", "cue_class", "decision"), np.stack(list(counts.values())), rule)},
        coords={"model": list(counts), "cue_class": list(CUE_CLASSES), "decision": list(DECISIONS)},
    )
