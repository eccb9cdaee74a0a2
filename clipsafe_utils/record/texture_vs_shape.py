"""texture-vs-shape: what people and networks answered on each of the 1,280 cue-conflict images."""

from typing import TYPE_CHECKING

import xarray as xr

from clipsafe_utils.cubes.schema import ASKED, CLASS_MEANS, NO_PROMPTS
from clipsafe_utils.record.sessions import counts_of, read_session
from clipsafe_utils.record.sources import fetch, raw_paths

if TYPE_CHECKING:
    import pandas as pd

FOLDERS = {
    "texture-vs-shape": "texture-vs-shape/raw-data/style-transfer-512-nomask-experiment",
    "texture-vs-shape-trained": "texture-vs-shape/raw-data/style-transfer-512-nomask-experiment-trained-CNNs",
}
_PERSON = "subject-"


def decision_counts(source: str) -> xr.Dataset:
    """Build the counts of a folder, without the sessions that stand in a folder before it."""
    seen: list[pd.DataFrame] = []
    sessions: dict[str, pd.DataFrame] = {}
    for name, folder in FOLDERS.items():
        for path in raw_paths(folder):
            session = read_session(fetch(path))
            if not any(session.equals(other) for other in seen):
                seen.append(session)
                if name == source:
                    sessions[session["observer"].iloc[0]] = session
        if name == source:
            break
    # Networks were read by the mean probability over a class's ImageNet indices, says the source's README.
    read_out = [ASKED if observer.startswith(_PERSON) else CLASS_MEANS for observer in sessions]
    return counts_of(sessions, read_out, [NO_PROMPTS] * len(read_out))
