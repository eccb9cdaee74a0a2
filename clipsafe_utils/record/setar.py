"""SeTAR: maximum concept matching of two CLIPs, image by image, and of what was made of them."""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

import pandas as pd
import xarray as xr

from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.metrics.draws import draw_weights
from clipsafe_utils.metrics.ood import detection
from clipsafe_utils.record.ood_sets import as_detection
from clipsafe_utils.record.sources import fetch
from clipsafe_utils.record.tables import read_numbers

FOLDER = "SeTAR/results"
SETS: Mapping[str, str] = {
    "OOD_iNaturalist": "inaturalist",
    "OOD_Sun": "sun",
    "OOD_Places": "places",
    "OOD_Texture": "textures",
}
ENCODERS = ("clip_base", "clip_large")
PLAIN = "Vanilla_MCM"
"""The zero-shot CLIP. Of what was made of it there are no scores of images."""

CHANGED: Mapping[str, str] = {"SeTAR": "training-free", "LoRA": "finetune", "SeTAR+FT": "finetune"}
_SCORE = "maximum_concept_matching"
_ID = "ID_ImageNet1K"


def folder_of(encoder: str, method: str) -> str:
    """Return the folder of a run."""
    return f"{FOLDER}/{CHANGED.get(method, 'training-free')}/{encoder}/{_ID}/{method}"


def read_scores(path: Path) -> pd.Series:
    """Read the score of every image, high for images like those of ImageNet; its sign is turned."""
    try:
        column = pd.read_csv(path)["mcm_score"].astype(float)
    except (ValueError, KeyError, OSError) as error:
        raise ClipsafeError(f"{path}: not a column 'mcm_score' of numbers ({error}).") from error
    if not column.between(-1, 0).all():
        raise ClipsafeError(f"{path}: expected probabilities with their sign turned, from -1 to 0.")
    return -column


def read_table(path: Path) -> pd.DataFrame:
    """Read the printed `auroc` and `fpr95_id_positive`, as shares, by set; its AUPR says no positive."""
    table = read_numbers(path, ["OOD dataset"], ["FPR95", "AUROC"]).set_index("OOD dataset")
    if absent := [name for name in SETS if name not in table.index]:
        raise ClipsafeError(f"{path}: row '{absent[0]}' is missing.")
    shares = table.loc[list(SETS)].rename(SETS) / 100
    return shares.rename(columns={"FPR95": "fpr95_id_positive", "AUROC": "auroc"})


def measure(encoder: str) -> pd.DataFrame:
    """Measure a zero-shot CLIP on every set from its scores, with standard errors over draws of the images.

    The files name no image, so that no draw is paired with one of another network.
    """
    folder = folder_of(encoder, PLAIN)
    known = read_scores(fetch(f"{folder}/scores_{_ID}_test.csv"))
    known_weights = draw_weights(f"setar {encoder} id", range(len(known)))
    rows = {}
    for name, ood_set in SETS.items():
        other = read_scores(fetch(f"{folder}/scores_{name}_test.csv"))
        weights = draw_weights(f"setar {encoder} {ood_set}", range(len(other)))
        draws = asdict(detection(known, other, known_weights, weights))
        estimates = {measure: values[0] for measure, values in draws.items()}
        errors = {f"{measure}_error": values[1:].std(ddof=1) for measure, values in draws.items()}
        rows[ood_set] = estimates | errors
    return pd.DataFrame.from_dict(rows, orient="index")


def detection_scores() -> xr.Dataset:
    """Build the variables of the cube `ood`."""
    tables = {}
    for encoder in ENCODERS:
        tables[f"{encoder}/{PLAIN}", _SCORE] = measure(encoder)
        for method in CHANGED:
            printed = fetch(f"{folder_of(encoder, method)}/metrics_mcm_score_test.csv")
            tables[f"{encoder}/{method}", _SCORE] = read_table(printed)
    return as_detection(pd.concat(tables, names=["model", "score", "ood_set"]))
