"""SeTAR: maximum concept matching of two CLIPs, image by image, and of what was made of them."""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from clipsafe_utils.cubes.schema import ID_SET
from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.metrics.draws import draw_weights
from clipsafe_utils.metrics.ood import detection
from clipsafe_utils.metrics.score_counts import count_scores, score_bins
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
"""The zero-shot CLIP, of which every score is read; of what was made of it the printed means."""

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
    """Read the printed `auroc` and `fpr95_id_positive`, as shares, by set; its AUPR says no positive.

    The rate is that at the most lenient threshold of 95 % recall, where this project takes the strictest: the
    unknown images between the two are at most a few of 10,000.
    """
    table = read_numbers(path, ["OOD dataset"], ["FPR95", "AUROC"]).set_index("OOD dataset")
    if absent := [name for name in SETS if name not in table.index]:
        raise ClipsafeError(f"{path}: row '{absent[0]}' is missing.")
    shares = table.loc[list(SETS)].rename(SETS) / 100
    return shares.rename(columns={"FPR95": "fpr95_id_positive", "AUROC": "auroc"})


def read_run(encoder: str) -> dict[str, pd.Series]:
    """Read the scores that a zero-shot CLIP gives to every image, by the set of the images."""
    folder = folder_of(encoder, PLAIN)
    files = {ID_SET: _ID} | {ood_set: name for name, ood_set in SETS.items()}
    return {one: read_scores(fetch(f"{folder}/scores_{name}_test.csv")) for one, name in files.items()}


def measure(encoder: str, scores: Mapping[str, pd.Series]) -> pd.DataFrame:
    """Measure a zero-shot CLIP on every set from its scores, with standard errors over draws of the images.

    The files name no image, so that no draw is paired with one of another network.
    """
    weights = {name: draw_weights(f"setar {encoder} {name}", range(len(own))) for name, own in scores.items()}
    rows = {}
    for ood_set in SETS.values():
        of_both = (of_set[name] for of_set in (scores, weights) for name in (ID_SET, ood_set))
        draws = asdict(detection(*of_both))
        estimates = {measure: values[0] for measure, values in draws.items()}
        errors = {f"{measure}_error": values[1:].std(ddof=1) for measure, values in draws.items()}
        rows[ood_set] = estimates | errors
    return pd.DataFrame.from_dict(rows, orient="index")


def count(runs: Mapping[str, Mapping[str, pd.Series]]) -> xr.Dataset:
    """Count the scores that zero-shot CLIPs give, each in bins of its own, by set of images."""
    bins = [score_bins(run[ID_SET], [run[ood_set] for ood_set in SETS.values()]) for run in runs.values()]
    counts = [
        [count_scores(run[name], low) for name in (ID_SET, *SETS.values())]
        for run, low in zip(runs.values(), bins, strict=True)
    ]
    return xr.Dataset(
        {
            "score_count": (("scored_model", "image_set", "score_bin"), np.array(counts)),
            "score_from": (("scored_model", "score_bin"), np.array(bins)),
            "counted_score": ("scored_model", [_SCORE] * len(runs)),
        },
        coords={
            "scored_model": [f"{encoder}/{PLAIN}" for encoder in runs],
            "image_set": [ID_SET, *SETS.values()],
            "score_bin": np.arange(len(bins[0])),
        },
    )


def detection_scores() -> xr.Dataset:
    """Build the variables of the cube `ood`."""
    runs = {encoder: read_run(encoder) for encoder in ENCODERS}
    tables = {}
    for encoder, run in runs.items():
        tables[f"{encoder}/{PLAIN}", _SCORE] = measure(encoder, run)
        for method in CHANGED:
            printed = fetch(f"{folder_of(encoder, method)}/metrics_mcm_score_test.csv")
            tables[f"{encoder}/{method}", _SCORE] = read_table(printed)
    return as_detection(pd.concat(tables, names=["model", "score", "ood_set"])).merge(count(runs))
