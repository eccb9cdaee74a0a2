"""model-vs-human and what others ran with it: answers among sixteen classes, image by image."""

# Bethge's laboratory and three others published decisions in the toolbox's own format, a file an observer.

import re
from collections.abc import Mapping

import numpy as np
import pandas as pd
import xarray as xr

from clipsafe_utils.cubes.schema import ASKED, CLASS_MEANS, CUE_CLASSES, NO_PROMPTS
from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.record.sessions import NO_ANSWER, counts_of, read_answers, read_session
from clipsafe_utils.record.sources import fetch, raw_paths

FOLDERS: Mapping[str, str] = {
    "model-vs-human": "model-vs-human/raw-data",
    "thieringer": "model-vs-human-thieringer/raw-data",
    "burns": "model-vs-human-burns/raw-data",
    "beyond-inet": "beyond-inet/inference/modelvshuman/raw-data",
}
SKILLS = ("edge", "silhouette", "sketch", "stylized")
"""Sets in which the class can be told by shape; in a stylised photograph the texture misleads."""

EIGHTY_TEMPLATES = "80 templates"
_CLIPS = frozenset({"clip", "clip-14", "clip-16", "vit-clip", "convnext-clip"})
"""Networks that were asked by 1,000 names of classes in 80 templates; all others have a classifier."""

_PERSON = "subject-"
_FILE = r"(?P<set>[a-z-]+)_(?P<observer>.+)_session[-_]1\.csv"


def decision_counts(source: str) -> xr.Dataset:
    """Build the counts of a source on cue-conflict images."""
    paths = _files(source, "cue-conflict")
    sessions = {observer: read_session(fetch(path)) for observer, path in paths.items()}
    prompts = [EIGHTY_TEMPLATES if observer in _CLIPS else NO_PROMPTS for observer in sessions]
    return counts_of(sessions, [CLASS_MEANS] * len(prompts), prompts)


def sixteen_way_counts(source: str) -> xr.Dataset:
    """Build `hits` and `images` on `SKILLS`, NaN where an observer did not see the set.

    People of two sets are not the same: each has the set before the number.
    """
    answers = {
        (f"{name}-{observer}" if observer.startswith(_PERSON) else observer, name): read_answers(
            fetch(path), ("object_response", "category")
        )
        for name in SKILLS
        for observer, path in _files(source, name).items()
    }
    for (observer, name), table in answers.items():
        wrong = ~table["object_response"].isin((*CUE_CLASSES, NO_ANSWER)) | ~table["category"].isin(
            CUE_CLASSES
        )
        if wrong.any():
            line = int(np.flatnonzero(wrong)[0]) + 2
            raise ClipsafeError(f"{source}, {observer} on {name}: line {line} names no known class.")
    hits = pd.Series(
        {key: (table["object_response"] == table["category"]).sum() for key, table in answers.items()}
    )
    images = pd.Series({key: len(table) for key, table in answers.items()})
    counts = {
        name: values.unstack().reindex(columns=list(SKILLS))
        for name, values in (("hits", hits), ("images", images))
    }
    models = list(dict.fromkeys(observer for observer, _ in answers))
    read_out = [ASKED if _PERSON in observer else CLASS_MEANS for observer in models]
    return xr.Dataset(
        {name: (("model", "set"), table.loc[models].to_numpy(dtype=float)) for name, table in counts.items()}
        | {"read_out": ("model", read_out)},
        coords={"model": models, "set": list(SKILLS)},
    )


def _files(source: str, name: str) -> dict[str, str]:
    """Return the raw files of a set by observer."""
    files = {}
    for path in raw_paths(f"{FOLDERS[source]}/{name}"):
        match = re.fullmatch(_FILE, path.rsplit("/", 1)[-1])
        if match is None:
            raise ClipsafeError(f"{path}: the name says no observer; expected SET_OBSERVER_session-1.csv.")
        files[match["observer"]] = path
    return files
