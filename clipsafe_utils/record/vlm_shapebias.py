"""vlm_shapebias: cue-conflict decisions of CLIPs by sixteen names, of classifiers and of chat models."""

# Share-alike: what is made of it is a part file of its own (CC BY-SA 4.0).

import re
from pathlib import Path

import pandas as pd
import xarray as xr

from clipsafe_utils.cubes.schema import CLASS_MEANS, MULTIPLE_CHOICE, NO_PROMPTS, SIXTEEN_NAMES
from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.record.model_vs_human import EIGHTY_TEMPLATES
from clipsafe_utils.record.sessions import as_session, counts_of, read_answers
from clipsafe_utils.record.sources import fetch, raw_paths

FOLDER = "vlm_shapebias/raw-data"
PROMPTS = {"None": EIGHTY_TEMPLATES, "a_photo_of_a_CLS.": "one template", "CLS": "bare name"}
"""How the name of a CLIP's file ends, and the prompts that it stands for, as preferred."""

_CLIP = r"(?P<network>.+)_(?P<prompts>None|a_photo_of_a_CLS\.|CLS)\.csv"
_SIZES = {"ViT_L_14_336_openai": 336, "BAAI_EVA_CLIP_8B_448_None": 448}
_USUAL_SIZE = 224
_DATE = re.compile(r"\d{8}_\d{6}_")


def read_choices(path: Path) -> pd.DataFrame:
    """Read one file: answers by image, as of `sessions.as_session`."""
    table = read_answers(path, ("image", "pred_label"))
    return as_session(path, pd.Series(path.stem, table.index), table["image"], table["pred_label"])


def decision_counts() -> xr.Dataset:
    """Build the counts of all files; a CLIP has a row for each set of prompts."""
    asked = {
        f"{network}@{_SIZES.get(network, _USUAL_SIZE)}/{PROMPTS[ending]}": (
            path,
            SIXTEEN_NAMES,
            PROMPTS[ending],
        )
        for network, ending, path in _clips()
    }
    for folder, read_out in (("inet_classifier", CLASS_MEANS), ("vlm/vqa", MULTIPLE_CHOICE)):
        for path in raw_paths(f"{FOLDER}/{folder}"):
            asked[_DATE.sub("", _file(path)).removesuffix(".csv")] = (path, read_out, NO_PROMPTS)
    paths, read_outs, prompts = zip(*asked.values(), strict=True)
    sessions = [read_choices(fetch(path)) for path in paths]
    return counts_of(dict(zip(asked, sessions, strict=True)), read_outs, prompts)


def _clips() -> list[tuple[str, str, str]]:
    """Return network, ending of the name and path of each CLIP's file, by the order of prompts."""
    clips = []
    for path in raw_paths(f"{FOLDER}/clip"):
        match = re.fullmatch(_CLIP, _file(path))
        if match is None:
            raise ClipsafeError(
                f"{path}: the name says no prompts; expected one that ends in {', '.join(PROMPTS)}."
            )
        clips.append((match["network"], match["prompts"], path))
    return sorted(clips, key=lambda clip: list(PROMPTS).index(clip[1]))


def _file(path: str) -> str:
    return path.rsplit("/", 1)[-1]
